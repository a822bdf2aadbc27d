package redact

// streak is what stands from a word with a capital on, as far as words with capitals and particles go: "Los Alisos, 10". The
// rules for names, places, streets and organisations look at it before they read on.
type streak struct {
	start, end int  // in the stream's text; at end stands what stopped it
	last       int  // where its last word begins
	stop       byte // '0' for a number, 'a' for a word in small letters that is no particle, another byte for itself, 0 if it is not known
	comma      int  // 1 + where the last comma stands, 0 for none
	form       int  // 1 + where the last word begins that may be a legal form, and is not the first
	number     bool // a word may announce a number: No, Nr
}

// maxStreak is how far a streak is followed. What stops a longer one is not known.
const maxStreak = 256

// ahead returns the streak in which the word stands. It must begin with a capital.
func (w *Word) ahead() *streak {
	s := w.stream
	if r := &s.streak; w.at < r.start || w.at >= r.end {
		r.read(s.text, w.at)
	}
	return &s.streak
}

// read reads the streak that begins at text[at:].
func (r *streak) read(text []byte, at int) {
	*r = streak{start: at}
	text = text[:min(len(text), at+maxStreak)]
	for i := at; ; {
		from := i
		for i < len(text) && inWord[text[i]] {
			i++
		}
		if i == len(text) || i-from > maxWord {
			r.end = i
			return
		}
		r.end = from
		switch first := text[from]; {
		case i == from:
			r.stop = first
			return
		case 'A' <= first && first <= 'Z' || capital(text, from):
			if size := i - from; from > at && size < 13 && legalForm(text[from:i]) {
				r.form = from + 1
			}
			r.number = r.number || first == 'N'
		case from > at && (text[from-1] == '-' || text[from-1] == '&'): // the rest of a word
		case isDigit(first):
			r.stop = '0'
			return
		default:
			var buf [8]byte
			if i-from > len(buf) || !isParticle(fold(buf[:0], text[from:i])) {
				if first == 'p' { // plc, and what may stand before it
					r.form = from + 1
				}
				r.stop = 'a'
				return
			}
		}
		r.last = from
		for i < len(text) && betweenNames[text[i]] {
			if text[i] == ',' {
				r.comma = i + 1
			}
			i++
		}
	}
}

// betweenNames are what may stand between the words of a streak.
var betweenNames = [256]bool{' ': true, ',': true, '-': true, '\'': true, '.': true, '&': true}
