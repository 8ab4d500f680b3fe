// The slot file, version 1: an envelope (envelope.go) named "alcove-slots\n", with the body
//
//	bytes  what
//	1      1 once the database was written, else 0: then a database of no bytes is a new one, later a loss
//	4+73   number of the file key, and the key wrapped (wrapped.go) by the sub-key "alcove/file-keys" of the master
//	4+73   the same of the next file key while a rotation is under way, else zeros
//	4      highest number a slot ever had; numbers are not given twice
//	1      slots that follow, at most 16, in order of their numbers
//
// and for each slot
//
//	4      number
//	1      kind: 1 key file, 2 passphrase, 3 recovery key
//	8      created, seconds since 1970
//	1      1 if the key file holds the master key itself (AdoptSlots), else 0
//	4+4+1  Argon2id: memory in KiB, passes, threads; zeros unless a passphrase
//	16     salt
//	73     the master key, wrapped by the slot's key (slot_secret.go)
//
// The associated data of a file key is its number; that of a slot is all that stands before its wrapped key. What is not
// as stated here does not parse: two different files never mean the same.

package seal

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"slices"
)

const (
	slotsName    = "alcove-slots\n"
	slotsVersion = 1
	slotsMax     = 64 << 10 // bytes of a file that is looked at
	maxSlots     = 16

	labelSlot = "alcove/slot" // of associated data; the keys of slots have labels of their own
)

// slotFile is the body of the file.
type slotFile struct {
	initialised   bool
	current, next numberedKey // next.number is 0 if no rotation is under way
	last          uint32
	slots         []slot
}

type numberedKey struct {
	number  uint32
	wrapped [wrappedSize]byte
}

type slot struct {
	slotHead
	wrapped [wrappedSize]byte
}

// slotHead is what says how to open a slot.
type slotHead struct {
	number  uint32
	kind    Kind
	created int64
	adopted bool
	cost    cost
	salt    [saltSize]byte
}

func (f slotFile) clone() slotFile {
	f.slots = slices.Clone(f.slots)
	return f
}

func (f slotFile) encode() []byte {
	body := []byte{flag(f.initialised)}
	for _, key := range [...]numberedKey{f.current, f.next} {
		body = binary.BigEndian.AppendUint32(body, key.number)
		body = append(body, key.wrapped[:]...)
	}
	body = binary.BigEndian.AppendUint32(body, f.last)
	body = append(body, byte(len(f.slots)))
	for _, s := range f.slots {
		body = append(body, s.encode()...)
		body = append(body, s.wrapped[:]...)
	}
	return body
}

func (h slotHead) encode() []byte {
	head := binary.BigEndian.AppendUint32(nil, h.number)
	head = append(head, byte(h.kind))
	head = binary.BigEndian.AppendUint64(head, uint64(h.created))
	head = append(head, flag(h.adopted))
	head = binary.BigEndian.AppendUint32(head, h.cost.memory)
	head = binary.BigEndian.AppendUint32(head, h.cost.time)
	head = append(head, h.cost.threads)
	return append(head, h.salt[:]...)
}

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}

// parseSlotFile reads a body. The costs of passphrases must be within the limits: a cost below them gives a passphrase
// away, one above them is a way to exhaust the machine before the file can be authenticated.
func parseSlotFile(body []byte, limits costLimits) (slotFile, error) {
	c := cursor{rest: body}
	f := slotFile{initialised: c.byte() == 1}
	for _, key := range [...]*numberedKey{&f.current, &f.next} {
		key.number = c.uint32()
		copy(key.wrapped[:], c.take(wrappedSize))
	}
	f.last = c.uint32()
	f.slots = make([]slot, min(c.byte(), maxSlots))
	for i := range f.slots {
		s := &f.slots[i]
		s.number, s.kind, s.created, s.adopted = c.uint32(), Kind(c.byte()), c.int64(), c.byte() == 1
		s.cost = cost{memory: c.uint32(), time: c.uint32(), threads: c.byte()}
		copy(s.salt[:], c.take(saltSize))
		copy(s.wrapped[:], c.take(wrappedSize))
	}
	if !c.whole() || !bytes.Equal(f.encode(), body) {
		return slotFile{}, ErrFileDamaged
	}
	return f, f.check(limits)
}

// check holds what the fields must be to each other.
func (f slotFile) check(limits costLimits) error {
	if f.current.number == 0 || f.next != (numberedKey{}) && f.next.number != f.current.number+1 || len(f.slots) == 0 {
		return ErrFileDamaged
	}
	before := uint32(0)
	for _, s := range f.slots {
		if s.number <= before || s.number > f.last || !s.kind.known() || s.adopted && s.kind != KindKeyFile {
			return ErrFileDamaged
		}
		before = s.number
		if s.kind != KindPassphrase && s.cost != (cost{}) {
			return ErrFileDamaged
		}
		if s.kind == KindPassphrase && !s.cost.within(limits.floor, limits.ceiling) {
			return fmt.Errorf("the cost of slot %d is out of bounds: %w", s.number, ErrFileDamaged)
		}
	}
	return nil
}

func sealSlots(m *Master, instance Instance, f slotFile) (envelope, error) {
	macKey, err := m.derive(instance, labelSlotsMAC)
	if err != nil {
		return envelope{}, err
	}
	defer clear(macKey)
	return newEnvelope(slotsName, slotsVersion, instance, f.encode(), macKey), nil
}

// wrote holds a slot file against the master key: ErrNotAuthentic.
func (m *Master) wrote(sealed envelope) error {
	macKey, err := m.derive(sealed.instance, labelSlotsMAC)
	if err != nil {
		return err
	}
	defer clear(macKey)
	if !sealed.authentic(macKey) {
		return ErrNotAuthentic
	}
	return nil
}

func (s *slot) wrap(by cipher.AEAD, m *Master, instance Instance) {
	copy(s.wrapped[:], wrapKey([]byte{wrapVersion}, by, m.secret[:], s.place(instance)))
}

func (h slotHead) place(instance Instance) []byte { return wrapPlace(labelSlot, instance, h.encode()) }
