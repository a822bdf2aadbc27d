package redact

import (
	"bytes"
	"math"
	"strings"
)

// Assigned finds what is given to a name that says it is secret: `api_key = "..."`, `"token": "..."`, XML elements,
// calls with two arguments, YAML, HTTP headers, "Password: ...". A value counts if it looks drawn by chance; a password
// need not be, but it must not be a plain word. Placeholders and references to variables are let go.
func Assigned() Rule {
	return Rule{Name: "secret_assigned/2", Type: Secret, Anchors: "=:,>", If: func(w *Word) bool { return w.Text[0] != ',' || w.Before == '"' || w.Before == '\'' }, Match: byPosition(0.8, matchAssigned)}
}

type secrecy int

const (
	noSecret   secrecy = iota
	keyed              // token, key
	ofProvider         // token, key, of a provider: short ones count
	password           // password, passphrase
	terse              // pw, pass: what may mean something else
	pin                // PIN
)

func matchAssigned(text []byte, at int, more bool) (start, end int, v Verdict) {
	i := at
	switch text[at] {
	case ',': // setProperty("X_TOKEN", "...")
		if at == 0 || text[at-1] != '"' && text[at-1] != '\'' {
			return 0, 0, None
		}
	case '=', ':':
		if at+1 < len(text) && (text[at+1] == '=' || text[at+1] == '>' || text[at+1] == ':') {
			return 0, 0, None // the last sign of the operator counts
		}
	}
	// What an operator may be of, and the type in Go's and Java's way of writing.
	for i > 0 && (text[i-1] == '=' || text[i-1] == ':' || text[i-1] == '?' || text[i-1] == '.' || text[i-1] == ' ' || text[i-1] == '\t') {
		i--
	}
	if i >= 7 && string(text[i-6:i]) == "string" && text[i-7] == ' ' {
		i -= 7
	}
	quotedName := false
	for i > 0 && (text[i-1] == '"' || text[i-1] == '\'' || text[i-1] == '`' || text[i-1] == ']') {
		quotedName = true
		i--
	}
	if text[at] == ',' && !quotedName {
		return 0, 0, None
	}
	nameEnd := i
	for i > 0 && nameEnd-i < 48 && (isWord(text[i-1]) || text[i-1] == '-' || text[i-1] >= 0x80 || text[i-1] == '.' && i < nameEnd && i > 1 && isWord(text[i-2])) {
		i--
	}
	if i == nameEnd {
		return 0, 0, None
	}
	name := text[i:nameEnd]
	if text[at] == '>' && text[at-1] != '=' && (i == 0 || text[i-1] != '<') {
		return 0, 0, None
	}
	if text[at] == '>' && text[at-1] != '=' && at > nameEnd {
		return 0, 0, None
	}
	kind := secrecyOf(name)
	if kind == noSecret && strings.EqualFold(string(name), "value") {
		kind = secrecyOf(namedBefore(text[:i]))
	}
	if kind == noSecret && strings.EqualFold(string(name), "authorization") {
		kind = keyed
	}
	if kind == noSecret {
		return 0, 0, None
	}
	return assignedValue(text, at, kind, more)
}

// assignedValue judges the value behind the operator at text[at].
func assignedValue(text []byte, at int, kind secrecy, more bool) (start, end int, v Verdict) {
	i := at + 1
	spaces := 0
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' && (text[at] == '>' || text[at] == ',') || text[i] == '\r') && spaces < 32 {
		i++
		spaces++
	}
	if i == len(text) {
		return undecided(i, more)
	}
	quoted := byte(0)
	for i < len(text) && (text[i] == '"' || text[i] == '\'' || text[i] == '`' || text[i] == '\\') {
		if text[i] != '\\' {
			quoted = text[i]
		}
		i++
	}
	for _, scheme := range [...]string{"Bearer ", "bearer ", "Basic ", "basic ", "Token ", "token "} {
		n := min(len(scheme), len(text)-i)
		if string(text[i:i+n]) == scheme[:n] {
			if n < len(scheme) && more {
				return i, 0, Live
			}
			if n == len(scheme) {
				i += n
				break
			}
		}
	}
	if i == len(text) {
		return undecided(i, more)
	}
	start = i
	if kind >= password {
		for i < len(text) && i-start < maxToken && text[i] != quoted && text[i] > ' ' && !(quoted == 0 && (text[i] == ',' || text[i] == ';' || text[i] == '<' || text[i] == ')' || text[i] == '}')) && text[i] != '\\' {
			i++
		}
	} else {
		for i < len(text) && i-start < maxToken && (inClass('b', text[i]) || text[i] == '.' || text[i] == '~' || text[i] == '%') {
			i++
		}
	}
	if i == len(text) && more {
		return start, 0, Live
	}
	value := text[start:i]
	if kind >= password {
		for len(value) > 1 && quoted == 0 && (value[len(value)-1] == '.' || value[len(value)-1] == '?' || value[len(value)-1] == '"' || value[len(value)-1] == '\'') {
			value = value[:len(value)-1]
		}
		if !kind.takes(value, quoted != 0) {
			return 0, 0, None
		}
		return start, start + len(value), Found
	}
	if i < len(text) {
		if kind == ofProvider && text[i] == ':' && len(value) == 8 && run(value, 0, 'x', 8) == 8 { // two halves
			n := run(text, i+1, 'x', 9)
			if i+1+n == len(text) && more {
				return start, 0, Live
			}
			if n == 8 {
				return start, i + 9, Found
			}
		}
		switch c := text[i]; {
		case c <= ' ', c == quoted, c == '"', c == '\'', c == '`', c == ';', c == ',', c == ')', c == '<', c == '\\', c == '&', c == '}', c == ']', c == '|':
		default:
			return 0, 0, None
		}
	}
	for len(value) > 0 && value[len(value)-1] == '.' {
		value = value[:len(value)-1]
	}
	if !likeKey(value, kind) {
		return 0, 0, None
	}
	return start, start + len(value), Found
}

// namedBefore returns the name in `name: X_TOKEN` a line before, or in `key="X"` before.
func namedBefore(text []byte) []byte {
	i := len(text)
	for i > 0 && (text[i-1] == ' ' || text[i-1] == '\t' || text[i-1] == '\n' || text[i-1] == '\r' || text[i-1] == '-') {
		i--
	}
	if i == len(text) {
		return nil
	}
	line := strings.ContainsAny(string(text[i:]), "\n")
	if !line && (i == 0 || text[i-1] != '"') {
		return nil
	}
	if i > 0 && text[i-1] == '"' {
		i--
	}
	end := i
	for i > 0 && (isWord(text[i-1]) || text[i-1] == '-') {
		i--
	}
	name := text[i:end]
	if line {
		return name
	}
	if i >= 5 && string(text[i-5:i]) == `key="` {
		return name
	}
	return nil
}

// stems is a set of words that may stand anywhere in a name, by their first two bytes.
type stems struct {
	pairs [1024]uint64
	words map[[2]byte][]string
}

func newStems(words ...string) *stems {
	s := &stems{words: map[[2]byte][]string{}}
	for _, w := range words {
		pair := int(w[0])<<8 | int(w[1])
		s.pairs[pair>>6] |= 1 << (pair & 63)
		s.words[[2]byte{w[0], w[1]}] = append(s.words[[2]byte{w[0], w[1]}], w)
	}
	return s
}

// in reports whether one of the words stands in name, which is in small letters.
func (s *stems) in(name []byte) bool {
	for i := 1; i < len(name); i++ {
		pair := int(name[i-1])<<8 | int(name[i])
		if s.pairs[pair>>6]>>(pair&63)&1 == 0 {
			continue
		}
		for _, w := range s.words[[2]byte{name[i-1], name[i]}] {
			if len(name)-i+1 >= len(w) && string(name[i-1:i-1+len(w)]) == w {
				return true
			}
		}
	}
	return false
}

var (
	passwords = newStems("passw", "pwd", "passphrase", "passcode", "kennwort", "contrase", "motdepasse")
	keywords  = newStems("token", "secret", "apikey", "accesskey", "privatekey", "encryptionkey", "signingkey", "masterkey", "authkey", "sharedkey", "accountkey", "storagekey", "credential", "authorization", "clientsecret", "licensekey", "licencekey", "originca")
)

// secrecyOf says what a name promises.
func secrecyOf(name []byte) secrecy {
	var buf [64]byte
	low := buf[:0]
	for _, c := range name {
		if c == '_' || c == '-' || c == '.' {
			continue
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		low = append(low, c)
	}
	if passwords.in(low) {
		return password
	}
	last := len(low)
	for k := len(name) - 1; k >= 0 && name[k] != '_' && name[k] != '-' && name[k] != '.'; k-- {
		last--
	}
	switch string(low[last:]) {
	case "pw", "pass", "pswd", "psw", "clave", "senha", "mdp", "wachtwoord":
		return terse
	case "pin":
		return pin
	}
	if part := name[bytes.LastIndexByte(name, '.')+1:]; !keywords.in(low) && !bytes.EqualFold(part, []byte("auth")) && !bytes.EqualFold(part, []byte("key")) { // cloud.key
		return noSecret
	}
	n := string(low)
	provider := false
	switch n {
	case "token", "apikey", "xapikey", "authtoken", "xauthtoken", "privatetoken", "accesstoken", "authorization":
		provider = true // a header's or a field's whole name
	}
	for _, w := range providers {
		if strings.Contains(n, w) && (len(w) > 4 || strings.HasPrefix(n, w)) {
			provider = true
			break
		}
	}
	if provider {
		return ofProvider
	}
	return keyed
}

// providers are services whose keys have no form of their own, or a short one.
var providers = [...]string{
	"adafruit", "adobe", "airtable", "algolia", "alibaba", "asana", "atlassian", "auth0", "aws", "azure", "beamer", "bitbucket", "bittrex", "circleci", "clickhouse",
	"cloudflare", "codecov", "cohere", "coinbase", "confluence", "confluent", "contentful", "databricks", "datadog", "discord", "docker", "doppler", "drone", "dropbox",
	"dynatrace", "easypost", "elastic", "etsy", "facebook", "fastly", "figma", "finicity", "finnhub", "firebase", "flickr", "flutterwave", "freemius", "freshbooks", "github", "gitlab",
	"gitter", "gocardless", "google", "grafana", "harness", "hashicorp", "heroku", "hubspot", "instagram", "intercom", "jfrog", "jira", "kraken", "kucoin", "launchdarkly", "linear",
	"linkedin", "lob", "looker", "mailchimp", "mailgun", "mapbox", "mattermost", "maxmind", "meraki", "messagebird", "microsoft", "mongo", "netlify", "newrelic", "notion", "npm",
	"nytimes", "okta", "openai", "pagerduty", "paypal", "plaid", "planetscale", "postman", "prefect", "privateai", "pulumi", "pypi", "rapidapi", "reddit", "rubygems", "scalingo",
	"segment", "sendbird", "sendgrid", "sendinblue", "sentry", "shippo", "shopify", "sidekiq", "contribsys", "slack", "snowflake", "snyk", "sonar", "splunk", "spotify", "square", "squarespace", "stripe",
	"sumo", "telegram", "terraform", "travis", "trello", "twilio", "twitch", "twitter", "typeform", "vault", "vercel", "yandex", "zendesk", "zoom",
}

// likeKey reports whether a value looks drawn by chance.
func likeKey(value []byte, kind secrecy) bool {
	if len(value) < 10 || placeholder(value) || value[0] == '-' && len(value) < 20 {
		return false
	}
	digits, letters, upper, lower := 0, 0, 0, 0
	for _, c := range value {
		switch {
		case isDigit(c):
			digits++
		case 'a' <= c && c <= 'z':
			lower++
			letters++
		case 'A' <= c && c <= 'Z':
			upper++
			letters++
		}
	}
	h := entropy(value)
	switch {
	case digits+letters < len(value)*2/3:
		return false
	case kind == ofProvider && letters == 0:
		return len(value) >= 15 && h >= 2.3
	case kind == ofProvider:
		return h >= 2.7 && (digits > 0 || len(value) >= 20 && h >= 3.3) || len(value) >= 14 && upper > 1 && lower > 1 && h >= 3.2
	case digits == 0:
		return len(value) >= 24 && h >= 4 && (upper > 2 && lower > 2 || len(value) >= 30)
	}
	return letters > 0 && h >= 3.5
}

// takes reports whether a value could be what the name says: a password; after a shorter name one of six characters or
// more, with a letter and something else; four to eight digits for a PIN.
func (kind secrecy) takes(value []byte, quoted bool) bool {
	switch kind {
	case pin:
		return len(value) >= 4 && len(value) <= 8 && onlyDigits(value)
	case terse:
		letters := 0
		for _, c := range value {
			if isLetter(c) || c >= 0x80 {
				letters++
			}
		}
		return len(value) >= 6 && letters > 0 && likePassword(value, false)
	}
	return likePassword(value, quoted)
}

// likePassword reports whether a value could be a password: no plain word, unless it is quoted and long.
func likePassword(value []byte, quoted bool) bool {
	if len(value) < 4 || len(value) > 128 || placeholder(value) || value[0] == '%' || value[0] == '$' || value[0] == '<' || value[0] == '{' || value[0] == '(' || value[0] == '[' || value[0] == '@' {
		return false
	}
	digits, symbols, upper, letters := 0, 0, 0, 0
	for i, c := range value {
		switch {
		case isDigit(c):
			digits++
		case isLetter(c) || c >= 0x80:
			letters++
			if i > 0 && 'A' <= c && c <= 'Z' {
				upper++
			}
		case c != '-' && c != '_' && c != '.' && c != '\'' && c != '/' && c != '(':
			symbols++
		}
	}
	switch {
	case letters == 0:
		return digits >= 4 && len(value) >= 4
	case digits > 0 || symbols > 0 && letters+digits > 1:
		return true
	case upper > 0 && letters > upper+1:
		return true
	}
	return quoted && len(value) >= 12 && letters == len(value)
}

// entropy is Shannon's, in bits a byte.
func entropy(value []byte) float64 {
	var count [256]int
	for _, c := range value {
		count[c]++
	}
	h, n := 0.0, float64(len(value))
	for _, c := range count {
		if c > 0 {
			p := float64(c) / n
			h -= p * math.Log2(p)
		}
	}
	return h
}
