package gguf

import (
	"bytes"
	"testing"
)

func TestWhatAModelIsForIsInItsHeader(t *testing.T) {
	for name, c := range map[string]struct {
		architecture string
		pooling      int64 // below 0: not named
		pool         Pooling
		embeds       bool
	}{
		"chat":                {"llama", -1, PoolNone, false},
		"chat that says so":   {"qwen3", 0, PoolNone, false},
		"decoder":             {"qwen3", 3, PoolLast, true},
		"encoder":             {"bert", 2, PoolCLS, true},
		"silent encoder":      {"nomic-bert", -1, PoolMean, true},
		"encoder without one": {"modern-bert", 0, PoolMean, true},
		"reranker":            {"bert", 4, PoolNone, false},
	} {
		h := &Header{strings: map[string]string{"general.architecture": c.architecture}, numbers: map[string]uint64{}}
		if c.pooling >= 0 {
			h.numbers[c.architecture+".pooling_type"] = uint64(c.pooling)
		}
		pool, embeds := h.Embeds()
		if embeds != c.embeds || embeds && pool != c.pool {
			t.Errorf("%s: %v %v", name, pool, embeds)
		}
	}
}

func TestAThesaurusIsTheSameEachTime(t *testing.T) {
	words := Thesaurus{Name: "T", Groups: [][]string{{"a", "b"}, {"c"}}}
	var one, two bytes.Buffer
	for _, b := range []*bytes.Buffer{&one, &two} {
		if _, err := words.WriteTo(b); err != nil {
			t.Fatal(err)
		}
	}
	h, err := Read(bytes.NewReader(one.Bytes()))
	if err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) || h.Check(int64(one.Len())) != nil {
		t.Fatal(err)
	}
	if pool, embeds := h.Embeds(); pool != PoolMean || !embeds || h.Architecture() != "bert" {
		t.Error(pool, embeds)
	}
	for _, bad := range []Thesaurus{{}, {Groups: make([][]string, 65)}} {
		if _, err := bad.WriteTo(&one); err == nil {
			t.Error("an impossible shape was written")
		}
	}
}
