package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/document"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
)

// DocumentPlace is where a document is kept: with a conversation or with a matter.
type DocumentPlace struct {
	Conversation history.ConversationID
	Matter       history.MatterID
	NewIn        history.MatterID // where neither is named, in a new conversation of this matter; empty: General
}

// AddDocument keeps a file as a document, and begins to read it in the background: DocumentChanged tells how far that is.
// name is as the user knows it. The record names the file by its hash.
func (s *Session) AddDocument(ctx context.Context, at DocumentPlace, name string, r io.Reader) (history.Document, error) {
	o, err := s.ready()
	if err != nil {
		return history.Document{}, err
	}
	if err := o.require(policy.AttachDocument, string(at.Conversation), nil); err != nil {
		return history.Document{}, err
	}
	if at.Conversation != "" && at.Matter != "" {
		return history.Document{}, fault.New(fault.BadInput, errors.New("a document belongs to a conversation or to a matter"))
	}
	if at, err = o.placeFor(ctx, at, name); err != nil {
		return history.Document{}, err
	}
	d := history.Document{ID: history.NewDocumentID(), Conversation: at.Conversation, Matter: at.Matter, Name: filepath.Base(name)}
	entry := audit.Entry{Action: audit.DocumentAdd, Conversation: string(at.Conversation), Matter: string(at.Matter)}
	entry.Result, entry.Detail = "begun", "document "+string(d.ID)
	if err := o.note(entry); err != nil {
		return d, err
	}
	kept, err := o.history.AddDocument(ctx, d, r, int64(o.policy.Limits.DocumentBytes))
	entry.Result, entry.Detail = "complete", fmt.Sprintf("document %s, sha256 %s, %d bytes", d.ID, kept.SHA256, kept.Size)
	if err != nil {
		err = documentFault(err)
		entry.Result, entry.Detail = "failed", "document "+string(d.ID)+": "+string(fault.From(err).Code)
	}
	if err := errors.Join(err, o.note(entry)); err != nil {
		return d, err
	}
	o.reading.start(o, kept)
	return kept, nil
}

// placeFor checks that the place is there, or makes a conversation that is named after the document.
func (o *open) placeFor(ctx context.Context, at DocumentPlace, name string) (DocumentPlace, error) {
	switch {
	case at.Matter != "":
		_, err := o.history.Matter(ctx, at.Matter)
		return at, matterFault(err)
	case at.Conversation != "":
		_, err := o.history.Conversation(ctx, at.Conversation)
		return at, historyFault(err)
	}
	title, err := o.title(filepath.Base(name))
	if err != nil {
		return at, err
	}
	c, err := o.history.CreateConversation(ctx, at.NewIn, title)
	at.Conversation = c.ID
	return at, historyFault(err)
}

// Documents lists those of a conversation, with its matter's, or of a matter; or all, where neither is named.
func (s *Session) Documents(ctx context.Context, at DocumentPlace) ([]history.Document, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	if at.Conversation == "" && at.Matter == "" {
		list, err := o.history.Documents(ctx)
		return list, historyFault(err)
	}
	list, err := o.documentsFor(ctx, at)
	return list, err
}

// documentsFor returns what a conversation may use: its own documents and its matter's.
func (o *open) documentsFor(ctx context.Context, at DocumentPlace) ([]history.Document, error) {
	if at.Conversation != "" {
		c, err := o.history.Conversation(ctx, at.Conversation)
		if err != nil {
			return nil, historyFault(err)
		}
		at.Matter = c.Matter
	}
	list, err := o.history.DocumentsAt(ctx, at.Conversation, at.Matter)
	return list, historyFault(err)
}

// Document returns one.
func (s *Session) Document(ctx context.Context, id history.DocumentID) (history.Document, error) {
	o, err := s.ready()
	if err != nil {
		return history.Document{}, err
	}
	d, err := o.history.Document(ctx, id)
	return d, documentFault(err)
}

// DocumentPages returns the text of a document from a page on, at most so many pages (0: all), as far as it was read.
func (s *Session) DocumentPages(ctx context.Context, id history.DocumentID, from, most int) ([]history.DocumentPage, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	pages, err := o.history.DocumentPages(ctx, id, from, most)
	return pages, documentFault(err)
}

// pictureTime is how long a page may take to be drawn.
const pictureTime = 20 * time.Second

// DocumentPicture draws the page on which a passage stands, width pixels wide, and tells where the passage is. Nothing of it is
// kept. fault.DocumentNoPicture where the document is no PDF; a lock ends it.
func (s *Session) DocumentPicture(ctx context.Context, id history.DocumentID, p document.Passage, width int) (document.Picture, error) {
	o, err := s.ready()
	if err != nil {
		return document.Picture{}, err
	}
	d, err := o.history.Document(ctx, id)
	if err != nil {
		return document.Picture{}, documentFault(err)
	}
	if d.Kind != string(document.PDF) {
		return document.Picture{}, fault.New(fault.DocumentNoPicture, nil)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(o.life, stop)()
	limits := document.Limits{Bytes: int64(o.policy.Limits.DocumentBytes), Time: pictureTime}
	picture, err := o.reader.Picture(ctx, o.content(ctx, id), p, width, limits)
	return picture, documentFault(err)
}

// content is the file of a document, decrypted as it is read. It ends with ctx.
func (o *open) content(ctx context.Context, id history.DocumentID) io.Reader {
	file, w := io.Pipe()
	context.AfterFunc(ctx, func() { _ = file.CloseWithError(ctx.Err()) })
	go func() { _ = w.CloseWithError(o.history.ReadDocument(ctx, id, w)) }()
	return file
}

// SearchDocuments looks for words in documents: those of a place, or all. A stretch of searching is on record.
func (s *Session) SearchDocuments(ctx context.Context, at DocumentPlace, text string, most int) ([]history.PassageHit, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	if err := o.require(policy.SearchOwn, "", nil); err != nil {
		return nil, err
	}
	list, err := s.Documents(ctx, at)
	if err != nil {
		return nil, err
	}
	if err := o.noteSearch(); err != nil {
		return nil, err
	}
	hits, err := o.history.SearchDocuments(ctx, history.DocumentQuery{Text: text, Documents: idsOf(list), Limit: most})
	return hits, errors.Join(historyFault(err), o.noteDamage(historyFault(err)))
}

// CancelDocument ends the reading of a document. The pages that were read stay and are used.
func (s *Session) CancelDocument(id history.DocumentID) error {
	o, err := s.ready()
	if err == nil {
		o.reading.cancel(id)
	}
	return err
}

// AwaitDocument waits until a document is read, or ctx ends, and returns it as it is then.
func (s *Session) AwaitDocument(ctx context.Context, id history.DocumentID) (history.Document, error) {
	o, err := s.ready()
	if err != nil {
		return history.Document{}, err
	}
	o.reading.wait(ctx, []history.DocumentID{id}, func() bool { return false })
	return s.Document(context.WithoutCancel(ctx), id)
}

// Sources returns what the answers of a conversation were given of documents.
func (s *Session) Sources(ctx context.Context, id history.ConversationID) (map[history.MessageID][]history.Source, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	if o.passingOf(id) != nil {
		return nil, nil
	}
	list, err := o.history.Sources(ctx, id)
	return list, historyFault(err)
}

// Summaries returns what the model is told in place of a conversation's oldest messages, in all its branches.
func (s *Session) Summaries(ctx context.Context, id history.ConversationID) ([]history.Summary, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	list, err := o.summaries(ctx, id)
	if err != nil {
		return nil, historyFault(err)
	}
	for i := range list {
		if err := o.read(ctx, id, &list[i].Text); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (o *open) summaries(ctx context.Context, id history.ConversationID) ([]history.Summary, error) {
	if temporary := o.passingOf(id); temporary != nil {
		return temporary.Summaries(ctx, id)
	}
	return o.history.Summaries(ctx, id)
}

func idsOf(list []history.Document) []history.DocumentID {
	ids := make([]history.DocumentID, len(list))
	for i, d := range list {
		ids[i] = d.ID
	}
	return ids
}

const (
	bytesPerToken  = 3 // of text, few as models go: a text must not turn out to be longer than was thought
	instructions   = 600
	answerShare    = 4 // a quarter of the context is left for the answer
	mostPassages   = 60
	patience       = 3 * time.Second // that a turn waits for documents to be read to their end
	beforeBytes    = 96              // of a page that are looked at before a passage
	perPassage     = 24              // bytes of its number and page
	firstPagesOnly = 50              // pages that are looked at where nothing is found
)

// library returns what finds the documents of a turn, nil where it uses none. fault.DocumentMissing where one is named
// that is neither the conversation's nor its matter's.
func (o *open) library(ctx context.Context, p chat.Prompt) (chat.Library, error) {
	on := o.policy.Allows(policy.AttachDocument) == nil
	switch {
	case p.Temporary && len(p.Documents) > 0:
		return nil, fault.New(fault.BadInput, errors.New("a temporary chat uses no documents"))
	case !on && len(p.Documents) > 0:
		return nil, o.require(policy.AttachDocument, string(p.Conversation), nil)
	case !on || p.NoDocuments || p.Temporary:
		return nil, nil
	}
	at := DocumentPlace{Conversation: p.Conversation, Matter: p.Matter}
	if at.Conversation == "" && at.Matter == "" {
		at.Matter = history.General
	}
	usable, err := o.documentsFor(context.WithoutCancel(ctx), at) // a turn that is stopped before it began is stopped, and no fault
	if err != nil {
		return nil, err
	}
	var used []history.DocumentID
	for _, d := range usable {
		if d.Conversation != "" || slices.Contains(p.Documents, d.ID) {
			used = append(used, d.ID)
		}
	}
	for _, id := range p.Documents {
		if !slices.Contains(used, id) {
			return nil, fault.New(fault.DocumentMissing, nil)
		}
	}
	if len(used) == 0 {
		return nil, nil
	}
	return func(ctx context.Context, prompt string, taken int) ([]chat.Excerpt, error) {
		tokens, err := o.model.contextTokens(ctx)
		if err != nil {
			return nil, err
		}
		room := tokens*bytesPerToken*(answerShare-1)/answerShare - taken - instructions
		return o.excerpts(ctx, used, prompt, room)
	}, nil
}

// excerpts returns documents whole where they fit into room bytes, else what is found in them for the prompt. It waits
// for what is being read, but for no more than its first page if that takes long.
func (o *open) excerpts(ctx context.Context, ids []history.DocumentID, prompt string, room int) ([]chat.Excerpt, error) {
	o.reading.wait(ctx, ids, func() bool { return o.allBegun(ctx, ids) })
	var all []chat.Excerpt
	left := room
	for _, id := range ids {
		e, size, err := o.whole(ctx, id, left)
		if err != nil {
			return nil, err
		}
		if left -= size; left < 0 {
			return o.found(ctx, ids, prompt, room)
		}
		all = append(all, e)
	}
	return all, nil
}

// allBegun tells whether there is a page of each.
func (o *open) allBegun(ctx context.Context, ids []history.DocumentID) bool {
	for _, id := range ids {
		if d, err := o.history.Document(ctx, id); err == nil && d.Reading == history.ReadingOn && d.Pages == 0 {
			return false
		}
	}
	return true
}

// whole returns a document with all its passages, and their size, which is more than room where it does not fit.
func (o *open) whole(ctx context.Context, id history.DocumentID, room int) (chat.Excerpt, int, error) {
	const some = 20
	d, err := o.history.Document(ctx, id)
	if err != nil {
		return chat.Excerpt{}, 0, documentFault(err)
	}
	e, size := chat.Excerpt{Document: d, Whole: true}, len(d.Name)
	for from := 1; size <= room; from += some {
		pages, err := o.history.DocumentPages(ctx, id, from, some)
		if err != nil || len(pages) == 0 {
			return e, size, documentFault(err)
		}
		for _, p := range pages {
			for _, at := range p.Passages {
				e.Passages = append(e.Passages, passageOf(p, at))
				size += at.End - at.Start + perPassage
			}
		}
	}
	return e, size, nil
}

func passageOf(p history.DocumentPage, at history.Stretch) chat.Passage {
	from := max(0, at.Start-beforeBytes)
	for from > 0 && p.Text[from-1] != ' ' && p.Text[from-1] != '\n' && at.Start-from < 2*beforeBytes {
		from-- // whole words, and whole characters
	}
	before := p.Text[from:at.Start]
	return chat.Passage{Page: p.Number, Stretch: at, Before: before, Text: p.Text[at.Start:at.End]}
}

// found returns the passages that have most to do with the prompt, as many as fit, in the documents' own order. Where
// nothing is found it is the documents' beginnings.
func (o *open) found(ctx context.Context, ids []history.DocumentID, prompt string, room int) ([]chat.Excerpt, error) {
	ranked, err := o.history.Rank(ctx, prompt, ids, mostPassages)
	if err != nil {
		return nil, historyFault(err)
	}
	near, err := o.vectors.near(ctx, prompt, ids, mostPassages)
	if err != nil {
		return nil, err
	}
	ranked = fuse(mostPassages, ranked, near)
	if len(ranked) == 0 {
		if ranked, err = o.beginnings(ctx, ids); err != nil {
			return nil, err
		}
	}
	excerpts := map[history.DocumentID]*chat.Excerpt{}
	for _, at := range ranked {
		if room -= at.End - at.Start + perPassage; room < 0 {
			break
		}
		e := excerpts[at.Document]
		if e == nil {
			d, err := o.history.Document(ctx, at.Document)
			if isMissing(err) {
				continue // erased a moment ago
			}
			if err != nil {
				return nil, historyFault(err)
			}
			e = &chat.Excerpt{Document: d}
			excerpts[at.Document] = e
		}
		pages, err := o.history.DocumentPages(ctx, at.Document, at.Page, 1)
		if err != nil || len(pages) != 1 || at.End > len(pages[0].Text) {
			return nil, fault.New(fault.HistoryDamaged, err)
		}
		e.Passages = append(e.Passages, passageOf(pages[0], at.Stretch))
	}
	var out []chat.Excerpt
	for _, id := range ids {
		if e := excerpts[id]; e != nil {
			slices.SortFunc(e.Passages, func(a, b chat.Passage) int {
				if a.Page != b.Page {
					return a.Page - b.Page
				}
				return a.Start - b.Start
			})
			out = append(out, *e)
		}
	}
	return out, nil
}

// beginnings returns the first passages of each document, turn by turn.
func (o *open) beginnings(ctx context.Context, ids []history.DocumentID) (all []history.PassageAt, err error) {
	per := max(1, mostPassages/len(ids))
	for _, id := range ids {
		pages, err := o.history.DocumentPages(ctx, id, 1, min(per, firstPagesOnly))
		if err != nil {
			return nil, documentFault(err)
		}
		n := 0
		for _, p := range pages {
			for _, at := range p.Passages {
				if n++; n <= per {
					all = append(all, history.PassageAt{Document: id, Page: p.Number, Stretch: at})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b history.PassageAt) int { return a.Page - b.Page })
	return all, nil
}

// reading is the reading of documents in the background, one after the other.
type reading struct {
	turn sync.Mutex // held by the one that is being read

	mu      sync.Mutex
	running map[history.DocumentID]*read
	changed func(history.Document) // may be nil
	closed  bool
	all     sync.WaitGroup
}

// read is one that waits for its turn or is being read.
type read struct {
	stop      context.CancelFunc
	cancelled bool // by the user: else by a lock, and it is gone on with
	done      chan struct{}
}

// start begins to read a document, or goes on.
func (r *reading) start(o *open, d history.Document) {
	ctx, stop := context.WithCancel(o.life)
	one := &read{stop: stop, done: make(chan struct{})}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.running[d.ID] != nil {
		stop()
		return
	}
	if r.running == nil {
		r.running = map[history.DocumentID]*read{}
	}
	r.running[d.ID] = one
	r.all.Go(func() {
		defer stop()
		r.turn.Lock()
		defer r.turn.Unlock()
		o.readDocument(ctx, d, func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return one.cancelled
		})
		r.mu.Lock()
		delete(r.running, d.ID)
		r.mu.Unlock()
		close(one.done)
	})
}

// wait returns when none of the documents is being read any more, when ctx ends, or, once patience is over, when enough
// says so.
func (r *reading) wait(ctx context.Context, ids []history.DocumentID, enough func() bool) {
	patient := time.Now().Add(patience)
	for {
		var next *read
		r.mu.Lock()
		for _, id := range ids {
			if one := r.running[id]; one != nil {
				next = one
			}
		}
		r.mu.Unlock()
		if next == nil {
			return
		}
		select {
		case <-next.done:
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
			if time.Now().After(patient) && enough() {
				return
			}
		}
	}
}

func (r *reading) cancel(id history.DocumentID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one := r.running[id]; one != nil {
		one.cancelled = true
		one.stop()
	}
}

// close waits for the reading to end, which o.life has been told.
func (r *reading) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.all.Wait()
}

func (r *reading) tell(d history.Document) {
	if r.changed != nil {
		r.changed(d)
	}
}

// resumeReading goes on with what a lock or a crash cut short.
func (o *open) resumeReading(ctx context.Context) error {
	list, err := o.history.UnreadDocuments(ctx)
	for _, d := range list {
		o.reading.start(o, d)
	}
	return historyFault(err)
}

const pagesEvery = 500 * time.Millisecond // in which pages are gathered before they are stored

// readDocument takes the text out of a document and keeps it page by page; pages that are kept already are passed over.
// A lock leaves it as it is, to be gone on with. How it ended is on record; of a document that was erased meanwhile, that
// is.
func (o *open) readDocument(ctx context.Context, d history.Document, cancelled func() bool) {
	var pages []history.DocumentPage
	stored, of := time.Now(), d.Of
	store := func() error {
		if len(pages) == 0 {
			return nil
		}
		if err := o.history.AddPages(context.WithoutCancel(ctx), d.ID, of, pages...); err != nil {
			return err
		}
		d.Pages, d.Of = d.Pages+len(pages), of
		pages, stored = pages[:0], time.Now()
		o.reading.tell(d)
		o.vectors.poke()
		return nil
	}
	had, first := d.Pages, d.Pages == 0
	limits := document.Limits{Bytes: int64(o.policy.Limits.DocumentBytes)}
	info, err := o.reader.Read(ctx, d.Name, o.content(ctx, d.ID), limits, func(p document.Page) error {
		if p.Number <= had {
			return nil
		}
		page := history.DocumentPage{Number: p.Number, Text: p.Text}
		for _, at := range document.Passages(p) {
			page.Passages = append(page.Passages, history.Stretch{Start: at.Start, End: at.End})
		}
		pages, of = append(pages, page), p.Of
		if first || time.Since(stored) >= pagesEvery {
			first = false
			return store()
		}
		return nil
	})
	err = errors.Join(err, store())
	if o.life.Err() != nil || isMissing(err) { // a lock; or it was erased
		return
	}
	d.Reading, d.Kind, d.Blank = history.ReadingDone, string(info.Kind), info.Blank
	switch {
	case cancelled():
		d.Reading = history.ReadingCancelled
	case err != nil:
		d.Reading, d.Problem = history.ReadingFailed, string(fault.From(documentFault(err)).Code)
	default:
		d.Of = info.Pages
	}
	if err := o.history.EndReading(context.WithoutCancel(ctx), d); err != nil {
		return // erased, or a full disk: then it is read again after the next unlock
	}
	e := audit.Entry{Action: audit.DocumentRead, Conversation: string(d.Conversation), Matter: string(d.Matter), Result: string(d.Reading)}
	e.Detail = fmt.Sprintf("document %s, sha256 %s, %s, %d bytes, %d pages", d.ID, d.SHA256, d.Kind, d.Size, d.Pages)
	if d.Reading == history.ReadingDone {
		e.Result = "complete"
	}
	if d.Problem != "" {
		e.Detail += ": " + d.Problem
	}
	_ = o.note(e) // a record that cannot be written says so at the next turn
	o.reading.tell(d)
}

// documentFault says what an error about a document means to the user; nil for nil.
func documentFault(err error) error {
	return fault.Of(
		err, fault.Internal,
		fault.Cause{Err: history.ErrNotFound, Code: fault.DocumentMissing},
		fault.Cause{Err: history.ErrTooLarge, Code: fault.DocumentTooLarge},
		fault.Cause{Err: history.ErrWrongKeyOrDamaged, Code: fault.HistoryDamaged},
		fault.Cause{Err: history.ErrDiskFull, Code: fault.DiskFull},
		fault.Cause{Err: history.ErrHeld, Code: fault.Held},
		fault.Cause{Err: document.ErrKind, Code: fault.DocumentKind},
		fault.Cause{Err: document.ErrBroken, Code: fault.DocumentBroken},
		fault.Cause{Err: document.ErrEncrypted, Code: fault.DocumentEncrypted},
		fault.Cause{Err: document.ErrTooLarge, Code: fault.DocumentTooLarge},
		fault.Cause{Err: document.ErrTimeout, Code: fault.DocumentTooLarge},
		fault.Cause{Err: document.ErrNoText, Code: fault.DocumentNoText},
		fault.Cause{Err: document.ErrMissing, Code: fault.EngineMissing},
		fault.Cause{Err: document.ErrUnsupported, Code: fault.EngineMissing},
		fault.Cause{Err: document.ErrCrashed, Code: fault.DocumentBroken},
	)
}
