package export

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"subrosa/internal/audit"
)

// csvHeader names the columns of the CSV.
func csvHeader() []byte {
	return appendFields(nil, []string{
		"sequence", "time", "actor", "action", "what happened", "result", "detail", "matter", "conversation", "turn", "model", "policy", "ruleset",
		"prompt tokens", "output tokens", "redactions", "prompt commitment", "response commitment", "leaf hash",
	})
}

// appendCSV writes an entry as a line of CSV (RFC 4180).
func appendCSV(b []byte, e *audit.Entry, leaf tlog.Hash) []byte {
	return appendFields(b, []string{
		strconv.FormatInt(e.Seq, 10), e.Time.UTC().Format(time.RFC3339Nano), cell(e.Actor), cell(string(e.Action)),
		mappingOf(e.Action).sentence, cell(e.Result), cell(e.Detail), cell(e.Matter), cell(e.Conversation), cell(e.Turn), cell(e.Model), cell(e.Policy),
		cell(e.Ruleset), number(e.PromptTokens), number(e.OutputTokens), cell(redactions(e.Redactions)), cell(string(e.Prompt)),
		cell(string(e.Response)), leafHash(leaf),
	})
}

// appendFields writes a line as encoding/csv does, and leaves to that what needs more than a comma's quotes.
func appendFields(b []byte, fields []string) []byte {
	start := len(b)
	for _, s := range fields {
		switch {
		case !verbatim(s) || s != "" && s[0] == ' ':
			var odd bytes.Buffer
			w := csv.NewWriter(&odd)
			w.UseCRLF = true
			_ = w.Write(fields) // a buffer takes everything
			w.Flush()
			return append(b[:start], odd.Bytes()...)
		case strings.IndexByte(s, ',') >= 0:
			b = append(append(append(b, '"'), s...), '"', ',')
		default:
			b = append(append(b, s...), ',')
		}
	}
	return append(b[:len(b)-1], "\r\n"...)
}

// cell keeps a spreadsheet from taking a text for a formula (OWASP, CSV injection).
func cell(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r\n", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// leafHash is base64 with a prefix: one in 64 would start with a plus sign.
func leafHash(h tlog.Hash) string {
	return string(base64.StdEncoding.AppendEncode([]byte("sha256:"), h[:]))
}

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
