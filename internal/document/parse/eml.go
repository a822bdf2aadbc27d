package parse

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // encodings other than UTF-8
	"github.com/emersion/go-message/mail"

	"subrosa/internal/document"
)

const maxNested = 20 // parts of a message within parts

// readEML reads an Internet message (RFC 5322, MIME): who, when, about what, and its text. Of alternatives the plain one
// is taken. Attached files, and messages, are named and not opened.
func (f *file) readEML() error {
	e, err := message.Read(bytes.NewReader(f.content))
	if err != nil && !tolerable(err) {
		return document.ErrBroken
	}
	h := mail.Header{Header: e.Header}
	var b strings.Builder
	if subject, err := h.Subject(); err == nil || subject != "" {
		f.info.Title = subject
	}
	for _, name := range []string{"From", "To", "Cc", "Date", "Subject"} {
		value, err := h.Text(name)
		if err != nil {
			value = h.Get(name)
		}
		if value = strings.Join(strings.Fields(value), " "); value != "" {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	if b.Len() == 0 {
		return document.ErrBroken
	}
	m := &mailbody{file: f}
	body, err := m.part(e, 0)
	if err != nil {
		return err
	}
	for _, name := range f.info.Attachments {
		b.WriteString("Attachment: " + name + "\n")
	}
	return f.pages(b.String() + "\n" + body)
}

// tolerable tells which errors leave something to read: text in an encoding that nobody knows is read as it is.
func tolerable(err error) bool {
	return message.IsUnknownCharset(err) || message.IsUnknownEncoding(err)
}

type mailbody struct {
	*file
	parts int
}

// part returns the text of a part and of those within it, and notes what is attached.
func (m *mailbody) part(e *message.Entity, depth int) (string, error) {
	if m.parts++; m.parts > maxParts {
		return "", document.ErrTooLarge
	}
	kind, params, err := e.Header.ContentType()
	if err != nil {
		kind = "text/plain"
	}
	disposition, about, _ := e.Header.ContentDisposition()
	name := decodeWord(about["filename"])
	if name == "" {
		name = decodeWord(params["name"])
	}
	multi := e.MultipartReader()
	switch {
	case multi != nil && depth < maxNested:
		return m.several(multi, kind, depth)
	case multi != nil, disposition == "attachment", name != "" && kind != "text/plain" && kind != "text/html", !strings.HasPrefix(kind, "text/"):
		if name == "" {
			name = kind
		}
		m.info.Attachments = append(m.info.Attachments, name)
		return "", nil
	case kind != "text/plain" && kind != "text/html":
		return "", nil // calendars, cards
	}
	body, err := io.ReadAll(io.LimitReader(e.Body, m.limits.Text+1))
	if int64(len(body)) > m.limits.Text {
		return "", document.ErrTooLarge
	}
	if err != nil && len(body) == 0 {
		return "", document.ErrBroken
	}
	if kind == "text/html" {
		_, s, err := htmlText(body, "text/html; charset=utf-8", m.limits.Text)
		return s, err
	}
	s, ok := Decode(body)
	if !ok {
		s = valid(body)
	}
	return s, nil
}

// several reads the parts of a part.
func (m *mailbody) several(parts message.MultipartReader, kind string, depth int) (string, error) {
	var all []string
	var total int64
	for {
		e, err := parts.NextPart()
		if errors.Is(err, io.EOF) || err != nil && !tolerable(err) { // cut off: what is there is read
			break
		}
		sub, _, _ := e.Header.ContentType()
		if kind == "multipart/alternative" && sub == "text/html" && len(all) > 0 && strings.TrimSpace(all[0]) != "" {
			continue
		}
		s, err := m.part(e, depth+1)
		if err != nil {
			return "", err
		}
		if total += int64(len(s)); total > m.limits.Text {
			return "", document.ErrTooLarge
		}
		if strings.TrimSpace(s) != "" {
			all = append(all, s)
		}
	}
	return strings.Join(all, "\n\n"), nil
}

// decodeWord undoes RFC 2047, in which names of files are written though it does not allow that.
func decodeWord(s string) string {
	d := mime.WordDecoder{CharsetReader: message.CharsetReader}
	if out, err := d.DecodeHeader(s); err == nil {
		return out
	}
	return s
}
