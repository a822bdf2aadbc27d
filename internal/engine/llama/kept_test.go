package llama

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hybridgroup/yzma/pkg/llama"
	"pgregory.net/rapid"

	"subrosa/internal/gguf"
)

// withoutLead is a template after whose last control token the answer comes at once.
const withoutLead = "{% for m in messages %}<|im_start|>{{ m['content'] }}<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>{% endif %}"

var afterControl = regexp.MustCompile("> +")

// writers are models that answer in letters, cut otherwise than their tokenizer would.
func writers() map[string]gguf.Synthetic {
	all := map[string]gguf.Synthetic{}
	for name, s := range map[string]gguf.Synthetic{"BPE": gguf.Tiny(), "SPM": sentencePiece()} {
		s.Letters, s.Type, s.Vocabulary, s.Context = true, gguf.F16, 1024, 2048
		all[name] = s
		s.AddBOS, s.ChatTemplate, s.Seed = true, withoutLead, 2
		all[name+" with BOS, without lead"] = s
	}
	return all
}

// wouldSay reports whether a model that has read a prompt and nothing before would say this, greedily. Sums depend a little
// on how many tokens are computed at once, and random weights are often undecided.
func wouldSay(t *testing.T, plain []byte, prompt, said []llama.Token) bool {
	t.Helper()
	m := load(t, plain, Options{})
	for _, next := range said {
		if err := m.process(prompt); err != nil {
			t.Fatal(err)
		}
		logits, err := llama.GetLogitsIth(m.ctx, -1, int(llama.VocabNTokens(m.vocab)))
		if err != nil {
			t.Fatal(err)
		}
		if logits[next] < slices.Max(logits)-0.05 {
			return false
		}
		prompt = []llama.Token{next}
	}
	return true
}

func (m *Model) spelled(tokens []llama.Token) (text string) {
	for _, t := range tokens {
		text += m.prompter.spell(t)
	}
	return text
}

func TestASecondTurnReadsOnlyWhatIsNew(t *testing.T) {
	for name, s := range writers() {
		t.Run(name, func(t *testing.T) {
			plain := synthetic(t, s)
			m := load(t, plain, Options{Keep: 64 << 20})
			news := "<|im_end|>\n<|im_start|>user\nAnd then?<|im_end|>\n<|im_start|>assistant\n"
			if s.ChatTemplate != "" {
				news = "<|im_end|><|im_start|>And then?<|im_end|><|im_start|>"
			}
			unread := len(llama.Tokenize(m.vocab, news, false, true))
			recut := 0
			talk := about("wills")
			for turn := range 4 {
				text, r := m.say(t, "wills", talk)
				// The last token of an answer that was cut off was not computed.
				if n := r.PromptTokens - r.CachedTokens; turn > 0 && n != unread+1 {
					t.Errorf("turn %d: %d tokens were read, %d are new", turn, n, unread+1)
				}
				all := slices.Concat(m.cached, m.owed)
				prompt, said := all[:r.PromptTokens], all[r.PromptTokens:]
				if !wouldSay(t, plain, prompt, said) {
					t.Errorf("turn %d: %q would not be said afresh", turn, text)
				}
				if !slices.Equal(prompt, m.afresh(t, talk)) {
					recut++
				}
				told := func(tokens []llama.Token) string { // SentencePiece's tokenizer puts a space in front of what it cuts
					return afterControl.ReplaceAllString(llama.Detokenize(m.vocab, tokens, false, true), ">")
				}
				if got, want := told(prompt), told(m.afresh(t, talk)); got != want {
					t.Errorf("turn %d: it was told %q, not %q", turn, got, want)
				}
				talk = append(talk, Message{assistant, text}, Message{"user", "And then?"})
				if turn == 1 { // and after another conversation
					m.say(t, "bail", about("bail"))
				}
				if turn == 2 { // or a restart
					var saved []byte
					if _, err := m.Save("wills", func(p []byte) error { saved = append(saved, p...); return nil }); err != nil {
						t.Fatal(err)
					}
					m = load(t, plain, Options{Keep: 64 << 20})
					// What was not computed is not saved; without it the answer would be read again.
					talk[len(talk)-2].Text = m.spelled(said[:len(said)-1])
					unread--
					if err := m.Restore("wills", saved); err != nil {
						t.Fatal(err)
					}
				}
			}
			if recut < 2 {
				t.Errorf("%d turns show something", recut)
			}
		})
	}
}

func TestAnAnswerIsGoneOnWithFromItsOwnTokens(t *testing.T) {
	for name, s := range writers() {
		m := load(t, synthetic(t, s), Options{})
		text, _ := m.say(t, "", about("wills"))
		if _, r := m.say(t, "", append(about("wills"), Message{assistant, text})); r.PromptTokens-r.CachedTokens != 1 {
			t.Errorf("%s: %+v", name, r)
		}

		// And one that was stopped.
		text = ""
		pieces := 0
		stopped, err := m.Generate(Request{Messages: about("bail")}, func(s string, _ bool) error {
			if text, pieces = text+s, pieces+1; pieces == 6 {
				m.Stop()
			}
			return nil
		})
		m.Ready()
		if err != nil || stopped.Reason != Stopped || stopped.OutputTokens < 6 {
			t.Fatalf("%s: %+v, %v", name, stopped, err)
		}
		if _, r := m.say(t, "", append(about("bail"), Message{assistant, text})); r.PromptTokens-r.CachedTokens != 1 {
			t.Errorf("%s, stopped: %+v", name, r)
		}
	}
}

func TestWhatIsNotTheSameTextIsTokenisedAfresh(t *testing.T) {
	for name, s := range writers() {
		m := load(t, synthetic(t, s), Options{})
		text, r := m.say(t, "", about("wills"))
		next := func(answer string) []Message {
			return append(about("wills"), Message{assistant, answer}, Message{"user", "And then?"})
		}
		if got, _ := m.fit(Request{Messages: next(text)}); slices.Equal(got.prompt, m.afresh(t, next(text))) {
			t.Errorf("%s: this shows nothing: %q", name, text)
		}
		cached, owed := slices.Clone(m.cached), slices.Clone(m.owed)
		isAfresh := func(what string, messages []Message) {
			t.Helper()
			if got, err := m.fit(Request{Messages: messages}); err != nil || !slices.Equal(got.prompt, m.afresh(t, messages)) {
				t.Errorf("%s, %s: %v, %v", name, what, got.prompt, err)
			}
		}
		isAfresh("masked", next(text[:4]+"[NAME]"+text[8:]))
		isAfresh("longer", next(text+"e"))
		isAfresh("shorter", next(text[:len(text)-1]))
		isAfresh("another space", next(text[:5]+" "+text[5:]))
		isAfresh("with a question before", append(user("Hello"), append([]Message{{assistant, "Hello."}}, next(text)...)...))
		spaced := next(text)
		spaced[0].Text = " " + spaced[0].Text
		isAfresh("a space before the question", spaced)
		end := m.prompter.specials[slicesIndex(m, "<|im_end|>")].id
		m.cached = slices.Insert(slices.Clone(cached), r.PromptTokens+3, end) // the model said a control token, which has no text
		isAfresh("a control token", next(text))
		isAfresh("a control token, spelled", next(m.spelled(cached[r.PromptTokens:r.PromptTokens+3])+"<|im_end|>"+
			m.spelled(slices.Concat(cached[r.PromptTokens+3:], owed))))
		m.cached, m.owed = cached, nil
		isAfresh("one token is missing", next(text))
	}
}

// TestKeptTokensSayTheSame holds, for a made-up tokenizer with a marker, that the tokens of a rendering mean the same with
// something kept as without, whatever that is.
func TestKeptTokensSayTheSame(t *testing.T) {
	const control, marker = llama.Token(1000), llama.Token(2000) // <c>, <m>
	for _, prefix := range []string{"", " "} {
		p := &prompter{prefix: prefix, specials: []special{{text: "<c>", id: control}, {text: "<m>", id: marker, userDefined: true}}}
		p.spell = func(t llama.Token) string {
			switch {
			case t == control:
				return ""
			case t == marker:
				return "<m>"
			case t >= 256: // two bytes
				return string([]byte{byte(t >> 8), byte(t)})
			}
			return string([]byte{byte(t)})
		}
		cut := func(text string, two func() bool) (tokens []llama.Token) {
			for len(text) > 0 {
				switch {
				case strings.HasPrefix(text, "<m>"):
					tokens, text = append(tokens, marker), text[3:]
				case len(text) > 1 && text[1] != '<' && two():
					tokens, text = append(tokens, llama.Token(text[0])<<8|llama.Token(text[1])), text[2:]
				default:
					tokens, text = append(tokens, llama.Token(text[0])), text[1:]
				}
			}
			return tokens
		}
		p.tokenise = func(text string) []llama.Token {
			if text == "" {
				return nil
			}
			return cut(prefix+text, func() bool { return true })
		}
		means := func(tokens []llama.Token, markers map[llama.Token]bool) string {
			text := ""
			for _, t := range tokens {
				switch {
				case t == control:
					text += "\x00"
				case markers[t]: // elsewhere it is a word like any other
					text += "\x01"
				default:
					text += p.spell(t)
				}
			}
			if prefix != "" { // it stands in front of what was tokenised, and not of what was said
				return strings.ReplaceAll(text, prefix, "")
			}
			return text
		}
		rapid.Check(t, func(t *rapid.T) {
			word := rapid.StringMatching(`(a|b| |<m>|<c>|<|m>){0,6}`)
			parts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) part {
				message := rapid.Bool().Draw(t, "message")
				return part{text: word.Draw(t, "text"), message: message, answer: message && rapid.Bool().Draw(t, "answer")}
			}), 1, 6)
			render := func(parts []part) rendering {
				markers := p.markers(parts)
				return rendering{stretches: p.stretches(parts, markers), markers: markers}
			}
			now := parts.Draw(t, "now")
			before := slices.Clone(now)
			for i := range before { // what a message says may have been the template's words, and the other way round
				if rapid.Bool().Draw(t, "another's") {
					before[i].message = !before[i].message
					before[i].answer = before[i].answer && before[i].message
				}
			}
			var said []llama.Token
			for _, s := range render(before).stretches {
				if s.answer && s.plain != "" && rapid.Bool().Draw(t, "recut") && !strings.Contains(s.plain, "<m>") {
					said = append(said, cut(s.plain, func() bool { return rapid.Bool().Draw(t, "two") })...)
					continue
				}
				said = append(said, p.tokens([]stretch{s})...)
			}
			r := render(now)
			kept, rest := p.kept(r, said)
			got := means(append(slices.Clone(kept), p.tokens(rest)...), r.markers)
			if want := means(p.tokens(r.stretches), r.markers); got != want {
				t.Fatalf("%+v after %+v: %q, afresh %q", now, before, got, want)
			}
		})
	}
}
