package app

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"

	"github.com/wailsapp/wails/v2/pkg/runtime"

	"subrosa/internal/chat"
	"subrosa/internal/document"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/session"
)

// DocumentView is a document, as far as it has been read.
type DocumentView struct {
	ID           string     `json:"id"`
	Conversation string     `json:"conversation"` // or
	Matter       string     `json:"matter"`       // one of the two
	Name         string     `json:"name"`
	Kind         string     `json:"kind"`
	Size         int64      `json:"size"`    // bytes
	Reading      string     `json:"reading"` // reading, read, cancelled, failed
	Pages        int        `json:"pages"`   // that were read
	Of           int        `json:"of"`      // 0: not known yet
	Blank        int        `json:"blank"`   // pages without text
	Fault        *FaultView `json:"fault,omitempty"`
}

// DocumentPlaceView is where a document is, or is to be, kept.
type DocumentPlaceView struct {
	Conversation string `json:"conversation"`
	Matter       string `json:"matter"`
	NewIn        string `json:"newIn"` // where neither is named: the matter of a new conversation
}

// SourceView is what an answer's model was given of a document.
type SourceView struct {
	Document string        `json:"document"`
	Name     string        `json:"name"` // empty: it was deleted since
	Whole    bool          `json:"whole"`
	Pages    int           `json:"pages"` // that had been read by then
	Of       int           `json:"of"`
	Passages []PassageView `json:"passages"`
}

// PassageView is a passage that an answer cites by its number.
type PassageView struct {
	Number int `json:"number"`
	Page   int `json:"page"`
	Start  int `json:"start"` // bytes
	End    int `json:"end"`
}

// PassageHitView is a passage in which the words that were searched for stand.
type PassageHitView struct {
	Document string      `json:"document"`
	Name     string      `json:"name"`
	Page     int         `json:"page"`
	Start    int         `json:"start"` // bytes
	End      int         `json:"end"`
	Snippet  []PieceView `json:"snippet"`
}

// DocumentPageView is a page's text, cut around a passage.
type DocumentPageView struct {
	Document DocumentView `json:"document"`
	Number   int          `json:"number"`
	Before   string       `json:"before"`
	Passage  string       `json:"passage"`
	After    string       `json:"after"`
}

// ChooseDocuments asks for files in a dialog of the desktop's, and returns their paths: none where it was cancelled.
func (a *App) ChooseDocuments(title string) ([]string, error) {
	if a.lock.window == nil {
		return nil, nil // nobody to ask: a test
	}
	paths, err := runtime.OpenMultipleFilesDialog(a.lock.window, runtime.OpenDialogOptions{Title: title, DefaultDirectory: folder()})
	return paths, fault.Of(err, fault.Internal)
}

// AddDocument takes a file in. That it is read on is told by "document" events.
func (a *App) AddDocument(path string, at DocumentPlaceView) (DocumentView, error) {
	f, err := os.Open(path)
	if err != nil {
		return DocumentView{}, fault.New(fault.OutOfReach, err)
	}
	defer func() { _ = f.Close() }()
	d, err := a.session.AddDocument(context.Background(), placeOf(at), filepath.Base(path), f)
	return documentView(d), a.listChanged(err)
}

// Documents lists those that a conversation can use, or a matter's.
func (a *App) Documents(at DocumentPlaceView) ([]DocumentView, error) {
	list, err := a.session.Documents(context.Background(), placeOf(at))
	return viewsOf(list, documentView), err
}

const mostPassageHits = 10

// SearchDocuments looks for words in all documents, the best passages first.
func (a *App) SearchDocuments(text string) ([]PassageHitView, error) {
	hits, err := a.session.SearchDocuments(context.Background(), session.DocumentPlace{}, text, mostPassageHits)
	return viewsOf(hits, passageHitView), err
}

// CancelDocument ends the reading of one.
func (a *App) CancelDocument(id string) error {
	return a.session.CancelDocument(history.DocumentID(id))
}

// DocumentPage returns a page, cut around the passage from start to end.
func (a *App) DocumentPage(id string, number, start, end int) (DocumentPageView, error) {
	d, err := a.session.Document(context.Background(), history.DocumentID(id))
	if err != nil {
		return DocumentPageView{}, err
	}
	pages, err := a.session.DocumentPages(context.Background(), d.ID, number, 1)
	if err != nil {
		return DocumentPageView{}, err
	}
	return pageView(d, pages, number, start, end)
}

func pageView(d history.Document, pages []history.DocumentPage, number, start, end int) (DocumentPageView, error) {
	if len(pages) != 1 || pages[0].Number != number || start < 0 || end < start || end > len(pages[0].Text) {
		return DocumentPageView{}, fault.New(fault.DocumentMissing, nil)
	}
	text := pages[0].Text
	return DocumentPageView{Document: documentView(d), Number: number, Before: text[:start], Passage: text[start:end], After: text[end:]}, nil
}

// PictureView is a page as it looks.
type PictureView struct {
	PNG    string    `json:"png"`   // Base64
	Width  int       `json:"width"` // pixels
	Height int       `json:"height"`
	Boxes  []BoxView `json:"boxes"` // of the passage, one a line
}

// BoxView is where a piece of a passage stands, in parts of the picture's width and height from its top left corner: 0 to 1.
type BoxView struct {
	Left   float64 `json:"left"`
	Top    float64 `json:"top"`
	Right  float64 `json:"right"`
	Bottom float64 `json:"bottom"`
}

// mostPictureWidth is how many pixels wide a page is drawn at most: what a page of A4 may be within a few megabytes.
const mostPictureWidth = 2000

// DocumentPicture draws a page, width pixels wide or less, and marks the passage from start to end, which may be empty. A
// second one, or Cancel("picture"), ends the first.
func (a *App) DocumentPicture(id string, number, start, end, width int) (PictureView, error) {
	ctx, _, done := a.job("picture")
	defer done()
	passage := document.Passage{Page: number, Start: start, End: end}
	p, err := a.session.DocumentPicture(ctx, history.DocumentID(id), passage, min(width, mostPictureWidth))
	return PictureView{
		PNG: base64.StdEncoding.EncodeToString(p.PNG), Width: p.Width, Height: p.Height,
		Boxes: viewsOf(p.Boxes, func(b document.Box) BoxView { return BoxView(b) }),
	}, err
}

func placeOf(at DocumentPlaceView) session.DocumentPlace {
	return session.DocumentPlace{
		Conversation: history.ConversationID(at.Conversation), Matter: history.MatterID(at.Matter), NewIn: history.MatterID(at.NewIn),
	}
}

func documentView(d history.Document) DocumentView {
	v := DocumentView{
		ID: string(d.ID), Conversation: string(d.Conversation), Matter: string(d.Matter), Name: d.Name, Kind: d.Kind, Size: d.Size,
		Reading: string(d.Reading), Pages: d.Pages, Of: d.Of, Blank: d.Blank,
	}
	if d.Problem != "" {
		v.Fault = faultView(fault.New(fault.Code(d.Problem), nil))
	}
	return v
}

// sources are what a conversation's answers were given; none where they cannot be read, which the conversation itself
// says.
func (a *App) sources(id history.ConversationID) map[string][]SourceView {
	out := map[string][]SourceView{}
	all, err := a.session.Sources(context.Background(), id)
	if err != nil {
		return out
	}
	for answer, sources := range all {
		out[string(answer)] = viewsOf(sources, a.sourceView)
	}
	return out
}

func (a *App) sourceView(s history.Source) SourceView {
	d, _ := a.session.Document(context.Background(), s.Document) // one that was deleted has no name
	return SourceView{
		Document: string(s.Document), Name: d.Name, Whole: s.Whole, Pages: s.Pages, Of: s.Of,
		Passages: viewsOf(s.Passages, func(p history.CitedPassage) PassageView {
			return PassageView{Number: p.Number, Page: p.Page, Start: p.Start, End: p.End}
		}),
	}
}

func passageHitView(h history.PassageHit) PassageHitView {
	return PassageHitView{
		Document: string(h.Document), Name: h.Name, Page: h.Page, Start: h.Start, End: h.End, Snippet: viewsOf(h.Snippet, pieceView),
	}
}

func noticeView(n chat.Notice) NoticeView {
	return NoticeView{Name: n.Name, Reason: n.Reason, Answer: n.Answer, Document: string(n.Document), Page: n.Page}
}
