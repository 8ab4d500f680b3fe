package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerifyOpensEveryText damages one text of each kind that is sealed.
func TestVerifyOpensEveryText(t *testing.T) {
	columns := []string{"person.name", "credential.comment", "second_factor.secret", "thread.title", "entry.body", "segment.body", "revision.body", "draft.body"}
	sealed := 0
	for _, step := range must(fs.Glob(migrations, "migrations/*.sql"))(t) {
		sealed += strings.Count(string(must(fs.ReadFile(migrations, step))(t)), "-- sealed")
	}
	if sealed != len(columns) || len(sealedColumns()) != len(columns) {
		t.Errorf("%d columns are sealed in the tables, verify opens %d, this test damages %d", sealed, len(sealedColumns()), len(columns))
	}
	for _, name := range columns {
		t.Run(name, func(t *testing.T) {
			h, jonas, thread := fullHouse(t)
			if name == "segment.body" {
				h.pack(thread, fewestPacked, jonas)
			}
			good := must(h.store.Operator().Verify(t.Context(), nil))(t)
			table, column, _ := strings.Cut(name, ".")
			h.sql(fmt.Sprintf(`UPDATE %s SET %s = substr(%s, 1, length(%s) - 1) WHERE rowid = (SELECT min(rowid) FROM %s WHERE %s IS NOT NULL)`,
				table, column, column, column, table, column))
			_, err := h.store.Operator().Verify(t.Context(), nil)
			if table == "revision" {
				table = "entry" // where it was sealed
			}
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "1 sealed texts") || !strings.Contains(err.Error(), table+"."+column) {
				t.Errorf("after %d good ones: %v", good.Texts, err)
			}
			_, file := backupFolder(t)
			h.backUp(file)
			if _, err := VerifyBackup(t.Context(), file, "", h.keyed(), nil); !errors.Is(err, ErrDamaged) {
				t.Error("its backup:", err)
			}
		})
	}
}

// TestVerifyChecksTheAuditLog of the practice and of a backup.
func TestVerifyChecksTheAuditLog(t *testing.T) {
	h, _, _ := fullHouse(t)
	h.sql(`DROP TRIGGER audit_stays`)
	h.sql(`UPDATE audit SET at = at + 1 WHERE seq = 3`)
	_, file := backupFolder(t)
	h.backUp(file)
	for name, verify := range map[string]func() (Verified, error){
		"live":   func() (Verified, error) { return h.store.Operator().Verify(t.Context(), nil) },
		"backup": func() (Verified, error) { return VerifyBackup(t.Context(), file, "", h.keyed(), nil) },
	} {
		if _, err := verify(); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "record 3") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnErasureAndABackup: what was erased after a backup counts as erased in it, also when the epoch is gone, and a restore
// brings all else back.
func TestAnErasureAndABackup(t *testing.T) {
	v := newVillage(t)
	_, file := backupFolder(t)
	info := v.backUp(file)
	before := must(VerifyBackup(t.Context(), file, "", v.keyed(), nil))(t)
	must(v.store.Operator().ErasePerson(t.Context(), "anna"))(t)
	must(v.store.Operator().Verify(t.Context(), nil))(t)
	ring := filepath.Join(v.dir, ringFile)
	for _, when := range []string{"at once", "past the horizon"} {
		after := must(VerifyBackup(t.Context(), file, ring, v.keyed(), nil))(t)
		if after.Erased == 0 || after.Texts+after.Erased != before.Texts || after.Rows["entry"] != info.Rows["entry"] {
			t.Errorf("%s: %d texts open and %d were erased, of %d", when, after.Texts, after.Erased, before.Texts)
		}
		dir := filepath.Join(t.TempDir(), "restored")
		r := must(Restore(t.Context(), file, ring, dir, v.keyed(), nil, nil))(t)
		if r.Erased != after.Erased || r.Live.Erased != 0 || r.Live.Texts != after.Texts {
			t.Errorf("%s: restored %+v", when, r)
		}
		for range 3 {
			v.month()
		}
	}
}

// TestTheManifestIsCompared with what there is: a backup whose manifest says something else, as only who has the keys could
// make one.
func TestTheManifestIsCompared(t *testing.T) {
	h, _, _ := fullHouse(t)
	folder, file := backupFolder(t)
	h.backUp(file)
	for name, change := range map[string]func(*manifest){
		"nothing":      func(*manifest) {},
		"rows":         func(m *manifest) { m.Rows["entry"]++ },
		"a table less": func(m *manifest) { m.Rows["letters"] = 3 },
		"pages":        func(m *manifest) { m.Pages-- },
		"the log":      func(m *manifest) { m.Audit.Seq-- },
		"the log's mac": func(m *manifest) {
			m.Audit.MAC[0] ^= 1
		},
		"a newer ring": func(m *manifest) { m.Generation++ },
		"another key":  func(m *manifest) { m.Key[0] ^= 1 },
		"no key":       func(m *manifest) { m.Key = nil },
		"the length":   func(m *manifest) { m.Bytes -= 4096 },
	} {
		t.Run(name, func(t *testing.T) {
			b := must(openBackup(file))(t)
			defer b.close()
			m := must(b.unseal(h.store.master))(t)
			forged := filepath.Join(folder, strings.ReplaceAll(name, " ", "-")+".backup")
			if err := b.extract(t.Context(), forged, func(int64) {}); err != nil {
				t.Fatal(err)
			}
			change(m)
			if err := closeBackup(forged, m, b.content, h.store.master); err != nil {
				t.Fatal(err)
			}
			_, err := VerifyBackup(t.Context(), forged, "", h.keyed(), nil)
			if refused := errors.Is(err, ErrDamaged) || errors.Is(err, ErrOldRing); refused == (name == "nothing") {
				t.Error(err)
			}
		})
	}
}
