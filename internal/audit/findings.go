package audit

import (
	"fmt"
	"time"
)

// Finding is something in a whole record that a reader should look at. It is no damage.
type Finding struct {
	Seq    int64  `json:"seq"` // the entry at which it shows
	Kind   string `json:"kind"`
	Detail string `json:"detail"` // a sentence; never content
}

// The kinds of findings. They are stable: scripts branch on them.
const (
	FindGap          = "gap"             // a long time without an entry
	FindClockJump    = "clock_jump"      // the program noticed that the clock was set
	FindTimeBackward = "time_backward"   // an entry is dated before the one that precedes it
	FindNoLock       = "no_lock"         // a session ended without its lock on record
	FindKeyRotation  = "key_rotation"    // another key signs from here on
	FindPruned       = "pruned"          // retention left out entries
	FindRepaired     = "record_repaired" // an unfinished entry was cut off
	FindAnomaly      = "anomaly"         // the program recorded one
	FindUnwitnessed  = "unwitnessed"     // no witness has seen these entries
)

// Limits of what is worth a finding.
const (
	gapAfter        = 14 * 24 * time.Hour
	backwardAfter   = 2 * time.Minute
	unwitnessedSpan = 92 * 24 * time.Hour
	mostFindings    = 1000
)

// Findings is what the entries tell about themselves.
type Findings struct {
	First     time.Time `json:"first"` // time of the first and of the last entry that was not pruned
	Last      time.Time `json:"last"`
	Entries   int64     `json:"entries"`   // that were there to be read
	Pruned    int64     `json:"pruned"`    // whose hash alone was
	Witnessed int64     `json:"witnessed"` // the size that a witness last cosigned, as far as it was taken back
	Findings  []Finding `json:"findings"`  // at most 1,000
	More      int64     `json:"more"`      // further ones
}

// survey collects Findings from entries in order.
type survey struct {
	f         Findings
	prev      line
	open      bool // between an unlock and a lock
	prunedAt  int64
	prunedRun int64
	witnessed time.Time
}

func (s *survey) find(seq int64, kind, format string, args ...any) {
	if len(s.f.Findings) == mostFindings {
		s.f.More++
		return
	}
	s.f.Findings = append(s.f.Findings, Finding{seq, kind, fmt.Sprintf(format, args...)})
}

func (s *survey) see(l *line) {
	if l.stub {
		if s.prunedRun == 0 {
			s.prunedAt = l.seq
		}
		s.prunedRun++
		s.f.Pruned++
		s.prev = line{}
		return
	}
	s.closePruned()
	if s.f.Entries == 0 {
		s.f.First, s.witnessed = l.time, l.time
	}
	s.f.Entries++
	s.f.Last = l.time
	s.times(l)
	switch l.action {
	case Setup, Unlock:
		if s.open {
			s.find(l.seq, FindNoLock, "the session before this unlock ended without a lock: a crash, a power cut, or the end of the program")
		}
		s.open = true
	case Lock:
		s.open = false
	case ClockJump:
		s.find(l.seq, FindClockJump, "the clock was set while the program ran or before it started: %s", detailOf(l))
	case AuditKeyRotate:
		s.find(l.seq, FindKeyRotation, "entries after this one are signed with another key, which this entry names")
	case RecordRepaired:
		s.find(l.seq, FindRepaired, "an unfinished entry that was never acknowledged was cut off before this one")
	case Anomaly:
		s.find(l.seq, FindAnomaly, "the program recorded an anomaly: %s", detailOf(l))
	case Witness:
		if e, err := decode(l.raw); err == nil && e.Tree != nil {
			s.f.Witnessed = max(s.f.Witnessed, e.Tree.Size)
		}
		if since := l.time.Sub(s.witnessed); since > unwitnessedSpan {
			s.find(l.seq, FindUnwitnessed, "no witness for the %d days before this one", int(since.Hours()/24))
		}
		s.witnessed = l.time
	}
	s.prev = line{ok: true, seq: l.seq, time: l.time, action: l.action}
}

func (s *survey) times(l *line) {
	if !s.prev.ok {
		return
	}
	switch since := l.time.Sub(s.prev.time); {
	case since > gapAfter:
		s.find(l.seq, FindGap, "no entry for %d days before this one", int(since.Hours()/24))
	case since < -backwardAfter && l.action != ClockJump:
		s.find(l.seq, FindTimeBackward, "dated %s before the entry that precedes it, and no clock jump is on record; the order holds", (-since).Round(time.Second))
	}
}

func detailOf(l *line) string {
	e, err := decode(l.raw)
	if err != nil {
		return ""
	}
	return e.Detail
}

func (s *survey) closePruned() {
	if s.prunedRun > 0 {
		s.find(s.prunedAt, FindPruned, "%d entries from this one on were left out by retention; their hashes are kept", s.prunedRun)
		s.prunedRun = 0
	}
}

func (s *survey) done() Findings {
	s.closePruned()
	if total := s.f.Entries + s.f.Pruned; total > s.f.Witnessed {
		s.find(s.f.Witnessed, FindUnwitnessed, "the newest %d entries have no witness on record", total-s.f.Witnessed)
	}
	return s.f
}
