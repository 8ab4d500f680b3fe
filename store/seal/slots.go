// The slot file of a practice, alcove.slots: which keys open it. Its format is at the head of slot_format.go.
//
//	key file, passphrase or recovery key -> key of a slot -> Master -> FileKey, key ring, all other sub-keys
//
// The master key is nowhere but in slots, so keys can come and go without anything else being written again. Without the
// slot file no secret opens anything: it belongs into every copy of the practice.
//
// # What cannot be promised
//
// A removed slot is gone from this file, not from copies of it: who has an older slot file and the removed secret still has
// the master key. An older slot file put back in place is not noticed here. The list of slots can be read without any
// secret and is certain only after Unlock.

package seal

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"
)

// What can go wrong with slots.
var (
	ErrNoSlot     = errors.New("opens none of the slots")
	ErrLastSlot   = errors.New("the last slot stays: without one nobody could open the practice again")
	ErrNoSuchSlot = errors.New("there is no such slot")
	ErrSlotsFull  = errors.New("there are as many slots as there can be; remove one first")
	ErrReadOnly   = errors.New("slots out of a backup are not changed; restore it first")
)

// Slots is a slot file. It is safe for concurrent use. After an error of a changing verb the file holds the old or the new,
// the Slots what it held before, and the verb may be called again.
type Slots struct {
	mu     sync.Mutex
	file   wholeFile
	limits costLimits
	sealed envelope
	held   slotFile

	readOnly bool // out of a backup: there is no file to change
}

// SlotInfo is what can be told of a slot.
type SlotInfo struct {
	Number  int
	Kind    Kind
	Created time.Time
	// Master says that the key file of this slot holds the master key itself, as all did before there were slots.
	// Removing the slot does not shut out who has that file.
	Master bool
}

// CreateSlots draws the master key and the file key of a new practice. Nothing is written until the first slot is added;
// until then losing the Slots loses nothing. fs.ErrExist if there is a file at the path.
func CreateSlots(path string, instance Instance) (*Slots, *Master, error) {
	m := &Master{}
	_, _ = rand.Read(m.secret[:]) // never fails
	s, err := newSlots(path, instance, m, realLimits())
	if err != nil {
		return nil, nil, err
	}
	return s, m, nil
}

// AdoptSlots gives a practice from before there were slots a slot file: the same master key, a slot for the key file that
// holds it, and a file key.
func AdoptSlots(path string, instance Instance, keyFile string, now time.Time) (*Slots, *Master, error) {
	secret, err := KeyFileSecret(keyFile)
	if err != nil {
		return nil, nil, err
	}
	defer secret.Wipe()
	m := &Master{secret: [keySize]byte(secret.material)}
	s, err := newSlots(path, instance, m, realLimits())
	if err != nil {
		return nil, nil, err
	}
	if _, err := s.Add(context.Background(), m, secret, now); err != nil {
		return nil, nil, err
	}
	return s, m, nil
}

func newSlots(path string, instance Instance, m *Master, limits costLimits) (*Slots, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("making the slot file %s: %w", path, fs.ErrExist)
	}
	s := &Slots{file: wholeFile{path: path}, limits: limits}
	var err error
	if s.held.current, err = newNumberedKey(m, instance, 1); err != nil {
		return nil, err
	}
	s.sealed, err = sealSlots(m, instance, s.held)
	return s, err
}

// OpenSlots reads a slot file; it needs no secret. Its errors name the path: fs.ErrNotExist, ErrWrongFile, ErrFileDamaged,
// ErrFileNewer.
func OpenSlots(path string) (*Slots, error) { return openSlots(path, realLimits()) }

func openSlots(path string, limits costLimits) (*Slots, error) {
	s := &Slots{file: wholeFile{path: path}, limits: limits}
	content, err := s.file.read(slotsMax)
	if err == nil {
		err = s.parse(content)
	}
	if err != nil {
		return nil, s.fault(err)
	}
	return s, nil
}

func (s *Slots) parse(content []byte) (err error) {
	if s.sealed, err = parseEnvelope(slotsName, slotsVersion, content); err != nil {
		return err
	}
	s.held, err = parseSlotFile(s.sealed.body, s.limits)
	return err
}

// fault says which slot file an error is about.
func (s *Slots) fault(err error) error {
	if s.readOnly {
		return fileError("slot file", "of the backup", err)
	}
	return fileError("slot file", s.file.path, err)
}

// Instance is the practice the file belongs to.
func (s *Slots) Instance() Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sealed.instance
}

// Finish destroys what a change that was killed left beside the file, such as a removed slot. Call it at each start.
func (s *Slots) Finish() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readOnly {
		return ErrReadOnly
	}
	return s.file.finish()
}

// List tells of the slots in the order of their numbers.
func (s *Slots) List() []SlotInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]SlotInfo, len(s.held.slots))
	for i, slot := range s.held.slots {
		list[i] = SlotInfo{Number: int(slot.number), Kind: slot.kind, Created: time.Unix(slot.created, 0), Master: slot.adopted}
	}
	return list
}

// Unlock tries a secret on the slots of its kind and answers the master key and the number of the slot. ErrNoSlot if it
// opens none; ErrNotAuthentic if it opens one, but the file is not what that master key wrote. A passphrase takes about a
// second for each slot of its kind; the error is that of ctx if it ends first.
func (s *Slots) Unlock(ctx context.Context, secret *Secret) (*Master, int, error) {
	s.mu.Lock()
	sealed, slots := s.sealed, s.held.slots
	s.mu.Unlock()
	for _, slot := range slots {
		if slot.kind != secret.kind {
			continue
		}
		by, err := secret.slotKey(ctx, slot.slotHead)
		if err != nil {
			return nil, 0, err
		}
		m := &Master{}
		if unwrapKey(&m.secret, 1, by, slot.wrapped[:], slot.place(sealed.instance)) != nil {
			continue
		}
		if err := m.wrote(sealed); err != nil {
			m.Wipe()
			return nil, 0, s.fault(err)
		}
		return m, int(slot.number), nil
	}
	return nil, 0, fmt.Errorf("this %s %w", secret.kind, ErrNoSlot)
}

// Add makes a slot that the secret opens, and answers its number.
func (s *Slots) Add(ctx context.Context, m *Master, secret *Secret, now time.Time) (int, error) {
	added := slot{slotHead: slotHead{kind: secret.kind, created: now.Unix()}}
	_, _ = rand.Read(added.salt[:]) // never fails
	switch secret.kind {
	case KindPassphrase:
		added.cost = s.limits.floor
	case KindKeyFile:
		added.adopted = subtle.ConstantTimeCompare(secret.material, m.secret[:]) == 1
	}
	by, err := secret.slotKey(ctx, added.slotHead)
	if err != nil {
		return 0, err
	}
	err = s.change(m, func(f *slotFile) error {
		if len(f.slots) == maxSlots {
			return ErrSlotsFull
		}
		f.last++
		added.number = f.last
		added.wrap(by, m, s.sealed.instance)
		f.slots = append(f.slots, added)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return int(added.number), nil
}

// Remove takes a slot out. ErrNoSuchSlot, or ErrLastSlot.
func (s *Slots) Remove(m *Master, number int) error {
	return s.change(m, func(f *slotFile) error {
		i := slices.IndexFunc(f.slots, func(s slot) bool { return int(s.number) == number })
		if i < 0 {
			return ErrNoSuchSlot
		}
		f.slots = slices.Delete(f.slots, i, i+1)
		return nil
	})
}

// change writes an edited copy of the file and only then holds it.
func (s *Slots) change(m *Master, edit func(*slotFile) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readOnly {
		return ErrReadOnly
	}
	if err := m.wrote(s.sealed); err != nil {
		return s.fault(err)
	}
	next := s.held.clone()
	if err := edit(&next); err != nil {
		return err
	}
	if len(next.slots) == 0 {
		return ErrLastSlot
	}
	sealed, err := sealSlots(m, s.sealed.instance, next)
	if err != nil {
		return err
	}
	if err := s.file.write(sealed.content); err != nil {
		return err
	}
	s.sealed, s.held = sealed, next
	return nil
}
