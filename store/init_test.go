package store

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"alcove/store/cryptvfs"
	"alcove/store/seal"
)

// closedFolder is a folder that nobody else can write to, whatever the umask of the tests is.
func closedFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestAFirstStartThatWasCutOff stops after each step of Init, once more than the time before. What is left is no practice,
// and Init makes one of it with the key that is there.
func TestAFirstStartThatWasCutOff(t *testing.T) {
	ctx := t.Context()
	steps := []struct {
		name string
		do   func(h *house, cfg Config) error
	}{
		{"the lock", func(h *house, _ Config) error { return touch(filepath.Join(h.dir, "alcove.lock")) }},
		{"half the key", func(_ *house, cfg Config) error { return touch(cfg.KeyFile) }},
		{"the key", func(_ *house, cfg Config) error { return second(ensureKeyFile(cfg)) }},
		{"the slots", func(h *house, cfg Config) error {
			if _, _, err := createVault(ctx, h.dir, cfg); err != nil {
				return err
			}
			return os.Remove(filepath.Join(h.dir, ringFile))
		}},
		{"the ring", func(h *house, cfg Config) error {
			v := must(adoptVault(ctx, h.dir, cfg, must(seal.OpenSlots(filepath.Join(h.dir, slotsFile)))(t).Instance(), cfg.Now()))(t)
			v.wipe()
			return nil
		}},
		{"an empty database", func(h *house, _ Config) error { return touch(h.dbPath() + newSuffix) }},
		{"tables", func(h *house, cfg Config) error {
			v := must(openVault(ctx, h.dir, cfg))(t)
			removeDB(h.dbPath() + newSuffix)
			key := must(v.fileKey())(t)
			if err := cryptvfs.Create(h.dbPath()+newSuffix, key); err != nil {
				return err
			}
			vfs := must(register(key, cfg.Log))(t)
			db := must(openDB(vfs, h.dbPath()+newSuffix, writing))(t)
			t.Cleanup(func() { _ = db.Close() }) // its WAL stays till then
			return migrate(ctx, db, migration{log: h.config().Log})
		}},
		{"all but the name", func(h *house, cfg Config) error {
			removeDB(h.dbPath() + newSuffix)
			return buildDB(ctx, must(openVault(ctx, h.dir, cfg))(t), h.dbPath()+newSuffix, time.Now(), cfg.Log)
		}},
	}
	for last := range steps {
		t.Run("with "+steps[last].name, func(t *testing.T) {
			h := &house{t: t, dir: closedFolder(t), clock: &clock{}}
			for _, step := range steps[:last+1] {
				if err := step.do(h, h.config().withDefaults(h.dir)); err != nil {
					t.Fatal(step.name, err)
				}
			}
			key, _ := os.ReadFile(filepath.Join(h.dir, keyFile))
			_, err := Open(ctx, h.dir, h.config())
			wantErr(t, err, ErrNoPractice)
			var said strings.Builder
			cfg := h.config()
			cfg.Log = slog.New(slog.NewTextHandler(&said, nil))
			if _, err := Init(ctx, h.dir, cfg); err != nil {
				t.Fatal("init:", err)
			}
			if now := must(os.ReadFile(filepath.Join(h.dir, keyFile)))(t); last >= 2 && string(now) != string(key) {
				t.Error("the key was replaced")
			}
			if told := strings.Contains(said.String(), "key file that is there"); told != (last >= 2) {
				t.Errorf("said %q", said.String())
			}
			for _, file := range withCompanions(h.dbPath() + newSuffix) {
				wantMissing(t, file)
			}
			h.open()
			h.coach("jonas")
			if err := h.store.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestAFailedInitKeepsAKeyItDidNotMake(t *testing.T) {
	h := &house{t: t, dir: closedFolder(t), clock: &clock{}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Init(ctx, h.dir, h.config())
	wantErr(t, err, context.Canceled)
	for _, name := range []string{keyFile, slotsFile, ringFile, dbFile, dbFile + newSuffix} {
		wantMissing(t, filepath.Join(h.dir, name))
	}
	if _, err := seal.CreateKeyFile(filepath.Join(h.dir, keyFile)); err != nil {
		t.Fatal(err)
	}
	_, err = Init(ctx, h.dir, h.config())
	wantErr(t, err, context.Canceled)
	must(os.ReadFile(filepath.Join(h.dir, keyFile)))(t)
	wantMissing(t, h.dbPath())
}

func TestAFolderThatOthersCanWriteToIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // no such bits there
	}
	h := newHouse(t)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o770, 0o702} {
		if err := os.Chmod(h.dir, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), h.dir, h.config())
		wantErr(t, err, errExposed)
		if err == nil || !strings.Contains(err.Error(), "chmod 700 '"+h.dir+"'") {
			t.Errorf("got %v", err)
		}
	}
}

func TestFilesThatOthersCanReadAreClosed(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // no such bits there
	}
	h := newHouse(t)
	h.coach("jonas")
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	files := append(withCompanions(h.dbPath())[:2], filepath.Join(h.dir, "alcove.lock"), filepath.Join(h.dir, slotsFile))
	for _, file := range files {
		if err := touch(file); err != nil { // as a kill leaves them
			t.Fatal(err)
		}
		if err := os.Chmod(file, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	h.open()
	for _, file := range files {
		if mode := must(os.Lstat(file))(t).Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has the mode %o", filepath.Base(file), mode)
		}
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestLinksAreNotFollowed(t *testing.T) {
	for _, name := range []string{dbFile, keyFile, slotsFile, ringFile, "alcove.lock"} {
		h := newHouse(t)
		if err := h.store.Close(); err != nil {
			t.Fatal(err)
		}
		path, elsewhere := filepath.Join(h.dir, name), filepath.Join(t.TempDir(), "elsewhere")
		if err := os.Rename(path, elsewhere); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(elsewhere, path); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), h.dir, h.config())
		wantErr(t, err, errNoFile)
	}
}

// TestInitSparesKeysThatABackupMayNeed puts the slot file and the ring of a practice, or the ring alone, into a folder
// without a database.
func TestInitSparesKeysThatABackupMayNeed(t *testing.T) {
	for want, gone := range map[error][]string{ErrGone: {dbFile}, ErrKeysGone: {dbFile, slotsFile}} {
		h := newHouse(t)
		if err := h.store.Close(); err != nil {
			t.Fatal(err)
		}
		for _, name := range gone {
			if err := os.Remove(filepath.Join(h.dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		before := h.files()
		_, err := Init(t.Context(), h.dir, h.config())
		wantErr(t, err, want)
		if after := h.files(); after != before {
			t.Errorf("the folder was changed:\n%s\n%s", before, after)
		}
	}
}
