"""A plain web view without any of Subrosa's walls: the control of the hostile page. It loads the page, for each way of
leaving it once more, and ends when each has been tried. Arguments: the canary's host and port; another page, if not that one,
of which it prints every title."""

import pathlib
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import GLib, Gtk, WebKit2  # noqa: E402

PAGE = pathlib.Path(__file__).parent / "hostile" / "page"
WAYS = pathlib.Path(__file__).parents[2] / "frontend" / "src" / "lockdown" / "ways.js"
LEAVING = ["", "location", "replace", "link", "link-blank", "form", "refresh"]


def main(canary, other=None):
    view = WebKit2.WebView.new_with_context(WebKit2.WebContext.new_ephemeral())
    for name in ("enable-webrtc", "enable-media-stream", "javascript-can-open-windows-automatically"):
        view.get_settings().set_property(name, True)
    view.connect("create", lambda *_: WebKit2.WebView.new_with_related_view(view))
    window = Gtk.Window()
    window.add(view)
    window.show_all()
    if other:
        view.connect("notify::title", lambda *_: print(view.get_title()))
        view.load_html(pathlib.Path(other).read_text(), f"http://{canary}/")
        GLib.timeout_add(8000, Gtk.main_quit)
        Gtk.main()
        return
    todo = list(LEAVING)

    def following():
        if not todo:
            Gtk.main_quit()
            return False
        leave = todo.pop(0)
        script = WAYS.read_text().replace("export const", "const") + (PAGE / "probe.js").read_text().replace("import { waysOut }", "// import")
        html = (PAGE / "index.html").read_text()
        html = html.replace('<script src="canary.js"></script>', f"<script>const canary = '{canary}', leave = '{leave}';</script>")
        html = html.replace('<script type="module" src="probe.js"></script>', f'<script type="module">{script}</script>')
        view.load_html(html, f"http://{canary}/")
        GLib.timeout_add(6000 if leave else 15000, following)
        return False

    GLib.idle_add(following)
    Gtk.main()


main(*sys.argv[1:])
