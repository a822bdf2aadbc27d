// Package document reads a file of somebody else's into pages of text.
//
// It reads PDF, DOCX, RTF, EML, HTML, CSV, Markdown and plain text. What a file is, is told by its content, and by its
// name only where the content leaves it open. A format without pages of its own is cut into pages of about PageSize
// bytes, at the ends of paragraphs.
//
// Each document is read in a child process of its own, `subrosa-engine -read`, which is given the content over a socket
// (internal/document/proto), holds no key, and before it looks at the first byte gives up all files, sockets and
// processes (internal/lockdown, Seal), and memory and processor time beyond a limit. What it answers is checked as what a
// stranger says is.
//
// Guarantee: pages come in order, the first as soon as it is there; a Page's text is UTF-8 with "\n" as its only line
// end and no other control character than "\t"; nothing is fetched, run or opened that a document names. What exceeds the
// limits, or is broken, or hides what it says behind a password, ends in one of the errors below. Cancelling, and time
// that is up, kill the child.
//
// It does not look at pictures: a page that was scanned has no text. What a document hides from whoever looks at it
// (text that is deleted, hidden or not displayed, scripts, comments in the markup, characters without a look) is left out,
// where its format says so.
package document

import (
	"errors"
	"time"
)

// Kind is a format.
type Kind string

// The kinds. The values are stored.
const (
	PDF      Kind = "pdf"
	DOCX     Kind = "docx"
	RTF      Kind = "rtf"
	EML      Kind = "eml"
	HTML     Kind = "html"
	CSV      Kind = "csv"
	Markdown Kind = "markdown"
	Text     Kind = "text"
)

var kinds = map[Kind]Kind{PDF: PDF, DOCX: DOCX, RTF: RTF, EML: EML, HTML: HTML, CSV: CSV, Markdown: Markdown, Text: Text}

// PageSize is about how much text of a format without pages makes one, bytes.
const PageSize = 4000

// Info says what was read.
type Info struct {
	Kind        Kind
	Title       string   // the document's own, may be empty
	Pages       int      // all that were handed over
	Blank       int      // of these, pages without text: pictures, as a scanner makes them
	Attachments []string // names of files within the file, which were not read
}

// Page is one page of a document. Text may be empty.
type Page struct {
	Number int // from 1
	Of     int // how many there will be; 0: not known yet
	Text   string
}

// Limits bound what one document may take. What is zero is as in DefaultLimits.
type Limits struct {
	Bytes int64         // of the file
	Pages int           // handed over
	Text  int64         // bytes of all pages together
	Time  time.Duration // from the start to the last page; waiting for page to return does not count
}

// DefaultLimits are enough for a case file of some thousand pages.
var DefaultLimits = Limits{Bytes: 256 << 20, Pages: 20_000, Text: 64 << 20, Time: 5 * time.Minute}

func (l Limits) orDefault() Limits {
	if l.Bytes <= 0 {
		l.Bytes = DefaultLimits.Bytes
	}
	if l.Pages <= 0 {
		l.Pages = DefaultLimits.Pages
	}
	if l.Text <= 0 {
		l.Text = DefaultLimits.Text
	}
	if l.Time <= 0 {
		l.Time = DefaultLimits.Time
	}
	return l
}

var (
	// ErrKind means that the file is of no kind that is read here.
	ErrKind = errors.New("not a kind of document that can be read")
	// ErrBroken means that the file is not what its kind asks for, or was cut off.
	ErrBroken = errors.New("document is damaged")
	// ErrEncrypted means that the document asks for a password.
	ErrEncrypted = errors.New("document is protected by a password")
	// ErrTooLarge means that the file, or what it unpacks to, is beyond the limits.
	ErrTooLarge = errors.New("document is too large")
	// ErrTimeout means that reading took longer than the limits allow.
	ErrTimeout = errors.New("reading the document took too long")
	// ErrNoText means that the document was read to its end and holds no text, as when it was scanned.
	ErrNoText = errors.New("document holds no text")
	// ErrMissing means that the program that reads cannot be started.
	ErrMissing = errors.New("the program that reads documents is missing")
	// ErrCrashed means that the program that reads ended by itself, as when it ran out of its memory.
	ErrCrashed = errors.New("the program that reads documents ended")
	// ErrUnsupported means that documents cannot be read on this operating system yet.
	ErrUnsupported = errors.New("documents cannot be read on this operating system")
)
