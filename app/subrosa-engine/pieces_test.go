package main

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// gathered is a pieces and what it has sent.
func gathered(fail error) (*pieces, *[]string) {
	var sent []string
	return &pieces{send: func(text string, reasoning bool) error {
		sent = append(sent, fmt.Sprintf("%s %t", text, reasoning))
		return fail
	}}, &sent
}

func TestPiecesThatFollowQuicklyGoTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sent := gathered(nil)
		steps := []struct {
			do   func() error
			want []string
		}{
			{func() error { return p.add("a", false) }, []string{"a false"}}, // the first at once
			{func() error { return errors.Join(p.add("b", false), p.add("c", false)) }, nil},
			{func() error { time.Sleep(piecesEvery + 1); return nil }, []string{"bc false"}},
			{func() error { return p.add("d", false) }, nil},
			{func() error { return p.add("e", true) }, []string{"d false"}}, // another kind
			{func() error { return p.flush() }, []string{"e true"}},
			{func() error { time.Sleep(3 * piecesEvery); return nil }, nil},
			{func() error { return p.add("f", true) }, []string{"f true"}}, // after a pause at once
			{func() error { time.Sleep(3 * piecesEvery); return p.add("g", true) }, []string{"g true"}},
		}
		for i, step := range steps {
			before := len(*sent)
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if got := (*sent)[before:]; !slices.Equal(got, step.want) {
				t.Errorf("step %d: %q, want %q", i, got, step.want)
			}
		}
	})
}

func TestAPieceThatCannotBeSentIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("gone")
		p, sent := gathered(gone)
		if err := p.add("a", false); !errors.Is(err, gone) {
			t.Error(err)
		}
		time.Sleep(2 * piecesEvery)
		if err := p.add("b", false); !errors.Is(err, gone) {
			t.Error(err)
		}
		if err := p.flush(); !errors.Is(err, gone) || len(*sent) != 1 {
			t.Error(err, *sent)
		}
	})
}
