package history

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	keySize    = chacha20poly1305.KeySize
	sealFormat = 1 // first byte of everything sealed
	sealLabel  = "subrosa history 2"
)

// seal encrypts plain under key for one place in the database, which it names: format byte, nonce of 24 random bytes,
// XChaCha20-Poly1305. Moved to another place, it does not open.
func seal(key, plain []byte, place ...string) []byte {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		panic("history: a key that is not 32 bytes long") // every caller made or opened it
	}
	out := make([]byte, 1+aead.NonceSize(), 1+aead.NonceSize()+len(plain)+aead.Overhead())
	out[0] = sealFormat
	rand.Read(out[1:])
	return aead.Seal(out, out[1:], plain, associated(place))
}

// unseal opens what seal made for this place, or answers ErrWrongKeyOrDamaged.
func unseal(key, sealed []byte, place ...string) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil || len(sealed) < 1+aead.NonceSize() || sealed[0] != sealFormat {
		return nil, ErrWrongKeyOrDamaged
	}
	nonce, rest := sealed[1:1+aead.NonceSize()], sealed[1+aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, rest, associated(place))
	if err != nil {
		return nil, ErrWrongKeyOrDamaged
	}
	return plain, nil
}

// associated writes a place down so that no two are alike: each part after its length.
func associated(place []string) []byte {
	out := []byte(sealLabel)
	for _, p := range place {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}

func newKey() []byte {
	key := make([]byte, keySize)
	rand.Read(key)
	return key
}

// derive makes a key for another purpose out of an epoch's.
func derive(key []byte, purpose string) []byte {
	out, err := hkdf.Key(sha256.New, key, nil, sealLabel+"\n"+purpose, keySize)
	if err != nil {
		panic("history: " + err.Error()) // only for lengths that are not used here
	}
	return out
}
