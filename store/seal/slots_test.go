package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var (
	day         = time.Unix(1790000000, 0)
	cheapLimits = costLimits{floor: cheap, ceiling: cost{memory: 128, time: 2, threads: 2}}
	practice    = Instance{9, 8, 7}
)

func keyFileAt(t testing.TB, path string) *Secret {
	t.Helper()
	if _, err := CreateKeyFile(path); err != nil {
		t.Fatal(err)
	}
	secret, err := KeyFileSecret(path)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func passphrase(t testing.TB, words string) *Secret {
	t.Helper()
	secret, err := PassphraseSecret([]byte(words))
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func addSlot(t testing.TB, s *Slots, m *Master, secret *Secret) int {
	t.Helper()
	number, err := s.Add(context.Background(), m, secret, day)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// testSlots is a slot file on disk with a slot of each kind, and what opens them in that order.
func testSlots(t testing.TB) (*Slots, *Master, []*Secret) {
	t.Helper()
	folder := t.TempDir()
	m := &Master{secret: [keySize]byte{1, 2, 3}}
	s, err := newSlots(filepath.Join(folder, "alcove.slots"), practice, m, cheapLimits)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []*Secret{
		keyFileAt(t, filepath.Join(folder, "a.key")), passphrase(t, "correct horse"), NewRecovery().Secret(),
	}
	for _, secret := range secrets {
		addSlot(t, s, m, secret)
	}
	return s, m, secrets
}

func reopenSlots(t testing.TB, s *Slots) *Slots {
	t.Helper()
	again, err := openSlots(s.file.path, s.limits)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestEachKindOpensItsSlot(t *testing.T) {
	s, m, secrets := testSlots(t)
	again := reopenSlots(t, s)
	for i, secret := range secrets {
		got, number, err := again.Unlock(t.Context(), secret)
		if err != nil || number != i+1 || got.secret != m.secret {
			t.Errorf("%s: slot %d, %v", secret.Kind(), number, err)
		}
	}
	for i, info := range again.List() {
		if want := (SlotInfo{Number: i + 1, Kind: secrets[i].Kind(), Created: day}); info != want {
			t.Errorf("listed %+v, want %+v", info, want)
		}
	}
	if again.Instance() != practice {
		t.Errorf("instance %x", again.Instance())
	}
	content, err := os.ReadFile(s.file.path)
	if err != nil || bytes.Contains(content, m.secret[:8]) {
		t.Errorf("the master key stands in the file, or %v", err)
	}
	if info, err := os.Stat(s.file.path); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestNothingElseOpensASlot(t *testing.T) {
	s, m, secrets := testSlots(t)
	recovery := NewRecovery().Secret()
	for name, secret := range map[string]*Secret{
		"another key file":           keyFileAt(t, filepath.Join(t.TempDir(), "b.key")),
		"another passphrase":         passphrase(t, "correct horsf"),
		"another recovery key":       recovery,
		"the passphrase as key file": {kind: KindKeyFile, material: secrets[1].material},
		"the key file as recovery":   {kind: KindRecovery, material: secrets[0].material},
		"the master as key file":     {kind: KindKeyFile, material: m.secret[:]},
	} {
		if _, _, err := s.Unlock(t.Context(), secret); !errors.Is(err, ErrNoSlot) {
			t.Errorf("%s: %v", name, err)
		}
	}
	recovery.Wipe()
	if _, err := s.Add(t.Context(), m, recovery, day); err == nil {
		t.Error("a wiped secret was given a slot, which zeros would open")
	}
}

func TestTheLastSlotStays(t *testing.T) {
	s, m, secrets := testSlots(t)
	if err := s.Remove(m, 7); !errors.Is(err, ErrNoSuchSlot) {
		t.Errorf("a slot that is not there: %v", err)
	}
	for _, number := range []int{1, 3} {
		if err := s.Remove(m, number); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Remove(m, 2); !errors.Is(err, ErrLastSlot) {
		t.Errorf("the last: %v", err)
	}
	s = reopenSlots(t, s)
	if _, _, err := s.Unlock(t.Context(), secrets[0]); !errors.Is(err, ErrNoSlot) {
		t.Errorf("a removed slot: %v", err)
	}
	if _, _, err := s.Unlock(t.Context(), secrets[1]); err != nil {
		t.Errorf("the slot that stayed: %v", err)
	}
	if number := addSlot(t, s, m, secrets[2]); number != 4 {
		t.Errorf("number %d was given again", number)
	}
	for range maxSlots - 2 {
		addSlot(t, s, m, secrets[2])
	}
	if _, err := s.Add(t.Context(), m, secrets[2], day); !errors.Is(err, ErrSlotsFull) {
		t.Errorf("one too many: %v", err)
	}
}

func TestASlotFileIsNotWrittenBeforeItsFirstSlotAndNeverOverAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alcove.slots")
	s, m, err := CreateSlots(path, practice)
	if err != nil {
		t.Fatal(err)
	}
	second, other, err := CreateSlots(path, practice)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.MarkInitialised(m); !errors.Is(err, ErrLastSlot) {
		t.Errorf("written without a slot: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
	recovery := NewRecovery().Secret()
	addSlot(t, s, m, recovery)
	if _, err := second.Add(t.Context(), other, recovery, day); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over the first: %v", err)
	}
	if _, _, err := CreateSlots(path, practice); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made again: %v", err)
	}
	if got, _, err := reopenSlots(t, s).Unlock(t.Context(), recovery); err != nil || got.secret != m.secret {
		t.Errorf("the first one: %v", err)
	}
}

func TestAnAdoptedKeyFileStaysTheMaster(t *testing.T) {
	folder := t.TempDir()
	path, keyFile := filepath.Join(folder, "alcove.slots"), filepath.Join(folder, "alcove.key")
	master, err := CreateKeyFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	s, m, err := AdoptSlots(path, practice, keyFile, day)
	if err != nil || m.secret != master.secret {
		t.Fatalf("another master key, or %v", err)
	}
	if list := s.List(); len(list) != 1 || !list[0].Master || list[0].Kind != KindKeyFile {
		t.Errorf("listed %+v", list)
	}
	if _, _, err := AdoptSlots(path, practice, keyFile, day); !errors.Is(err, fs.ErrExist) {
		t.Errorf("adopted twice: %v", err)
	}
	secret, err := KeyFileSecret(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	again, err := OpenSlots(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, number, err := again.Unlock(t.Context(), secret); err != nil || number != 1 || got.secret != master.secret {
		t.Errorf("slot %d, %v", number, err)
	}
	by, err := newWrapper(master.secret[:])
	if err != nil {
		t.Fatal(err)
	}
	var got [keySize]byte
	if slot := s.held.slots[0]; unwrapKey(&got, 1, by, slot.wrapped[:], slot.place(practice)) == nil {
		t.Error("the slot is sealed under the master key directly")
	}
}

func TestSlotFilesThatAreRefused(t *testing.T) {
	s, _, _ := testSlots(t)
	good := s.sealed.content
	newer := bytes.Clone(good)
	newer[len(slotsName)]++
	newer = resum(newer)
	for _, c := range []struct {
		name    string
		content []byte
		want    error
	}{
		{"empty", nil, ErrWrongFile},
		{"another file", []byte("alcove-key-1 AAAA"), ErrWrongFile},
		{"a key ring", append([]byte(ringName), good[len(slotsName):]...), ErrWrongFile},
		{"only its name", []byte(slotsName), ErrFileDamaged},
		{"cut", good[:len(good)-1], ErrFileDamaged},
		{"longer", append(bytes.Clone(good), 0), ErrFileDamaged},
		{"newer", newer, ErrFileNewer},
		{"far too long", make([]byte, slotsMax+1), ErrWrongFile},
	} {
		path := filepath.Join(t.TempDir(), "x.slots")
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openSlots(path, cheapLimits); !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := OpenSlots(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if _, err := OpenSlots(t.TempDir()); !errors.Is(err, ErrWrongFile) {
		t.Errorf("a folder: %v", err)
	}
}

// resum closes a changed file as somebody without the master key can.
func resum(content []byte) []byte {
	sum := sha256.Sum256(content[:len(content)-sha256.Size])
	return append(content[:len(content)-sha256.Size], sum[:]...)
}

func TestEveryChangedBitOfASlotFileIsAnError(t *testing.T) {
	s, m, secrets := testSlots(t)
	for i := range len(s.sealed.content) * 8 {
		changed := bytes.Clone(s.sealed.content)
		changed[i/8] ^= 1 << (i % 8)
		damaged := &Slots{limits: cheapLimits}
		if err := damaged.parse(changed); err == nil {
			t.Fatalf("bit %d changed: opens", i)
		}
		forged := &Slots{limits: cheapLimits}
		if i/8 >= len(changed)-sha256.Size || forged.parse(resum(changed)) != nil {
			continue
		}
		for _, secret := range []*Secret{secrets[0], secrets[2]} {
			if _, _, err := forged.Unlock(t.Context(), secret); !errors.Is(err, ErrNotAuthentic) && !errors.Is(err, ErrNoSlot) {
				t.Fatalf("bit %d forged: %v", i, err)
			}
		}
		if err := forged.Remove(m, 1); !errors.Is(err, ErrNotAuthentic) {
			t.Fatalf("bit %d forged, and the master is to seal it: %v", i, err)
		}
	}
}

// TestSlotsDoNotOpenInAnotherPlace gives the forger even the master's seal on the file: what is left is the associated data.
func TestSlotsDoNotOpenInAnotherPlace(t *testing.T) {
	s, m, secrets := testSlots(t)
	addSlot(t, s, m, secrets[0]) // a second slot of the key file
	for name, edit := range map[string]func(f *slotFile, instance *Instance){
		"another practice": func(_ *slotFile, i *Instance) { i[0]++ },
		"another number":   func(f *slotFile, _ *Instance) { f.slots[0].number, f.slots[3].number = 4, 5 },
		"another time":     func(f *slotFile, _ *Instance) { f.slots[0].created++; f.slots[3].created++ },
		"not adopted":      func(f *slotFile, _ *Instance) { f.slots[0].adopted, f.slots[3].adopted = true, true },
		"another salt":     func(f *slotFile, _ *Instance) { f.slots[0].salt[0]++; f.slots[3].salt[0]++ },
		"the other's key": func(f *slotFile, _ *Instance) {
			f.slots[0].wrapped, f.slots[3].wrapped = f.slots[3].wrapped, f.slots[0].wrapped
		},
		"a passphrase's": func(f *slotFile, _ *Instance) {
			f.slots[0].wrapped, f.slots[3].wrapped = f.slots[1].wrapped, f.slots[2].wrapped
		},
	} {
		held, instance := s.held.clone(), practice
		edit(&held, &instance)
		sealed, err := sealSlots(m, instance, held)
		if err != nil {
			t.Fatal(err)
		}
		forged := &Slots{limits: cheapLimits, sealed: sealed, held: held}
		if _, number, err := forged.Unlock(t.Context(), secrets[0]); !errors.Is(err, ErrNoSlot) {
			t.Errorf("%s: slot %d, %v", name, number, err)
		}
	}
}

func TestAMasterOfAnotherPracticeChangesNothing(t *testing.T) {
	s, _, secrets := testSlots(t)
	before := s.sealed.content
	other := &Master{secret: [keySize]byte{4}}
	_, add := s.Add(t.Context(), other, secrets[0], day)
	_, begin := s.BeginRotation(other)
	for _, err := range []error{add, begin, s.Remove(other, 1), s.MarkInitialised(other)} {
		if !errors.Is(err, ErrNotAuthentic) {
			t.Error(err)
		}
	}
	if _, err := s.FileKey(other); !errors.Is(err, ErrOpen) {
		t.Errorf("the file key: %v", err)
	}
	if !bytes.Equal(reopenSlots(t, s).sealed.content, before) {
		t.Error("the file changed")
	}
}

// TestSlotFilesThatContradictThemselves parses bodies that a holder of the master key could close, but Slots never writes.
func TestSlotFilesThatContradictThemselves(t *testing.T) {
	s, _, _ := testSlots(t)
	for name, edit := range map[string]func(f *slotFile){
		"no slot":                      func(f *slotFile) { f.slots = nil },
		"a number that was not given":  func(f *slotFile) { f.last-- },
		"numbers twice":                func(f *slotFile) { f.slots[1].number = 1 },
		"number 0":                     func(f *slotFile) { f.slots[0].number = 0 },
		"no kind":                      func(f *slotFile) { f.slots[0].kind = 0 },
		"a kind to come":               func(f *slotFile) { f.slots[0].kind = 4 },
		"a recovery key adopted":       func(f *slotFile) { f.slots[2].adopted = true },
		"a cost for nothing":           func(f *slotFile) { f.slots[0].cost.time = 1 },
		"no file key":                  func(f *slotFile) { f.current.number = 0 },
		"a next key of no number":      func(f *slotFile) { f.next.wrapped[0] = 1 },
		"a next key that is not next":  func(f *slotFile) { f.next.number = 3 },
		"a next key that is the first": func(f *slotFile) { f.next.number = 1 },
	} {
		forged := s.held.clone()
		edit(&forged)
		if _, err := parseSlotFile(forged.encode(), cheapLimits); !errors.Is(err, ErrFileDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	body := s.held.encode()
	for name, forged := range map[string][]byte{
		"a flag of 2":    append([]byte{2}, body[1:]...),
		"too many slots": bytes.Join([][]byte{body[:1+2*77+4], {255}, bytes.Repeat(body[1+2*77+5:1+2*77+5+112], 255)}, nil),
	} {
		if _, err := parseSlotFile(forged, cheapLimits); !errors.Is(err, ErrFileDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
