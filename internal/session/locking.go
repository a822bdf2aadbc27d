package session

import (
	"context"
	"errors"
	"time"

	"subrosa/internal/fault"
	"subrosa/internal/policy"
	"subrosa/internal/presence"
)

// LockReason is why a session locks. The words stand on record.
type LockReason string

// The reasons: the user said so, IT installed another policy, the program ends, or nobody is there.
const (
	LockedByUser   LockReason = "user"
	LockedByPolicy LockReason = "policy"
	LockedByClose  LockReason = "close"
	LockedByIdle   LockReason = LockReason(presence.Idle)
	LockedByScreen LockReason = LockReason(presence.ScreenLock)
	LockedBySleep  LockReason = LockReason(presence.Suspend)
	LockedBySwitch LockReason = LockReason(presence.UserSwitch)
)

// draftTime bounds how long a lock waits for the page to hand over what is being written.
const draftTime = 500 * time.Millisecond

// Activity says that somebody touched the machine. The window calls it for keys and pointer, a few times a minute; it is
// cheap.
func (s *Session) Activity() {
	if s.timer != nil {
		s.timer.Touch()
	}
}

// IdleLimit is after how long without Activity the session locks: policy's minutes, 0 while locked.
func (s *Session) IdleLimit() time.Duration {
	o, err := s.ready()
	if err != nil {
		return 0
	}
	return time.Duration(o.policy.Unlock.IdleMinutes) * time.Minute
}

// Watch calls lock when nobody is at the machine any more and the session is unlocked: for idle time, and for what the
// desktop says where policy wants that; and when another policy was installed. lock must lock before it returns; sleep waits for it. Watch returns at once, and
// ends with ctx. The window, which holds keys for hours, calls it; a command that ends by itself need not.
func (s *Session) Watch(ctx context.Context, buses presence.Buses, lock func(LockReason)) {
	if s.unusable != nil {
		return
	}
	left := func(r presence.Reason) {
		if o, err := s.ready(); err == nil && locksOn(o.policy, r) {
			lock(LockReason(r))
		}
	}
	watcher := buses.Watch(ctx, left)
	s.mu.Lock()
	s.watcher = watcher
	s.mu.Unlock()
	go func() {
		for s.timer.WaitIdle(ctx, s.IdleLimit) == nil {
			lock(LockedByIdle)
			s.timer.Touch() // where locking failed, try again after the same time
		}
	}()
	go s.watchPolicy(ctx, lock)
}

func locksOn(p policy.Policy, r presence.Reason) bool {
	switch r {
	case presence.ScreenLock:
		return p.Unlock.Locks(policy.ScreenLock)
	case presence.Suspend:
		return p.Unlock.Locks(policy.Suspend)
	case presence.UserSwitch:
		return p.Unlock.Locks(policy.UserSwitch)
	}
	return true
}

// Presence says what the desktop is listened to for, and whether it is; nil before Watch.
func (s *Session) Presence() []presence.Source {
	s.mu.Lock()
	w := s.watcher
	s.mu.Unlock()
	if w == nil {
		return nil
	}
	return w.Sources()
}

// LockFor is Lock with a reason for the record. Before anything is closed Options.Drafts may hand over what is being
// written: it runs for at most half a second, and the session still takes a draft meanwhile.
func (s *Session) LockFor(ctx context.Context, reason LockReason) error {
	if o, err := s.ready(); err == nil && s.opts.Drafts != nil {
		saving, cancel := context.WithTimeout(ctx, draftTime)
		saved := make(chan struct{})
		go func() {
			defer close(saved)
			s.opts.Drafts(saving)
		}()
		select {
		case <-saved:
		case <-saving.Done():
		}
		cancel()
		o.setLockReason(reason)
	} else if err == nil {
		o.setLockReason(reason)
	}
	return s.Lock(ctx)
}

func (o *open) setLockReason(r LockReason) {
	reason := string(r)
	o.lockReason.Store(&reason)
}

func (o *open) whyLocked() string {
	if r := o.lockReason.Load(); r != nil {
		return *r
	}
	return string(LockedByUser)
}

// HandOver prepares the data directory for a successor that this process becomes by execve, so that no other process can
// take it in between. It returns the descriptor to name in Options.Inherited. The session must be locked.
func (s *Session) HandOver() (int, error) {
	if s.unusable != nil {
		return -1, s.unusable
	}
	s.life.Lock()
	defer s.life.Unlock()
	if phase, _ := s.State(); phase == PhaseReady {
		return -1, fault.New(fault.Internal, errors.New("handed over while unlocked"))
	}
	fd, err := s.home.inherit()
	if err != nil {
		return -1, fault.New(fault.Internal, err)
	}
	return fd, nil
}
