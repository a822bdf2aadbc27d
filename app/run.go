package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"

	"subrosa/frontend"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/lockdown"
	"subrosa/internal/sandbox"
	"subrosa/internal/session"
	"subrosa/internal/webview"
)

// contentSecurityPolicy lets the page run its own script and style, and reach nothing.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'none'; object-src 'none'; frame-src 'none'; worker-src 'none'; " +
	"form-action 'none'; base-uri 'none'"

// Main is the desktop program. It returns the exit code.
func Main() int { return Run(frontend.Assets) }

// Run is Main with another page, for a test that brings a hostile one.
func Run(page fs.FS) int {
	if lockdown.ChildMain() {
		return 0
	}
	home := flag.String("home", "", "data directory (default: the desktop's data directory for subrosa)")
	taken := flag.Int(takeoverFlag, -1, "for the program itself: the descriptor of a predecessor's handover")
	a := newApp()
	proven, err := a.begin(taken)
	if err != nil {
		fmt.Fprintln(os.Stderr, "subrosa:", fault.New(fault.LockdownFailed, err))
		return 1
	}
	opts, homeless := session.Installed(*home)
	if a.box, err = sandbox.Open(opts.EnginePath, true); err != nil {
		fmt.Fprintln(os.Stderr, "subrosa:", fault.New(fault.LockdownFailed, err))
		return 1
	}
	if err := a.keepToFiles(opts); err != nil {
		fmt.Fprintln(os.Stderr, "subrosa:", fault.New(fault.LockdownFailed, err))
		return 1
	}
	a.takeHome(opts, homeless)
	go proven()
	debug.SetGCPercent(50) // the window is open all day: its memory counts for more than the collector's time
	if err := errors.Join(harden(), forgetPrograms(), webview.Prepare(hasGPU())); err != nil {
		fmt.Fprintln(os.Stderr, "subrosa:", err)
		return 1
	}
	if err := wails.Run(a.options(page)); err != nil {
		fmt.Fprintln(os.Stderr, "subrosa:", err)
		return 1
	}
	return 0
}

// begin blocks the network, before anything else: it parses the command line only to find a predecessor's proof. A
// successor has the filter already, and so no control of its own. What it returns waits for the proof.
func (a *App) begin(taken *int) (proven func(), err error) {
	flag.Parse()
	if err := a.inherit(*taken); err != nil {
		return nil, err
	}
	if a.lock.taken != nil {
		report, err := lockdown.Resume(a.lock.taken.Proof)
		if err != nil {
			return nil, err
		}
		return func() { a.proven(report) }, nil
	}
	probes, err := lockdown.Begin(session.EnginePath())
	if err != nil {
		return nil, err
	}
	return func() { a.proven(probes.Wait()) }, nil
}

// forgetPrograms empties PATH: the web view's own BrowserOpenURL, which the page can call and Wails offers no way to
// turn off, finds no browser then. What this process does start, it starts by an absolute path.
func forgetPrograms() error { return os.Setenv("PATH", "") }

// keepToFiles restricts this process to its files, before GTK has threads. Where the kernel cannot, the posture says so. A
// data directory that cannot be made is the session's to tell.
func (a *App) keepToFiles(opts session.Options) error {
	_ = os.MkdirAll(opts.Home, 0o700)
	if user, err := os.UserHomeDir(); err == nil && len(lockdown.Folders()) == 0 {
		_ = os.Mkdir(filepath.Join(user, "Documents"), 0o700) // there must be one to export to
	}
	reach := lockdown.WindowFiles(opts.Home, opts.EnginePath, opts.EngineLib)
	if err := a.box.Enter(reach); err != nil {
		return err
	}
	files, err := lockdown.RestrictFiles(reach, a.lock.taken != nil)
	if errors.Is(err, lockdown.ErrUnsupported) {
		err = nil
	}
	a.files = &files
	return err
}

// takeHome takes the data directory. Where it cannot, the window shows why.
func (a *App) takeHome(opts session.Options, err error) {
	if err == nil {
		opts.Files = a.files
		opts.Version = Version
		opts.Network = a.offline.wait
		if a.lock.taken != nil {
			opts.Inherited = &a.lock.taken.Home
		}
		opts.Drafts = a.keepDrafts
		opts.OnDocument = func(d history.Document) { a.page.send(eventDocument, documentView(d)) }
		opts.OnChange = func() {
			a.emitState()
			a.emitStatus()
		}
		a.session, err = session.New(opts)
	}
	if err == nil {
		if err := a.session.Serve(); err != nil { // no backup while the window is open: no reason to stay shut
			fmt.Fprintln(os.Stderr, "subrosa:", err)
		}
	}
	if err != nil {
		a.session = session.Unusable(fault.From(err))
	}
}

// shutdown locks and gives the data directory back.
func (a *App) shutdown(context.Context) {
	a.page.detach()
	if err := a.session.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "subrosa:", err)
	}
}

func (a *App) options(page fs.FS) *options.App {
	width, height := 1180, 780
	if g := a.lock.before; g.Width > 0 && g.Height > 0 {
		width, height = g.Width, g.Height
	}
	return &options.App{
		Title: "Subrosa", Width: width, Height: height, MinWidth: 640, MinHeight: 480,
		AssetServer:      &assetserver.Options{Assets: page, Middleware: secureHeaders},
		OnStartup:        a.began,
		WindowStartState: a.lock.before.startState(),
		OnBeforeClose:    a.closing,
		OnShutdown:       a.shutdown,
		Bind:             []any{a},
		DragAndDrop:      &options.DragAndDrop{EnableFileDrop: true},
		Logger:           silence{&a.offline.noBrowser},
		ErrorFormatter:   func(err error) any { return faultView(fault.From(err)) },
		Linux:            &linux.Options{ProgramName: "subrosa", WebviewGpuPolicy: webviewGPU()},
		BackgroundColour: options.NewRGB(250, 250, 249),
	}
}

// hasGPU tells whether there is a GPU for the page: not under Xvfb.
func hasGPU() bool {
	_, err := os.Stat("/dev/dri")
	return err == nil
}

// webviewGPU draws in software where there is no GPU to draw with.
func webviewGPU() linux.WebviewGpuPolicy {
	if hasGPU() {
		return linux.WebviewGpuPolicyOnDemand
	}
	return linux.WebviewGpuPolicyNever
}

// silence is the web view's logger. Wails' own writes whole calls to standard error when one fails, passphrase and
// prompt included.
type silence struct{ noBrowser *atomic.Bool }

func (silence) Print(string)   {}
func (silence) Trace(string)   {}
func (silence) Debug(string)   {}
func (silence) Info(string)    {}
func (silence) Warning(string) {}

// Error is how Wails says, among other things, that its BrowserOpenURL found no browser.
func (s silence) Error(message string) {
	if strings.Contains(message, "browser") {
		s.noBrowser.Store(true)
	}
}

// Fatal is called when the window cannot go on.
func (silence) Fatal(string) {
	fmt.Fprintln(os.Stderr, "subrosa: the window failed")
	os.Exit(1)
}

func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}
