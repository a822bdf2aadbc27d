package export

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// jsonLine appends one JSON value to a buffer: four million records are written without reflection. The caller opens and
// closes in pairs; keys are this package's own and need no escaping.
type jsonLine struct{ b []byte }

func (j *jsonLine) comma() {
	if n := len(j.b); n > 0 {
		switch j.b[n-1] {
		case '{', '[', '\n':
		default:
			j.b = append(j.b, ',')
		}
	}
}

func (j *jsonLine) key(k string) {
	j.comma()
	j.b = append(j.b, '"')
	j.b = append(j.b, k...)
	j.b = append(j.b, '"', ':')
}

// object opens an object: the value of key k, or, without a key, an element.
func (j *jsonLine) object(k string) { j.open(k, '{') }
func (j *jsonLine) array(k string)  { j.open(k, '[') }

func (j *jsonLine) open(k string, bracket byte) {
	j.place(k)
	j.b = append(j.b, bracket)
}

func (j *jsonLine) place(k string) {
	if k == "" {
		j.comma()
	} else {
		j.key(k)
	}
}

// raw writes JSON, or its beginning, as it stands: the value of key k, or, without a key, an element.
func (j *jsonLine) raw(k, v string) {
	j.place(k)
	j.b = append(j.b, v...)
}

func (j *jsonLine) end()      { j.b = append(j.b, '}') }
func (j *jsonLine) endArray() { j.b = append(j.b, ']') }
func (j *jsonLine) newline()  { j.b = append(j.b, '\n') }

// str writes a string, and maybe writes one that is not empty.
func (j *jsonLine) str(k, v string) { j.key(k); j.quote(v) }

func (j *jsonLine) maybe(k, v string) {
	if v != "" {
		j.str(k, v)
	}
}

func (j *jsonLine) element(v string) { j.comma(); j.quote(v) }

func (j *jsonLine) num(k string, v int64) { j.key(k); j.b = strconv.AppendInt(j.b, v, 10) }

func (j *jsonLine) time(k string, t time.Time) {
	j.key(k)
	j.b = append(j.b, '"')
	j.b = t.UTC().AppendFormat(j.b, time.RFC3339Nano)
	j.b = append(j.b, '"')
}

func (j *jsonLine) boolean(k string, v bool) { j.key(k); j.b = strconv.AppendBool(j.b, v) }

func (j *jsonLine) float(k string, v float64) {
	j.key(k)
	j.b = strconv.AppendFloat(j.b, v, 'g', -1, 64)
}

// count writes a number under a key that is data, not ours.
func (j *jsonLine) count(k string, v int) {
	j.comma()
	j.quote(k)
	j.b = append(j.b, ':')
	j.b = strconv.AppendInt(j.b, int64(v), 10)
}

// own writes a string of this package's own, which needs no escaping.
func (j *jsonLine) own(k, v string) {
	j.key(k)
	j.b = append(j.b, '"')
	j.b = append(j.b, v...)
	j.b = append(j.b, '"')
}

func (j *jsonLine) quote(s string) {
	if !verbatim(s) {
		b, _ := json.Marshal(s) // a string always marshals
		j.b = append(j.b, b...)
		return
	}
	j.b = append(j.b, '"')
	j.b = append(j.b, s...)
	j.b = append(j.b, '"')
}

// verbatim reports whether s stands in a JSON string as it is: ASCII without controls, quotes and backslashes. It looks at
// eight bytes at a time, in each of which the highest bit shows what is not.
func verbatim(s string) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		quote, backslash := x^ones*'"', x^ones*'\\'
		if (x|(x-ones*' ')|(quote-ones)|(backslash-ones))&high != 0 {
			return false
		}
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
