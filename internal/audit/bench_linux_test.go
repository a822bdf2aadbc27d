package audit

import (
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkGroupCommitQuickDisk is BenchmarkGroupCommit where the disk is always as quick as an idle one, and the processor
// is what writers wait for. Other work is kept off it with chrt -r 10.
func BenchmarkGroupCommitQuickDisk(b *testing.B) {
	l := mustOpen(b, filepath.Join(tempDir(b), "audit"))
	l.entries = &quickDisk{l.entries}
	groupCommit(b, l)
}

// quickDisk takes about 0.25 ms for an fsync, half of it processor time, in calls that block as an fsync does.
type quickDisk struct{ file }

func (quickDisk) Sync() error {
	var work [50_000]byte
	_, _ = unix.Getrandom(work[:], 0) // a signal may cut it short
	wait := unix.NsecToTimespec(int64(80 * time.Microsecond))
	for unix.Nanosleep(&wait, &wait) == unix.EINTR {
	}
	return nil
}
