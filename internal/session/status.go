package session

import (
	"context"
	"errors"
	"fmt"

	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
	"subrosa/internal/redact"
)

// Status is what is in force while unlocked.
type Status struct {
	RecordSize  int64        // entries
	RecordFault *fault.Fault // why nothing can be recorded, and so nothing sent; nil when healthy
	Model       ModelStatus
	Masked      []redact.Type // what the redactor looks for
	Ruleset     string
	Copy        bool // whether policy lets text be copied out of the window
	Temporary   bool // whether policy lets a conversation be kept nowhere but on record
}

// Status returns a snapshot, or fault.Locked.
func (s *Session) Status() (Status, error) {
	o, err := s.ready()
	if err != nil {
		return Status{}, err
	}
	st := Status{
		Model: o.model.Status(), RecordFault: o.stopped, Masked: o.redactor.Types(), Ruleset: o.redactor.Ruleset(),
		Copy: o.policy.Allows(policy.CopyText) == nil, Temporary: o.policy.Allows(policy.ChatUnkept) == nil,
	}
	if o.record == nil {
		return st, nil
	}
	st.RecordSize = o.record.Size()
	if err := o.record.Healthy(); err != nil {
		st.RecordFault = fault.From(recordFault(err))
	}
	return st, nil
}

// Theme is how the window looks.
type Theme string

// The themes. They are stored by these words.
const (
	ThemeSystem Theme = "system"
	ThemeLight  Theme = "light"
	ThemeDark   Theme = "dark"
)

const settingTheme = "theme"

// Theme returns the chosen theme; ThemeSystem while locked, since the choice is in the encrypted history.
func (s *Session) Theme(ctx context.Context) (Theme, error) {
	o, _ := s.ready()
	if o == nil {
		return ThemeSystem, nil
	}
	theme, err := o.history.Setting(ctx, settingTheme)
	if errors.Is(err, history.ErrNotFound) {
		return ThemeSystem, nil
	}
	return Theme(theme), historyFault(err)
}

// SetTheme chooses the theme.
func (s *Session) SetTheme(ctx context.Context, t Theme) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	switch t {
	case ThemeSystem, ThemeLight, ThemeDark:
		return historyFault(o.history.SetSetting(ctx, settingTheme, string(t)))
	}
	return fault.New(fault.BadInput, fmt.Errorf("theme %q", t))
}
