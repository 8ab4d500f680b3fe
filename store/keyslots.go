package store

import (
	"context"
	"fmt"

	"alcove/store/seal"
)

// KeySlot is a slot of the practice's slot file.
type KeySlot struct {
	seal.SlotInfo
	Opened bool // the practice is open by it
}

// NewSlot is what a new slot is to be opened by.
type NewSlot struct {
	Kind   seal.Kind
	Secret []byte // a passphrase, the words of a recovery key, or what stands in a key file
}

// Slots are the key slots in the order of their numbers.
func (o *Operator) Slots(context.Context) ([]KeySlot, error) { return o.store.listSlots(), nil }

func (v *vault) listSlots() []KeySlot {
	var list []KeySlot
	for _, info := range v.slots.List() {
		list = append(list, KeySlot{SlotInfo: info, Opened: info.Number == v.opened})
	}
	return list
}

// AddSlot lets one more secret open the practice from now on, and answers the number of its slot. seal.ErrPassphrase,
// seal.ErrNotRecovery or the errors of seal.KeyFileContentSecret for a secret that is none, seal.ErrSlotsFull.
func (o *Operator) AddSlot(ctx context.Context, in NewSlot) (number int, err error) {
	secret, err := in.secret()
	if err != nil {
		return 0, fmt.Errorf("make a key slot: %w", err)
	}
	defer secret.Wipe()
	s := o.store
	if number, err = s.slots.Add(ctx, s.master, secret, s.now()); err != nil {
		return 0, fmt.Errorf("make a key slot: %w", err)
	}
	// Afterwards, for deriving the key of a slot takes long, and the slot is there even if the record fails.
	s.auditAlone(ctx, func(t *tx) error {
		return t.audit(ctx, act{kind: AuditSlotAdded, detail: fmt.Sprint(in.Kind, " ", number)})
	})
	return number, nil
}

// RemoveSlot lets a slot open the practice no more. It is not undone, and does not reach older copies of the slot file.
// seal.ErrNoSuchSlot; seal.ErrLastSlot.
func (o *Operator) RemoveSlot(ctx context.Context, number int) error {
	s := o.store
	if err := s.slots.Remove(s.master, number); err != nil {
		return fmt.Errorf("remove key slot %d: %w", number, err)
	}
	s.auditAlone(ctx, func(t *tx) error { return t.audit(ctx, act{kind: AuditSlotRemoved, detail: fmt.Sprint(number)}) })
	return nil
}

func (n NewSlot) secret() (*seal.Secret, error) {
	switch n.Kind {
	case seal.KindPassphrase:
		return seal.PassphraseSecret(n.Secret)
	case seal.KindRecovery:
		return seal.RecoverySecret(string(n.Secret))
	default:
		return seal.KeyFileContentSecret(n.Secret)
	}
}
