package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestADiskInADrawer: the folder of a disk that is away is there all the same, and empty. No copy may be made in it, for that
// would hide the old one; and when the disk is back, what lies on it counts, not what was written last.
func TestADiskInADrawer(t *testing.T) {
	v := newVillage(t)
	folder, file := backupFolder(t)
	v.backUp(file)
	op, ring := v.store.Operator(), filepath.Join(folder, ringFile)
	current := func(want bool) {
		t.Helper()
		copies := must(op.RingCopies(t.Context()))(t)
		if len(copies) != 1 || copies[0].Folder != folder || copies[0].Current != want {
			t.Errorf("copies: %+v", copies)
		}
	}
	current(true)
	drawer := filepath.Join(t.TempDir(), "drawer")
	if err := os.Rename(folder, drawer); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	must(op.ErasePerson(t.Context(), "anna"))(t)
	current(false)
	old := must(os.ReadFile(filepath.Join(drawer, ringFile)))(t)
	for range 2 { // it comes back as it was, and later the same is done to it behind our back
		if err := os.WriteFile(ring, old, 0o600); err != nil {
			t.Fatal(err)
		}
		if c := must(op.Condition(t.Context()))(t).Copies; len(c) != 1 || c[0].Current {
			t.Errorf("an old copy counts as current: %+v", c)
		}
		current(true)
		if bytes.Equal(must(os.ReadFile(ring))(t), old) {
			t.Error("the old copy is still there")
		}
	}
}
