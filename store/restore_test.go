package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"alcove/store/seal"
)

// damagedBackup is what may be said of a backup with a changed byte.
func damagedBackup(err error) bool {
	return errors.Is(err, ErrDamaged) || errors.Is(err, ErrNotBackup) || errors.Is(err, seal.ErrFileNewer)
}

// refused wants that neither verify nor restore takes a file for a good backup, and that nothing is made of it.
func (h *house) refused(t *testing.T, file, ring string, want func(error) bool) {
	t.Helper()
	_, err := VerifyBackup(t.Context(), file, ring, h.keyed(), nil)
	if !want(err) {
		t.Error("verify:", err)
	}
	dir := filepath.Join(t.TempDir(), "restored")
	_, err = Restore(t.Context(), file, ring, dir, h.keyed(), nil, nil)
	if !want(err) {
		t.Error("restore:", err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"alcove.lock"}) {
		t.Errorf("restore left %v", got)
	}
	if got := names(t, filepath.Dir(file)); len(got) > 3 {
		t.Errorf("left beside the backup: %v", got)
	}
}

// TestAChangedByteIsFound changes bytes in all regions of a backup: pages, slot file, manifest, lengths, version, mark.
func TestAChangedByteIsFound(t *testing.T) {
	h, _, _ := fullHouse(t)
	folder, file := backupFolder(t)
	h.backUp(file)
	good := must(os.ReadFile(file))(t)
	b := must(openBackup(file))(t)
	defer b.close()
	at := []int64{0, 15, 16, 100, 4055, 4056, 4071, 4072, 4095, b.database - 1, b.database - 4096} // salt, text, tag, nonce
	for page := int64(4096); page < b.database; page += 5 * 4096 {
		at = append(at, page+(page/4096*997)%4096)
	}
	slots := int64(len(b.content))
	for i := range int64(8) {
		at = append(at, b.database+i*slots/8, b.database+slots+i*int64(len(b.sealed))/8)
	}
	for i := range int64(trailerSize) {
		at = append(at, int64(len(good))-1-i)
	}
	changed := filepath.Join(folder, "changed.backup")
	for _, offset := range at {
		bad := bytes.Clone(good)
		bad[offset] ^= 0x10
		if err := os.WriteFile(changed, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyBackup(t.Context(), changed, "", h.keyed(), nil); !damagedBackup(err) {
			t.Errorf("byte %d of %d: %v", offset, len(good), err)
		}
	}
	for _, offset := range []int64{4200, b.database + 40, b.database + slots + 40, int64(len(good)) - 20} { // one of each region
		bad := bytes.Clone(good)
		bad[offset] ^= 1
		if err := os.WriteFile(changed, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		h.refused(t, changed, "", damagedBackup)
	}
	for _, length := range []int{0, 10, 4096, len(good) / 2, len(good) - 4096, len(good) - 1} {
		if err := os.WriteFile(changed, good[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		h.refused(t, changed, "", damagedBackup)
	}
	if got := names(t, folder); len(got) != 3 {
		t.Errorf("left behind: %v", got)
	}
}

func TestWhatOpensABackup(t *testing.T) {
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	h, other := newHouse(t), newHouse(t)
	folder, file := backupFolder(t)
	h.backUp(file)
	ring := filepath.Join(folder, ringFile)
	t.Run("another practice's key", func(t *testing.T) { other.refused(t, file, "", is(ErrWrongKey)) })
	t.Run("another practice's ring", func(t *testing.T) { h.refused(t, file, filepath.Join(other.dir, ringFile), is(ErrDamaged)) })
	t.Run("no ring", func(t *testing.T) { h.refused(t, file, filepath.Join(folder, "nowhere"), is(ErrKeysGone)) })
	t.Run("an older ring", func(t *testing.T) {
		old := filepath.Join(t.TempDir(), "old.ring")
		if err := os.WriteFile(old, must(os.ReadFile(ring))(t), 0o600); err != nil {
			t.Fatal(err)
		}
		must(h.store.ring.Roll(h.clock.Now(), time.Hour))(t)
		_, newer := backupFolder(t)
		h.backUp(newer)
		h.refused(t, newer, old, is(ErrOldRing))
	})
	t.Run("not a backup", func(t *testing.T) {
		_, letter := backupFolder(t)
		if err := os.WriteFile(letter, bytes.Repeat([]byte("a letter "), 1000), 0o600); err != nil {
			t.Fatal(err)
		}
		h.refused(t, letter, ring, is(ErrNotBackup))
	})
	t.Run("a missing one", func(t *testing.T) { h.refused(t, filepath.Join(folder, "nowhere"), ring, is(fs.ErrNotExist)) })
	t.Run("the recovery key", func(t *testing.T) {
		dir := closedFolder(t)
		recovery := must(Init(t.Context(), dir, h.config()))(t)
		s := must(Open(t.Context(), dir, h.config()))(t)
		_, file := backupFolder(t)
		must(s.Operator().Backup(t.Context(), file, nil))(t)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		cfg := h.config()
		cfg.Secret = recovery.Secret()
		if _, err := VerifyBackup(t.Context(), file, "", cfg, nil); err != nil {
			t.Error(err)
		}
		if _, err := Restore(t.Context(), file, "", filepath.Join(t.TempDir(), "r"), cfg, nil, nil); err != nil {
			t.Error(err)
		}
	})
}

// TestWhereNothingIsRestored: in use, or not empty.
func TestWhereNothingIsRestored(t *testing.T) {
	h := newHouse(t)
	_, file := backupFolder(t)
	h.backUp(file)
	_, err := Restore(t.Context(), file, "", h.dir, h.config(), nil, nil)
	wantErr(t, err, ErrInUse)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	before := must(os.ReadFile(h.dbPath()))(t)
	_, err = Restore(t.Context(), file, "", h.dir, h.config(), nil, nil)
	wantErr(t, err, ErrExists)
	if !bytes.Equal(before, must(os.ReadFile(h.dbPath()))(t)) {
		t.Error("the database was changed")
	}
	other := newHouse(t)
	if err := errors.Join(other.store.Close(), os.Remove(other.dbPath())); err != nil {
		t.Fatal(err)
	}
	_, err = Restore(t.Context(), file, "", other.dir, h.keyed(), nil, nil)
	wantErr(t, err, ErrForeign)
	if _, err := os.Lstat(other.dbPath()); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a database was put beside another practice's keys")
	}
}

// TestWhatIsNewerStays: a folder that lost its database alone keeps its slots and its ring.
func TestWhatIsNewerStays(t *testing.T) {
	h, _, _ := fullHouse(t)
	_, file := backupFolder(t)
	h.backUp(file)
	want := h.lasting()
	recovery := seal.NewRecovery()
	must(h.store.slots.Add(t.Context(), h.store.master, recovery.Secret(), h.clock.Now()))(t)
	must(h.store.ring.Roll(h.clock.Now(), time.Hour))(t)
	if err := errors.Join(h.store.Close(), os.Remove(h.dbPath())); err != nil {
		t.Fatal(err)
	}
	kept := map[string][]byte{}
	for _, name := range []string{slotsFile, ringFile} {
		kept[name] = must(os.ReadFile(filepath.Join(h.dir, name)))(t)
	}
	r := must(Restore(t.Context(), file, "", h.dir, h.config(), nil, nil))(t)
	if r.Backup.Counter != 1 || r.Live.Texts != r.Texts {
		t.Errorf("%+v", r)
	}
	if !bytes.Equal(kept[slotsFile], must(os.ReadFile(filepath.Join(h.dir, slotsFile)))(t)) {
		t.Error("the newer slot file did not stay")
	}
	if !bytes.Equal(kept[ringFile], must(os.ReadFile(filepath.Join(h.dir, ringFile)))(t)) {
		t.Error("the newer ring did not stay")
	}
	h.open()
	if !slices.Equal(want, h.lasting()) {
		t.Error("not everything is there")
	}
}

// killedIn is set in the child of TestAKillLeavesNothing: what it is to be killed in.
const killedIn = "ALCOVE_TEST_KILLED_IN"

// TestAKillLeavesNothing kills a backup and a restore before the file has its name, and then does them again.
func TestAKillLeavesNothing(t *testing.T) {
	if act := os.Getenv(killedIn); act != "" {
		dieIn(t, act, os.Getenv("ALCOVE_TEST_DIR"), os.Getenv("ALCOVE_TEST_FILE"), os.Getenv("ALCOVE_TEST_TO"))
		return
	}
	h, _, _ := fullHouse(t)
	want := h.lasting()
	folder, file := backupFolder(t)
	to := filepath.Join(t.TempDir(), "restored")
	die := func(act string) {
		child := exec.Command(os.Args[0], "-test.run=^TestAKillLeavesNothing$")
		child.Env = append(os.Environ(), killedIn+"="+act, "ALCOVE_TEST_DIR="+h.dir, "ALCOVE_TEST_FILE="+file, "ALCOVE_TEST_TO="+to)
		var exit *exec.ExitError
		if out, err := child.CombinedOutput(); !errors.As(err, &exit) || exit.Exited() {
			t.Fatalf("%s was not killed: %v\n%s", act, err, out)
		}
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	die("backup")
	if got := names(t, folder); !slices.Equal(got, []string{"a.backup.partial"}) {
		t.Errorf("a killed backup left %v", got)
	}
	h.open()
	h.backUp(file)
	if got := names(t, folder); !slices.Equal(got, []string{"a.backup", ringFile}) {
		t.Errorf("after the next one: %v", got)
	}
	die("restore")
	for _, name := range names(t, to) {
		if name == dbFile {
			t.Error("a killed restore left a database")
		}
	}
	_, err := Open(t.Context(), to, h.keyed())
	wantErr(t, err, ErrGone)
	must(Restore(t.Context(), file, "", to, h.keyed(), nil, nil))(t)
	r := &house{t: t, dir: to, clock: h.clock}
	r.store = must(Open(t.Context(), to, h.keyed()))(t)
	defer func() { _ = r.store.Close() }()
	if !slices.Equal(want, r.lasting()) {
		t.Error("not everything is there")
	}
	for _, name := range names(t, to) {
		if strings.Contains(name, "restore") || strings.Contains(name, "new") {
			t.Errorf("%s was left", name)
		}
	}
}

// dieIn does something and is killed in it.
func dieIn(t *testing.T, act, dir, file, to string) {
	t.Helper()
	ctx := context.Background()
	killed := func() error {
		if err := must(os.FindProcess(os.Getpid()))(t).Kill(); err != nil {
			return err
		}
		select {}
	}
	cfg := Config{KeyFile: filepath.Join(dir, keyFile)}
	if act == "restore" {
		must(Restore(ctx, file, "", to, cfg, func(map[string][]byte) error { return killed() }, nil))(t)
		return
	}
	cfg.Extras = func() (map[string][]byte, error) { return nil, killed() }
	s := must(Open(ctx, dir, cfg))(t)
	must(s.Operator().Backup(ctx, file, nil))(t)
}

// TestAStoppedVerifyLeavesNothing, however far it was.
func TestAStoppedVerifyLeavesNothing(t *testing.T) {
	h, _, _ := fullHouse(t)
	folder, file := backupFolder(t)
	h.backUp(file)
	for _, doing := range []string{DoingCopy, DoingCheck} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := VerifyBackup(ctx, file, "", h.keyed(), func(p Progress) {
			if p.Doing == doing {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) && !strings.Contains(err.Error(), "interrupt") {
			t.Errorf("stopped while %s: %v", doing, err)
		}
		if got := names(t, folder); len(got) != 2 {
			t.Errorf("stopped while %s, it left %v", doing, got)
		}
	}
}

// TestARestoredPracticeLeavesTheRingCopiesAlone restores a backup into another folder, where its ring goes another way. The
// first practice's copy stays the first one's.
func TestARestoredPracticeLeavesTheRingCopiesAlone(t *testing.T) {
	h, _, _ := fullHouse(t)
	folder, file := backupFolder(t)
	h.backUp(file)
	to := filepath.Join(t.TempDir(), "restored")
	must(Restore(t.Context(), file, "", to, h.keyed(), nil, nil))(t)
	r := &house{t: t, dir: to, clock: h.clock}
	r.store = must(Open(t.Context(), to, h.keyed()))(t)
	defer func() { _ = r.store.Close() }()
	for range 3 {
		if err := r.store.turnEpoch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if copies := must(r.store.Operator().RingCopies(t.Context()))(t); len(copies) != 0 {
		t.Errorf("the restored practice keeps %+v", copies)
	}
	if err := h.store.turnEpoch(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := must(os.ReadFile(filepath.Join(h.dir, ringFile)))(t)
	if got := must(os.ReadFile(filepath.Join(folder, ringFile)))(t); !bytes.Equal(got, want) {
		t.Error("the copy is not the first practice's ring")
	}
	h.backUp(filepath.Join(folder, "again.backup"))
}
