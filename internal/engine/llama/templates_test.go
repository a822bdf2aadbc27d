package llama

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

// TestTemplatesRenderAsInJinja2 holds the chat templates of some seventy models, as llama.cpp keeps them for its own
// tests, against renderings by Jinja2. build/interop/templates.sh gets and renders them.
func TestTemplatesRenderAsInJinja2(t *testing.T) {
	text, err := os.ReadFile("../../../build/out/interop/templates.json")
	if err != nil {
		if os.Getenv("SUBROSA_REQUIRE_REAL") != "" {
			t.Fatal("run build/interop/templates.sh first: ", err)
		}
		t.Skip("no renderings to compare with (build/interop/templates.sh)")
	}
	var templates map[string]struct {
		Source   string
		Rendered map[string]*string
	}
	if err := json.Unmarshal(text, &templates); err != nil {
		t.Fatal(err)
	}
	text, err = os.ReadFile("../../../build/interop/conversations.json")
	if err != nil {
		t.Fatal(err)
	}
	var conversations map[string][]struct{ Role, Content string }
	if err := json.Unmarshal(text, &conversations); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for name, m := range templates {
		p := &prompter{template: prepare(m.Source, "<BOS>", "<EOS>")}
		for which, messages := range conversations {
			want := m.Rendered[which]
			if want == nil {
				continue // the template refuses it
			}
			compared++
			var talk []Message
			for _, c := range messages {
				talk = append(talk, Message{c.Role, c.Content})
			}
			parts, err := p.parts(talk)
			if err != nil {
				t.Errorf("%s, %s: %v", name, which, err)
				continue
			}
			var got strings.Builder
			for _, q := range parts {
				got.WriteString(q.text)
			}
			if got.String() != *want {
				t.Errorf("%s, %s:\n%q\nwant\n%q", name, which, got.String(), *want)
			}
		}
	}
	// Those that people are sure to bring.
	for _, name := range []string{
		"meta-llama-Llama-3.1-8B-Instruct", "meta-llama-Llama-3.2-3B-Instruct", "meta-llama-Llama-3.3-70B-Instruct", "Qwen-Qwen3-0.6B",
		"Qwen-Qwen2.5-7B-Instruct", "mistralai-Mistral-Nemo-Instruct-2407", "Mistral-Small-3.2-24B-Instruct-2506",
		"google-gemma-2-2b-it", "google-gemma-3", "google-gemma-4-31B-it", "microsoft-Phi-3.5-mini-instruct", "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B",
		"openai-gpt-oss-120b", "HuggingFaceTB-SmolLM3-3B",
	} {
		if templates[name].Rendered["a question"] == nil {
			t.Errorf("%s was not compared", name)
		}
	}
	if compared < 190 {
		t.Errorf("%d renderings compared", compared)
	}
}

func FuzzPrepare(f *testing.F) {
	f.Add("{% for m in messages %}{{- m['content'] -}}\n{%- endfor +%}\n")
	f.Add("{#- a comment with ' -#}\n {{ '%}' }} {")
	f.Add("{{{%-%}{##}{{-}}{%")
	f.Fuzz(func(t *testing.T, source string) {
		p := &prompter{template: prepare(source, "<s>", "</s>")}
		if _, err := p.apply([]Message{{"user", "hello"}}); err != nil && !errors.Is(err, ErrTemplate) {
			t.Errorf("%q: %v", source, err)
		}
	})
}
