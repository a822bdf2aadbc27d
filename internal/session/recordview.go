package session

import (
	"strings"
	"time"

	"subrosa/internal/audit"
)

const (
	recordChunk  = 500    // entries read at a time
	recordLookAt = 50_000 // entries that one call looks at, so that a filter that matches little still answers soon
	recordDays   = 30
)

// RecordFilter narrows the record for a reader. Zero fields do not narrow.
type RecordFilter struct {
	Action       audit.Action
	Conversation string
	Result       string // "failed" is also "failed: CODE"
	Since, Until time.Time
}

func (f RecordFilter) matches(e audit.Entry) bool {
	return (f.Action == "" || e.Action == f.Action) && strings.HasPrefix(e.Conversation, f.Conversation) &&
		(f.Result == "" || e.Result == f.Result || strings.HasPrefix(e.Result, f.Result+": ")) && (f.Since.IsZero() || !e.Time.Before(f.Since)) &&
		(f.Until.IsZero() || e.Time.Before(f.Until))
}

// RecordPage returns up to n entries that match, newest first, beginning below before (the record's size for the newest).
// next continues; 0 means that there is nothing older.
func (s *Session) RecordPage(f RecordFilter, before int64, n int) (page []audit.Entry, next int64, err error) {
	next = before
	err = s.recordBackwards(before, func(e audit.Entry) bool {
		next = e.Seq
		if f.matches(e) {
			page = append(page, e)
		}
		return len(page) < n
	})
	return page, next, err
}

// recordBackwards gives each entry below before to look, the newest first, until it says that it has enough.
func (s *Session) recordBackwards(before int64, look func(audit.Entry) bool) error {
	for end := before; end > max(0, before-recordLookAt); {
		from := max(0, end-recordChunk)
		entries, err := s.RecordEntries(from, end-from)
		if err != nil {
			return err
		}
		for i := len(entries) - 1; i >= 0; i-- {
			if !look(entries[i]) {
				return nil
			}
		}
		end = from
	}
	return nil
}

// RecordDay is what happened on one day, by the calendar of this workstation.
type RecordDay struct {
	Day     string // YYYY-MM-DD
	Prompts int
	Others  int
	Read    int // tokens, by the models
	Written int // likewise
}

// RecordActivity counts the last thirty days: entries by day, oldest first, and what was masked, by type.
func (s *Session) RecordActivity(now time.Time) (days []RecordDay, masked map[string]int, err error) {
	o, err := s.recorded()
	if err != nil {
		return nil, nil, err
	}
	masked = map[string]int{}
	at := map[string]int{}
	for i := range recordDays {
		day := now.AddDate(0, 0, i+1-recordDays).Format(time.DateOnly)
		at[day] = i
		days = append(days, RecordDay{Day: day})
	}
	err = s.recordBackwards(o.record.Size(), func(e audit.Entry) bool {
		i, recent := at[e.Time.In(now.Location()).Format(time.DateOnly)]
		if !recent {
			return e.Action == audit.Pruned || e.Time.After(now) // older ones follow: enough
		}
		if e.Action == audit.Prompt {
			days[i].Prompts++
		} else {
			days[i].Others++
		}
		days[i].Read += e.PromptTokens
		days[i].Written += e.OutputTokens
		for t, n := range e.Redactions {
			masked[t] += n
		}
		return true
	})
	return days, masked, err
}
