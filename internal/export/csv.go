package export

import (
	"encoding/base64"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"subrosa/internal/audit"
)

// table writes entries as CSV (RFC 4180).
type table struct {
	w   *csv.Writer
	row []string
}

func newRows(w io.Writer) *table {
	t := &table{w: csv.NewWriter(w)}
	t.w.UseCRLF = true
	return t
}

func writeHeader(w io.Writer) error {
	t := newRows(w)
	if err := t.w.Write([]string{
		"sequence", "time", "actor", "action", "what happened", "result", "detail", "matter", "conversation", "turn", "model", "policy", "ruleset",
		"prompt tokens", "output tokens", "redactions", "prompt commitment", "response commitment", "leaf hash",
	}); err != nil {
		return err
	}
	return t.flush()
}

func (t *table) add(e *audit.Entry, leaf tlog.Hash) error {
	t.row = append(t.row[:0],
		strconv.FormatInt(e.Seq, 10), e.Time.UTC().Format(time.RFC3339Nano), cell(e.Actor), cell(string(e.Action)),
		mappingOf(e.Action).sentence, cell(e.Result), cell(e.Detail), cell(e.Matter), cell(e.Conversation), cell(e.Turn), cell(e.Model), cell(e.Policy),
		cell(e.Ruleset), number(e.PromptTokens), number(e.OutputTokens), cell(redactions(e.Redactions)), cell(string(e.Prompt)),
		cell(string(e.Response)), leafHash(leaf),
	)
	return t.w.Write(t.row)
}

func (t *table) flush() error {
	t.w.Flush()
	return t.w.Error()
}

// cell keeps a spreadsheet from taking a text for a formula (OWASP, CSV injection).
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}

// leafHash is base64 with a prefix: one in 64 would start with a plus sign.
func leafHash(h tlog.Hash) string { return "sha256:" + base64.StdEncoding.EncodeToString(h[:]) }

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func redactions(counts map[string]int) string {
	if len(counts) == 0 {
		return ""
	}
	var b strings.Builder
	for i, t := range typesOf(counts) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t)
		b.WriteByte('=')
		b.WriteString(strconv.Itoa(counts[t]))
	}
	return b.String()
}
