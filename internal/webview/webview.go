// Package webview takes from the desktop's web view what a page needs to leave: other addresses, new windows, downloads,
// permissions, media, storage. Text from a model or a document cannot ask for any of these (it is sanitised, and the content
// security policy forbids most); this is for the day when something gets past both.
//
// It does not confine the web view's processes: package lockdown does. Other systems than Linux: Harden returns
// errors.ErrUnsupported.
package webview

// home is the address of the program's own page, as Wails serves it.
const home = "wails://wails/"
