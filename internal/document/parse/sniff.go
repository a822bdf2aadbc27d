package parse

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"subrosa/internal/document"
)

// headers are lines that a message begins with, one of those that a person's mail program writes.
var headers = regexp.MustCompile(`(?i)^(return-path|received|delivered-to|from|to|date|subject|message-id|mime-version|x-[a-z0-9-]+|reply-to|cc|content-type|dkim-signature|authentication-results|arc-seal|thread-topic|importance|sender|user-agent|references|in-reply-to):[^\n]*\n`)

// Sniff finds out what content is: by its first bytes, and where those are plain text by the name. Errors: ErrKind;
// ErrEncrypted for an Office document with a password, which is a container of another format.
func Sniff(name string, content []byte) (document.Kind, error) {
	start := content[:min(len(content), 1024)]
	switch {
	case IsPDF(content):
		return document.PDF, nil
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return sniffZip(content)
	case bytes.HasPrefix(start, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		// An OLE container: an encrypted document has a stream of this name, in UTF-16; an old .doc has not.
		if bytes.Contains(content, utf16LE("EncryptedPackage")) {
			return "", document.ErrEncrypted
		}
		return "", document.ErrKind
	case bytes.HasPrefix(bytes.TrimLeft(start, "\ufeff \r\n\t"), []byte(`{\rtf`)):
		return document.RTF, nil
	}
	if s, ok := Decode(start[:len(start)&^3]); !ok || binary(s) {
		return "", document.ErrKind
	}
	ext := strings.ToLower(path.Ext(name))
	first := strings.ToLower(strings.TrimLeft(string(start), "\ufeff \r\n\t"))
	switch {
	case strings.HasPrefix(first, "<!doctype html"), strings.HasPrefix(first, "<html"), ext == ".html", ext == ".htm", ext == ".xhtml":
		return document.HTML, nil
	case ext == ".eml", ext != ".md" && ext != ".markdown" && ext != ".csv" && looksLikeMail(start):
		return document.EML, nil
	case ext == ".csv", ext == ".tsv":
		return document.CSV, nil
	case ext == ".md", ext == ".markdown":
		return document.Markdown, nil
	}
	return document.Text, nil
}

// IsPDF tells whether content says that it is a PDF, which other bytes may stand before.
func IsPDF(content []byte) bool {
	return bytes.Contains(content[:min(len(content), 1024)], []byte("%PDF-"))
}

// looksLikeMail wants two headers in front, one of which no letter begins with.
func looksLikeMail(start []byte) bool {
	s := strings.ReplaceAll(string(start), "\r\n", "\n")
	first := headers.FindString(s)
	if first == "" {
		return false
	}
	rest := s[len(first):]
	for strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "\t") { // a header that goes on
		_, rest, _ = strings.Cut(rest, "\n")
	}
	return headers.MatchString(rest) && regexp.MustCompile(`(?im)^(message-id|mime-version|received|return-path|delivered-to):`).MatchString(s)
}

func sniffZip(content []byte) (document.Kind, error) {
	z, err := unzip(content)
	if err != nil {
		return "", err
	}
	if z.part(z.mainPart()) == nil {
		return "", document.ErrKind
	}
	return document.DOCX, nil
}

// mainPart is where a package of WordprocessingML has its body.
func (z *unzipped) mainPart() string {
	if main := z.related("", "/officeDocument"); strings.HasPrefix(main, "word/") && z.part(main) != nil {
		return main
	}
	return "word/document.xml"
}

// Decode turns text of an unknown encoding into UTF-8: what its byte order mark says, UTF-8 where it is valid, UTF-16
// where one of two bytes is mostly zero, as in Latin text, else Windows-1252. What is no text at all is not ok.
func Decode(b []byte) (s string, ok bool) {
	var e encoding.Encoding
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return valid(b[3:]), true
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		e = utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	default:
		even, odd := zeros(b)
		switch {
		case even+odd == 0 && (utf8.Valid(b) || almostValid(b)):
			return valid(b), true
		case odd > len(b)/8 && even < odd/16:
			e = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
		case even > len(b)/8 && odd < even/16:
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

// almostValid takes text in UTF-8 with a few wrong bytes, or cut off in a character, for what it is: more characters of
// several bytes in it are right than wrong, which in another encoding hardly one is.
func almostValid(b []byte) bool {
	right, wrong := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			wrong++
		case n > 1:
			right++
		}
		b = b[n:]
	}
	return right > wrong
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

// binary tells what is no text, though it has an encoding: one of twenty characters is a control character.
func binary(s string) bool {
	bad, all := 0, 0
	for _, r := range s {
		all++
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' && r != '\x1b' && r != '\x1a' {
			bad++
		}
	}
	return bad*20 > all
}

func utf16LE(s string) []byte {
	var b []byte
	for _, c := range []byte(s) {
		b = append(b, c, 0)
	}
	return b
}
