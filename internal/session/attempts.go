package session

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"subrosa/internal/atomicfile"
	"subrosa/internal/audit"
	"subrosa/internal/fault"
)

// Wrong passphrases, and identities that open no slot, are counted in a file until someone who has the right one puts the count on record: the record is
// signed with a key that the wrong one does not open. The file also makes guessing slow, across restarts; it is no lock:
// who can delete it can copy the key files and guess elsewhere, at Argon2id's pace.
const attemptsFile = "failed-unlocks"

const (
	freeAttempts = 4 // three are typing errors
	firstDelay   = 5 * time.Second
	longestDelay = 5 * time.Minute
)

// attempts is the file: a number, a space, and the time of the last one in seconds. The first version wrote the number alone.
type attempts struct {
	n    int
	last time.Time
}

func readAttempts(home string) (attempts, error) {
	b, err := os.ReadFile(filepath.Join(home, attemptsFile))
	if os.IsNotExist(err) {
		return attempts{}, nil
	}
	if err != nil {
		return attempts{}, fmt.Errorf("count failed unlocks: %w", err)
	}
	number, when, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		n = 1 // damaged, so there was at least one
	}
	seconds, _ := strconv.ParseInt(when, 10, 64) // absent or damaged: long ago
	return attempts{n, time.Unix(seconds, 0)}, nil
}

func countFailedUnlock(home string, now time.Time) error {
	a, err := readAttempts(home)
	if err != nil {
		return err
	}
	return writeAttempts(home, attempts{a.n + 1, now})
}

func writeAttempts(home string, a attempts) error {
	return atomicfile.Write(filepath.Join(home, attemptsFile), fmt.Appendf(nil, "%d %d\n", a.n, a.last.Unix()))
}

// wait is how long the next attempt has to wait: nothing after three wrong ones, then 5 s, doubling to 5 minutes.
func (a attempts) wait(now time.Time) time.Duration {
	if a.n < freeAttempts {
		return 0
	}
	delay := longestDelay
	if doublings := a.n - freeAttempts; doublings < 6 {
		delay = min(delay, firstDelay<<doublings)
	}
	return max(0, delay-max(0, now.Sub(a.last)))
}

func mayTry(home string, now time.Time) error {
	a, err := readAttempts(home)
	if err != nil {
		return fault.New(fault.Internal, err)
	}
	if now.Before(a.last) { // the clock went back: wait from now on, not until it has caught up
		if err := writeAttempts(home, attempts{a.n, now}); err != nil {
			return fault.New(fault.Internal, err)
		}
	}
	if wait := a.wait(now); wait > 0 {
		return fault.New(fault.UnlockWait, fmt.Errorf("%d s to wait after %d wrong passphrases", int((wait+time.Second-1)/time.Second), a.n))
	}
	return nil
}

// UnlockWait is how long Unlock refuses to try, after wrong passphrases.
func (s *Session) UnlockWait() time.Duration {
	if s.unusable != nil {
		return 0
	}
	a, err := readAttempts(s.opts.Home)
	if err != nil {
		return 0
	}
	return a.wait(time.Now())
}

// noteFailedUnlocks puts the count on record and begins a new one.
func (o *open) noteFailedUnlocks(home string) error {
	a, err := readAttempts(home)
	if err != nil || a.n == 0 {
		return err
	}
	e := audit.Entry{Action: audit.UnlockFailed, Detail: fmt.Sprintf("%d wrong passphrases or identities", a.n)}
	if a.last.Unix() > 0 {
		e.Detail += ", the last at " + a.last.UTC().Format(time.RFC3339)
	}
	if err := o.note(e); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(home, attemptsFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
