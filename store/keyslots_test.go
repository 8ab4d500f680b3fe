package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"alcove/store/seal"
)

const slotPassphrase = "six words that nobody guesses"

// TestSlots: a secret that was added opens the practice, and one that was removed does not.
func TestSlots(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	op := h.store.Operator()
	number := must(op.AddSlot(h.ctx(), NewSlot{Kind: seal.KindPassphrase, Secret: []byte(slotPassphrase)}))(t)
	_, err := op.AddSlot(h.ctx(), NewSlot{Kind: seal.KindPassphrase, Secret: []byte("short")})
	wantErr(t, err, seal.ErrPassphrase)
	_, err = op.AddSlot(h.ctx(), NewSlot{Kind: seal.KindRecovery, Secret: []byte("not on any list")})
	wantErr(t, err, seal.ErrNotRecovery)
	_, err = op.AddSlot(h.ctx(), NewSlot{Kind: seal.KindKeyFile, Secret: []byte("alcove-key-1")})
	wantErr(t, err, seal.ErrKeyFileDamaged)

	var opened []int
	kinds := map[seal.Kind]int{}
	for _, slot := range must(op.Slots(h.ctx()))(t) {
		kinds[slot.Kind]++
		if slot.Opened {
			opened = append(opened, slot.Number)
		}
	}
	if len(kinds) != 3 || len(opened) != 1 || opened[0] != 1 {
		t.Errorf("kinds %v, opened by %v", kinds, opened)
	}
	for _, n := range []int{1, 2} { // the key file's and the recovery key's
		if err := op.RemoveSlot(h.ctx(), n); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, op.RemoveSlot(h.ctx(), 2), seal.ErrNoSuchSlot)
	wantErr(t, op.RemoveSlot(h.ctx(), number), seal.ErrLastSlot)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(h.ctx(), h.dir, h.config())
	wantErr(t, err, ErrWrongKey)
	cfg := h.config()
	cfg.Secret = must(seal.PassphraseSecret([]byte(slotPassphrase)))(t)
	h.store = must(Open(h.ctx(), h.dir, cfg))(t)
	if slots := must(h.store.Operator().Slots(h.ctx()))(t); len(slots) != 1 || slots[0].Number != number || !slots[0].Opened {
		t.Errorf("slots %+v", slots)
	}
}

// TestSlotOfAKeyFile: a key file that another process read makes a slot, and its path opens it.
func TestSlotOfAKeyFile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := filepath.Join(t.TempDir(), "second.key")
	must(seal.CreateKeyFile(path))(t).Wipe()
	content := must(os.ReadFile(path))(t)
	must(h.store.Operator().AddSlot(h.ctx(), NewSlot{Kind: seal.KindKeyFile, Secret: content}))(t)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := h.config()
	cfg.KeyFile = path
	h.store = must(Open(h.ctx(), h.dir, cfg))(t)
}

// TestNoRecovery: a practice whose recovery key nobody would see has none.
func TestNoRecovery(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recovery, err := Init(t.Context(), dir, Config{NoRecovery: true})
	if err != nil || recovery != nil {
		t.Fatal(recovery, err)
	}
	slots := must(seal.OpenSlots(filepath.Join(dir, slotsFile)))(t).List()
	if len(slots) != 1 || slots[0].Kind != seal.KindKeyFile {
		t.Errorf("slots %+v", slots)
	}
	if _, err := Open(t.Context(), dir, Config{KeyFile: filepath.Join(dir, "gone.key")}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
