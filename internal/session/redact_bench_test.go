package session

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"subrosa/internal/engine"
	"subrosa/internal/redact"
)

// BenchmarkRedactedTokens feeds tokens to the redactor of answers as they come: those of real answers of the built-in
// model, and those of this project's own documents, cut as byte-pair tokenizers cut before they merge (a word with the
// space before it, at most six bytes). It prints the cost of a token and what is held back after it.
func BenchmarkRedactedTokens(b *testing.B) {
	for name, texts := range map[string][][]string{"answers": answerTokens(b), "documents": documentTokens(b)} {
		b.Run(name, func(b *testing.B) {
			r := redact.Everything()
			var cost []time.Duration
			var held, tokens []int
			for b.Loop() {
				for _, text := range texts {
					s := r.Stream()
					size := 0
					for _, token := range text {
						start := time.Now()
						s.Write(token)
						cost = append(cost, time.Since(start))
						held = append(held, s.Held())
						back := 0 // tokens that are not all out
						for n := s.Held(); n > 0 && back <= size; back++ {
							n -= len(text[size-back])
						}
						tokens = append(tokens, back)
						size++
					}
				}
			}
			slices.Sort(cost)
			slices.Sort(held)
			slices.Sort(tokens)
			var sum time.Duration
			for _, c := range cost {
				sum += c
			}
			at := func(p int) int { return (len(cost) - 1) * p / 100 }
			b.ReportMetric(float64(sum.Nanoseconds())/float64(len(cost)), "mean-ns/token")
			b.ReportMetric(float64(cost[at(99)].Nanoseconds()), "p99-ns/token")
			b.ReportMetric(float64(tokens[at(50)]), "held-p50-tokens")
			b.ReportMetric(float64(held[at(99)]), "held-p99-bytes")
			b.ReportMetric(float64(len(cost))/float64(b.N), "tokens")
		})
	}
}

func answerTokens(b *testing.B) (texts [][]string) {
	o := testOptions(b)
	s, err := New(o)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Setup(b.Context(), pass(goodPassphrase)); err != nil {
		b.Fatal(err)
	}
	for _, prompt := range []string{
		"hello", "Who are you?", longPrompt, "How do I lock Subrosa?", "What is masked?", "Where is my data?", "Give me three examples of e-mail subjects",
		"Shorten: the patient was seen on the ward in the morning and went home in the evening", "Can you reach the internet?", "What does the record hold?",
	} {
		var tokens []string
		_, err := s.open.model.Generate(context.Background(), engine.Request{Messages: []engine.Message{{Role: "user", Text: prompt}}, MaxTokens: 256},
			func(float64) {}, func(text string) error { tokens = append(tokens, text); return nil })
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, tokens)
	}
	return texts
}

func documentTokens(b *testing.B) (texts [][]string) {
	cut := regexp.MustCompile(`\s?\p{L}{1,6}|\s?\p{N}{1,3}|\s?[^\s\p{L}\p{N}]{1,3}|\s+`)
	files, err := filepath.Glob("../../docs/*.md")
	corpus, corpusErr := filepath.Glob("../redact/testdata/corpus/*.jsonl")
	if err != nil || corpusErr != nil || len(files) == 0 || len(corpus) == 0 {
		b.Fatal(err, corpusErr, len(files), len(corpus))
	}
	for _, name := range append(files, corpus...) {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, cut.FindAllString(strings.ToValidUTF8(string(text), ""), -1))
	}
	return texts
}
