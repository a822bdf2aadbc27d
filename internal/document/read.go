package document

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"subrosa/internal/child"
	"subrosa/internal/document/proto"
	"subrosa/internal/document/text"
)

// ReadArgument is the first argument of subrosa-engine as a reader; the second is Reader.Lib.
const ReadArgument = "-read"

const (
	grace         = 2 * time.Second // for a child to end whose socket is closed
	maxTitle      = 300             // bytes
	maxAttachment = 255
	maxNames      = 1000
	partSize      = 256 << 10 // of content, in one frame
)

// Reader reads documents. Its methods may be called from any goroutine.
type Reader struct {
	Program string // path of subrosa-engine
	Lib     string // the directory of its libraries, in which PDFium's code lies compiled; without it, each PDF waits some seconds for the compiler
}

// Read reads content, of a file called name, and hands each page to page as soon as it is there. What page returns as an
// error ends it and is returned; so does ctx. Errors: those of this package. After an error the pages that were handed
// over are right, and not all; Info then says what is known so far.
func (r Reader) Read(ctx context.Context, name string, content io.Reader, limits Limits, page func(Page) error) (info Info, err error) {
	limits = limits.orDefault()
	ask := proto.AskBody{Name: name, Pages: limits.Pages, Text: limits.Text}
	err = r.run(ctx, ask, content, limits, func(a *answer) (err error) {
		a.page = page
		info, err = a.hear()
		return err
	})
	if err != nil {
		return info, fmt.Errorf("read document: %w", err)
	}
	return info, nil
}

// run starts a child, asks it, has hear listen, and sees the child's end.
func (r Reader) run(ctx context.Context, ask proto.AskBody, content io.Reader, limits Limits, hear func(*answer) error) error {
	c, err := r.start()
	if err != nil {
		return err
	}
	ask.Seconds = uint64(limits.Time/time.Second)*2 + 1
	stop := context.AfterFunc(ctx, c.Kill)
	a := &answer{limits: limits, left: limits.Time, child: c}
	if err = a.ask(ask, content); err == nil {
		err = hear(a)
	}
	stop()
	if err != nil {
		c.Kill()
	}
	status, detail := c.Reap(grace)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ErrTimeout
	case errors.Is(err, errGone):
		return fmt.Errorf("%w: %s: %s", ErrCrashed, status, detail)
	}
	return err
}

func (r Reader) start() (*child.Child, error) {
	lib := r.Lib
	if lib != "" {
		var err error
		if lib, err = filepath.Abs(lib); err != nil {
			return nil, err
		}
	}
	// Two threads: one reads, one collects what it drops.
	c, err := child.Start(child.Command{Path: r.Program, Args: []string{ReadArgument, lib}, Env: []string{"GOMAXPROCS=2", "GOTRACEBACK=none"}})
	switch {
	case errors.Is(err, child.ErrMissing):
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	case errors.Is(err, child.ErrUnsupported):
		return nil, ErrUnsupported
	}
	return c, err
}

// errGone means that the child hung up, or talked nonsense.
var errGone = errors.New("the child is gone")

// answer is what one child has said so far.
type answer struct {
	limits Limits
	page   func(Page) error
	child  *child.Child
	left   time.Duration // that may still be spent waiting for the child
	pages  int
	blank  int
	text   int64
}

// waiting does something that waits for the child, for as long as there is time.
func (a *answer) waiting(f func() error) error {
	if a.left <= 0 {
		return ErrTimeout
	}
	start := time.Now()
	if err := a.child.Conn.SetDeadline(start.Add(a.left)); err != nil {
		return err
	}
	err := f()
	a.left -= time.Since(start)
	return err
}

func (a *answer) ask(body proto.AskBody, content io.Reader) error {
	send := func(f func() error) error {
		err := a.waiting(f)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, ErrTimeout) {
			return errGone
		}
		return err
	}
	if err := send(func() error { return proto.Write(a.child.Conn, proto.Ask, body) }); err != nil {
		return err
	}
	size := int64(0)
	for part := make([]byte, partSize); ; {
		n, err := io.ReadFull(content, part)
		if size += int64(n); size > a.limits.Bytes {
			return ErrTooLarge
		}
		if n > 0 {
			if err := send(func() error { return proto.WriteRaw(a.child.Conn, proto.Content, part[:n]) }); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			clear(part)
			return send(func() error { return proto.WriteRaw(a.child.Conn, proto.Content, nil) })
		}
		if err != nil {
			return err
		}
	}
}

// codes are the errors that a child can say.
var codes = map[proto.Code]error{
	proto.UnknownKind: ErrKind,
	proto.Broken:      ErrBroken,
	proto.Encrypted:   ErrEncrypted,
	proto.TooLarge:    ErrTooLarge,
	proto.NoText:      ErrNoText,
}

// next waits for the child's next frame.
func (a *answer) next() (kind proto.Kind, body []byte, err error) {
	err = a.waiting(func() (err error) { kind, body, err = proto.Read(a.child.Conn); return err })
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, ErrTimeout) {
		err = errGone
	}
	return kind, body, err
}

// hear hands over pages until the child has no more.
func (a *answer) hear() (Info, error) {
	for {
		kind, body, err := a.next()
		if err == nil && kind == proto.Page {
			err = a.hearPage(body)
		}
		switch {
		case err != nil:
			return a.info(proto.DoneBody{}), err
		case kind == proto.Page:
		case kind == proto.Done:
			var b proto.DoneBody
			if proto.Decode(body, &b) != nil || kinds[Kind(b.Kind)] == "" {
				return a.info(proto.DoneBody{}), errGone
			}
			return a.info(b), nil
		case kind == proto.Failed:
			known, err := failure(body)
			return a.info(known), err
		default:
			return a.info(proto.DoneBody{}), errGone
		}
	}
}

// failure is the error that a child says, and what it knows all the same.
func failure(body []byte) (proto.DoneBody, error) {
	var b proto.FailedBody
	if proto.Decode(body, &b) != nil {
		return proto.DoneBody{}, errGone
	}
	err := codes[b.Code]
	if err == nil {
		err = ErrCrashed
	}
	return b.DoneBody, fmt.Errorf("%w: %s", err, shorten(b.Detail, maxTitle))
}

func (a *answer) hearPage(body []byte) error {
	var b proto.PageBody
	if proto.Decode(body, &b) != nil || b.Number != a.pages+1 || b.Of < 0 {
		return errGone
	}
	p := Page{Number: b.Number, Of: min(b.Of, a.limits.Pages), Text: text.Clean(b.Text)}
	a.pages++
	a.text += int64(len(p.Text))
	if a.pages > a.limits.Pages || a.text > a.limits.Text {
		return ErrTooLarge
	}
	if strings.TrimSpace(p.Text) == "" {
		p.Text = ""
		a.blank++
	}
	return a.page(p)
}

// info is what the child says that it has read, as far as it can be shown to somebody.
func (a *answer) info(b proto.DoneBody) Info {
	i := Info{Kind: kinds[Kind(b.Kind)], Title: shorten(b.Title, maxTitle), Pages: a.pages, Blank: a.blank}
	for _, name := range b.Attachments[:min(len(b.Attachments), maxNames)] {
		i.Attachments = append(i.Attachments, shorten(name, maxAttachment))
	}
	return i
}

// shorten returns the first bytes of s, on one line.
func shorten(s string, most int) string {
	s = strings.Join(strings.Fields(text.Clean(s[:min(len(s), 4*most)])), " ")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
