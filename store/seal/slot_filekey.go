// The file key, and how it is exchanged. A rotation has three moments:
//
//	BeginRotation  the next key stands in the slot file beside the current one
//	               the database is written anew under the next key and takes the old one's place
//	EndRotation    the next key is the current one; the old one is gone
//
// So a start that finds Rotating() true had one interrupted. The database then opens under the next key, and EndRotation
// finishes it; or under the current key, and the copying is done again with the same NextFileKey, or AbortRotation gives
// it up. Never abort before the database was seen to open under the current key.

package seal

import (
	"errors"
	"fmt"
)

// What can go wrong with a rotation.
var (
	ErrRotating    = errors.New("a rotation of the file key is under way already")
	ErrNotRotating = errors.New("no rotation of the file key is under way")
)

// Initialised says whether the database was ever written. If so, an empty one is a loss and not a new one.
func (s *Slots) Initialised() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held.initialised
}

// MarkInitialised notes that the database was written. There is no way back.
func (s *Slots) MarkInitialised(m *Master) error {
	if s.Initialised() {
		return nil
	}
	return s.change(m, func(f *slotFile) error {
		f.initialised = true
		return nil
	})
}

// FileKey is the key of the database file.
func (s *Slots) FileKey(m *Master) (*FileKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held.current.open(m, s.sealed.instance)
}

// Rotating says whether a rotation is under way.
func (s *Slots) Rotating() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held.rotating()
}

// NextFileKey is the key that a rotation under way leads to, else ErrNotRotating.
func (s *Slots) NextFileKey(m *Master) (*FileKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.held.rotating() {
		return nil, ErrNotRotating
	}
	return s.held.next.open(m, s.sealed.instance)
}

// BeginRotation draws the next file key. ErrRotating if there is one already.
func (s *Slots) BeginRotation(m *Master) (*FileKey, error) {
	err := s.change(m, func(f *slotFile) (err error) {
		if f.rotating() {
			return ErrRotating
		}
		f.next, err = newNumberedKey(m, s.sealed.instance, f.current.number+1)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.NextFileKey(m)
}

// EndRotation makes the next file key the current one. Call it when the database in place opens under the next key: the
// old key is lost with it.
func (s *Slots) EndRotation(m *Master) error {
	return s.change(m, func(f *slotFile) error {
		if !f.rotating() {
			return ErrNotRotating
		}
		f.current, f.next = f.next, numberedKey{}
		return nil
	})
}

// AbortRotation forgets the next file key. Call it only when the database in place opens under the current key.
func (s *Slots) AbortRotation(m *Master) error {
	return s.change(m, func(f *slotFile) error {
		if !f.rotating() {
			return ErrNotRotating
		}
		f.next = numberedKey{}
		return nil
	})
}

func (f slotFile) rotating() bool { return f.next.number != 0 }

func newNumberedKey(m *Master, instance Instance, number uint32) (numberedKey, error) {
	by, err := m.wrapper(instance, labelFileKeys)
	if err != nil {
		return numberedKey{}, err
	}
	key := NewFileKey()
	defer key.Wipe()
	k := numberedKey{number: number}
	copy(k.wrapped[:], wrapKey([]byte{wrapVersion}, by, key.secret[:], k.place(instance)))
	return k, nil
}

func (k numberedKey) open(m *Master, instance Instance) (*FileKey, error) {
	by, err := m.wrapper(instance, labelFileKeys)
	if err != nil {
		return nil, err
	}
	key := &FileKey{}
	if err := unwrapKey(&key.secret, 1, by, k.wrapped[:], k.place(instance)); err != nil {
		return nil, fmt.Errorf("unwrapping file key %d: %w", k.number, err)
	}
	return key, nil
}

func (k numberedKey) place(instance Instance) []byte {
	return wrapPlace(labelFileKeys, instance, uint64Field(uint64(k.number)))
}
