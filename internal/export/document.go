package export

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Format is how a conversation is written down.
type Format string

// The formats.
const (
	Markdown Format = "md"
	DOCX     Format = "docx"
	PDF      Format = "pdf"
	JSON     Format = "json"
)

// Formats lists them.
func Formats() []Format { return []Format{Markdown, DOCX, PDF, JSON} }

// Conversation is what a document shows. Its texts are redacted already: that is how the history holds them.
type Conversation struct {
	Title      string    `json:"title"`
	Messages   []Message `json:"messages"`
	Values     bool      `json:"values,omitempty"` // pseudonymised values stand in it, not their tokens
	Provenance `json:"provenance"`
}

// Message is one prompt or answer, or a summary that the model is told in place of those before it.
type Message struct {
	Who       string    `json:"who"` // a prompt, or an answer of a model
	Time      time.Time `json:"time,omitzero"`
	Text      string    `json:"text"`
	Markdown  bool      `json:"markdown"`            // an answer: its text is set; a prompt's is shown as it was typed
	SummaryOf int       `json:"summaryOf,omitempty"` // it is no answer but a summary of so many messages, which Who's model wrote
	Note      string    `json:"note,omitempty"`      // "stopped", "failed"; empty for a complete one
	Entry     int64     `json:"recordEntry"`         // the record's sequence number
}

// Provenance says where a document comes from, at its end and on each page.
type Provenance struct {
	Models       []ModelUsed    `json:"models"`
	Documents    []DocumentUsed `json:"documents,omitempty"`
	Policy       string         `json:"policy"`
	Program      string         `json:"program"`      // version
	Origin       string         `json:"record"`       // the record's name
	Conversation string         `json:"conversation"` // its ID in the record
	Entry        int64          `json:"recordEntry"`  // of this export in the record
	Made         time.Time      `json:"exported"`
	Actor        string         `json:"actor"`
}

// ModelUsed is a model that answered.
type ModelUsed struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// DocumentUsed is a document that answers were made from.
type DocumentUsed struct {
	Name   string `json:"name"` // empty: it was deleted since
	SHA256 string `json:"sha256"`
	Pages  []int  `json:"pages"` // that passages were given of, in order
	Of     int    `json:"of"`    // pages that it had; 0: not known then
}

func (d DocumentUsed) String() string {
	name := d.Name
	if name == "" {
		name = "a document that was deleted since"
	}
	if len(d.Pages) == d.Of {
		return fmt.Sprintf("%s, all of its %d pages", name, d.Of)
	}
	return fmt.Sprintf("%s, of its %d pages %s", name, d.Of, strings.Trim(strings.ReplaceAll(fmt.Sprint(d.Pages), " ", ", "), "[]"))
}

// WriteConversation writes the document.
func WriteConversation(w io.Writer, f Format, c Conversation) error {
	switch f {
	case Markdown:
		return writeMarkdown(w, c)
	case DOCX:
		return writeDOCX(w, c)
	case PDF:
		return writePDF(w, c)
	case JSON:
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(c)
	}
	return fmt.Errorf("format %q: %w", f, ErrFormat)
}

const stamp = "2006-01-02 15:04 UTC"

// lines are the provenance as names and values.
func (p Provenance) lines() [][2]string {
	var l [][2]string
	for _, m := range p.Models {
		l = append(l, [2]string{"Model", m.Name}, [2]string{"Model SHA-256", m.SHA256})
	}
	for _, d := range p.Documents {
		l = append(l, [2]string{"Document", d.String()}, [2]string{"Document SHA-256", d.SHA256})
	}
	return append(l,
		[2]string{"Policy", p.Policy},
		[2]string{"Exported", p.Made.UTC().Format(stamp) + " by " + p.Actor},
		[2]string{"Record", p.Origin},
		[2]string{"Export on record", fmt.Sprintf("entry %d", p.Entry)},
		[2]string{"Conversation", p.Conversation},
		[2]string{"Program", "Subrosa " + p.Program},
	)
}

// short is one line, for the foot of a page.
func (p Provenance) short() string {
	models := make([]string, len(p.Models))
	for i, m := range p.Models {
		models[i] = fmt.Sprintf("%s (%.16s)", m.Name, m.SHA256)
	}
	if len(models) == 0 {
		models = []string{"no model answered"}
	}
	return fmt.Sprintf("%s · policy %s · %s · record %s entry %d", strings.Join(models, ", "), p.Policy, p.Made.UTC().Format(stamp), p.Origin, p.Entry)
}

func (c Conversation) disclaimer() string {
	if c.Values {
		return "Written by a language model. Identifiers that the workstation pseudonymises stand here in clear. Check before use."
	}
	return "Written by a language model. Identifiers that the workstation recognised are masked. Check before use."
}

func (m Message) heading() string {
	if m.SummaryOf > 0 {
		return fmt.Sprintf("Summary of the first %d messages, written by %s: told to it in their place from here on", m.SummaryOf, m.Who)
	}
	s := m.Who + ", " + m.Time.UTC().Format(stamp)
	if m.Note != "" {
		s += " (" + m.Note + ")"
	}
	return s
}

// writeMarkdown keeps answers as they are, since they are Markdown, and quotes prompts, which are not.
func writeMarkdown(w io.Writer, c Conversation) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", escapeMarkdown(oneLine(c.Title)))
	for _, m := range c.Messages {
		fmt.Fprintf(&b, "## %s\n\n", escapeMarkdown(m.heading()))
		if m.Markdown {
			b.WriteString(strings.TrimSpace(m.Text))
		} else {
			fence := "```"
			for strings.Contains(m.Text, fence) {
				fence += "`"
			}
			fmt.Fprintf(&b, "%stext\n%s\n%s", fence, strings.TrimRight(m.Text, "\n"), fence)
		}
		fmt.Fprintf(&b, "\n\n<!-- record entry %d -->\n\n", m.Entry)
	}
	fmt.Fprintf(&b, "---\n\n%s\n\n| | |\n|---|---|\n", c.disclaimer())
	for _, l := range c.lines() {
		fmt.Fprintf(&b, "| %s | %s |\n", l[0], escapeMarkdown(oneLine(l[1])))
	}
	_, err := io.WriteString(w, strings.ToValidUTF8(b.String(), "\ufffd"))
	return err
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_{}[]<>()#|!~", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// printable drops what neither XML 1.0 nor a page can hold.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r < ' ', r == 0x7f, r >= 0xd800 && r <= 0xdfff, r == 0xfffe, r == 0xffff, r > utf8.MaxRune:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
