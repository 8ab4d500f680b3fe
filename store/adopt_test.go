package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alcove/store/cryptvfs"
)

// plainHouse is a practice as version 1 left it: an ordinary SQLite file and a key file.
func plainHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, dir: closedFolder(t), clock: &clock{now: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}}
	h.fromGolden(1)
	return h
}

// opens opens the practice, looks at what is in it, and closes it.
func (h *house) opens() {
	h.t.Helper()
	cfg := h.config()
	cfg.Demo = true
	h.store = must(Open(h.t.Context(), h.dir, cfg))(h.t)
	checkSample(h.t, h, 1)
	if err := h.store.Close(); err != nil {
		h.t.Fatal(err)
	}
}

// TestAnOldPracticeIsEncryptedAtItsFirstStart looks that nothing of the plain file is left, and that it stays so.
func TestAnOldPracticeIsEncryptedAtItsFirstStart(t *testing.T) {
	h := plainHouse(t)
	h.opens()
	for _, file := range must(os.ReadDir(h.dir))(t) {
		content := must(os.ReadFile(filepath.Join(h.dir, file.Name())))(t)
		if bytes.Contains(content, []byte("SQLite")) || bytes.Contains(content, []byte("jonas")) {
			t.Errorf("%s is not encrypted", file.Name())
		}
		switch file.Name() {
		case dbFile, slotsFile, ringFile, keyFile, "alcove.lock":
		default:
			t.Errorf("%s is left", file.Name())
		}
	}
}

// TestAnAdoptionThatWasCutOff puts the folder into each state that a kill between two steps leaves, and opens it.
func TestAnAdoptionThatWasCutOff(t *testing.T) {
	encrypted := func(h *house, path string) error {
		cfg := h.config().withDefaults(h.dir)
		db := must(openPlain(h.dbPath()))(h.t)
		master := must(openKeyFile(cfg.KeyFile))(h.t)
		keys, instance, err := openKeys(h.ctx(), db, master)
		if err != nil {
			return errors.Join(err, db.Close())
		}
		v := must(adoptVault(h.ctx(), h.dir, cfg, instance, cfg.Now()))(h.t)
		return errors.Join(v.encryptInto(h.ctx(), db, path, migration{keys: keys, ring: v.ring, log: cfg.Log}), db.Close())
	}
	states := map[string]func(h *house) error{
		"half a copy": func(h *house) error {
			h.file("."+dbFile+newSuffix+".123.partial", []byte("half"))
			h.file(dbFile+newSuffix, []byte("half"))
			return nil
		},
		"the copy": func(h *house) error { return encrypted(h, h.dbPath()+newSuffix) },
		"a copy with a WAL": func(h *house) error {
			h.file(dbFile+newSuffix+"-wal", []byte("half"))
			return encrypted(h, h.dbPath()+newSuffix)
		},
		"the second name": func(h *house) error {
			return errors.Join(encrypted(h, h.dbPath()+newSuffix), os.Link(h.dbPath(), h.dbPath()+plainSuffix))
		},
		"the swap": func(h *house) error {
			return errors.Join(encrypted(h, h.dbPath()+newSuffix), os.Link(h.dbPath(), h.dbPath()+plainSuffix), os.Rename(h.dbPath()+newSuffix, h.dbPath()))
		},
		"half the destruction": func(h *house) error {
			err := errors.Join(encrypted(h, h.dbPath()+newSuffix), os.Rename(h.dbPath()+newSuffix, h.dbPath()))
			h.file(dbFile+plainSuffix, make([]byte, 5000))
			return err
		},
	}
	for name, state := range states {
		t.Run("after "+name, func(t *testing.T) {
			h := plainHouse(t)
			if err := state(h); err != nil {
				t.Fatal(err)
			}
			h.opens()
			h.opens2()
			wantMissing(t, h.dbPath()+plainSuffix)
			wantMissing(t, h.dbPath()+newSuffix)
			wantMissing(t, filepath.Join(h.dir, "."+dbFile+newSuffix+".123.partial"))
		})
	}
}

// opens2 opens a practice that is encrypted already.
func (h *house) opens2() {
	h.t.Helper()
	var said strings.Builder
	cfg := h.config()
	cfg.Log = slog.New(slog.NewTextHandler(&said, nil))
	if err := must(Open(h.t.Context(), h.dir, cfg))(h.t).Close(); err != nil {
		h.t.Fatal(err)
	}
	if strings.Contains(said.String(), "encrypting") {
		h.t.Error("it was encrypted twice")
	}
}

// adoptUntilKilled is set in the child of TestAnAdoptionIsKilled.
const adoptUntilKilled = "ALCOVE_TEST_ADOPT_UNTIL_KILLED"

// TestAnAdoptionIsKilled kills the first start of an old practice at moments spread over the time it takes: what is left
// opens, and has every word.
func TestAnAdoptionIsKilled(t *testing.T) {
	if dir := os.Getenv(adoptUntilKilled); dir != "" {
		if s, err := Open(context.Background(), dir, Config{}); err == nil {
			_ = s.Close()
		}
		return
	}
	adopt := func(h *house, after time.Duration) {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAnAdoptionIsKilled$")
		child.Env = append(os.Environ(), adoptUntilKilled+"="+h.dir)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(after, func() { _ = child.Process.Kill() })
		defer kill.Stop()
		_ = child.Wait()
	}
	began := time.Now()
	adopt(plainHouse(t), time.Minute)
	whole := time.Since(began)
	const kills = 12
	for i := range kills {
		h := plainHouse(t)
		adopt(h, whole*time.Duration(i+1)/kills)
		h.opens()
	}
}

// TestADatabaseThatIsNotOurs puts other files in the place of the database. Each is refused with what it is, and nothing is
// made or changed.
func TestADatabaseThatIsNotOurs(t *testing.T) {
	closed := func(t testing.TB) *house {
		h := newHouse(t)
		jonas := h.coach("jonas")
		h.write(jonas, h.thread(jonas, "A thread"), "A text")
		if err := h.store.Close(); err != nil {
			t.Fatal(err)
		}
		return h
	}
	put := func(content []byte) func(*house) { return func(h *house) { h.file(dbFile, content) } }
	edit := func(do func([]byte) []byte) func(*house) {
		return func(h *house) { h.file(dbFile, do(must(os.ReadFile(h.dbPath()))(h.t))) }
	}
	flip := func(at int) func(*house) {
		return edit(func(b []byte) []byte { b[(at+len(b))%len(b)] ^= 1; return b })
	}
	tests := map[string]struct {
		do   func(*house)
		want error
	}{
		"no bytes":           {put(nil), ErrDamaged},
		"another text":       {put(bytes.Repeat([]byte("text "), 4096)), ErrForeign},
		"cut by a page":      {edit(func(b []byte) []byte { return b[:len(b)-4096] }), ErrDamaged},
		"cut within a page":  {edit(func(b []byte) []byte { return b[:len(b)-7] }), ErrDamaged},
		"a flip in page 1":   {flip(200), ErrDamaged},
		"a flip in the salt": {flip(3), ErrForeign},
		"another's": {func(h *house) {
			h.file(dbFile, must(os.ReadFile(closed(h.t).dbPath()))(h.t))
		}, ErrForeign},
		"a plain one of before": {func(h *house) {
			h.file(dbFile, must(os.ReadFile(plainHouse(h.t).dbPath()))(h.t))
		}, ErrForeign},
		"gone":         {func(h *house) { _ = os.Remove(h.dbPath()) }, ErrGone},
		"no slots":     {func(h *house) { _ = os.Remove(filepath.Join(h.dir, slotsFile)) }, ErrKeysGone},
		"no ring":      {func(h *house) { _ = os.Remove(filepath.Join(h.dir, ringFile)) }, ErrKeysGone},
		"half a ring":  {func(h *house) { h.file(ringFile, must(os.ReadFile(filepath.Join(h.dir, ringFile)))(h.t)[:100]) }, ErrDamaged},
		"other's keys": {func(h *house) { h.file(keyFile, must(os.ReadFile(filepath.Join(closed(h.t).dir, keyFile)))(h.t)) }, ErrWrongKey},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := closed(t)
			test.do(h)
			before := h.files()
			_, err := Open(t.Context(), h.dir, h.config())
			wantErr(t, err, test.want)
			if err != nil && !strings.Contains(err.Error(), h.dir) && !errors.Is(err, ErrWrongKey) {
				t.Errorf("the error does not name the file: %v", err)
			}
			if after := h.files(); after != before {
				t.Errorf("the folder was changed:\n%s\n%s", before, after)
			}
		})
	}
}

// files is what the folder holds, in a form that can be compared.
func (h *house) files() string {
	h.t.Helper()
	var all strings.Builder
	for _, file := range must(os.ReadDir(h.dir))(h.t) {
		fmt.Fprintf(&all, "%s %x\n", file.Name(), must(os.ReadFile(filepath.Join(h.dir, file.Name())))(h.t))
	}
	return all.String()
}

// TestADamagedPageHidesNothingElse changes a page in the middle, which a start does not read: the practice opens, and the
// reader of that page is told so, and no other.
func TestADamagedPageHidesNothingElse(t *testing.T) {
	h, jonas, _, first := pair(t)
	second := h.thread(jonas, "Another thread")
	for range 20 {
		h.write(jonas, first, strings.Repeat("first ", 600))
	}
	for range 20 {
		h.write(jonas, second, strings.Repeat("second ", 600))
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	pages := int(must(os.Stat(h.dbPath()))(t).Size() / 4096)
	hurt := 0
	for page := pages / 2; page < pages && hurt < 5; page += 3 {
		content := must(os.ReadFile(h.dbPath()))(t)
		whole := bytes.Clone(content)
		content[page*4096+100] ^= 1
		h.file(dbFile, content)
		h.open()
		jonas = h.another(jonas)
		_, err1 := jonas.Entries(t.Context(), first, Span{})
		_, err2 := jonas.Entries(t.Context(), second, Span{})
		if err1 != nil && err2 != nil {
			t.Errorf("page %d: both threads are lost: %v, %v", page+1, err1, err2)
		}
		for _, err := range []error{err1, err2} {
			if err != nil {
				hurt++
				wantErr(t, err, ErrDamaged)
				var damage *cryptvfs.DamageError
				if !errors.As(err, &damage) || damage.Number != uint32(page+1) {
					t.Errorf("page %d: the error names another: %v", page+1, err)
				}
			}
		}
		if err := h.store.Close(); err != nil {
			t.Fatal(err)
		}
		h.file(dbFile, whole)
	}
	if hurt == 0 {
		t.Error("no page that was changed was read")
	}
}
