package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// The labels of the sub-keys. A label is never used for anything else and never changes: what was sealed under it would
// be lost.
const (
	labelCheck       = "alcove/check"
	labelPeople      = "alcove/people"
	labelThreadKeys  = "alcove/thread-keys"
	labelInvitations = "alcove/invitations"
	labelAudit       = "alcove/audit"
	labelHandles     = "alcove/handles"
	labelSlotsMAC    = "alcove/slots-mac"
	labelFileKeys    = "alcove/file-keys"
	labelRingMAC     = "alcove/ring-mac"
	labelEpochs      = "alcove/epochs"
	labelBackup      = "alcove/backup"
	labelFactors     = "alcove/second-factor"
)

// Instance is the name of one practice, drawn when it is made and kept in its database. It is no secret. It is part of
// every key and every place, so that the records of two practices under one master key cannot be exchanged.
type Instance [16]byte

// NewInstance draws an Instance.
func NewInstance() Instance {
	var i Instance
	_, _ = rand.Read(i[:]) // never fails
	return i
}

// Master is the key from which all others of a practice derive. Slots.Unlock gives one; in a practice without a slot file,
// OpenKeyFile does.
type Master struct {
	hidden
	secret [keySize]byte
}

// Wipe clears the key. Call it when the Keys are derived; the Master is of no use afterwards.
func (m *Master) Wipe() { clear(m.secret[:]) }

// Keys derives what one practice needs from the master key. It fails only if the Master was wiped.
func (m *Master) Keys(instance Instance) (*Keys, error) {
	k := &Keys{instance: instance}
	var err error
	if k.check, err = m.derive(instance, labelCheck); err != nil {
		return nil, err
	}
	if k.invitations, err = m.derive(instance, labelInvitations); err != nil {
		return nil, err
	}
	if k.audit, err = m.derive(instance, labelAudit); err != nil {
		return nil, err
	}
	if k.handles, err = m.derive(instance, labelHandles); err != nil {
		return nil, err
	}
	if k.factors, err = m.derive(instance, labelFactors); err != nil {
		return nil, err
	}
	if k.people, err = m.deriveKey(instance, labelPeople); err != nil {
		return nil, err
	}
	if k.threadKeys, err = m.deriveKey(instance, labelThreadKeys); err != nil {
		return nil, err
	}
	return k, nil
}

func (m *Master) derive(instance Instance, label string) ([]byte, error) {
	if m.secret == [keySize]byte{} {
		return nil, errors.New("deriving keys: the master key was wiped")
	}
	secret, err := hkdf.Key(sha256.New, m.secret[:], instance[:], label, keySize)
	if err != nil {
		return nil, fmt.Errorf("deriving the key %s: %w", label, err)
	}
	return secret, nil
}

func (m *Master) deriveKey(instance Instance, label string) (*Key, error) {
	secret, err := m.derive(instance, label)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	return newKey(secret, instance)
}

// Keys are the keys of one practice. They are safe for concurrent use. Hand them on as a pointer only, as a Key.
type Keys struct {
	hidden
	instance    Instance
	check       []byte
	invitations []byte
	audit       []byte
	handles     []byte
	factors     []byte
	people      *Key // keys_before.go
	threadKeys  *Key
}

// Check is a value to keep in the database, by which Matches knows the master key again. It is one more sub-key that
// seals nothing, so it tells nothing of the others.
func (k *Keys) Check() []byte { return append([]byte(nil), k.check...) }

// Matches says whether check was made by the same master key and instance. If not, the key file is another practice's:
// ask this before anything is opened, so that a wrong key is not taken for damage.
func (k *Keys) Matches(check []byte) bool { return hmac.Equal(k.check, check) }

// HandleHash is what the database keeps of the handle of somebody who was erased, so that it is not given again. It is keyed,
// for handles can be guessed: HMAC-SHA256 of the handle's bytes under the sub-key "alcove/handles".
func (k *Keys) HandleHash(handle string) []byte {
	mac := hmac.New(sha256.New, k.handles)
	mac.Write([]byte(handle))
	return mac.Sum(nil)
}

// CodeHash is what the database keeps of an invitation's code. It is keyed, so that a stolen database gives nothing to
// try codes against, and a lookup by equality tells a stranger nothing by its timing.
func (k *Keys) CodeHash(code Code) []byte {
	mac := hmac.New(sha256.New, k.invitations)
	mac.Write(code.bits[:])
	return mac.Sum(nil)
}
