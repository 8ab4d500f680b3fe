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

	"alcove/store/seal"
)

// closedFolder is a folder that nobody else can write to, whatever the umask of the tests is.
func closedFolder(t *testing.T) string {
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
		do   func(dir, unfinished string, master *seal.Master) (*seal.Master, error)
	}{
		{"the lock", func(dir, _ string, m *seal.Master) (*seal.Master, error) {
			return m, touch(filepath.Join(dir, "alcove.lock"))
		}},
		{"half the key", func(dir, _ string, m *seal.Master) (*seal.Master, error) {
			return m, touch(filepath.Join(dir, keyFile))
		}},
		{"the key", func(dir, _ string, _ *seal.Master) (*seal.Master, error) {
			if err := os.Remove(filepath.Join(dir, keyFile)); err != nil {
				return nil, err
			}
			return seal.CreateKeyFile(filepath.Join(dir, keyFile))
		}},
		{"an empty database", func(_, unfinished string, m *seal.Master) (*seal.Master, error) { return m, touch(unfinished) }},
		{"tables", func(_, unfinished string, m *seal.Master) (*seal.Master, error) {
			db, err := openDB(unfinished, writing)
			if err != nil {
				return nil, err
			}
			t.Cleanup(func() { _ = db.Close() }) // its WAL stays till then
			return m, migrate(context.Background(), db)
		}},
		{"all but the name", func(_, unfinished string, m *seal.Master) (*seal.Master, error) {
			removeDB(unfinished)
			return m, buildDB(ctx, unfinished, m, time.Now())
		}},
	}
	for last := range steps {
		t.Run("with "+steps[last].name, func(t *testing.T) {
			h := &house{t: t, dir: closedFolder(t), clock: &clock{}}
			var master *seal.Master
			for _, step := range steps[:last+1] {
				var err error
				if master, err = step.do(h.dir, h.dbPath()+newSuffix, master); err != nil {
					t.Fatal(step.name, err)
				}
			}
			key, _ := os.ReadFile(filepath.Join(h.dir, keyFile))
			_, err := Open(ctx, h.dir, h.config())
			wantErr(t, err, ErrNoPractice)
			var said strings.Builder
			cfg := h.config()
			cfg.Log = slog.New(slog.NewTextHandler(&said, nil))
			if err := Init(ctx, h.dir, cfg); err != nil {
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
	wantErr(t, Init(ctx, h.dir, h.config()), context.Canceled)
	wantMissing(t, filepath.Join(h.dir, keyFile))
	if _, err := seal.CreateKeyFile(filepath.Join(h.dir, keyFile)); err != nil {
		t.Fatal(err)
	}
	wantErr(t, Init(ctx, h.dir, h.config()), context.Canceled)
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
	files := append(withCompanions(h.dbPath())[:3], filepath.Join(h.dir, "alcove.lock"))
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
	for _, name := range []string{dbFile, keyFile, "alcove.lock"} {
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
