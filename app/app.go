// Package app is the desktop window: what the page can call, what it is told, and the window's life.
//
// Bound methods are thin: they call the session and convert. Errors reach the page as {code, message, hint}, never as
// a Go error's text. Nothing that the page sends is trusted further than the session checks it.
package app

import (
	"context"
	"runtime/debug"
	"time"

	"subrosa/internal/fault"
	"subrosa/internal/lockdown"
	"subrosa/internal/sandbox"
	"subrosa/internal/secret"
	"subrosa/internal/session"
)

// Version is set by the build.
var Version = "dev"

// lockWithin bounds how long a running answer may take to stop before its engine is ended.
const lockWithin = 3 * time.Second

// App is bound to the page as window.go.app.App.
type App struct {
	session *session.Session
	offline *proof
	files   *lockdown.Confinement // what restricts this process to its files
	box     *sandbox.Sandbox      // what keeps this process from the desktop's services
	page    emitter
	lock    locker
	jobs    jobs
	keeping keeping

	clipboard clipboard
}

func newApp() *App {
	return &App{offline: newProof(), jobs: jobs{stop: map[string]context.CancelFunc{}}}
}

// State tells which view to show.
func (a *App) State() StateView {
	return stateView(a.session)
}

// Status is what the status strip shows.
func (a *App) Status() StatusView {
	s, err := a.session.Status()
	return statusView(offlineView(a.offline.now()), a.session.Home(), s, err)
}

// Strength estimates how hard a passphrase is to guess.
func (a *App) Strength(passphrase string) StrengthView {
	return strengthView(session.Strength(passphrase))
}

// Setup chooses the passphrase of a new data directory and unlocks it.
func (a *App) Setup(passphrase string) error {
	return a.unlocked(a.session.Setup(context.Background(), secret.New([]byte(passphrase))))
}

// SetupKeyringOnly is Setup for keys that the desktop's keyring alone opens, where policy allows that.
func (a *App) SetupKeyringOnly() error {
	return a.unlocked(a.session.Setup(context.Background(), nil))
}

// Unlock opens the data directory. The passphrase is not looked at where the keys have none.
func (a *App) Unlock(passphrase string) error {
	return a.unlocked(a.session.Unlock(context.Background(), secret.New([]byte(passphrase))))
}

// unlocked loads the model while the user reads the screen.
func (a *App) unlocked(err error) error {
	if err == nil {
		go func() {
			_ = a.session.LoadModel(context.Background()) // its status carries a failure
			debug.FreeOSMemory()                          // what opening took: the runtime would keep it for minutes
		}()
	}
	return err
}

// Lock wipes the keys and ends this process; its successor asks for the passphrase. The page gets no answer.
func (a *App) Lock() error { return a.lockFor(session.LockedByUser) }

// Faults lists everything that can go wrong, with its words, for a page of help.
func (a *App) Faults() []FaultView {
	return viewsOf(fault.All(), func(f *fault.Fault) FaultView { return *faultView(f) })
}

// Stop ends the running answer; what it has written is kept.
func (a *App) Stop() { a.session.Stop() }

// Preferences returns how the window looks.
func (a *App) Preferences() (PreferencesView, error) {
	theme, err := a.session.Theme(context.Background())
	if err != nil {
		return PreferencesView{}, err
	}
	language, err := a.session.Language(context.Background())
	if err != nil {
		return PreferencesView{}, err
	}
	text, err := a.session.TextSize(context.Background())
	return PreferencesView{Theme: string(theme), Language: string(language), Text: string(text)}, err
}

// SetPreferences changes how the window looks.
func (a *App) SetPreferences(p PreferencesView) error {
	if err := a.session.SetTheme(context.Background(), session.Theme(p.Theme)); err != nil {
		return err
	}
	if err := a.session.SetLanguage(context.Background(), session.Language(p.Language)); err != nil {
		return err
	}
	return a.session.SetTextSize(context.Background(), session.TextSize(p.Text))
}
