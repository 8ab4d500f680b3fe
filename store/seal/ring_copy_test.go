package seal

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func contentOf(t testing.TB, path string) []byte {
	t.Helper()
	read, err := os.ReadFile(path)
	must(t, err)
	return read
}

func TestACopyOfTheRingIsTheRing(t *testing.T) {
	r := testRing(t)
	path := filepath.Join(t.TempDir(), "alcove.ring.copy")
	key := NewDataKey()
	for n, change := range []func() error{
		func() error { return nil },
		func() error { return nil }, // the same once more
		func() error { return r.Carry(map[Owner]*DataKey{thread: key}) },
		func() error { _, err := r.Roll(day, horizon); return err },
	} {
		must(t, change())
		if was := r.IsCopy(path); was != (n == 1) {
			t.Errorf("before change %d is saved: %v", n, was)
		}
		must(t, r.SaveCopy(path))
		if !r.IsCopy(path) {
			t.Error("the copy is none")
		}
		if !bytes.Equal(contentOf(t, path), contentOf(t, r.file.path)) {
			t.Fatal("the copy is another file")
		}
		if left := leftovers(t, filepath.Dir(path)); left != nil {
			t.Fatalf("left behind: %v", left)
		}
	}
	copied, err := OpenRing(path, ringMaster, practice)
	must(t, err)
	if got, err := copied.Carried(thread); err != nil || got.secret != key.secret || copied.Generation() != r.Generation() {
		t.Errorf("generation %d, %v", copied.Generation(), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestTheCopyBeforeIsOverwritten looks into the blocks of the copy that was replaced.
func TestTheCopyBeforeIsOverwritten(t *testing.T) {
	r := testRing(t)
	path := filepath.Join(t.TempDir(), "copy")
	must(t, r.SaveCopy(path))
	old, err := os.Open(path)
	must(t, err)
	defer old.Close()
	_, err = r.Roll(day, horizon)
	must(t, err)
	must(t, r.SaveCopy(path))
	blocks := make([]byte, 1<<10)
	n, _ := old.Read(blocks)
	if n == 0 || bytes.Contains(blocks[:n], []byte(ringName)) {
		t.Errorf("%d bytes of the old copy are there still", n)
	}
}

func TestCopiesThatAreNotReplaced(t *testing.T) {
	old := testRing(t)
	at := func(name string) string { return filepath.Join(t.TempDir(), name) }
	copyOf := func(r *Ring) string { path := at("copy"); must(t, r.SaveCopy(path)); return path }
	holding := func(content []byte) string {
		path := at("copy")
		must(t, os.WriteFile(path, content, 0o600))
		return path
	}

	newer := &Ring{instance: practice, macKey: old.macKey, wrapper: old.wrapper, ciphers: old.ciphers, held: old.held.clone()}
	newer.held.generation++
	apart := testRing(t) // the same generation, another key
	elsewhere, err := CreateRing(at("ring"), ringMaster, Instance{1}, day)
	must(t, err)
	other, err := CreateRing(at("ring"), &Master{secret: [keySize]byte{4}}, practice, day)
	must(t, err)
	whole := contentOf(t, old.file.path)
	later := bytes.Clone(whole)
	later[len(ringName)]++

	for name, c := range map[string]struct {
		path string
		want error
	}{
		"newer":                {copyOf(newer), ErrNotOlder},
		"gone its own way":     {copyOf(apart), ErrNotOlder},
		"of another practice":  {copyOf(elsewhere), ErrNotAuthentic},
		"of another master":    {copyOf(other), ErrNotAuthentic},
		"of a newer Alcove":    {holding(resum(later)), ErrFileNewer},
		"cut":                  {holding(whole[:len(whole)-1]), ErrFileDamaged},
		"of no bytes":          {holding(nil), ErrWrongFile},
		"something else":       {holding([]byte("dear diary")), ErrWrongFile},
		"in a missing folder":  {filepath.Join(at("not"), "there"), fs.ErrNotExist},
		"in place of a folder": {t.TempDir(), ErrWrongFile},
	} {
		before, _ := os.ReadFile(c.path)
		if err := old.SaveCopy(c.path); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: %v", name, err)
		}
		if after, _ := os.ReadFile(c.path); !bytes.Equal(after, before) {
			t.Errorf("%s: it was replaced", name)
		}
	}
	must(t, testRing(t).SaveCopy(at("copy"))) // and one where there is none
}

// TestEveryChangedBitOfACopyKeepsIt changes a copy that would otherwise be replaced.
func TestEveryChangedBitOfACopyKeepsIt(t *testing.T) {
	r := testRing(t)
	path := filepath.Join(t.TempDir(), "copy")
	before := contentOf(t, r.file.path)
	_, err := r.Roll(day, horizon)
	must(t, err)
	r.file.step = unsynced
	for i := range len(before) * 8 {
		changed := bytes.Clone(before)
		changed[i/8] ^= 1 << (i % 8)
		must(t, os.WriteFile(path, changed, 0o600))
		if err := r.SaveCopy(path); err == nil {
			t.Fatalf("bit %d changed: replaced", i)
		}
	}
	must(t, os.WriteFile(path, before, 0o600))
	must(t, r.SaveCopy(path))
}
