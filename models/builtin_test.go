package models_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"filippo.io/age"

	"subrosa/internal/engine"
	"subrosa/internal/secret"
	"subrosa/internal/vault"
	"subrosa/models"
)

// question is a line of builtin/eval/questions.jsonl: what a user says, turn by turn, and what the last answer must hold.
// None of the phrasings was trained on; the corpus generator refuses to run otherwise.
type question struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Turns    []string `json:"turns"`
	Any      []string `json:"expect_any"`
	All      []string `json:"expect_all"`
	None     []string `json:"expect_none"`
	Match    []string `json:"match"` // regular expressions, all of them
	MinWords int      `json:"min_words"`
}

func (q question) right(answer string) bool {
	for _, s := range q.All {
		if !strings.Contains(answer, s) {
			return false
		}
	}
	for _, s := range q.None {
		if strings.Contains(answer, s) {
			return false
		}
	}
	for _, s := range q.Match {
		if !regexp.MustCompile(s).MatchString(answer) {
			return false
		}
	}
	any := len(q.Any) == 0
	for _, s := range q.Any {
		any = any || strings.Contains(answer, s)
	}
	return any && len(strings.Fields(answer)) >= q.MinWords
}

// floors are per cent of right answers below which something has gone wrong: a little under what the committed file reaches.
// Questions on using Subrosa have a target of their own, 80.
var floors = map[string]int{
	"faq": 80, "stop": 75, "greet": 85, "multi-turn": 80, "shorten": 80, "examples": 70, "repeat": 65,
}

func TestBuiltinIsSmall(t *testing.T) {
	if len(models.Builtin) > 8<<20 {
		t.Errorf("%d bytes, at most 8 MiB are allowed", len(models.Builtin))
	}
}

func TestBuiltinIsTheOneWhoseHashWasNoted(t *testing.T) {
	if sum := sha256.Sum256(models.Builtin); models.BuiltinSHA256() != hex.EncodeToString(sum[:]) {
		t.Errorf("noted %s, and it is %x", models.BuiltinSHA256(), sum)
	}
}

// TestBuiltinAnswers asks the committed model through the real engine, always taking the likeliest token.
func TestBuiltinAnswers(t *testing.T) {
	e := load(t)
	total, right := map[string]int{}, map[string]int{}
	for _, q := range questions(t) {
		var talk []engine.Message
		var answer string
		for _, turn := range q.Turns {
			talk = append(talk, engine.Message{Role: "user", Text: turn})
			var said strings.Builder
			r, err := e.Generate(t.Context(), engine.Request{Messages: talk}, func(s string) error {
				said.WriteString(s)
				return nil
			})
			if err != nil {
				t.Fatalf("%s: %v", q.ID, err)
			}
			answer = said.String()
			if r.Reason != engine.EOS {
				answer = "" // it did not stop by itself
			}
			talk = append(talk, engine.Message{Role: "assistant", Text: answer})
		}
		total[q.Kind]++
		if q.right(answer) {
			right[q.Kind]++
		} else {
			t.Logf("wrong: %s: %q -> %q", q.ID, q.Turns[len(q.Turns)-1], answer)
		}
	}
	for kind, n := range total {
		t.Logf("%-12s %3d of %3d, %.0f %%", kind, right[kind], n, 100*float64(right[kind])/float64(n))
		if 100*right[kind] < floors[kind]*n {
			t.Errorf("%s: %d of %d right, at least %d %% were", kind, right[kind], n, floors[kind])
		}
	}
	if total["faq"] < 100 {
		t.Errorf("%d questions on using Subrosa, at least 100 are expected", total["faq"])
	}
}

func questions(t *testing.T) (all []question) {
	t.Helper()
	b, err := os.ReadFile("builtin/eval/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		var q question
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&q); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, q)
	}
	return all
}

// load seals the built-in model and loads it as the product does.
func load(t *testing.T) *engine.Engine {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	store := vault.Open(t.TempDir(), secret.Random(32))
	m, err := store.Import(t.Context(), bytes.NewReader(models.Builtin), vault.Source{Name: models.BuiltinName}, identity.Recipient(), nil)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := store.Unseal(m.ID, identity)
	if err != nil {
		t.Fatal(err)
	}
	defer sealed.Close()
	e, err := engine.Start(t.Context(), engine.Config{
		Path: filepath.Join(root, "build/bin/subrosa-engine"), LibDir: filepath.Join(root, "build/native/lib"), Model: sealed.File,
	})
	if err != nil {
		t.Fatalf("%v (run make build first)", err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if _, err := e.Load(t.Context(), engine.LoadRequest{FileKey: sealed.FileKey, Size: sealed.Size}, nil); err != nil {
		t.Fatal(err)
	}
	return e
}
