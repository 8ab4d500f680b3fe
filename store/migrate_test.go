package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"alcove/store/cryptvfs"
)

var update = flag.Bool("update", false, "write testdata/vN.sql and its key for the newest version anew")

// dump writes a database as the statements that make it again.
func dump(ctx context.Context, db *sql.DB) (lines []string, err error) {
	column := func(query string) (values []string, err error) {
		rows, err := db.QueryContext(ctx, query)
		if err != nil {
			return nil, err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var value string
			if err := rows.Scan(&value); err != nil {
				return nil, err
			}
			values = append(values, value)
		}
		return values, rows.Err()
	}
	schema, err := column(`SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	version, err := column(`PRAGMA user_version`)
	if err != nil {
		return nil, err
	}
	lines = append(append(lines, schema...), "PRAGMA user_version = "+version[0])
	tables, err := column(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		names, err := column(fmt.Sprintf(`SELECT name FROM pragma_table_info('%s')`, table))
		if err != nil {
			return nil, err
		}
		values := "quote(" + strings.Join(names, ") || ', ' || quote(") + ")"
		rows, err := column(fmt.Sprintf(`SELECT 'INSERT INTO %s VALUES (' || %s || ')' FROM %s ORDER BY 1`, table, values, table))
		if err != nil {
			return nil, err
		}
		lines = append(lines, rows...)
	}
	return lines, nil
}

// sample fills a practice with one of everything. What older versions could not hold yet is missing from their dumps, so
// a new version adds its own checks to checkSample, by the version that the sample was made with.
func sample(h *house) {
	jonas := h.coach("jonas")
	anna := h.client("anna", "jonas")
	letter := h.thread(jonas, "The tax letter", "anna")
	first := h.write(jonas, letter, "How did it feel?")
	h.write(anna, letter, "Better than I thought.")
	must(jonas.Edit(h.ctx(), letter, first.Number, 1, "How did the two-minute start feel?", 0))(h.t)
	must(jonas.SaveDraft(h.ctx(), Draft{Thread: letter, Text: "That is a real step."}))(h.t)
	h.mark(anna, letter, first.Number)
	h.factor(anna)
	kira := h.coach("kira")
	h.pack(h.thread(kira, "Her own"), fewestPacked, kira)
}

func checkSample(t testing.TB, h *house, version int) {
	t.Helper()
	if version < 1 {
		t.Fatal("there is no version 0")
	}
	jonas := h.store.As(must(h.store.SignInDemo(t.Context(), "jonas"))(t))
	threads := must(jonas.Threads(t.Context()))(t)
	if len(threads) != 1 || threads[0].Title != "The tax letter" || threads[0].Unread != 1 || threads[0].Entries != 2 || len(threads[0].Members) != 2 {
		t.Fatalf("threads: %+v", threads)
	}
	var texts []string
	for _, entry := range must(jonas.Entries(t.Context(), threads[0].Number, Span{}))(t).Entries {
		texts = append(texts, entry.Author.Name+": "+entry.Text)
	}
	want := []string{"Name of jonas: How did the two-minute start feel?", "Name of anna: Better than I thought."}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error("entries (-want +got):", diff)
	}
	old := must(jonas.Revisions(t.Context(), threads[0].Number, 1))(t)
	if len(old) != 1 || old[0].Text != "How did it feel?" {
		t.Errorf("revisions: %+v", old)
	}
	if draft := must(jonas.Draft(t.Context(), threads[0].Number, 0))(t); draft.Text != "That is a real step." {
		t.Errorf("draft: %+v", draft)
	}
	people := must(h.store.Operator().Persons(t.Context()))(t)
	if anna := people[0]; anna.Handle != "anna" || anna.SecondFactor != (version >= 7) {
		t.Errorf("of version %d: %+v", version, anna)
	}
	if version >= 9 {
		kira := h.store.As(must(h.store.SignInDemo(t.Context(), "kira"))(t))
		own := must(kira.Threads(t.Context()))(t)[0].Number
		if page := must(kira.Entries(t.Context(), own, Span{}))(t).Entries; len(page) != fewestPacked || page[0].Text != "some words" {
			t.Errorf("what was packed: %+v", page)
		}
	}
	h.write(jonas, threads[0].Number, "Written by the newest version.")
	log := must(h.store.Operator().Audit(t.Context(), AuditQuery{}))(t)
	must(h.store.Operator().VerifyAudit(t.Context()))(t)
	made := slices.ContainsFunc(log, func(r AuditRecord) bool { return r.Kind == AuditThreadMade && r.Actor == "jonas" })
	if log[0].Kind != AuditBegun || made != (version >= 2) {
		t.Errorf("the audit log of version %d: %+v", version, log)
	}
}

// golden is a file of testdata: vN.sql, and what was beside the database: vN.key, from version 2 on vN.slots and vN.ring.
func golden(version int, kind string) string {
	return filepath.Join("testdata", fmt.Sprintf("v%d.%s", version, kind))
}

// besides are the files beside the database, by their kind.
func besides() map[string]string {
	return map[string]string{"key": keyFile, "slots": slotsFile, "ring": ringFile}
}

// fromGolden puts the practice of a version into the folder: a plain database before there were slots.
func (h *house) fromGolden(version int) {
	t := h.t
	t.Helper()
	script := string(must(os.ReadFile(golden(version, "sql")))(t))
	for kind, name := range besides() {
		if content, err := os.ReadFile(golden(version, kind)); err == nil {
			h.file(name, content)
		}
	}
	run := func(db *sql.DB) error {
		_, err := db.ExecContext(t.Context(), script)
		return err
	}
	if version == 1 {
		db := must(openPlain(h.dbPath()))(t)
		if err := errors.Join(run(db), db.Close()); err != nil {
			t.Fatal(err)
		}
		return
	}
	v := must(openVault(t.Context(), h.dir, h.config().withDefaults(h.dir)))(t)
	defer v.wipe()
	key := must(v.fileKey())(t)
	if err := errors.Join(cryptvfs.Create(h.dbPath(), key), withDB(h.dbPath(), key, h.config().Log, run)); err != nil {
		t.Fatal(err)
	}
}

// TestMigrateFromEveryVersion opens a database that each released version has made.
func TestMigrateFromEveryVersion(t *testing.T) {
	steps := must(readMigrations(migrations))(t)
	if *update {
		writeGolden(t, len(steps))
	}
	for version := 1; version <= len(steps); version++ {
		t.Run(fmt.Sprint("from ", version), func(t *testing.T) {
			h := &house{t: t, dir: closedFolder(t), clock: &clock{now: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}}
			h.fromGolden(version)
			cfg := h.config()
			cfg.Demo = true
			h.store = must(Open(t.Context(), h.dir, cfg))(t)
			defer func() { _ = h.store.Close() }()
			checkSample(t, h, version)
			got, fresh := h.dump(), newHouse(t).dump()
			if diff := cmp.Diff(schemaOf(fresh), schemaOf(got)); diff != "" {
				t.Error("the migrated schema is not the new one (-new +migrated):", diff)
			}
		})
	}
}

// TestAMigrationGoesRoundDamage has a text, and all keys of another thread, that do not open.
func TestAMigrationGoesRoundDamage(t *testing.T) {
	var log bytes.Buffer
	h := &house{t: t, dir: closedFolder(t), clock: &clock{now: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}}
	h.fromGolden(1)
	db := must(openPlain(h.dbPath()))(t)
	_, err := db.ExecContext(t.Context(), `
		UPDATE entry SET body = x'00' WHERE number = 2;
		INSERT INTO thread (number, data_key, title, created_at) VALUES (17, x'00', x'00', 0);
		INSERT INTO member (thread, person, joined_at) SELECT 17, id, 0 FROM person WHERE handle = 'jonas'`)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	cfg := h.config()
	cfg.Demo, cfg.Log = true, slog.New(slog.NewTextHandler(&log, nil))
	h.store = must(Open(t.Context(), h.dir, cfg))(t)
	defer func() { _ = h.store.Close() }()
	jonas := h.store.As(must(h.store.SignInDemo(t.Context(), "jonas"))(t))
	for _, thread := range must(jonas.Threads(t.Context()))(t) {
		if thread.Number == 17 {
			if !thread.Damaged {
				t.Errorf("the thread opens: %+v", thread)
			}
			continue
		}
		page := must(jonas.Entries(t.Context(), thread.Number, Span{}))(t)
		if page.Entries[0].Text != "How did the two-minute start feel?" || !page.Entries[1].Damaged {
			t.Errorf("entries: %+v", page.Entries)
		}
	}
	h.write(jonas, 17, "what is written now opens")
	if told := log.String(); strings.Count(told, "stays as it is") != 2 || !strings.Contains(told, "damaged=2") {
		t.Error("the operator is told:", told)
	}
}

// schemaOf is sorted, for VACUUM writes a schema in another order.
func schemaOf(dump []string) (schema []string) {
	for _, line := range dump {
		if !strings.HasPrefix(line, "INSERT") {
			schema = append(schema, line)
		}
	}
	slices.Sort(schema)
	return schema
}

func writeGolden(t *testing.T, version int) {
	t.Helper()
	h := newHouse(t)
	sample(h)
	if err := os.WriteFile(golden(version, "sql"), []byte(strings.Join(h.dump(), ";\n")+";\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for kind, name := range besides() {
		if err := os.WriteFile(golden(version, kind), must(os.ReadFile(filepath.Join(h.dir, name)))(t), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMigrateRefusesUnknownVersions(t *testing.T) {
	for _, version := range []string{"99", "-1"} {
		h := newHouse(t)
		h.sql(`PRAGMA user_version = ` + version)
		if err := h.store.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), h.dir, h.config())
		if err == nil || !strings.Contains(err.Error(), "version "+version) {
			t.Errorf("got %v", err)
		}
	}
}

func TestAFailedMigrationLeavesItsVersionAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db := must(openPlain(path))(t)
	defer func() { _ = db.Close() }()
	if err := migrateStep(t.Context(), db, 1, `CREATE TABLE a (b INTEGER); SELECT nonsense;`, migration{}); err == nil {
		t.Fatal("nonsense was migrated")
	}
	if left := must(dump(t.Context(), db))(t); len(left) != 1 || left[0] != "PRAGMA user_version = 0" {
		t.Errorf("left behind: %v", left)
	}
}

func TestMigrationsAreNumberedWithoutAGap(t *testing.T) {
	files := fstest.MapFS{"migrations/0001_a.sql": {}, "migrations/0003_b.sql": {}}
	if _, err := readMigrations(files); err == nil {
		t.Error("a gap was accepted")
	}
}
