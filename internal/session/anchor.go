package session

import (
	"context"
	"fmt"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
)

// History and record remember each other: entries carry the history's generation, the history the record's head. Who puts
// back an older copy of one of the two is found out by the other.

// anchor notes the record's head in the history. It is late by as much as was recorded since, never early.
func (o *open) anchor(ctx context.Context) error {
	head := o.record.Head()
	return historyFault(o.history.SetRecordHead(ctx, head.Size, head.Root))
}

// generation is what an entry says of the history; 0 where it cannot be told.
func (o *open) generation(ctx context.Context) uint64 {
	if o.history == nil {
		return 0
	}
	g, err := o.history.Generation(context.WithoutCancel(ctx))
	if err != nil {
		return 0
	}
	return g
}

// checkAnchor compares the two. A record that does not continue what the history saw is poisoned by that.
func (o *open) checkAnchor(ctx context.Context) error {
	size, root, err := o.history.RecordHead(ctx)
	if err != nil {
		return historyFault(err)
	}
	if size > 0 {
		if err := o.record.Compare(audit.TreeHead{Size: size, Root: root}, "history"); err != nil {
			return recordFault(err)
		}
		if err := o.record.Healthy(); err != nil {
			return recordFault(err)
		}
	}
	noted, at, err := o.notedGeneration()
	if err != nil {
		return err
	}
	have, err := o.history.Generation(ctx)
	if err != nil {
		return historyFault(err)
	}
	if have < noted {
		return fault.New(fault.HistoryRolledBack, fmt.Errorf("the history is at change %d, and entry %d saw it at %d", have, at, noted))
	}
	return nil
}

// notedGeneration returns the newest entry's word on the history. Every session ends with one, and every turn.
func (o *open) notedGeneration() (generation uint64, seq int64, err error) {
	const chunk, most = 256, 4096
	for end := o.record.Size(); end > max(0, o.record.Size()-most); end -= chunk {
		from := max(0, end-chunk)
		entries, err := o.record.Entries(from, end-from)
		if err != nil {
			return 0, 0, recordFault(err)
		}
		for i := len(entries) - 1; i >= 0; i-- {
			if e := entries[i]; e.History > 0 {
				return e.History, e.Seq, nil
			}
		}
	}
	return 0, 0, nil
}

// held tells the entries that a legal hold keeps: those of a conversation that is held, by itself or by its matter.
func (o *open) held(ctx context.Context) (func(audit.Entry) bool, error) {
	conversations, err := o.history.Conversations(ctx)
	if err != nil {
		return nil, historyFault(err)
	}
	matters, err := o.history.Matters(ctx)
	if err != nil {
		return nil, historyFault(err)
	}
	keep := map[string]bool{}
	for _, c := range conversations {
		keep[string(c.ID)] = c.Held
	}
	for _, m := range matters {
		keep[string(m.ID)] = m.Held
	}
	return func(e audit.Entry) bool { return keep[e.Conversation] || keep[e.Matter] }, nil
}
