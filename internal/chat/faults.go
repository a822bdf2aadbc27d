package chat

import (
	"context"
	"errors"

	"subrosa/internal/audit"
	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/history"
)

// HistoryFault says what an error of package history means to the user; nil for nil.
func HistoryFault(err error) error {
	var newer *history.NewerError
	if errors.As(err, &newer) {
		return fault.New(fault.HistoryNewer, err)
	}
	return fault.Of(
		err, fault.Internal,
		fault.Cause{Err: history.ErrNotFound, Code: fault.ConversationMissing},
		fault.Cause{Err: history.ErrNotEncrypted, Code: fault.HistoryNotEncrypted},
		fault.Cause{Err: history.ErrWrongKeyOrDamaged, Code: fault.HistoryDamaged},
		fault.Cause{Err: history.ErrDiskFull, Code: fault.DiskFull},
		fault.Cause{Err: history.ErrHeld, Code: fault.Held},
		fault.Cause{Err: history.ErrIndexDamaged, Code: fault.SearchRebuilding},
		fault.Cause{Err: history.ErrBuiltIn, Code: fault.MatterBuiltIn},
		fault.Cause{Err: history.ErrTooLarge, Code: fault.AttachmentTooLarge},
	)
}

// RecordFault says what an error of package audit means to the user; nil for nil.
func RecordFault(err error) error {
	var broken *audit.BrokenError
	if errors.As(err, &broken) {
		return fault.New(fault.AuditBroken, err)
	}
	var rollback *audit.RollbackError
	if errors.As(err, &rollback) {
		return fault.New(fault.RecordRolledBack, err)
	}
	return fault.Of(
		err, fault.AuditUnwritable,
		fault.Cause{Err: audit.ErrDiskFull, Code: fault.DiskFull},
		fault.Cause{Err: audit.ErrHead, Code: fault.RecordHead},
	)
}

// outcomeFault is about the entry after an answer, which has been shown by then.
func outcomeFault(err error) error { return fault.Of(err, fault.OutcomeUnrecorded) }

// EngineFault says what an error of package engine means to the user; nil for nil.
func EngineFault(err error) error {
	return fault.Of(
		err, fault.Internal,
		fault.Cause{Err: engine.ErrCrashed, Code: fault.EngineCrashed},
		fault.Cause{Err: engine.ErrTooBig, Code: fault.ModelTooBig},
		fault.Cause{Err: engine.ErrWish, Code: fault.BadInput},
		fault.Cause{Err: engine.ErrContextFull, Code: fault.ContextFull},
		fault.Cause{Err: engine.ErrMissing, Code: fault.EngineMissing},
		fault.Cause{Err: engine.ErrModelDamaged, Code: fault.ModelDamaged},
		fault.Cause{Err: engine.ErrModelNotGGUF, Code: fault.ModelNotGGUF},
		fault.Cause{Err: engine.ErrModelWrongKey, Code: fault.ModelWrongKey},
		fault.Cause{Err: engine.ErrModelUnsupported, Code: fault.ModelUnsupported},
		fault.Cause{Err: engine.ErrTemplate, Code: fault.ModelUnsupported},
		fault.Cause{Err: engine.ErrUnsupported, Code: fault.EngineMissing},
		fault.Cause{Err: engine.ErrProtocol, Code: fault.EngineMissing},
		fault.Cause{Err: engine.ErrClosed, Code: fault.EngineCrashed},
		fault.Cause{Err: context.DeadlineExceeded, Code: fault.EngineCrashed},
	)
}
