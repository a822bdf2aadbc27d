package main

import (
	"errors"
	"fmt"
	"slices"
)

// laterTurns follow the second one. The peer, which reads everything again for each, is spared them.
const laterTurns = 4

// contest is a round in progress: each side does a thing right after the other has done it.
type contest struct{ order []*contestant }

// contestant is one of the sides, and what is known of it.
type contestant struct {
	side
	run
	seconds []float64 // to the first token, in the second turn and the later ones
}

// inTurn has each do the same, and goes on with another one first.
func (c *contest) inTurn(do func(*contestant) error) error {
	for _, one := range c.order {
		if err := do(one); err != nil {
			return err
		}
	}
	c.order = append(c.order[1:], c.order[0])
	return nil
}

// say has each side answer a question.
func (c *contest) say(question string, anew bool, most int, note func(*contestant, said)) error {
	return c.inTurn(func(one *contestant) error {
		s, err := one.say(question, anew, most)
		note(one, s)
		return err
	})
}

// round measures everything of a model that is warm. Another side goes first in each round.
func (s sealed) round(number int, o options) (p round, err error) {
	var engine, bare, peer contestant
	all := []*contestant{&bare, &engine, &peer}
	c := contest{append(slices.Clone(all[number%3:]), all[:number%3]...)}
	defer func() {
		for _, one := range all {
			if one.side != nil {
				err = errors.Join(err, one.Close())
			}
		}
	}()
	var e *loaded
	err = c.inTurn(func(one *contestant) (err error) {
		switch one {
		case &bare:
			one.side, err = warmed(s.file, func() (side, error) { return startBare(s.file, o) })
		case &engine:
			one.side, err = warmed(s.sealedFile(), func() (side, error) { e, err = startEngine(s, o); return e, err })
		case &peer:
			one.side, err = warmed(s.file, func() (side, error) { return startPeer(s.file, o) })
		}
		return err
	})
	if err != nil {
		return p, err
	}
	err = c.say(question, true, o.answerTokens(), func(one *contestant, s said) {
		one.First, one.Decode, one.Prompt, one.Output = s.First, s.speed(), s.Prompt, s.Output
	})
	if err != nil {
		return p, err
	}
	if engine.Prompt != bare.Prompt || engine.Output != bare.Output || engine.Prompt != peer.Prompt || engine.Output != peer.Output {
		return p, fmt.Errorf("the sides did not do the same: %+v, %+v, %+v", engine.run, bare.run, peer.run)
	}
	err = c.say(o.document(), true, shortAnswer, func(one *contestant, s said) {
		one.Read = float64(one.Prompt+s.Prompt) / (one.First + s.First)
	})
	for turn := 0; turn <= laterTurns && err == nil; turn++ {
		err = c.say(secondQuestion, false, 1, func(one *contestant, s said) {
			if one.seconds = append(one.seconds, s.First); turn == 0 {
				one.NewTokens = s.New
			}
		})
		c.order = slices.DeleteFunc(c.order, func(one *contestant) bool { return one == &peer })
	}
	if err != nil {
		return p, err
	}
	for _, one := range all {
		one.Load, one.Second = one.loading(), median(one.seconds)
		if one.PeakRSS, err = one.peak(); err != nil {
			return p, err
		}
	}
	engine.Stop, err = e.stops()
	return round{Engine: engine.run, Bare: bare.run, Peer: peer.run}, err
}

// warmed starts a side with its file in the page cache.
func warmed(file string, start func() (side, error)) (side, error) {
	if err := warm(file); err != nil {
		return nil, err
	}
	return start()
}
