package webview

/*
#cgo pkg-config: gtk+-3.0 webkit2gtk-4.1
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <gtk/gtk.h>
#include <webkit2/webkit2.h>

// Nothing but the program's own page is ever loaded in the view.
// What the page asked for and was refused, up to a bound; noted on the main thread, read by others.
static GMutex refused_mutex;
static char *refused[64];
static int refusals;

static void note_refused(WebKitPolicyDecision *decision) {
	if (!WEBKIT_IS_NAVIGATION_POLICY_DECISION(decision))
		return;
	WebKitNavigationAction *action =
		webkit_navigation_policy_decision_get_navigation_action(WEBKIT_NAVIGATION_POLICY_DECISION(decision));
	g_mutex_lock(&refused_mutex);
	if (refusals < (int)G_N_ELEMENTS(refused))
		refused[refusals++] = g_strdup(webkit_uri_request_get_uri(webkit_navigation_action_get_request(action)));
	g_mutex_unlock(&refused_mutex);
}

static const char *refused_at(int i) {
	g_mutex_lock(&refused_mutex);
	const char *uri = i < refusals ? refused[i] : NULL;
	g_mutex_unlock(&refused_mutex);
	return uri;
}

static gboolean decide(WebKitWebView *view, WebKitPolicyDecision *decision, WebKitPolicyDecisionType type, gpointer home) {
	if (type == WEBKIT_POLICY_DECISION_TYPE_NAVIGATION_ACTION) {
		WebKitNavigationAction *action =
			webkit_navigation_policy_decision_get_navigation_action(WEBKIT_NAVIGATION_POLICY_DECISION(decision));
		if (g_strcmp0(webkit_uri_request_get_uri(webkit_navigation_action_get_request(action)), home) == 0)
			return FALSE;
	}
	if (type == WEBKIT_POLICY_DECISION_TYPE_RESPONSE &&
		webkit_response_policy_decision_is_mime_type_supported(WEBKIT_RESPONSE_POLICY_DECISION(decision)))
		return FALSE;
	note_refused(decision);
	webkit_policy_decision_ignore(decision);
	return TRUE;
}

static gboolean deny(WebKitWebView *view, WebKitPermissionRequest *request, gpointer data) {
	webkit_permission_request_deny(request);
	return TRUE;
}

// A page of WebKit's own that says what went wrong would take the place of the program's.
static gboolean keep_page(WebKitWebView *view, WebKitLoadEvent event, gchar *uri, GError *error, gpointer data) {
	return TRUE;
}

static void cancel(WebKitWebContext *context, WebKitDownload *download, gpointer data) { webkit_download_cancel(download); }

static void harden(WebKitWebView *view, const char *home) {
	g_signal_connect(view, "decide-policy", G_CALLBACK(decide), (gpointer)home);
	g_signal_connect(view, "permission-request", G_CALLBACK(deny), NULL);
	g_signal_connect(view, "load-failed", G_CALLBACK(keep_page), NULL);
	g_signal_connect(webkit_web_view_get_context(view), "download-started", G_CALLBACK(cancel), NULL);
	g_object_set(webkit_web_view_get_settings(view), "enable-webrtc", FALSE, "enable-media-stream", FALSE, "enable-media", FALSE,
		"enable-webaudio", FALSE, "enable-webgl", FALSE, "enable-html5-local-storage", FALSE,
		"enable-html5-database", FALSE, "javascript-can-open-windows-automatically", FALSE, NULL);
}

typedef struct {
	const char *home;
	int views; // that were found; -1 until it ran
	GMutex mutex;
	GCond ran;
} task;

static void visit(GtkWidget *widget, gpointer data) {
	task *t = data;
	if (WEBKIT_IS_WEB_VIEW(widget)) {
		harden(WEBKIT_WEB_VIEW(widget), t->home);
		t->views++;
	} else if (GTK_IS_CONTAINER(widget)) {
		gtk_container_forall(GTK_CONTAINER(widget), visit, t);
	}
}

static gboolean run(gpointer data) {
	task *t = data;
	g_mutex_lock(&t->mutex);
	t->views = 0;
	GList *windows = gtk_window_list_toplevels();
	for (GList *w = windows; w; w = w->next)
		visit(w->data, t);
	g_list_free(windows);
	g_cond_signal(&t->ran);
	g_mutex_unlock(&t->mutex);
	return G_SOURCE_REMOVE;
}

// Looks for drivers of EGL: a process does so at its first call, and never again.
static void look_for_egl(void) {
	void *egl = dlopen("libEGL.so.1", RTLD_NOW);
	void *(*display)(void *) = egl != NULL ? (void *(*)(void *))dlsym(egl, "eglGetDisplay") : NULL;
	if (display != NULL)
		display(NULL);
}

static int harden_all(const char *home) {
	task t = {.home = home, .views = -1};
	g_mutex_init(&t.mutex);
	g_cond_init(&t.ran);
	g_idle_add_full(G_PRIORITY_HIGH, run, &t, NULL);
	g_mutex_lock(&t.mutex);
	while (t.views < 0)
		g_cond_wait(&t.ran, &t.mutex);
	g_mutex_unlock(&t.mutex);
	g_mutex_clear(&t.mutex);
	g_cond_clear(&t.ran);
	return t.views;
}
*/
import "C"

import (
	"errors"
	"os"
)

// Prepare says, before there is a web view, how its processes run: without a compiler for the page's JavaScript, so that no
// memory of theirs is both written and executed, as in WebKit's own lockdown mode; and, where there is no GPU, without the
// renderer that would share its buffers with one.
func Prepare(gpu bool) error {
	err := os.Setenv("JSC_useJIT", "0")
	if !gpu {
		err = errors.Join(err, os.Setenv("WEBKIT_DISABLE_DMABUF_RENDERER", "1"), withoutOpenGL())
	}
	return err
}

// withoutOpenGL keeps OpenGL's software renderer, some 20 MB with its compiler, out of this process, which draws nothing with
// it. GTK is told so; WebKit asks EGL and goes on without where there is no driver. The web view's own process, which does
// not, finds one as ever: it takes the environment over when the variable is gone again.
func withoutOpenGL() error {
	const drivers = "__EGL_VENDOR_LIBRARY_FILENAMES"
	before, set := os.LookupEnv(drivers)
	err := errors.Join(os.Setenv("GDK_GL", "disable"), os.Setenv(drivers, os.DevNull))
	C.look_for_egl()
	if set {
		return errors.Join(err, os.Setenv(drivers, before))
	}
	return errors.Join(err, os.Unsetenv(drivers))
}

// Harden restricts every web view of this process, on GTK's thread, and returns when it has. It is called once.
func Harden() error {
	if C.harden_all(C.CString(home)) == 0 { // the text is the signal handlers', for good
		return errors.New("harden the web view: there is none")
	}
	return nil
}

// Refused returns the addresses of the navigation that was refused so far, the first 64.
func Refused() (addresses []string) {
	for i := C.int(0); ; i++ {
		uri := C.refused_at(i)
		if uri == nil {
			return addresses
		}
		addresses = append(addresses, C.GoString(uri))
	}
}
