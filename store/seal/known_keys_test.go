package seal

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestKnownSlotFileAndRing opens files that an independent program wrote, with the cost that passphrases really have, and
// writes them again: a change here is a change that locks existing practices.
func TestKnownSlotFileAndRing(t *testing.T) {
	type answers struct {
		Instance, Master, FileKey, NextFileKey, Slots, Ring, DataKey, Wrapped hexBytes

		MasterKeyLine, KeyLine, Passphrase, Recovery string

		Carried []struct {
			Owner Owner
			Key   hexBytes
		}
		Erased []struct {
			Kind   string
			ID, At int64
		}
		Owner Owner
		Epoch uint32
	}
	for _, v := range vectors[answers](t, "alcove1_keys.json") {
		folder := t.TempDir()
		write := func(name string, content []byte) string {
			path := filepath.Join(folder, name)
			must(t, os.WriteFile(path, content, 0o600))
			return path
		}
		s, err := OpenSlots(write("alcove.slots", v.Slots))
		must(t, err)
		adopted, err := KeyFileSecret(write("master.key", []byte(v.MasterKeyLine)))
		must(t, err)
		keyFile, err := KeyFileSecret(write("a.key", []byte(v.KeyLine)))
		must(t, err)
		recovery, err := RecoverySecret(v.Recovery)
		must(t, err)
		for number, secret := range map[int]*Secret{1: adopted, 2: keyFile, 5: passphrase(t, v.Passphrase), 6: recovery} {
			m, got, err := s.Unlock(context.Background(), secret)
			if err != nil || got != number || !bytes.Equal(m.secret[:], v.Master) {
				t.Errorf("slot %d: %d, %v", number, got, err)
			}
		}
		m := &Master{secret: [keySize]byte(v.Master)}
		key, err := s.FileKey(m)
		if got := fileKey(t, key, err); !bytes.Equal(got, v.FileKey) {
			t.Errorf("file key %x", got)
		}
		key, err = s.NextFileKey(m)
		if got := fileKey(t, key, err); !bytes.Equal(got, v.NextFileKey) {
			t.Errorf("next file key %x", got)
		}
		if !s.Initialised() || s.Instance() != Instance(v.Instance) || !s.List()[0].Master {
			t.Errorf("%v, %x, %+v", s.Initialised(), s.Instance(), s.List())
		}
		if sealed, err := sealSlots(m, s.Instance(), s.held); err != nil || !bytes.Equal(sealed.content, v.Slots) {
			t.Errorf("written %x, %v", sealed.content, err)
		}

		r, err := OpenRing(write("alcove.ring", v.Ring), m, Instance(v.Instance))
		must(t, err)
		for _, carried := range v.Carried {
			if got, err := r.Carried(carried.Owner); err != nil || !bytes.Equal(got.secret[:], carried.Key) {
				t.Errorf("carried for %v: %v", carried.Owner, err)
			}
		}
		if got, err := r.Unwrap(v.Owner, v.Epoch, v.Wrapped); err != nil || !bytes.Equal(got.secret[:], v.DataKey) {
			t.Errorf("unwrapped: %v", err)
		}
		for i, got := range r.Erased() {
			if want := v.Erased[i]; got != (Erased{want.Kind, want.ID, time.Unix(want.At, 0)}) || len(v.Erased) != len(r.Erased()) {
				t.Errorf("erasure %d: %+v", i, got)
			}
		}
		if got := r.seal(r.held); !bytes.Equal(got, v.Ring) {
			t.Errorf("written %x", got)
		}
	}
}

func TestKnownManifests(t *testing.T) {
	for _, v := range vectors[struct {
		Instance, Master, Nonce, Sealed hexBytes
		Manifest                        string
	}](t, "alcove1_backup.json") {
		m := &Master{secret: [keySize]byte(v.Master)}
		if got, err := m.sealManifest(Instance(v.Instance), []byte(v.Manifest), v.Nonce); err != nil || !bytes.Equal(got, v.Sealed) {
			t.Errorf("sealed %x, %v", got, err)
		}
		if got, err := m.OpenManifest(Instance(v.Instance), v.Sealed); err != nil || string(got) != v.Manifest {
			t.Errorf("opened %q, %v", got, err)
		}
	}
}

// fuzzed closes a body that a forger made up as well as anybody can, the master key's holder included.
func fuzzed(name string, v byte, body []byte, label string) []byte {
	macKey, err := ringMaster.derive(practice, label)
	if err != nil {
		panic(err)
	}
	return newEnvelope(name, v, practice, body, macKey).content
}

func FuzzSlotFile(f *testing.F) {
	s, _, secrets := testSlots(f)
	f.Add(s.sealed.body)
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 300))
	f.Fuzz(func(t *testing.T, body []byte) {
		content := fuzzed(slotsName, slotsVersion, body, labelSlotsMAC)
		forged := &Slots{limits: cheapLimits}
		if err := forged.parse(content); err != nil {
			if !errors.Is(err, ErrFileDamaged) {
				t.Error(err)
			}
			return
		}
		if !bytes.Equal(forged.held.encode(), body) {
			t.Errorf("%x has another meaning, too", body)
		}
		m, _, err := forged.Unlock(t.Context(), secrets[0])
		if err == nil && m.secret != ringMaster.secret {
			t.Error("another master key")
		}
	})
}

func FuzzRing(f *testing.F) {
	r := testRing(f)
	f.Add(r.held.encode())
	must(f, r.Carry(map[Owner]*DataKey{thread: NewDataKey(), person: NewDataKey()}))
	f.Add(r.held.encode())
	must(f, r.Erase(Erased{"person", 3, day}, is(person)))
	f.Add(r.held.encode())
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 300))
	f.Fuzz(func(t *testing.T, body []byte) {
		forged, err := newRing("", ringMaster, practice)
		must(t, err)
		err = forged.parse(fuzzed(ringName, ringVersion, body, labelRingMAC))
		if err != nil && !errors.Is(err, ErrFileDamaged) && !errors.Is(err, ErrOpen) {
			t.Error(err)
		}
		if err == nil && !bytes.Equal(forged.held.encode(), body) {
			t.Errorf("%x has another meaning, too", body)
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	known := vectors[struct{ Instance, Master, Slots hexBytes }](f, "alcove1_keys.json")[0]
	macKey, err := (&Master{secret: [keySize]byte(known.Master)}).derive(Instance(known.Instance), labelSlotsMAC)
	must(f, err)
	f.Add([]byte(known.Slots))
	f.Add([]byte(slotsName))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		forged := &Slots{limits: realLimits()}
		if forged.parse(content) == nil && forged.sealed.authentic(macKey) && !bytes.Equal(content, known.Slots) {
			t.Errorf("a forgery: %x", content)
		}
	})
}
