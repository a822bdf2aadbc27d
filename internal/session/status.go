package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	Documents   bool // whether policy lets documents be added and used
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
		Documents: o.policy.Allows(policy.AttachDocument) == nil,
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

// Language is what the window speaks.
type Language string

// The languages. They are stored by these words.
const (
	LanguageSystem Language = "system" // the desktop's, where the window knows it
	English        Language = "en"
	German         Language = "de"
)

// TextSize is how large the window's text is, in per cent of the usual. It is stored by this word.
type TextSize string

// TextUsual is the size unless another is chosen.
const TextUsual TextSize = "100"

// TextSizes are those that can be chosen.
func TextSizes() []TextSize { return []TextSize{"90", TextUsual, "115", "130", "150", "175", "200"} }

const (
	settingTheme    = "theme"
	settingLanguage = "language"
	settingText     = "text_size"
)

// Theme returns the chosen theme; ThemeSystem while locked, since the choice is in the encrypted history.
func (s *Session) Theme(ctx context.Context) (Theme, error) {
	return appearance(ctx, s, settingTheme, ThemeSystem)
}

// SetTheme chooses the theme.
func (s *Session) SetTheme(ctx context.Context, t Theme) error {
	return setAppearance(ctx, s, settingTheme, t, ThemeSystem, ThemeLight, ThemeDark)
}

// Language returns the chosen language; LanguageSystem while locked, as Theme.
func (s *Session) Language(ctx context.Context) (Language, error) {
	return appearance(ctx, s, settingLanguage, LanguageSystem)
}

// SetLanguage chooses the language.
func (s *Session) SetLanguage(ctx context.Context, l Language) error {
	return setAppearance(ctx, s, settingLanguage, l, LanguageSystem, English, German)
}

// TextSize returns the chosen size of the text; TextUsual while locked, as Theme.
func (s *Session) TextSize(ctx context.Context) (TextSize, error) {
	return appearance(ctx, s, settingText, TextUsual)
}

// SetTextSize chooses the size of the text.
func (s *Session) SetTextSize(ctx context.Context, size TextSize) error {
	return setAppearance(ctx, s, settingText, size, TextSizes()...)
}

func appearance[T ~string](ctx context.Context, s *Session, key string, otherwise T) (T, error) {
	o, _ := s.ready()
	if o == nil {
		return otherwise, nil
	}
	v, err := o.history.Setting(ctx, key)
	if errors.Is(err, history.ErrNotFound) {
		return otherwise, nil
	}
	return T(v), historyFault(err)
}

func setAppearance[T ~string](ctx context.Context, s *Session, key string, v T, known ...T) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	if !slices.Contains(known, v) {
		return fault.New(fault.BadInput, fmt.Errorf("%s %q", key, v))
	}
	return historyFault(o.history.SetSetting(ctx, key, string(v)))
}
