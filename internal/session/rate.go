package session

import (
	"fmt"
	"sync"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
)

const rateWindow = time.Minute

// rate counts prompts. A person does not send 500 a minute; a program that found its way in might.
type rate struct {
	mu     sync.Mutex
	sent   []time.Time // of the last minute, oldest first
	held   int         // held back since the last entry about it
	noted  time.Time   // when that entry was written
	seeded bool
}

// take tells whether one more prompt is allowed at now, given most in a minute. If not, note tells whether that must go
// on record: once a minute, with how many were held back.
func (r *rate) take(now time.Time, most int) (ok, note bool, held int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.sent) > 0 && now.Sub(r.sent[0]) >= rateWindow {
		r.sent = r.sent[1:]
	}
	if len(r.sent) < most {
		r.sent = append(r.sent, now)
		return true, false, 0
	}
	r.held++
	if !r.noted.IsZero() && now.Sub(r.noted) < rateWindow {
		return false, false, r.held
	}
	held, r.held, r.noted = r.held, 0, now
	return false, true, held
}

// seed counts what the record has of the last minute, so that another process does not begin with nothing.
func (r *rate) seed(record *audit.Log, now time.Time, most int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seeded {
		return nil
	}
	r.seeded = true
	const chunk = 64
	var newest []time.Time
	for end := record.Size(); end > 0 && len(newest) < most; end -= chunk {
		from := max(0, end-chunk)
		entries, err := record.Entries(from, end-from)
		if err != nil {
			return recordFault(err)
		}
		for i := len(entries) - 1; i >= 0; i-- {
			e := entries[i]
			if age := now.Sub(e.Time); age >= rateWindow {
				end = 0
				break
			} else if e.Action == audit.Prompt && age >= 0 && len(newest) < most {
				newest = append(newest, e.Time)
			}
		}
	}
	for i := len(newest) - 1; i >= 0; i-- {
		r.sent = append(r.sent, newest[i])
	}
	return nil
}

// throttle holds a prompt back if policy allows no more in this minute.
func (o *open) throttle(now time.Time) error {
	most := o.policy.Limits.PromptsPerMinute
	if err := o.rate.seed(o.record, now, most); err != nil {
		return err
	}
	ok, note, held := o.rate.take(now, most)
	if ok {
		return nil
	}
	if note {
		detail := fmt.Sprintf("more than %d prompts in a minute, %d held back", most, held)
		if err := o.note(audit.Entry{Action: audit.Anomaly, Result: "throttled", Detail: detail}); err != nil {
			return err
		}
	}
	return fault.New(fault.RateLimited, nil)
}
