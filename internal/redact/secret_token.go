package redact

import (
	"slices"
	"strings"
)

// Secret is the type of keys, tokens and passwords.
const Secret Type = "SECRET"

// maxToken bounds a secret on one line: what is longer is found by its first maxToken bytes.
const maxToken = 1024

// tokenForm is the public form of one kind of key: a prefix, then parts with a space between. A part is a class and how
// often ("h32", "w20,40"), or "=" and literal text. Classes: d digits, h lower-case hexadecimal, x hexadecimal in any
// case, l lower-case letters and digits, u upper-case letters and digits, a letters and digits, w those with _ and -,
// e those with = too, t those with . too, b base64.
type tokenForm struct{ prefix, parts string }

// tokenForms are the forms that providers publish or that scanners agree on, one row for each prefix.
func tokenForms() []tokenForm {
	return []tokenForm{
		// source code and packages
		{"ghp_", "a36"},
		{"gho_", "a36"},
		{"ghu_", "a36"},
		{"ghs_", "a36"},
		{"ghr_", "a36"},
		{"github_pat_", "w82"},
		{"glpat-", "w20"},
		{"glpat-", "w27,300 =. w2 l7"},
		{"glptt-", "h40"},
		{"glrt-", "w20"},
		{"glrt-", "t20,320"},
		{"glcbt-", "x1,5 =_ w20"},
		{"glcbt-", "a1,5 =_ w20"},
		{"gldt-", "w20"},
		{"glft-", "w20"},
		{"glffct-", "w20"},
		{"glimt-", "w25"},
		{"glagent-", "w50"},
		{"gloas-", "w64"},
		{"glsoat-", "w20"},
		{"GR1348941", "w20"},
		{"_gitlab_session=", "l32"},
		{"npm_", "a36"},
		{"pypi-AgEIcHlwaS5vcmc", "w50,1000"},
		{"rubygems_", "h48"},
		{"CLOJARS_", "a60"},
		{"pul-", "h40"},
		{"pnu_", "a36"},
		{"tfp_", "t59"},
		{"tfp_", "e59"},
		{"sgp_", "x40"},
		{"sgp_", "x16 =_ x40"},
		{"sgp_local_", "x40"},
		{"slk_", "h64"},
		{"dckr_pat_", "w27"},
		{"dckr_oat_", "w32"},
		{"cmVmd", "a59"},
		{"AKCp", "a69"},
		{"NRAK-", "a27"},
		{"NRJS-", "h19"},
		{"NRII-", "w32"},
		{"PMAK-", "x24 =- x34"},
		{"API-", "u26"},
		{"tk-us-", "w48"},
		{"rdme_", "l70"},
		{"sntrys_eyJ", "b80,400 =_ b43"},
		{"sntryu_", "x64"},
		{"sqp_", "h40"},
		{"sqa_", "h40"},
		{"squ_", "h40"},
		{"ATATT3", "e186"},
		{"ATCTT3", "e180,200"},
		{"lin_api_", "a40"},
		{"ntn_", "d11 a35"},
		{"secret_", "a43"},
		{"sm_aat_", "a16"},
		{"sm_pat_", "a16"},
		{"sm_sat_", "a16"},
		{"ATBB", "a32"},
		{"figd_", "w40,50"},
		{"phc_", "a43"},
		{"phx_", "a43"},
		// clouds
		{"AKIA", "u16"},
		{"A3T", "u17"},
		{"ASIA", "u16"},
		{"ABIA", "u16"},
		{"ACCA", "u16"},
		{"ABSK", "b109,269"},
		{"bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t", "b0,900"},
		{"AIza", "w35"},
		{"GOCSPX-", "w28"},
		{"ya29.", "w60,900"},
		{"dop_v1_", "x64"},
		{"doo_v1_", "x64"},
		{"dor_v1_", "x64"},
		{"LTAI", "a20"},
		{"dapi", "x32"},
		{"dapi", "h32 =- d1"},
		{"HRKU-AA", "w58"},
		{"fo1_", "w43"},
		{"fm1r_", "b100,900"},
		{"fm1a_", "b100,900"},
		{"fm2_", "b100,900"},
		{"AQVN", "w35"},
		{"YC", "w38"},
		{"t1.", "e1,300 =. e86"},
		{"dp.pt.", "a43"},
		{"dp.st.", "t43,90"},
		{"dt0c01.", "a24 =. a64"},
		{"hvs.", "w90,120"},
		{"hvb.", "w138,300"},
		{"s.", "a24"},
		{"pscale_tkn_", "t32,64"},
		{"pscale_oauth_", "t32,64"},
		{"pscale_pw_", "t32,64"},
		{"v1.0-", "h24 =- h146"},
		{"4b1d", "a38"},
		{"sha256~", "w43"},
		{"ops_eyJ", "b200,900"},
		{"A3-", "u6 =- u11 =- u5 =- u5 =- u5"},
		{"A3-", "u6 =- u6 =- u5 =- u5 =- u5 =- u5"},
		{"AGE-SECRET-KEY-1", "u58"},
		{"dnkey-", "e26 =- e52"},
		{"glc_", "b32,400"},
		{"glsa_", "a32 =_ x8"},
		{"eyJrIjoi", "b60,400"},
		{"sat.", "w22 =. a24 =. a20"},
		{"pat.", "w22 =. a24 =. a20"},
		{"EZAK", "a54"},
		{"EZTK", "a54"},
		// models
		{"sk-ant-api03-", "w93 =AA"},
		{"sk-ant-admin01-", "w93 =AA"},
		{"sk-ant-oat01-", "w80,110"},
		{"sk-proj-", "w48,200"},
		{"sk-svcacct-", "w48,200"},
		{"sk-admin-", "w48,200"},
		{"sk-", "a48"},
		{"sk-or-v1-", "h64"},
		{"hf_", "a34"},
		{"api_org_", "a34"},
		{"pplx-", "a48"},
		{"gsk_", "a52"},
		{"xai-", "a80"},
		{"r8_", "a37"},
		{"nvapi-", "w64"},
		// messages, payments, services
		{"xoxb-", "d10,13 =- d10,13 w0,60"},
		{"xoxb-", "d8,14 =- a18,26"},
		{"xoxp-", "d10,13 =- d10,13 =- d10,13 =- w28,34"},
		{"xoxe-", "d10,13 =- d10,13 =- d10,13 =- w28,34"},
		{"xoxp-", "d10,13 =- d10,13 =- a28,34"},
		{"xoxs-", "d1,13 =- d1,13 =- d1,13 =- x1,64"},
		{"xoxo-", "d1,13 =- d1,13 =- d1,13 =- x1,64"},
		{"xoxe-", "d1 =- u146"},
		{"xoxe-", "d1 =- a146"},
		{"xoxe.xoxp-", "d1 =- a163,166"},
		{"xoxe.xoxb-", "d1 =- a163,166"},
		{"xoxa-", "a8,48"},
		{"xoxr-", "a8,48"},
		{"xoxa-", "d1 =- a8,48"},
		{"xoxr-", "d1 =- a8,48"},
		{"xoxo-", "d1,13 =- w8,64"},
		{"xapp-", "d1 =- a6,20 =- d2,20 =- a5,80"},
		{"SG.", "w22 =. w43"},
		{"SG.", "t66"},
		{"xkeysib-", "h64 =- a16"},
		{"key-", "h32"},
		{"pubkey-", "h32"},
		{"SK", "x32"},
		{"sk_live_", "w10,99"},
		{"sk_test_", "w10,99"},
		{"sk_prod_", "w10,99"},
		{"rk_live_", "a10,99"},
		{"rk_test_", "a10,99"},
		{"rk_prod_", "a10,99"},
		{"whsec_", "b32,48"},
		{"shpat_", "x32"},
		{"shpca_", "x32"},
		{"shppa_", "x32"},
		{"shpss_", "x32"},
		{"sq0atp-", "w22,60"},
		{"sq0csp-", "w43"},
		{"EAAA", "w22,60"},
		{"EAAC", "a100,400"},
		{"EAAM", "a100,400"},
		{"live_", "e40"},
		{"test_", "h35"},
		{"live_", "h35"},
		{"test_pub_", "h31"},
		{"live_pub_", "h31"},
		{"shippo_live_", "x40"},
		{"shippo_test_", "x40"},
		{"duffel_test_", "e43"},
		{"duffel_live_", "e43"},
		{"fio-u-", "e64"},
		{"ico-", "a32"},
		{"p8e-", "a32"},
		{"FLWSECK_TEST-", "a32 =-X"},
		{"FLWPUBK_TEST-", "a32 =-X"},
		{"FLWSECK_TEST-", "a12"},
		{"FLWSECK-", "a32 =-X"},
		{"FLWPUBK-", "a32 =-X"},
		{"access-sandbox-", "x8 =- x4 =- x4 =- x4 =- x12"},
		{"access-development-", "x8 =- x4 =- x4 =- x4 =- x12"},
		{"access-production-", "x8 =- x4 =- x4 =- x4 =- x12"},
		{"sc_", "a5,30 =. a4,6 =. =acc w11,33 =. b30,120"},
		{"ext_", "a5,30 =. a4,6 =. =acc w11,33 =. b30,120"},
		{"acc_", "a5,30 =. a4,6 =. =acc w11,33 =. b30,120"},
		{"pk.", "a60 =. a22"},
		{"sk.", "a60 =. a22"},
		{"pat", "a14 =. h64"},
		{"b_", "e44"},
		{"s-s4t2ud-", "x64"},
		{"s-s4t2af-", "x64"},
		{"sl.", "e135"},
		{"PMAK-", "h24 =- h34"},
		{"ZXlK", "b60,900"},
		{"shiptoken-", "w40"},
		{"tskey-auth-", "w20,60"},
		{"tskey-api-", "w20,60"},
		{"rafy-", "l27"},
	}
}

// tokenRow is a tokenForm made ready.
type tokenRow struct {
	prefix string
	parts  []tokenPart
}

type tokenPart struct {
	class    byte // '=' for literal text
	text     string
	min, max int
}

// Tokens finds keys of common providers by their published prefix, alphabet and length. Placeholders ("xxxx", "example",
// counted-up letters, hardly any different characters) are let go.
func Tokens() Rule {
	var rows [256][]tokenRow // by the prefix's first byte
	rule := Rule{Name: "secret_token/2", Type: Secret, Anchors: "~|:"}
	for _, f := range tokenForms() {
		row := tokenRow{prefix: f.prefix}
		for p := range strings.FieldsSeq(f.parts) {
			row.parts = append(row.parts, readPart(p))
		}
		rows[f.prefix[0]] = append(rows[f.prefix[0]], row)
		if !slices.Contains(rule.Prefixes, f.prefix) {
			rule.Prefixes = append(rule.Prefixes, f.prefix)
		}
	}
	rule.Match = byPosition(0.9, func(text []byte, at int, more bool) (int, int, Verdict) {
		switch text[at] {
		case '|':
			return matchFacebook(text, at, more)
		case ':':
			if at+1 == len(text) || text[at+1] == '/' {
				if start, end, v := matchWebhook(text, at, more); v != None {
					return start, end, v
				}
			}
			return matchTelegram(text, at, more)
		case '~':
			return matchAzure(text, at, more)
		}
		if at+1 == len(text) {
			return undecided(at, more)
		}
		live := false
		for _, row := range rows[text[at]] {
			if row.prefix[1] != text[at+1] || at > 0 && joins(text[at-1]) && row.prefix != "YC" && row.prefix != "EZAK" {
				continue
			}
			switch end, v := row.match(text, at, more); v {
			case Live:
				live = true
			case Found:
				value := text[at+len(row.prefix) : end]
				switch {
				case placeholder(value) && row.prefix != "AGE-SECRET-KEY-1", len(row.prefix) <= 2 && !hasDigit(value):
				case live: // a form that comes first may be there
					return at, 0, Live
				default:
					return at, end, Found
				}
			}
		}
		if live {
			return at, 0, Live
		}
		return 0, 0, None
	})
	return rule
}

// byPosition makes a rule's Match of a function of the text, the trigger's place and whether more can come.
func byPosition(score float64, f func(text []byte, at int, more bool) (start, end int, v Verdict)) func(*Candidate) Verdict {
	return func(c *Candidate) Verdict {
		switch start, end, v := f(c.Text, c.At, c.More); v {
		case Found:
			if end == noEnd {
				c.Endless, end = true, len(c.Text)
			}
			return c.Is(start, end, score)
		case Live:
			c.Certain = end == noEnd
			return c.Undecided(start)
		}
		return None
	}
}

// undecided is the answer at the end of the text that is known.
func undecided(start int, more bool) (int, int, Verdict) {
	if more {
		return start, 0, Live
	}
	return 0, 0, None
}

func readPart(p string) tokenPart {
	if p[0] == '=' {
		return tokenPart{class: '=', text: p[1:]}
	}
	number := func(s string) (n int) {
		for _, c := range []byte(s) {
			n = 10*n + int(c-'0')
		}
		return n
	}
	lo, hi, two := strings.Cut(p[1:], ",")
	part := tokenPart{class: p[0], min: number(lo), max: number(lo)}
	if two {
		part.max = number(hi)
	}
	return part
}

// match judges the text at i: the prefix, the parts, and no more of the last part's alphabet.
func (row tokenRow) match(text []byte, i int, more bool) (end int, v Verdict) {
	for _, c := range []byte(row.prefix) {
		if i == len(text) {
			return 0, open(more)
		}
		if text[i] != c {
			return 0, None
		}
		i++
	}
	for k, p := range row.parts {
		if p.class == '=' {
			for _, c := range []byte(p.text) {
				if i == len(text) {
					return 0, open(more)
				}
				if text[i] != c {
					return 0, None
				}
				i++
			}
			continue
		}
		limit := p.max
		if k+1 < len(row.parts) && inClass(p.class, row.parts[k+1].first()) {
			limit = p.min // what follows is of the same alphabet: the shortest
		}
		n := 0
		for n < limit && i < len(text) && inClass(p.class, text[i]) {
			n++
			i++
		}
		if i == len(text) && more {
			return 0, Live
		}
		if n < p.min {
			return 0, None
		}
	}
	if i == len(text) {
		if more {
			return 0, Live
		}
		return i, Found
	}
	if last := row.parts[len(row.parts)-1]; joins(text[i]) || last.class != '=' && inClass(last.class, text[i]) && text[i] != '.' && text[i] != '=' && text[i] != '-' {
		return 0, None
	}
	return i, Found
}

func (p tokenPart) first() byte {
	if p.class == '=' {
		return p.text[0]
	}
	return 0
}

func open(more bool) Verdict {
	if more {
		return Live
	}
	return None
}

// joins reports whether c makes one word with a key beside it.
func joins(c byte) bool { return isDigit(c) || isLetter(c) || c == '_' }

func inClass(class, c byte) bool {
	switch class {
	case 'd':
		return isDigit(c)
	case 'h':
		return isDigit(c) || 'a' <= c && c <= 'f'
	case 'x':
		return isHex(c)
	case 'l':
		return isDigit(c) || 'a' <= c && c <= 'z'
	case 'u':
		return isDigit(c) || 'A' <= c && c <= 'Z'
	case 'a':
		return isDigit(c) || isLetter(c)
	case 'w':
		return isWord(c) || c == '-'
	case 'e':
		return isWord(c) || c == '-' || c == '='
	case 't':
		return isWord(c) || c == '-' || c == '=' || c == '.'
	case 'b':
		return isWord(c) || c == '-' || c == '=' || c == '+' || c == '/'
	}
	return false
}

// run returns how many bytes of the class follow text[i:], at most limit.
func run(text []byte, i int, class byte, limit int) int {
	n := 0
	for i+n < len(text) && n < limit && inClass(class, text[i+n]) {
		n++
	}
	return n
}

// runBack is run, backwards from text[i-1].
func runBack(text []byte, i int, class byte, limit int) int {
	n := 0
	for i-n > 0 && n < limit && inClass(class, text[i-n-1]) {
		n++
	}
	return n
}

// matchFacebook: an app's number, |, 27 letters.
func matchFacebook(text []byte, at int, more bool) (start, end int, v Verdict) {
	n := runBack(text, at, 'd', 18)
	if n < 15 || n > 16 {
		return 0, 0, None
	}
	return exactly(text, at-n, at+1, 'w', 27, more)
}

// matchWebhook: an address that lets its holder post or call: in Slack, Teams, Discord, Zapier.
func matchWebhook(text []byte, at int, more bool) (start, end int, v Verdict) {
	start = at - len("https")
	if start < 0 || string(text[start:at]) != "https" {
		return 0, 0, None
	}
	const slashes = "://"
	n := min(len(slashes), len(text)-at)
	switch {
	case string(text[at:at+n]) != slashes[:n]:
		return 0, 0, None
	case n < len(slashes):
		return undecided(start, more)
	}
	i := at + len(slashes)
	for i < len(text) && i-at < 80 && (inClass('w', text[i]) || text[i] == '.') {
		i++
	}
	if i == len(text) && more {
		return start, 0, Live
	}
	var path string
	switch host := string(text[at+len(slashes) : i]); {
	case host == "hooks.slack.com", host == "hooks.slack-gov.com":
		path = "/"
	case strings.HasSuffix(host, ".webhook.office.com"):
		path = "/webhookb2/"
	case host == "outlook.office.com":
		path = "/webhook/"
	case host == "discord.com", host == "discordapp.com":
		path = "/api/webhooks/"
	case host == "hooks.zapier.com":
		path = "/hooks/"
	default:
		return 0, 0, None
	}
	n = min(len(path), len(text)-i)
	if string(text[i:i+n]) != path[:n] {
		return 0, 0, None
	}
	from := i
	for i < len(text) && i-at < maxToken && (inClass('b', text[i]) || text[i] == '@') {
		i++
	}
	if i == len(text) && more && i-at < maxToken {
		return start, 0, Live
	}
	if i-from-n >= 30 && hasDigit(text[from+n:i]) && !placeholder(text[from+n:i]) {
		return start, i, Found
	}
	return 0, 0, None
}

func hasDigit(b []byte) bool {
	for _, c := range b {
		if isDigit(c) {
			return true
		}
	}
	return false
}

// matchTelegram: a bot's number, :, A and 34 letters.
func matchTelegram(text []byte, at int, more bool) (start, end int, v Verdict) {
	n := runBack(text, at, 'd', 17)
	if n < 8 || n > 16 || at-n > 0 && joins(text[at-n-1]) {
		return 0, 0, None
	}
	if at+1 < len(text) && text[at+1] != 'A' {
		return 0, 0, None
	}
	return exactly(text, at-n, at+1, 'w', 35, more)
}

// mayBeInfix: what comes after the dot or the underscore.
func mayBeInfix(w *Word) bool {
	return w.After == 0 || w.After == 'a' && w.Text[0] == '.' || w.Text[0] == '_' && inClass('a', w.After)
}

// Infixed finds keys that are known by what stands in their middle: HashiCorp's (14 characters, .atlasv1., 60 to 70 more)
// and MaxMind's (6 characters, _, 29 more, _mmk).
func Infixed() Rule {
	return Rule{Name: "secret_infix/1", Type: Secret, Anchors: "._", If: mayBeInfix, Match: byPosition(0.9, func(text []byte, at int, more bool) (start, end int, v Verdict) {
		form, before := hashicorp, 14
		if text[at] == '_' {
			form, before = maxmind, 6
		}
		start = at - before
		if start < 0 || runBack(text, at, 'a', before+1) != before || start > 0 && text[start-1] == '_' {
			return 0, 0, None
		}
		end, v = form.match(text, at, more)
		if v == Found && placeholder(text[start:end]) {
			v = None
		}
		return start, end, v
	})}
}

var (
	hashicorp = tokenRow{prefix: ".atlasv1.", parts: []tokenPart{{class: 'e', min: 60, max: 70}}}
	maxmind   = tokenRow{prefix: "_", parts: []tokenPart{{class: 'a', min: 29, max: 29}, {class: '=', text: "_mmk"}}}
)

// matchAzure: three characters, a digit, Q~ and 31 to 34 more.
func matchAzure(text []byte, at int, more bool) (start, end int, v Verdict) {
	start = at - 5
	if start < 0 || text[at-1] != 'Q' || !isDigit(text[at-2]) || start > 0 && joins(text[start-1]) {
		return 0, 0, None
	}
	i := at + 1
	for i < len(text) && i < at+36 && (inClass('w', text[i]) || text[i] == '~' || text[i] == '.') {
		i++
	}
	if i == len(text) && more {
		return start, 0, Live
	}
	if n := i - at - 1; n < 31 || n > 34 || placeholder(text[at+1:i]) {
		return 0, 0, None
	}
	return start, i, Found
}

// exactly wants n bytes of a class at text[i:] and none after, for a value that begins at start.
func exactly(text []byte, start, i int, class byte, n int, more bool) (int, int, Verdict) {
	got := run(text, i, class, n+1)
	switch {
	case i+got == len(text) && more && got <= n:
		return start, 0, Live
	case got != n || placeholder(text[i:i+got]):
		return 0, 0, None
	}
	return start, i + got, Found
}

// placeholder reports whether a value stands for a secret and is none: a word that says so, one character again and
// again, the alphabet counted up, or hardly any different characters.
func placeholder(value []byte) bool {
	if len(value) == 0 {
		return false
	}
	var count [256]int
	distinct, same, steps, rising := 0, 1, 1, 0
	for i, c := range value {
		if count[c]++; count[c] == 1 {
			distinct++
		}
		if i == 0 {
			continue
		}
		if c == value[i-1] {
			if same++; same >= 6 && (c|0x20 == 'x' || c == '*' || c == '#' || c == '.' || c == '0') || same >= 8 && 2*same >= len(value) {
				return true
			}
		} else {
			same = 1
		}
		if c == value[i-1]+1 {
			if steps++; steps > rising {
				rising = steps
			}
		} else {
			steps = 1
		}
	}
	if rising >= 16 || len(value) >= 12 && distinct <= 4 || len(value) >= 24 && entropy(value) < 2.8 {
		return true
	}
	low := strings.ToLower(string(value))
	for _, w := range [...]string{"example", "changeme", "change_me", "placeholder", "your_", "your-", "yourkey", "yourtoken", "put_your", "insert", "redacted", "dummy", "xxxxx", "_here", "<", "${", "$(", "{{", "%s"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}
