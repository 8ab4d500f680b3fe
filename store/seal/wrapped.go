// Keys that are stored are wrapped, version 1:
//
//	offset  bytes  what
//	0       1      version, 1
//	1       4      epoch, only where an epoch key wraps (ring.go)
//	        24     nonce, random
//	        32+16  XChaCha20-Poly1305 of the key, with its tag
//
// The associated data is a list of fields as in records (seal.go): label, version, instance, and what the key must not be
// taken for: the owner, the slot, the number.

package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	wrapVersion = 1
	sealedKey   = chacha20poly1305.NonceSizeX + keySize + chacha20poly1305.Overhead
	wrappedSize = 1 + sealedKey
)

var (
	errWiped     = errors.New("the data key was wiped")
	errNoFileKey = errors.New("these bytes are no file key")
)

// DataKey is a key of records that is on its way to be wrapped, or to become a Key. It prints as "[key]".
type DataKey struct {
	hidden
	secret [keySize]byte
}

// NewDataKey draws a key.
func NewDataKey() *DataKey {
	k := &DataKey{}
	_, _ = rand.Read(k.secret[:]) // never fails
	return k
}

// Key makes what seals and opens records of one practice. It fails only if the DataKey was wiped.
func (k *DataKey) Key(instance Instance) (*Key, error) {
	if k.wiped() {
		return nil, errWiped
	}
	return newKey(k.secret[:], instance)
}

// wiped is asked before a key is used or stored: zeros would seal as well as any key.
func (k *DataKey) wiped() bool { return k.secret == [keySize]byte{} }

// Wipe clears the key.
func (k *DataKey) Wipe() { clear(k.secret[:]) }

// FileKey is the key of the database file, for store/cryptvfs. It prints as "[key]".
type FileKey struct {
	hidden
	secret [keySize]byte
}

// NewFileKey draws the key of a database that has no slot file beside it: that of a backup.
func NewFileKey() *FileKey {
	k := &FileKey{}
	_, _ = rand.Read(k.secret[:]) // never fails
	return k
}

// FileKeyFrom is the key whose Bytes were kept; it copies them. It fails if they cannot be a key: not 32, or all zeros.
func FileKeyFrom(kept []byte) (*FileKey, error) {
	if len(kept) != keySize || [keySize]byte(kept) == [keySize]byte{} {
		return nil, errNoFileKey
	}
	return &FileKey{secret: [keySize]byte(kept)}, nil
}

// Bytes is a copy of the 32 bytes, for the cipher of the file. The caller clears it.
func (k *FileKey) Bytes() []byte { return append([]byte(nil), k.secret[:]...) }

// Wipe clears the key.
func (k *FileKey) Wipe() { clear(k.secret[:]) }

// wrapKey appends nonce and sealed secret to head, which is what stands before them.
func wrapKey(head []byte, by cipher.AEAD, secret, place []byte) []byte {
	var nonce [chacha20poly1305.NonceSizeX]byte
	_, _ = rand.Read(nonce[:]) // never fails
	return by.Seal(append(head, nonce[:]...), nonce[:], secret, place)
}

// unwrapKey puts into secret what wrapKey sealed; head is how much stands before it. ErrOpen leaves secret alone.
func unwrapKey(secret *[keySize]byte, head int, by cipher.AEAD, wrapped, place []byte) error {
	if len(wrapped) != head+sealedKey || wrapped[0] != wrapVersion {
		return ErrOpen
	}
	nonce, sealed := wrapped[head:head+chacha20poly1305.NonceSizeX], wrapped[head+chacha20poly1305.NonceSizeX:]
	opened, err := by.Open(make([]byte, 0, len(sealed)), nonce, sealed, place)
	if err != nil {
		return ErrOpen
	}
	defer clear(opened)
	copy(secret[:], opened)
	return nil
}

// wrapPlace is the associated data of a wrapped key.
func wrapPlace(label string, instance Instance, fields ...[]byte) []byte {
	place := appendField(nil, []byte(label))
	place = appendField(place, []byte{wrapVersion})
	place = appendField(place, instance[:])
	for _, field := range fields {
		place = appendField(place, field)
	}
	return place
}

func uint64Field(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// wrapper derives the sub-key of the master that wraps other keys.
func (m *Master) wrapper(instance Instance, label string) (cipher.AEAD, error) {
	secret, err := m.derive(instance, label)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	return newWrapper(secret)
}

func newWrapper(secret []byte) (cipher.AEAD, error) {
	by, err := chacha20poly1305.NewX(secret)
	if err != nil {
		return nil, fmt.Errorf("making a cipher: %w", err)
	}
	return by, nil
}
