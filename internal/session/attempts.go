package session

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"subrosa/internal/atomicfile"
	"subrosa/internal/audit"
)

// Wrong passphrases are counted in a file until someone who has the right one puts the count on record: the record is
// signed with a key that the wrong one does not open.
const attemptsFile = "failed-unlocks"

func countFailedUnlock(home string) error {
	name := filepath.Join(home, attemptsFile)
	n, err := failedUnlocks(name)
	if err != nil {
		return err
	}
	return atomicfile.Write(name, []byte(strconv.Itoa(n+1)+"\n"))
}

func failedUnlocks(name string) (int, error) {
	b, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count failed unlocks: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || n < 1 {
		n = 1 // damaged, so there was at least one
	}
	return n, nil
}

// noteFailedUnlocks puts the count on record and begins a new one.
func (o *open) noteFailedUnlocks(home string) error {
	name := filepath.Join(home, attemptsFile)
	n, err := failedUnlocks(name)
	if err != nil || n == 0 {
		return err
	}
	if err := o.note(audit.Entry{Action: audit.UnlockFailed, Detail: fmt.Sprintf("%d wrong passphrases", n)}); err != nil {
		return err
	}
	return os.Remove(name)
}
