package redact

import "bytes"

const (
	maxPEM = 16 << 10
	maxJWT = 8 << 10
)

// PrivateKeys finds private keys in PEM armour, from the BEGIN line to the END line. If none comes within maxPEM bytes,
// all that follows is taken for the key.
func PrivateKeys() Rule {
	return Rule{Name: "secret_pem/2", Type: Secret, Swallows: true, Prefixes: []string{"-----BEGIN "}, Match: byPosition(1, matchPEM)}
}

func matchPEM(text []byte, at int, more bool) (start, end int, v Verdict) {
	if at > 0 && text[at-1] == '-' {
		return 0, 0, None
	}
	const begin = "-----BEGIN "
	n := min(len(begin), len(text)-at)
	if string(text[at:at+n]) != begin[:n] {
		return 0, 0, None
	}
	if n < len(begin) {
		return undecided(at, more)
	}
	i := at + n
	for i < len(text) && i < at+80 && (text[i] == ' ' || 'A' <= text[i] && text[i] <= 'Z' || isDigit(text[i])) {
		i++
	}
	if i == len(text) {
		return undecided(at, more)
	}
	if !bytes.Contains(text[at:i], []byte("PRIVATE KEY")) {
		return 0, 0, None
	}
	body := text[i:min(len(text), at+maxPEM)]
	if e := bytes.Index(body, []byte("-----END ")); e >= 0 {
		key := 0
		for _, c := range body[:e] {
			if inClass('b', c) && c != '-' {
				key++
			}
		}
		if key < 32 {
			return 0, 0, None
		}
		e += len("-----END ")
		for e < len(body) && body[e] != '-' && body[e] >= ' ' {
			e++
		}
		dashes := 0
		for e < len(body) && body[e] == '-' && dashes < 5 {
			e++
			dashes++
		}
		if e == len(body) && dashes < 5 && more && len(body) < maxPEM {
			return at, noEnd, Live
		}
		return at, i + e, Found
	}
	if more && i+len(body) < at+maxPEM {
		if certainKey(body) {
			return at, noEnd, Live
		}
		return at, 0, Live
	}
	if len(body) < 64 {
		return 0, 0, None
	}
	if i+len(body) == at+maxPEM {
		return at, noEnd, Found
	}
	return at, i + len(body), Found
}

// certainKey tells whether what follows the BEGIN line is a key, wherever it ends: enough of it is there.
func certainKey(body []byte) bool {
	sure := len(body) - len("-----END ") // what follows may be the END line's beginning
	if len(body) < 64 {
		return false
	}
	key := 0
	for _, c := range body[:min(sure, 256)] {
		if inClass('b', c) && c != '-' {
			key++
		}
	}
	return key >= 32
}

// WebTokens finds JSON web tokens: two parts that begin as base64 of "{" and a third, or the third left out. If the second
// or the third is longer than maxJWT, all that follows is taken for it.
func WebTokens() Rule {
	return Rule{Name: "secret_jwt/2", Type: Secret, Swallows: true, Prefixes: []string{"eyJ"}, Match: byPosition(0.95, matchJWT)}
}

func matchJWT(text []byte, at int, more bool) (start, end int, v Verdict) {
	start = at
	if start > 0 && joins(text[start-1]) {
		return 0, 0, None
	}
	i := start
	for part := range 3 {
		n := run(text, i, 'w', maxJWT)
		i += n
		if i == len(text) && more && n < maxJWT {
			if part == 2 || part == 1 && n >= 12 && string(text[i-n:i-n+2]) == "ey" {
				return start, noEnd, Live
			}
			return start, 0, Live
		}
		if n == maxJWT && part > 0 && string(text[i-n:i-n+2]) == "ey" || n == maxJWT && part == 2 {
			return start, noEnd, Found
		}
		if part < 2 && (n < 12 || part == 1 && string(text[i-n:i-n+2]) != "ey") {
			return 0, 0, None
		}
		if part == 2 || i == len(text) || text[i] != '.' {
			if part == 0 {
				return 0, 0, None
			}
			break
		}
		i++
	}
	for i > start && text[i-1] == '.' {
		i--
	}
	return start, i, Found
}

// Credentials finds the user and password of a URL (scheme://user:password@host) and of `curl -u user:password`.
func Credentials() Rule {
	return Rule{Name: "secret_url/1", Type: Secret, Anchors: ":", If: func(w *Word) bool { return w.After == '/' || w.After == 0 }, Words: []string{"u"}, Match: byPosition(0.9, matchCredentials)}
}

func matchCredentials(text []byte, at int, more bool) (start, end int, v Verdict) {
	if text[at] == 'u' {
		return matchCurl(text, at, more)
	}
	const slashes = "://"
	n := min(len(slashes), len(text)-at)
	if string(text[at:at+n]) != slashes[:n] || at == 0 || !isLetter(text[at-1]) && !isDigit(text[at-1]) {
		return 0, 0, None
	}
	start = at + len(slashes)
	if start > len(text) {
		return undecided(len(text), more)
	}
	colon, i := 0, start
	for ; i < len(text) && i-start < 256; i++ {
		switch c := text[i]; {
		case c == ':' && colon == 0:
			colon = i
		case c == '@':
			if colon == 0 || i == colon+1 || i-colon < 3 {
				return 0, 0, None
			}
			if secret := text[colon+1 : i]; placeholder(secret) || isStandIn(secret) {
				return 0, 0, None
			}
			return start, i, Found
		case c <= ' ', c == '/' && colon == 0, c == '/' && i == colon+1, c == '?' && colon == 0, c == '"', c == '\'', c == '<', c == '>', c == '`', c == '|' && colon == 0, c >= 0x80:
			return 0, 0, None
		case c == '/': // host:port/path
			if onlyDigits(text[colon+1 : i]) {
				return 0, 0, None
			}
		}
	}
	if i == len(text) && more && i-start < 256 {
		return start, 0, Live
	}
	return 0, 0, None
}

func onlyDigits(b []byte) bool { return run(b, 0, 'd', len(b)) == len(b) }

// isStandIn reports whether a value is a word for a secret, or a reference to one.
func isStandIn(b []byte) bool {
	switch string(bytes.ToLower(b)) {
	case "password", "pass", "passwd", "pwd", "secret", "token", "user", "x", "key", "apikey", "api_key", "mypassword":
		return true
	}
	return len(b) > 0 && (b[0] == '$' || b[0] == '{' || b[0] == '<' || b[0] == '[' || b[0] == '%' && b[len(b)-1] == '%')
}

// matchCurl: -u user:password, with quotes or without.
func matchCurl(text []byte, at int, more bool) (start, end int, v Verdict) {
	if at < 6 || text[at-1] != '-' || text[at-2] != ' ' || !bytes.Contains(text[:at], []byte("curl")) {
		return 0, 0, None
	}
	i := at + 1
	for i < len(text) && (text[i] == ' ' || text[i] == '=') && i < at+4 {
		i++
	}
	if i == len(text) {
		return undecided(i, more)
	}
	quote := byte(0)
	start = i
	if text[i] == '"' || text[i] == '\'' {
		quote = text[i]
		i++
	}
	colon := 0
	for i < len(text) && i-start < 256 && text[i] != quote && text[i] > ' ' {
		if text[i] == ':' && colon == 0 {
			colon = i
		}
		i++
	}
	if i == len(text) && more && i-start < 256 {
		return start, 0, Live
	}
	if colon == 0 {
		return 0, 0, None
	}
	user, secret := bytes.Trim(text[start:colon], `"'`), text[colon+1:i]
	if len(user)+len(secret) < 6 || isStandIn(secret) || placeholder(secret) || isStandIn(user) || len(secret) == 0 && len(user) < 12 || bytes.IndexByte(secret, '>') >= 0 {
		return 0, 0, None
	}
	if quote != 0 && i < len(text) {
		i++
	}
	return start, i, Found
}

// Passwords finds a password said in a sentence: "the password is ...", "Passwort lautet ...", "la contraseña es ...".
func Passwords() Rule {
	return Rule{Name: "secret_said/2", Type: Secret, Words: []string{"password", "passwd", "pwd", "passphrase", "passcode", "passwort", "kennwort", "contraseña", "pw", "pin", "clave"}, Match: byPosition(0.85, matchSaid)}
}

func matchSaid(text []byte, at int, more bool) (start, end int, v Verdict) {
	i := at
	for i < len(text) && i < at+24 && (isLetter(text[i]) || text[i] >= 0x80) { // to the word's end
		i++
	}
	kind, phrase := secrecyOf(text[at:i]), bytes.EqualFold(text[at:i], []byte("passphrase"))
	// A few words at most ("for the portal"), then is, was, ist, lautet, es, era, and the value.
	for words := 0; words < 6; words++ {
		for i < len(text) && (text[i] == ' ' || text[i] == '\'' || text[i] == '"') && i < at+72 {
			i++
		}
		from := i
		for i < len(text) && i < at+72 && (isLetter(text[i]) || text[i] == '-' || text[i] >= 0x80) {
			i++
		}
		if i == len(text) {
			return undecided(i, more)
		}
		w := string(bytes.ToLower(text[from:i]))
		switch w {
		case "is", "was", "be", "to", "as", "ist", "lautet", "war", "es", "era", "est":
			return saidValue(text, i, more, kind, phrase)
		case "":
			return 0, 0, None
		}
	}
	return 0, 0, None
}

// saidValue judges what is said at text[i:]. A phrase in quotation marks may be of several words.
func saidValue(text []byte, i int, more bool, kind secrecy, phrase bool) (start, end int, v Verdict) {
	quoted := byte(0)
	from := i
	for i < len(text) && i < from+4 && (text[i] == ' ' || text[i] == ':' || text[i] == '"' || text[i] == '\'' || text[i] == '`') {
		if text[i] != ' ' && text[i] != ':' {
			quoted = text[i]
		}
		i++
	}
	if i == len(text) {
		return undecided(i, more)
	}
	start = i
	phrase = phrase && quoted != 0
	for i < len(text) && i-start < 128 && (text[i] > ' ' || text[i] == ' ' && phrase) && text[i] != quoted {
		i++
	}
	if i == len(text) && more && i-start < 128 {
		return start, 0, Live
	}
	value := text[start:i]
	for len(value) > 1 && (value[len(value)-1] == '.' || value[len(value)-1] == ',' || value[len(value)-1] == ';' || value[len(value)-1] == ')' || value[len(value)-1] == '?') {
		value = value[:len(value)-1]
	}
	if phrase && i < len(text) && text[i] == quoted && bytes.Count(value, []byte(" ")) >= 2 {
		return start, i, Found
	}
	if !kind.takes(value, quoted != 0) {
		return 0, 0, None
	}
	return start, start + len(value), Found
}
