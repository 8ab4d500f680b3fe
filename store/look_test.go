package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// held is all that a folder holds: contents, modes and times.
func held(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info := must(d.Info())(t)
		all[path] = info.Mode().String()
		if d.Type().IsRegular() {
			all[path] += " " + info.ModTime().String() + " " + string(must(os.ReadFile(path))(t))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// look looks at a practice, and fails if that changed anything.
func (h *house) look(t *testing.T) (Condition, error) {
	t.Helper()
	before := held(t, h.dir)
	c, err := Look(t.Context(), h.dir, h.config())
	if diff := gocmp.Diff(before, held(t, h.dir)); diff != "" {
		t.Errorf("looking changed something (-before +after): %.2000s", diff)
	}
	return c, err
}

func TestLook(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.clock.pass(time.Hour)
	if err := h.coach("jonas").AskErasure(t.Context()); err != nil {
		t.Fatal(err)
	}
	open := must(h.store.Operator().Condition(t.Context()))(t)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := h.look(t)
	if err != nil || c.Newest.Before(open.Newest) || h.clock.Now().Sub(c.Newest) > time.Minute || len(c.Asked) != 1 || c.Plain || c.ReadOnly || c.Unclean {
		t.Errorf("%+v, %v; open it was %+v", c, err, open)
	}
	whole := must(os.ReadFile(h.dbPath()))(t)
	h.file(dbFile+"-wal", []byte("what a kill left"))
	if c, err := h.look(t); err != nil || !c.Unclean {
		t.Errorf("after a kill: %+v, %v", c, err)
	}
	if err := os.Remove(h.dbPath() + "-wal"); err != nil {
		t.Fatal(err)
	}
	h.file(dbFile, whole[:8192])
	_, err = h.look(t)
	wantErr(t, err, ErrDamaged)
	h.file(dbFile, whole)
	v := must(openVault(t.Context(), h.dir, h.config().withDefaults(h.dir)))(t)
	must(v.slots.BeginRotation(v.master))(t).Wipe()
	v.wipe()
	if c, err := h.look(t); err != nil || !c.Unclean {
		t.Errorf("in a rotation: %+v, %v", c, err)
	}
}

// TestAnEncryptionThatWasCutOff is not taken for another practice's file, which somebody might put away.
func TestAnEncryptionThatWasCutOff(t *testing.T) {
	h := plainHouse(t)
	if c := must(h.look(t))(t); !c.Plain {
		t.Errorf("before it: %+v", c)
	}
	cfg := h.config().withDefaults(h.dir)
	db := must(openPlain(h.dbPath()))(t)
	master := must(openKeyFile(cfg.KeyFile))(t)
	_, instance, err := openKeys(t.Context(), db, master)
	if err != nil {
		t.Fatal(err)
	}
	must(adoptVault(t.Context(), h.dir, cfg, instance, cfg.Now()))(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if c := must(h.look(t))(t); !c.Plain {
		t.Errorf("after it: %+v", c)
	}
}

// TestAKeyRingThatIsBehind is told: as long as it is, backups open what was erased.
func TestAKeyRingThatIsBehind(t *testing.T) {
	v := newVillage(t)
	op := v.store.Operator()
	untended := func(want bool) {
		t.Helper()
		if c := must(op.Condition(t.Context()))(t); c.Untended != want {
			t.Errorf("untended is %v", c.Untended)
		}
	}
	err := v.store.write(t.Context(), "erase", func(x *tx) error { // and no further
		_, err := x.eraseThread(t.Context(), v.three, AuditThreadErased)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	untended(true)
	if err := v.store.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	untended(false)
	v.clock.pass(horizon + time.Hour)
	untended(false) // there is an hour left
	v.clock.pass(2 * time.Hour)
	untended(true)
	if err := v.store.Close(); err != nil {
		t.Fatal(err)
	}
	if c := must(v.look(t))(t); !c.Untended {
		t.Errorf("closed: %+v", c)
	}
	v.open()
	op = v.store.Operator()
	untended(false)
}
