package chat

import (
	"fmt"
	"unicode/utf8"

	"subrosa/internal/audit"
)

const (
	babbleWindow = 2048 // bytes at the end of an answer that are looked at
	babbleEvery  = 64   // bytes between two looks

	leastRepeats  = 6   // of the same words, however long
	leastRepeated = 360 // bytes that are repetition: no rule, table or form in an answer is as monotonous for so long
	mostInvalid   = 8   // of 100 characters that are no text
)

// babbleError ends an answer that says nothing any more.
type babbleError struct{ what string }

func (e *babbleError) Error() string { return "degenerate answer: " + e.what }

// babble notices an answer that has come to say nothing: the same words again and again, or bytes that are no text.
// Small models do that, and large ones far from what they were trained for; left alone they go on to the last token.
type babble struct {
	tail   []byte
	unseen int
}

// add takes the next piece of an answer and returns what is wrong, in a few words without any of the text, or "".
func (b *babble) add(piece string) string {
	b.tail = append(b.tail, piece...)
	if b.unseen += len(piece); b.unseen < babbleEvery {
		return ""
	}
	b.unseen = 0
	if over := len(b.tail) - babbleWindow; over > 0 {
		b.tail = append(b.tail[:0], b.tail[over:]...)
	}
	if period, length := repetition(b.tail); length >= leastRepeated && length >= leastRepeats*period {
		return fmt.Sprintf("%d bytes repeated %d times", period, length/period)
	}
	if bad, all := invalid(b.tail); all >= 200 && 100*bad > mostInvalid*all {
		return fmt.Sprintf("%d of %d characters are no text", bad, all)
	}
	return ""
}

// repetition returns the period of the most often repeated end of text, and how many bytes at the end have that period. It
// is the Z algorithm (Gusfield 1997, 1.4) on the reversed text: z[p] says how far the text agrees with itself p bytes before.
func repetition(text []byte) (period, length int) {
	n := len(text)
	at := func(i int) byte { return text[n-1-i] }
	z := make([]int, n)
	left, right, most := 0, 0, 0
	for p := 1; p < n; p++ {
		if p < right {
			z[p] = min(right-p, z[p-left])
		}
		for p+z[p] < n && at(z[p]) == at(p+z[p]) {
			z[p]++
		}
		if p+z[p] > right {
			left, right = p, p+z[p]
		}
		if repeats := (z[p] + p) / p; repeats > most {
			most, period, length = repeats, p, z[p]+p
		}
	}
	return period, length
}

func invalid(text []byte) (bad, all int) {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError || r < ' ' && r != '\n' && r != '\t' && r != '\r' {
			bad++
		}
		all++
		i += size
	}
	return bad, all
}

// endBabble puts on record that an answer was stopped for what it had become.
func (d *Desk) endBabble(turn audit.Entry, what string) error {
	turn.Action, turn.Result, turn.Detail = audit.Anomaly, "stopped", "answer: "+what
	if _, err := d.Record.Append(turn); err != nil {
		return RecordFault(err)
	}
	return &babbleError{what}
}
