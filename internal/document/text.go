package document

import (
	"bytes"
	"context"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// readText reads plain text and Markdown.
func readText(ctx context.Context, name string, content io.Reader, limits Limits, page func(Page) error) (Info, error) {
	info := Info{Kind: Text}
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown":
		info.Kind = Markdown
	}
	b, err := io.ReadAll(io.LimitReader(content, limits.Bytes+1))
	if err != nil {
		return info, err
	}
	if int64(len(b)) > limits.Bytes {
		return info, ErrTooLarge
	}
	text, ok := decode(b)
	if !ok {
		return info, ErrKind
	}
	text = strings.TrimSpace(clean(text))
	if text == "" {
		return info, ErrNoText
	}
	pages := paginate(text)
	for i, p := range pages {
		if err := ctx.Err(); err != nil {
			return info, err
		}
		if err := page(Page{Number: i + 1, Of: len(pages), Text: p}); err != nil {
			return info, err
		}
		info.Pages++
	}
	return info, nil
}

// decode turns text of an unknown encoding into UTF-8: what its byte order mark says, UTF-8 where it is valid, UTF-16
// where every other byte of what is mostly Latin is zero, else Windows-1252. What is no text at all is not ok.
func decode(b []byte) (text string, ok bool) {
	var e encoding.Encoding
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(b[3:]), "\ufffd"), true
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	default:
		even, odd := zeros(b)
		switch {
		case even == 0 && odd == 0 && utf8.Valid(b):
			return string(b), true
		case odd > len(b)/4 && even == 0:
			e = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
		case even > len(b)/4 && odd == 0:
			e = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
		case even+odd > 0:
			return "", false
		default:
			e = charmap.Windows1252
		}
	}
	out, err := e.NewDecoder().Bytes(b)
	return string(out), err == nil
}

func zeros(b []byte) (even, odd int) {
	for i, c := range b {
		if c != 0 {
			continue
		}
		if i%2 == 0 {
			even++
		} else {
			odd++
		}
	}
	return even, odd
}

// clean keeps a Page's promise: "\n" is the only line end, and no other control character than "\t" is left.
func clean(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\x0b", "\n", "\x0c", "\n\n").Replace(s)
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
}

// paginate cuts text into pages of about PageSize bytes.
func paginate(text string) []string {
	var pages []string
	for len(text) > 0 {
		n := cut(text, PageSize)
		if p := strings.Trim(text[:n], "\n"); p != "" {
			pages = append(pages, p)
		}
		text = text[n:]
	}
	return pages
}
