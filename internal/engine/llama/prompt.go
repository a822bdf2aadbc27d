package llama

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hybridgroup/yzma/pkg/llama"
	"github.com/hybridgroup/yzma/pkg/message"
	"github.com/hybridgroup/yzma/pkg/template"
)

// chatML is used for models that carry no template.
const chatML = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}" +
	"{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

// Message is one message of a conversation. Role is "system", "user" or "assistant".
type Message struct{ Role, Text string }

// assistant is the role of the model.
const assistant = "assistant"

// part is a part of a rendered conversation: the template's own words, or a message's.
type part struct {
	text    string
	message bool
	answer  bool // the message is the model's
}

// stretch is a control token of a rendered conversation, or the plain text between two.
type stretch struct {
	control llama.Token // where there is no plain text
	plain   string
	cuts    []int // where it is cut, whatever the tokenizer would do
	answer  bool  // some of it is the model's
}

// prompter turns conversations into tokens.
//
// A model's template and a message's text are tokenised by different rules: "<|im_start|>" in the template is a control
// token, and in a message it is twelve characters. So the template is rendered with placeholders for the texts, and
// only its own words are searched for control tokens. Words of both kinds between two control tokens are tokenised in
// one go, as llama.cpp would have done with the whole.
type prompter struct {
	template string
	thinks   bool      // the template knows whether the model is to think before it answers
	think    bool      // and it is
	specials []special // longest first
	bos      llama.Token
	addBOS   bool
	tokenise func(text string) []llama.Token // without control tokens
	spell    func(llama.Token) string        // what a token stands for in plain text; control tokens for nothing
	prefix   string                          // what the tokenizer puts in front of a text: a space, or nothing
}

// special is a token that is written as a word of its own.
type special struct {
	text        string
	id          llama.Token
	userDefined bool // found in plain text too
	trimAfter   bool // swallows the spaces that follow it
	trimBefore  bool
}

func newPrompter(vocab llama.Vocab, tmpl string) *prompter {
	p := &prompter{
		bos:    llama.VocabBOS(vocab),
		addBOS: llama.VocabGetAddBOS(vocab),
		tokenise: func(text string) []llama.Token {
			if text == "" {
				return nil
			}
			return llama.Tokenize(vocab, text, false, false)
		},
		spell: remembered(func(t llama.Token) string { return string(spelling(vocab, t)) }),
	}
	if letter := p.tokenise("a"); len(letter) > 0 {
		p.prefix = strings.TrimSuffix(p.spell(letter[0]), "a")
	}
	text := func(t llama.Token) string {
		if t < 0 {
			return ""
		}
		return llama.VocabGetText(vocab, t)
	}
	if tmpl == "" {
		tmpl = chatML
	}
	p.thinks = strings.Contains(tmpl, "enable_thinking")
	p.template = prepare(tmpl, text(p.bos), text(llama.VocabEOS(vocab)))
	const words = llama.TokenAttrControl | llama.TokenAttrUserDef
	for id := range llama.Token(llama.VocabNTokens(vocab)) {
		attr := llama.VocabGetAttr(vocab, id)
		if attr&words == 0 {
			continue
		}
		if s := text(id); s != "" {
			p.specials = append(p.specials, special{
				text:        s,
				id:          id,
				userDefined: attr&llama.TokenAttrUserDef != 0,
				trimAfter:   attr&llama.TokenAttrRstrip != 0,
				trimBefore:  attr&llama.TokenAttrLstrip != 0,
			})
		}
	}
	slices.SortStableFunc(p.specials, func(a, b special) int { return len(b.text) - len(a.text) })
	return p
}

// remembered is f, asked once for each token: a conversation is spelled in each of its turns.
func remembered(f func(llama.Token) string) func(llama.Token) string {
	known := map[llama.Token]string{}
	return func(t llama.Token) string {
		word, found := known[t]
		if !found {
			word = f(t)
			known[t] = word
		}
		return word
	}
}

// thinking is the same prompter for a model that thinks before it answers, or does not, where the template lets one choose.
func (p *prompter) thinking(on bool) *prompter {
	other := *p
	other.think = on && p.thinks
	return &other
}

// rendering is a conversation as the template puts it.
type rendering struct {
	stretches []stretch
	markers   map[llama.Token]bool
	lead      string // what the template itself puts before what the model will say
}

// render renders a conversation. One that ends in an answer is to be gone on with from its last word. Error: ErrTemplate,
// without text of the conversation.
func (p *prompter) render(messages []Message) (r rendering, err error) {
	var begun string
	if last := len(messages) - 1; last > 0 && messages[last].Role == assistant {
		begun, messages = messages[last].Text, messages[:last]
	}
	parts, err := p.parts(messages)
	if err != nil && len(messages) > 1 && messages[0].Role == "system" {
		// Some templates refuse system messages; what it says then goes in front of the first question.
		merged := slices.Clone(messages[1:])
		merged[0].Text = messages[0].Text + "\n\n" + merged[0].Text
		parts, err = p.parts(merged)
	}
	if err != nil {
		return rendering{}, err
	}
	if last := parts[len(parts)-1]; !last.message {
		r.lead = last.text
	}
	if len(parts) == 1 && len(messages) > 0 { // rendered as a whole
		said := strings.TrimSpace(messages[len(messages)-1].Text)
		r.lead = r.lead[max(0, strings.LastIndex(r.lead, said)+len(said)):]
	}
	if begun != "" {
		over := thoughtsOver(r.lead)
		parts = append(parts, part{text: over}, part{text: begun, message: true, answer: true})
		r.lead += over
	}
	r.markers = p.markers(parts)
	r.stretches = p.stretches(parts, r.markers)
	if p.addBOS && p.bos >= 0 && (len(r.stretches) == 0 || r.stretches[0].plain != "" || r.stretches[0].control != p.bos) {
		r.stretches = slices.Insert(r.stretches, 0, stretch{control: p.bos})
	}
	return r, nil
}

// edge is put around a placeholder to see whether the template trims its contents.
const edge = "\f"

func (p *prompter) parts(messages []Message) ([]part, error) {
	var nonce [12]byte
	_, _ = rand.Read(nonce[:])
	mark := "Q" + hex.EncodeToString(nonce[:]) + "Q"
	name := func(i int) string { return mark + strconv.Itoa(i) + "Z" }
	stand := make([]Message, len(messages))
	for i, m := range messages {
		stand[i] = Message{m.Role, edge + name(i) + edge}
	}
	text, err := p.apply(stand)
	if err != nil {
		return nil, err
	}
	for i := range messages {
		if !strings.Contains(text, name(i)) {
			// This template takes its contents apart. It gets the real ones, with their control tokens broken.
			return p.whole(messages)
		}
	}
	var parts []part
	for {
		before, rest, found := strings.Cut(text, mark)
		if !found {
			return append(parts, part{text: text}), nil
		}
		number, rest, _ := strings.Cut(rest, "Z")
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(messages) {
			return p.whole(messages)
		}
		content := messages[i].Text
		if cut, kept := strings.CutSuffix(before, edge); kept {
			before = cut
		} else {
			content = strings.TrimLeft(content, " \t\r\n\f\v")
		}
		if cut, kept := strings.CutPrefix(rest, edge); kept {
			rest = cut
		} else {
			content = strings.TrimRight(content, " \t\r\n\f\v")
		}
		parts = append(parts, part{text: before}, part{text: content, message: true, answer: messages[i].Role == assistant})
		text = rest
	}
}

// whole renders the conversation itself. No control token of the vocabulary survives in its messages: a space goes
// after the first character of each.
func (p *prompter) whole(messages []Message) ([]part, error) {
	broken := make([]Message, len(messages))
	for i, m := range messages {
		for _, s := range p.specials {
			if first, rest := cutRune(s.text); rest != "" && strings.Contains(m.Text, s.text) {
				m.Text = strings.ReplaceAll(m.Text, s.text, first+" "+rest)
			}
		}
		broken[i] = m
	}
	text, err := p.apply(broken)
	if err != nil {
		return nil, err
	}
	return []part{{text: text}}, nil
}

func cutRune(s string) (first, rest string) {
	for i := range s {
		if i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// apply has the template make text of messages.
func (p *prompter) apply(messages []Message) (_ string, err error) {
	defer func() {
		if r := recover(); r != nil { // a template is data: it may not end the engine
			err = fmt.Errorf("%w: it panics", ErrTemplate)
		}
	}()
	list := make([]message.Message, len(messages))
	for i, m := range messages {
		list[i] = message.Chat{Role: m.Role, Content: m.Text}
	}
	text, err := template.ApplyWithOptions(p.template, list, true, template.Options{EnableThinking: p.think})
	if err != nil {
		return "", fmt.Errorf("%w: it does not render", ErrTemplate) // the cause may quote the conversation
	}
	return text, nil
}

// stretches finds the control tokens in parts. Plain text between two is one stretch, whosever it is.
func (p *prompter) stretches(parts []part, markers map[llama.Token]bool) (all []stretch) {
	var now stretch
	trim := false // the last control token swallows spaces
	add := func(s string, answer bool) {
		if trim {
			s = strings.TrimLeft(s, space)
			trim = s == ""
		}
		now.plain += s
		now.answer = now.answer || answer
	}
	end := func() {
		if now.plain != "" {
			all = append(all, now)
		}
		now = stretch{}
	}
	for _, q := range parts {
		text := q.text
		for text != "" {
			i, s, found := p.find(text, q.message, markers)
			if !found {
				add(text, q.answer)
				break
			}
			if q.message {
				// A word that plain text would turn into the template's own marker: cut it in two.
				first, _ := cutRune(s.text)
				add(text[:i]+first, q.answer)
				now.cuts = append(now.cuts, len(now.plain))
				text = text[i+len(first):]
				continue
			}
			add(text[:i], q.answer)
			if s.trimBefore {
				now.plain = strings.TrimRight(now.plain, space)
			}
			end()
			all = append(all, stretch{control: s.id})
			trim = s.trimAfter
			text = text[i+len(s.text):]
		}
	}
	end()
	return all
}

// pieces are a stretch's plain text, cut where it has to be.
func (s stretch) pieces() (all []string) {
	from := 0
	for _, to := range append(s.cuts, len(s.plain)) {
		if to = min(to, len(s.plain)); to > from {
			all = append(all, s.plain[from:to])
		}
		from = to
	}
	return all
}

// tokens are stretches as the tokenizer cuts them.
func (p *prompter) tokens(stretches []stretch) (all []llama.Token) {
	for _, s := range stretches {
		if s.plain == "" {
			all = append(all, s.control)
		}
		for _, piece := range s.pieces() {
			all = append(all, p.tokenise(piece)...)
		}
	}
	return all
}

// kept is how a rendering begins, in the tokens of what was read and said before: as far as both are the same text between
// the same control tokens. What a model said is seldom cut as its tokenizer would cut it, and says the same. rest are the
// stretches from there on. A stretch counts whole or not at all: what stands at its end could be cut otherwise together
// with what follows.
func (p *prompter) kept(r rendering, before []llama.Token) (tokens []llama.Token, rest []stretch) {
	n := 0
	for i, s := range r.stretches {
		m := p.begins(s, before[n:], r.markers)
		if m == 0 {
			return before[:n], r.stretches[i:]
		}
		n += m
	}
	return before[:n], nil
}

// begins returns how many tokens in front of text are a stretch, neither less nor more than it; 0 where it is another.
func (p *prompter) begins(s stretch, text []llama.Token, markers map[llama.Token]bool) int {
	if s.plain == "" {
		if len(text) > 0 && text[0] == s.control {
			return 1
		}
		return 0
	}
	read := s.plain // as the tokenizer spells it
	if p.prefix != "" {
		read = p.prefix + strings.Join(s.pieces(), p.prefix)
	}
	n := p.spells(text, read, markers)
	if n == 0 && s.answer && p.prefix != "" { // what a model says begins without what the tokenizer puts in front
		n = p.spells(text, s.plain, markers)
	}
	return n
}

// spells returns how many tokens in front of text, up to the next control token, spell exactly plain; 0 where they do not.
func (p *prompter) spells(text []llama.Token, plain string, markers map[llama.Token]bool) int {
	n := 0
	for ; n < len(text) && !markers[text[n]]; n++ {
		word := p.spell(text[n])
		if word == "" {
			break
		}
		rest, found := strings.CutPrefix(plain, word)
		if !found {
			return 0
		}
		plain = rest
	}
	if plain != "" {
		return 0
	}
	return n
}

// markers are the user-defined tokens that the template's own words use.
func (p *prompter) markers(parts []part) map[llama.Token]bool {
	m := map[llama.Token]bool{}
	for _, s := range p.specials {
		if !s.userDefined || strings.TrimSpace(s.text) == "" {
			continue
		}
		for _, q := range parts {
			if !q.message && strings.Contains(q.text, s.text) {
				m[s.id] = true
			}
		}
	}
	return m
}

// find returns the first control token or marker in text, the longest where several begin. In a message only markers count:
// control tokens are plain text there in any case. The tokenizer itself finds what else is user-defined, runs of spaces.
func (p *prompter) find(text string, inMessage bool, markers map[llama.Token]bool) (at int, _ special, found bool) {
	var best special
	at = len(text)
	for _, s := range p.specials {
		if (inMessage || s.userDefined) && !markers[s.id] {
			continue
		}
		if i := strings.Index(text[:min(len(text), at+len(s.text))], s.text); i >= 0 && i < at {
			at, best, found = i, s, true
		}
	}
	return at, best, found
}
