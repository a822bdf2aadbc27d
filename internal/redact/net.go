package redact

import "bytes"

// What names a machine or a place on a network.
const (
	IPAddress  Type = "IP_ADDRESS"
	MACAddress Type = "MAC_ADDRESS"
	URL        Type = "URL"
)

func netRules() []Rule {
	return []Rule{
		// Four numbers to 255 with dots, and the length of a prefix; not after "version" or in a longer number before.
		{Name: "ipv4/1", Type: IPAddress, Anchors: figure, If: mayBeIPv4, Match: matchIPv4, Context: []string{"version", "release", "v", "ver", "section", "sec", "build", "firmware", "chapter"}},
		// Eight groups of four hexadecimal digits, :: once for zeros, an IPv4 address as the last two, a zone, a prefix.
		{Name: "ipv6/1", Type: IPAddress, Anchors: ":", If: func(w *Word) bool { return w.After == 0 || w.After == ':' || isHex(w.Before) }, Match: matchIPv6, Tail: tailIPv6},
		{Name: "mac/1", Type: MACAddress, Anchors: ":-.", If: func(w *Word) bool { return isHex(w.Before) && isHex(w.Earlier) && (isHex(w.After) || w.After == 0) }, Match: matchMAC},
		// A scheme, or www and a host with a dot, to the end of what an address is written with.
		{Name: "url/1", Type: URL, Words: []string{"http", "https", "ftp", "ftps", "sftp", "www"}, Match: matchURL},
	}
}

// ipv4 returns the end of an address at text[at:], 0 if there is none, and whether it may go on with more text.
func ipv4(text []byte, at int) (end int, open bool) {
	i := at
	for part := range 4 {
		if part > 0 {
			if i == len(text) {
				return 0, true
			}
			if text[i] != '.' {
				return 0, false
			}
			i++
		}
		from, n := i, 0
		for i < len(text) && isDigit(text[i]) && i-from < 3 {
			n = 10*n + int(text[i]-'0')
			i++
		}
		if i == len(text) && i-from < 3 && n <= 255 {
			if i == from || part < 3 {
				return 0, true
			}
			return i, true
		}
		if i == from || n > 255 || i-from > 1 && text[from] == '0' {
			return 0, false
		}
	}
	if i == len(text) {
		return i, true
	}
	if isDigit(text[i]) || isLetter(text[i]) {
		return 0, false
	}
	return i, false
}

// prefixLength returns where /n, at most most, ends after text[at:], at if it does not stand there, and whether more text decides.
func prefixLength(text []byte, at, most int) (end int, open bool) {
	if at >= len(text) || text[at] != '/' {
		return at, at >= len(text)
	}
	i, n := at+1, 0
	for i < len(text) && isDigit(text[i]) && i-at <= 3 {
		n = 10*n + int(text[i]-'0')
		i++
	}
	if i == len(text) {
		open = true
	}
	if i == at+1 || n > most || i < len(text) && isWord(text[i]) {
		return at, open
	}
	return i, open
}

// mayBeIPv4: a dot and a digit after the first number.
func mayBeIPv4(w *Word) bool {
	return w.After == 0 || w.After == '.' && w.Digits <= 3 && w.Value <= 255 && (isDigit(w.Next) || w.Next == 0)
}

func matchIPv4(c *Candidate) Verdict {
	end, open := ipv4(c.Text, c.At)
	if end == 0 && !open {
		return None
	}
	if c.At > 0 && (c.Text[c.At-1] == '.' && c.At > 1 && isDigit(c.Text[c.At-2])) {
		return None
	}
	if open && c.More {
		return c.Undecided(c.At)
	}
	if end == 0 {
		return None
	}
	end, open = prefixLength(c.Text, end, 32)
	if open && c.More {
		return c.Undecided(c.At)
	}
	if at := c.Context(); at >= 0 && at <= 2 {
		return None
	}
	return c.Is(c.At, end, 0.9)
}

// hexStart returns where the hexadecimal digits that end at text[end:] begin, after at most four.
func hexStart(text []byte, end int) int {
	at := end
	for at > 0 && end-at < 4 && isHex(text[at-1]) {
		at--
	}
	return at
}

// tailIPv6 holds what could be the beginning of an address whose first colon is the last byte but a few.
func tailIPv6(text []byte) int {
	if n := len(text); n > 0 && text[n-1] == ':' {
		return n - hexStart(text, n-1)
	}
	return 0
}

func matchIPv6(c *Candidate) Verdict {
	text := c.Text
	start := hexStart(text, c.At)
	if start > 0 && (isWord(text[start-1]) || text[start-1] == ':' || text[start-1] >= 0x80 && afterWord(text, start)) || start == c.At && c.At+1 < len(text) && text[c.At+1] != ':' {
		return None
	}
	if start == c.At && c.At+1 == len(text) {
		return c.Undecided(start)
	}
	groups, zeros, fresh := 0, false, false // fresh: right after ::
	i, end := start, 0
	for i < len(text) {
		if text[i] == ':' && i+1 < len(text) && text[i+1] == ':' && !zeros {
			zeros, fresh = true, true
			i += 2
			end = i
			if i < len(text) && isHex(text[i]) {
				continue
			}
			break
		}
		if groups > 0 && !fresh {
			if text[i] != ':' {
				break
			}
			if i+1 < len(text) && !isHex(text[i+1]) {
				break
			}
			i++
			if i == len(text) {
				break
			}
		}
		if groups > 0 || zeros {
			if e, open := ipv4(text, i); e > 0 || open && bytes.IndexByte(text[i:], '.') > 0 {
				if open && c.More {
					return c.Undecided(start)
				}
				if e > 0 {
					groups += 2
					i, end = e, e
					break
				}
			}
		}
		fresh = false
		from := i
		for i < len(text) && isHex(text[i]) && i-from < 4 {
			i++
		}
		if i == from {
			break
		}
		groups++
		end = i
		if groups == 8 {
			break
		}
		if i < len(text) && text[i] == '.' && isDigit(text[from]) {
			if i+1 == len(text) && c.More {
				return c.Undecided(start)
			}
			if i+1 < len(text) && isDigit(text[i+1]) {
				return None // a broken address at the end
			}
		}
	}
	if i == len(text) && c.More {
		if i-start > 64 {
			return None
		}
		return c.Undecided(start)
	}
	if groups > 8 || !zeros && groups != 8 || zeros && groups > 7 || end == 0 || groups == 0 && start+2 == end {
		return None
	}
	if end < len(text) && (isWord(text[end]) || text[end] == ':') {
		return None
	}
	if end < len(text) && text[end] == '%' { // a zone
		z := end + 1
		for z < len(text) && isWord(text[z]) && z-end < 17 {
			z++
		}
		if z == len(text) && c.More {
			return c.Undecided(start)
		}
		if z > end+1 {
			end = z
		}
	}
	end, open := prefixLength(text, end, 128)
	if open && c.More {
		return c.Undecided(start)
	}
	return c.Is(start, end, 0.9)
}

// matchMAC is asked at every separator; the first one counts.
func matchMAC(c *Candidate) Verdict {
	text, sep := c.Text, c.Text[c.At]
	size, count := 2, 6
	if sep == '.' {
		size, count = 4, 3
	}
	start := c.At - size
	if start < 0 || start > 0 && (isWord(text[start-1]) || text[start-1] == sep) {
		return None
	}
	same, first := true, text[start]|0x20
	i := start
	for n := range count {
		if n > 0 {
			if i == len(text) {
				return c.Undecided(start)
			}
			if text[i] != sep {
				return None
			}
			i++
		}
		for range size {
			if i == len(text) {
				return c.Undecided(start)
			}
			if !isHex(text[i]) {
				return None
			}
			same = same && text[i]|0x20 == first
			i++
		}
	}
	if same && (first == 'f' || first == '0'|0x20) { // everybody, or nobody
		return None
	}
	switch {
	case i == len(text):
		if c.More {
			return c.Undecided(start)
		}
	case isWord(text[i]):
		return None
	case text[i] == sep:
		if i+1 == len(text) && c.More {
			return c.Undecided(start)
		}
		if i+1 < len(text) && isHex(text[i+1]) {
			return None
		}
	}
	return c.Is(start, i, 0.9)
}

const maxURL = 2048

func matchURL(c *Candidate) Verdict {
	text := c.Text
	i := c.At
	for i < len(text) && isLetter(text[i]) {
		i++
	}
	www := text[c.At]|0x20 == 'w'
	rest := "://"
	if www {
		rest = "."
	}
	for k := range len(rest) {
		if i == len(text) {
			return c.Undecided(c.At)
		}
		if text[i] != rest[k] {
			return None
		}
		i++
	}
	host := i
	for i < len(text) && i-c.At < maxURL && urlByte(text[i]) {
		i++
	}
	if i == len(text) && c.More && i-c.At < maxURL {
		return c.Undecided(c.At)
	}
	for i > host && (contains(".,;:!?'*", text[i-1]) || text[i-1] == ')' && bytes.IndexByte(text[host:i], '(') < 0) {
		i--
	}
	h := host
	dots := 0
	for h < i && (isWord(text[h]) || text[h] == '-' || text[h] == '.' || text[h] >= 0x80) {
		if text[h] == '.' {
			dots++
		}
		h++
	}
	if h == host || www && dots == 0 {
		return None
	}
	if e, _ := ipv4(text[:h], host); e == h {
		return None // the address is found for itself
	}
	return c.Is(c.At, i, 0.95)
}

func urlByte(b byte) bool {
	return b > ' ' && b != '"' && b != '<' && b != '>' && b != '`' && b != '{' && b != '}' && b != '|' && b != '\\' && b != '^' && b != 0x7f
}
