package session

import (
	"errors"
	"syscall"

	"subrosa/internal/chat"
	"subrosa/internal/fault"
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
		fault.Cause{Err: keys.ErrWrongPassphrase, Code: fault.PassphraseWrong},
		fault.Cause{Err: keys.ErrRingSecretLost, Code: fault.KeyringSecretLost},
		fault.Cause{Err: keys.ErrKeyringLocked, Code: fault.KeyringLocked},
		fault.Cause{Err: keys.ErrKeyringTimeout, Code: fault.KeyringTimeout},
		fault.Cause{Err: keys.ErrNoKeyring, Code: fault.KeyringMissing},
		fault.Cause{Err: keys.ErrNotSetUp, Code: fault.NotSetUp},
		fault.Cause{Err: keys.ErrExists, Code: fault.AlreadySetUp},
	)
}

func vaultFault(err error) error {
	return fault.Of(
		err, fault.Internal,
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

var (
	historyFault = chat.HistoryFault
	recordFault  = chat.RecordFault
	engineFault  = chat.EngineFault
)
