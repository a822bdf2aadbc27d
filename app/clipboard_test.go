package app

import (
	"testing"
	"testing/synctest"
	"time"
)

// board is a clipboard that holds text.
func board(text *string) *clipboard {
	return &clipboard{
		set: func(s string) error { *text = s; return nil },
		get: func() (string, error) { return *text, nil },
	}
}

func TestTheClipboardIsClearedAfterThePolicysTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var on string
		c := board(&on)
		ok(t, c.put("first", 30*time.Second))
		time.Sleep(20 * time.Second)
		ok(t, c.put("second", 30*time.Second)) // its time is its own
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if on != "second" {
			t.Errorf("after 29 of 30 s there is %q", on)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if on != "" {
			t.Errorf("after 31 of 30 s there is %q", on)
		}

		ok(t, c.put("third", 30*time.Second))
		on = "another program's"
		time.Sleep(time.Minute)
		synctest.Wait()
		if on != "another program's" {
			t.Errorf("what another program copied was replaced by %q", on)
		}

		ok(t, c.put("fourth", 0))
		time.Sleep(time.Hour)
		synctest.Wait()
		if on != "fourth" {
			t.Errorf("never to be cleared, and there is %q", on)
		}
	})
}
