// A backup says what it holds in a manifest, which the store writes and reads. Sealed, version 1:
//
//	offset  bytes  what
//	0       1      version, 1
//	1       24     nonce, random
//	25      n+16   XChaCha20-Poly1305 of the manifest, with its tag
//
// The key is the sub-key "alcove/backup" of the master. The associated data is a list of fields as in records (seal.go):
// label, version, instance.
//
// A backup also holds the slot file as it was (Slots.Bytes, OpenSlotsBytes): so whatever opened the practice then opens the
// backup. The key of its database is its own (NewFileKey) and stands in the manifest, so a backup tells nothing about the
// file key of the practice, and a change of that leaves the backup readable. The key ring is not in it; ring.go says why.

package seal

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// MaxManifest and MaxSealedManifest are the most bytes that a manifest may have, open and sealed. Ask before room is made
// for one whose length a file claims.
const (
	MaxManifest       = 1 << 20
	MaxSealedManifest = manifestAt + MaxManifest + chacha20poly1305.Overhead

	manifestVersion = 1
	manifestAt      = 1 + chacha20poly1305.NonceSizeX
)

// ErrManifestTooLong is the answer to a manifest of more than MaxManifest bytes.
var ErrManifestTooLong = errors.New("the manifest of the backup is too long")

// SealManifest seals what a backup says of itself. ErrManifestTooLong; otherwise it fails only if the Master was wiped.
func (m *Master) SealManifest(instance Instance, manifest []byte) ([]byte, error) {
	var nonce [chacha20poly1305.NonceSizeX]byte
	_, _ = rand.Read(nonce[:]) // never fails
	return m.sealManifest(instance, manifest, nonce[:])
}

// sealManifest is SealManifest with the nonce given, for the known answers of the tests.
func (m *Master) sealManifest(instance Instance, manifest, nonce []byte) ([]byte, error) {
	if len(manifest) > MaxManifest {
		return nil, ErrManifestTooLong
	}
	by, err := m.wrapper(instance, labelBackup)
	if err != nil {
		return nil, err
	}
	sealed := make([]byte, 0, manifestAt+len(manifest)+by.Overhead())
	sealed = append(sealed, manifestVersion)
	sealed = append(sealed, nonce...)
	return by.Seal(sealed, nonce, manifest, manifestPlace(instance)), nil
}

// OpenManifest is what SealManifest sealed. ErrOpen if it was changed or cut, or is of another practice or master key.
func (m *Master) OpenManifest(instance Instance, sealed []byte) ([]byte, error) {
	by, err := m.wrapper(instance, labelBackup)
	if err != nil {
		return nil, err
	}
	if len(sealed) < manifestAt || len(sealed) > MaxSealedManifest || sealed[0] != manifestVersion {
		return nil, fmt.Errorf("opening the manifest of a backup: %w", ErrOpen)
	}
	manifest, err := by.Open(nil, sealed[1:manifestAt], sealed[manifestAt:], manifestPlace(instance))
	if err != nil {
		return nil, fmt.Errorf("opening the manifest of a backup: %w", ErrOpen)
	}
	return manifest, nil
}

func manifestPlace(instance Instance) []byte {
	place := appendField(nil, []byte(labelBackup))
	place = appendField(place, []byte{manifestVersion})
	return appendField(place, instance[:])
}

// Bytes is a copy of the whole slot file, to be put into a backup. Each slot that is in it opens that backup as long as there
// is one, also when it was removed from the practice.
func (s *Slots) Bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.sealed.content)
}

// OpenSlotsBytes reads slots out of a backup: what Bytes answered when it was made. They unlock and tell what they hold, and
// every change is ErrReadOnly. Its errors are ErrWrongFile, ErrFileDamaged and ErrFileNewer; as with OpenSlots, only Unlock
// makes the rest certain.
func OpenSlotsBytes(content []byte) (*Slots, error) { return openSlotsBytes(content, realLimits()) }

func openSlotsBytes(content []byte, limits costLimits) (*Slots, error) {
	s := &Slots{limits: limits, readOnly: true}
	if len(content) > slotsMax {
		return nil, s.fault(ErrWrongFile)
	}
	if err := s.parse(bytes.Clone(content)); err != nil {
		return nil, s.fault(err)
	}
	return s, nil
}
