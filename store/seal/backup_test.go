package seal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestAManifestOpensForItsPracticeAlone(t *testing.T) {
	m := &Master{secret: [keySize]byte{1, 2, 3}}
	for _, manifest := range [][]byte{nil, []byte("what is in it"), bytes.Repeat([]byte("x"), MaxManifest)} {
		sealed, err := m.SealManifest(practice, manifest)
		must(t, err)
		if len(sealed) != len(manifest)+1+24+16 || len(sealed) > MaxSealedManifest || len(manifest) > 0 && bytes.Contains(sealed, manifest[:1<<3]) {
			t.Errorf("%d bytes of %d, or legible", len(sealed), len(manifest))
		}
		if got, err := m.OpenManifest(practice, sealed); err != nil || !bytes.Equal(got, manifest) {
			t.Errorf("%d bytes opened: %v", len(got), err)
		}
		if again, _ := m.SealManifest(practice, manifest); bytes.Equal(again, sealed) {
			t.Error("sealed alike")
		}
	}
	sealed, err := m.SealManifest(practice, []byte("what is in it"))
	must(t, err)
	if _, err := m.OpenManifest(Instance{}, sealed); !errors.Is(err, ErrOpen) {
		t.Errorf("in another practice: %v", err)
	}
	if _, err := (&Master{secret: [keySize]byte{4}}).OpenManifest(practice, sealed); !errors.Is(err, ErrOpen) {
		t.Errorf("with another master: %v", err)
	}
	for i := range len(sealed) * 8 {
		changed := bytes.Clone(sealed)
		changed[i/8] ^= 1 << (i % 8)
		if _, err := m.OpenManifest(practice, changed); !errors.Is(err, ErrOpen) {
			t.Fatalf("bit %d changed: %v", i, err)
		}
	}
	for n := range sealed {
		if _, err := m.OpenManifest(practice, sealed[:n]); !errors.Is(err, ErrOpen) {
			t.Fatalf("cut to %d: %v", n, err)
		}
	}
}

// TestAManifestIsNothingElse seals with the manifest's own key what has the associated data of another place.
func TestAManifestIsNothingElse(t *testing.T) {
	m := &Master{secret: [keySize]byte{1, 2, 3}}
	by, err := m.wrapper(practice, labelBackup)
	must(t, err)
	for name, place := range map[string][]byte{"none": nil, "a file key": wrapPlace(labelFileKeys, practice)} {
		if _, err := m.OpenManifest(practice, wrapKey([]byte{manifestVersion}, by, []byte("text"), place)); !errors.Is(err, ErrOpen) {
			t.Errorf("%s: %v", name, err)
		}
	}
	by, err = m.wrapper(practice, labelFileKeys)
	must(t, err)
	sealed := wrapKey([]byte{manifestVersion}, by, []byte("text"), manifestPlace(practice))
	if _, err := m.OpenManifest(practice, sealed); !errors.Is(err, ErrOpen) {
		t.Errorf("under the key of file keys: %v", err)
	}
}

func TestManifestsThatAreRefused(t *testing.T) {
	m := &Master{secret: [keySize]byte{1, 2, 3}}
	if _, err := m.SealManifest(practice, make([]byte, MaxManifest+1)); !errors.Is(err, ErrManifestTooLong) {
		t.Errorf("too long: %v", err)
	}
	by, err := m.wrapper(practice, labelBackup)
	must(t, err)
	long := wrapKey([]byte{manifestVersion}, by, make([]byte, MaxManifest+1), manifestPlace(practice))
	if _, err := m.OpenManifest(practice, long); !errors.Is(err, ErrOpen) {
		t.Errorf("too long, and authentic: %v", err)
	}
	sealed, err := m.SealManifest(practice, nil)
	must(t, err)
	m.Wipe()
	if _, err := m.SealManifest(practice, nil); err == nil {
		t.Error("sealed with zeros")
	}
	if _, err := m.OpenManifest(practice, sealed); err == nil {
		t.Error("opened with zeros")
	}
}

func TestTheFileKeyOfABackupIsKept(t *testing.T) {
	key := NewFileKey()
	kept := key.Bytes()
	again, err := FileKeyFrom(kept)
	if err != nil || again.secret != key.secret || again.secret == [keySize]byte{} || NewFileKey().secret == key.secret {
		t.Fatalf("another key, none, or always the same: %v", err)
	}
	clear(kept)
	if again.secret != key.secret {
		t.Error("it was not copied")
	}
	if shown := fmt.Sprintf("%v %+v %#v %x %s", again, again, again, again, again); shown != strings.TrimSpace(strings.Repeat("[key] ", 5)) {
		t.Errorf("shown as %s", shown)
	}
	for name, bytes := range map[string][]byte{"none": nil, "short": make([]byte, 31), "long": make([]byte, 33), "zeros": kept} {
		if _, err := FileKeyFrom(bytes); err == nil {
			t.Errorf("%s: a key", name)
		}
	}
}

func TestSlotsOfABackupUnlockAndDoNotChange(t *testing.T) {
	s, m, secrets := testSlots(t)
	must(t, s.MarkInitialised(m))
	key, err := s.FileKey(m)
	current := fileKey(t, key, err)
	content := s.Bytes()
	if onDisk, err := os.ReadFile(s.file.path); err != nil || !bytes.Equal(content, onDisk) {
		t.Errorf("other bytes than the file's, or %v", err)
	}
	backup, err := openSlotsBytes(content, cheapLimits)
	must(t, err)
	clear(content) // it was copied
	must(t, s.Remove(m, 1))
	for i, secret := range secrets {
		if got, number, err := backup.Unlock(t.Context(), secret); err != nil || number != i+1 || got.secret != m.secret {
			t.Errorf("%s: slot %d, %v", secret.Kind(), number, err)
		}
	}
	key, err = backup.FileKey(m)
	if got := fileKey(t, key, err); !bytes.Equal(got, current) || !backup.Initialised() || backup.Instance() != practice || len(backup.List()) != 3 {
		t.Errorf("another content: %+v", backup.List())
	}

	t.Chdir(t.TempDir()) // where it would write, had it no path
	before := backup.Bytes()
	_, add := backup.Add(t.Context(), m, secrets[0], day)
	_, begin := backup.BeginRotation(m)
	for name, err := range map[string]error{"add": add, "begin": begin, "remove": backup.Remove(m, 1),
		"end": backup.EndRotation(m), "abort": backup.AbortRotation(m), "finish": backup.Finish()} {
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if files, err := os.ReadDir("."); err != nil || len(files) > 0 || !bytes.Equal(backup.Bytes(), before) {
		t.Errorf("something was written: %v, %v", files, err)
	}
	backup.Bytes()[0]++
	if !bytes.Equal(backup.Bytes(), before) {
		t.Error("who asks can change it")
	}
}

func TestSlotsOfABackupThatAreRefused(t *testing.T) {
	s, _, secrets := testSlots(t)
	good := s.Bytes()
	for name, c := range map[string]struct {
		content []byte
		want    error
	}{
		"empty": {nil, ErrWrongFile}, "a ring": {[]byte(ringName), ErrWrongFile}, "cut": {good[:len(good)-1], ErrFileDamaged},
		"far too long": {append(bytes.Clone(good), make([]byte, slotsMax)...), ErrWrongFile},
	} {
		if _, err := openSlotsBytes(c.content, cheapLimits); !errors.Is(err, c.want) || !strings.Contains(err.Error(), "of the backup") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenSlotsBytes(good); !errors.Is(err, ErrFileDamaged) {
		t.Errorf("a cost that gives the passphrase away: %v", err)
	}
	refused := 0
	for i := range good {
		changed := bytes.Clone(good)
		changed[i]++
		if _, err := openSlotsBytes(changed, cheapLimits); err == nil {
			t.Fatalf("byte %d changed: opens", i)
		}
		forged, err := openSlotsBytes(resum(changed), cheapLimits)
		if err != nil || bytes.Equal(resum(changed), good) {
			continue
		}
		refused++
		if _, _, err := forged.Unlock(t.Context(), secrets[0]); !errors.Is(err, ErrNotAuthentic) && !errors.Is(err, ErrNoSlot) {
			t.Fatalf("byte %d forged: %v", i, err)
		}
	}
	if refused == 0 {
		t.Error("no forgery came as far as Unlock")
	}
}
