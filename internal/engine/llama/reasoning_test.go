package llama

import (
	"math/rand/v2"
	"strings"
	"testing"

	"subrosa/internal/gguf"
)

// said is what came out of a splitter: thoughts in angle quotes.
func said(t *testing.T, lead string, pieces ...string) string {
	t.Helper()
	var b strings.Builder
	now := speech
	s := newSplitter(lead, func(k kind, text string) error {
		if text == "" {
			t.Error("an empty piece")
		}
		if k != now {
			b.WriteString(map[kind]string{thought: "«", speech: "»"}[k])
			now = k
		}
		b.WriteString(text)
		return nil
	})
	for _, p := range pieces {
		known := false
		word, isWord := strings.CutPrefix(p, "word:")
		if isWord {
			var err error
			if known, err = s.word(word); err != nil {
				t.Fatal(err)
			}
		}
		if !known {
			if err := s.text(word); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.rest(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestThoughtsAreToldFromAnswers(t *testing.T) {
	word := func(s string) string { return "word:" + s }
	for name, c := range map[string]struct {
		lead   string
		pieces []string
		want   string
	}{
		"no thought":          {"", []string{"Hello."}, "Hello."},
		"space is kept":       {"", []string{"\n\nHello.\n"}, "\n\nHello.\n"},
		"Qwen 3":              {"", []string{word("<think>"), "\nThe user greets.\n", word("</think>"), "\n\nHello."}, "«The user greets.»Hello."},
		"plain tokens":        {"", []string{"\n<th", "ink>\nHm", ".\n</thi", "nk>\n\nHello."}, "«Hm.»Hello."},
		"DeepSeek R1":         {"<think>\n", []string{"Hm.\n</think>\n\nHello."}, "«Hm.»Hello."},
		"closed by template":  {"<think>\n\n</think>\n\n", []string{"Hello."}, "Hello."},
		"Magistral":           {"", []string{word("[THINK]"), "Hm.", word("[/THINK]"), "Hello."}, "«Hm.»Hello."},
		"never closed":        {"", []string{"<think>Hm. a < b </th"}, "«Hm. a < b </th"},
		"empty thought":       {"", []string{word("<think>"), "\n\n", word("</think>"), "\n\nHello."}, "Hello."},
		"quoted later":        {"", []string{"The tag <think> opens it, </think> ends it."}, "The tag <think> opens it, </think> ends it."},
		"almost one":          {"", []string{"<thin", "g> is XML"}, "<thing> is XML"},
		"paragraphs":          {"<think>", []string{"One.", "\n\n", "Two.", "\n", "</think>", "Hello."}, "«One.\n\nTwo.»Hello."},
		"call of a tool":      {"", []string{"Wait.", word("<tool_call>"), `{"name":"x"}`, word("</tool_call>"), " Done."}, "Wait. Done."},
		"call without an end": {"", []string{"Wait.", word("[TOOL_CALLS]"), `[{"name":"x"}]`}, "Wait."},
		"Phi 4 mini":          {"", []string{"Wait.", word("<|tool_call|>"), `[{"name":"x"}]`, word("<|/tool_call|>"), " Done."}, "Wait. Done."},
		"Kimi K2":             {"", []string{word("<|tool_calls_section_begin|>"), "functions.x:0", word("<|tool_calls_section_end|>"), "Done."}, "Done."},
		"Gemma 4":             {"", []string{word("<|channel>"), "tho", "ught\nHm", "m.\n", word("<channel|>"), "Hello."}, "«Hmm.»Hello."},
		"Gemma 4, no thought": {"", []string{word("<|channel>"), "thought\n", word("<channel|>"), "Hello."}, "Hello."},
		"Gemma 4, cut off":    {"", []string{word("<|channel>"), "thou"}, "«thou"},
		"Gemma 4 may not":     {"<|channel>thought\n<channel|>", []string{"Hello."}, "Hello."},
		"Gemma 4 calls":       {"", []string{word("<|tool_call>"), "call:x{}", word("<tool_call|>"), "Done."}, "Done."},
		// Nothing that is typed is hidden: it may be the answer to a question about just that.
		"call, typed":         {"", []string{`<tool_call>{"name":"x"}</tool_call> is how`}, `<tool_call>{"name":"x"}</tool_call> is how`},
		"call, typed as JSON": {"", []string{`{"name": "x", "parameters": {}}`}, `{"name": "x", "parameters": {}}`},
		"gpt-oss": {"<|start|>assistant", []string{
			word("<|channel|>"), "ana", "lysis", word("<|message|>"), "The user greets.", word("<|end|>"), word("<|start|>"), "assistant",
			word("<|channel|>"), "final", word("<|message|>"), "Hello.",
		}, "«The user greets.»Hello."},
		"gpt-oss calls a tool": {"<|start|>assistant", []string{
			word("<|channel|>"), "commentary to=functions.x", word("<|message|>"), "{}", word("<|end|>"), word("<|start|>"), "assistant",
			word("<|message|>"), "Hello.",
		}, "Hello."},
		"gpt-oss goes on": {"<|start|>assistant<|channel|>final<|message|>", []string{"Hello."}, "Hello."},
	} {
		if got := said(t, c.lead, c.pieces...); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

// However an answer is cut into pieces, the same comes out.
func TestThoughtsDoNotDependOnPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, text := range []string{
		" \n<think>\nIs 3 < 4? </thin> Yes.\n\n \nSo.\n</think>\n\n<think> is said once.", "<seed:think>a</seed:think>b", "<thi", "◁think▷◁/think▷ä",
	} {
		want := said(t, "", text)
		for range 500 {
			var pieces []string
			for rest := []rune(text); len(rest) > 0; {
				n := 1 + r.IntN(min(4, len(rest)))
				pieces, rest = append(pieces, string(rest[:n])), rest[n:]
			}
			if got := said(t, "", pieces...); got != want {
				t.Fatalf("%q: %q, in one piece %q", pieces, got, want)
			}
		}
	}
}

// A real model that thinks first: the words are tokens of its own vocabulary, and nobody sees them.
func TestAModelThatThinks(t *testing.T) {
	model := gguf.Scripted("<think>ab c</think>xyz")
	model.Words = []string{"<think>", "</think>"}
	m := load(t, synthetic(t, model), Options{})
	var thoughts, answer strings.Builder
	r, err := m.Generate(Request{Messages: user("Think"), Sampling: Sampling{}, MaxTokens: 0}, func(s string, reasoning bool) error {
		if reasoning {
			thoughts.WriteString(s)
		} else {
			answer.WriteString(s)
		}
		return nil
	})
	if err != nil || r.Reason != EOS || thoughts.String() != "ab c" || answer.String() != "xyz" {
		t.Errorf("thought %q, said %q, %s, %v", thoughts.String(), answer.String(), r.Reason, err)
	}
	// An answer that is gone on with is not thought about again.
	model = gguf.Scripted("abc")
	model.ChatTemplate = "{% for m in messages %}{{ m['content'] + '\n' }}{% endfor %}{{ '<think>\n' }}"
	m = load(t, synthetic(t, model), Options{})
	for _, begun := range []string{"", "Well,\n"} {
		messages := user("Think")
		if begun != "" {
			messages = append(messages, Message{"assistant", begun})
		}
		_, err := m.Generate(Request{Messages: messages, Sampling: Sampling{}, MaxTokens: 0}, func(s string, reasoning bool) error {
			if reasoning != (begun == "") {
				t.Errorf("after %q: %q, a thought: %v", begun, s, reasoning)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Qwen 3's template puts an empty thought before the answer where the model is not to think.
func TestWhetherAModelThinksCanBeChosenWhereItsTemplateKnows(t *testing.T) {
	model := gguf.Tiny()
	plain := load(t, synthetic(t, model), Options{})
	if plain.Info().Thinks {
		t.Error("a template without the choice has it")
	}
	model.ChatTemplate = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}" +
		"{{ '<|im_start|>assistant\n' }}{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
	m := load(t, synthetic(t, model), Options{})
	for _, think := range []bool{false, true, false} {
		f, err := m.fit(Request{Messages: user("Why?"), Think: think})
		if err != nil || !m.Info().Thinks || strings.Contains(f.lead, "</think>") == think {
			t.Errorf("thinking %v: %q, %v", think, f.lead, err)
		}
	}
	with, err := plain.fit(Request{Messages: user("Why?"), Think: true})
	without, err2 := plain.fit(Request{Messages: user("Why?")})
	if err != nil || err2 != nil || with.lead != without.lead {
		t.Error(with.lead, without.lead, err, err2)
	}
}
