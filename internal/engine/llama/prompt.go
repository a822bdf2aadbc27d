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

// part is a stretch of a rendered conversation: the template's own words, or a message's.
type part struct {
	text    string
	message bool
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

// thinking is the same prompter for a model that thinks before it answers, or does not, where the template lets one choose.
func (p *prompter) thinking(on bool) *prompter {
	other := *p
	other.think = on && p.thinks
	return &other
}

// tokens renders and tokenises a conversation. One that ends in an answer is to be gone on with from its last word. lead
// is what the template itself puts before what the model will say. Error: ErrTemplate, without text of the conversation.
func (p *prompter) tokens(messages []Message) (out []llama.Token, lead string, err error) {
	var begun string
	if last := len(messages) - 1; last > 0 && messages[last].Role == "assistant" {
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
		return nil, "", err
	}
	if last := parts[len(parts)-1]; !last.message {
		lead = last.text
	}
	if len(parts) == 1 && len(messages) > 0 { // rendered as a whole
		said := strings.TrimSpace(messages[len(messages)-1].Text)
		lead = lead[max(0, strings.LastIndex(lead, said)+len(said)):]
	}
	if begun != "" {
		over := thoughtsOver(lead)
		parts = append(parts, part{text: over}, part{text: begun, message: true})
		lead += over
	}
	out = p.encode(parts)
	if p.addBOS && p.bos >= 0 && (len(out) == 0 || out[0] != p.bos) {
		out = append([]llama.Token{p.bos}, out...)
	}
	return out, lead, nil
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
	text, err := p.render(stand)
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
		parts = append(parts, part{text: before}, part{text: content, message: true})
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
	text, err := p.render(broken)
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

func (p *prompter) render(messages []Message) (_ string, err error) {
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

func (p *prompter) encode(parts []part) []llama.Token {
	var out []llama.Token
	var run strings.Builder // plain text since the last control token
	flush := func() {
		out = append(out, p.tokenise(run.String())...)
		run.Reset()
	}
	trim := false // the last control token swallows spaces
	add := func(s string) {
		if trim {
			s = strings.TrimLeft(s, " \t\r\n\f\v")
			trim = s == ""
		}
		run.WriteString(s)
	}
	markers := p.markers(parts)
	for _, q := range parts {
		text := q.text
		for text != "" {
			i, s, found := p.find(text, q.message, markers)
			if !found {
				add(text)
				break
			}
			if q.message {
				// A word that plain text would turn into the template's own marker: cut it in two.
				first, _ := cutRune(s.text)
				add(text[:i] + first)
				flush()
				text = text[i+len(first):]
				continue
			}
			add(text[:i])
			if s.trimBefore {
				kept := strings.TrimRight(run.String(), " \t\r\n\f\v")
				run.Reset()
				run.WriteString(kept)
			}
			flush()
			out = append(out, s.id)
			trim = s.trimAfter
			text = text[i+len(s.text):]
		}
	}
	flush()
	return out
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

// find returns the first special in text, the longest where several begin. In a message only markers count: control
// tokens are plain text there in any case.
func (p *prompter) find(text string, inMessage bool, markers map[llama.Token]bool) (at int, _ special, found bool) {
	var best special
	at = len(text)
	for _, s := range p.specials {
		if inMessage && !markers[s.id] {
			continue
		}
		if i := strings.Index(text[:min(len(text), at+len(s.text))], s.text); i >= 0 && i < at {
			at, best, found = i, s, true
		}
	}
	return at, best, found
}
