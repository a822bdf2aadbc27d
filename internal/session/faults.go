package session

import (
	"errors"
	"fmt"
	"syscall"

	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/gguf"
	"subrosa/internal/keys"
	"subrosa/internal/vault"
)

func keysFault(err error) error {
	var damaged *keys.DamagedError
	if errors.As(err, &damaged) {
		return fault.New(fault.KeysDamaged, err)
	}
	return fault.Of(
		err, fault.Internal,
		fault.Cause{Err: keys.ErrNoIdentityFits, Code: fault.IdentityWrong},
		fault.Cause{Err: keys.ErrRecipient, Code: fault.RecipientInvalid},
		fault.Cause{Err: keys.ErrSlotExists, Code: fault.SlotExists},
		fault.Cause{Err: keys.ErrNoSlot, Code: fault.SlotMissing},
		fault.Cause{Err: keys.ErrSlotNeeded, Code: fault.SlotNeeded},
		fault.Cause{Err: keys.ErrToken, Code: fault.TokenFailed},
		fault.Cause{Err: keys.ErrTokenName, Code: fault.TokenInvalid},
		fault.Cause{Err: keys.ErrEmptyPassphrase, Code: fault.PassphraseWeak},
		fault.Cause{Err: keys.ErrEpochLost, Code: fault.KeyringSecretLost},
		fault.Cause{Err: keys.ErrWrongPassphrase, Code: fault.PassphraseWrong},
		fault.Cause{Err: keys.ErrRingSecretLost, Code: fault.KeyringSecretLost},
		fault.Cause{Err: keys.ErrKeyringLocked, Code: fault.KeyringLocked},
		fault.Cause{Err: keys.ErrKeyringTimeout, Code: fault.KeyringTimeout},
		fault.Cause{Err: keys.ErrNoKeyring, Code: fault.KeyringMissing},
		fault.Cause{Err: keys.ErrNotSetUp, Code: fault.NotSetUp},
		fault.Cause{Err: keys.ErrExists, Code: fault.AlreadySetUp},
		fault.Cause{Err: syscall.ENOSPC, Code: fault.DiskFull},
	)
}

// ModelFileFault says what an error of opening a model's file means to the user; nil for nil.
func ModelFileFault(err error) error {
	var part *gguf.PartError
	if errors.As(err, &part) {
		return fault.New(fault.ModelPart, err)
	}
	return fault.Of(
		err, fault.BadInput,
		fault.Cause{Err: gguf.ErrNotGGUF, Code: fault.ModelNotGGUF},
		fault.Cause{Err: gguf.ErrTruncated, Code: fault.ModelNotGGUF},
	)
}

func vaultFault(err error) error {
	return fault.Of(
		err, fault.Internal,
		fault.Cause{Err: vault.ErrPart, Code: fault.ModelPart},
		fault.Cause{Err: vault.ErrNotFound, Code: fault.ModelMissing},
		fault.Cause{Err: vault.ErrNotGGUF, Code: fault.ModelNotGGUF},
		fault.Cause{Err: vault.ErrTruncated, Code: fault.ModelNotGGUF},
		fault.Cause{Err: vault.ErrWrongKey, Code: fault.ModelWrongKey},
		fault.Cause{Err: vault.ErrManifest, Code: fault.ModelDamaged},
		fault.Cause{Err: vault.ErrDamaged, Code: fault.ModelDamaged},
		fault.Cause{Err: vault.ErrNewer, Code: fault.ModelUnsupported},
		fault.Cause{Err: syscall.ENOSPC, Code: fault.DiskFull},
	)
}

func historyFault(err error) error { return chat.HistoryFault(err) }
func recordFault(err error) error  { return chat.RecordFault(err) }
func engineFault(err error) error  { return chat.EngineFault(err) }

// directoryFault is about the data directory itself.
func directoryFault(err error) error {
	return fault.Of(
		fmt.Errorf("data directory: %w", err), fault.BadInput,
		fault.Cause{Err: syscall.ENOSPC, Code: fault.DiskFull},
	)
}
