package cryptvfs

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"modernc.org/sqlite"
)

func fillNotes(t testing.TB, db *sql.DB, n int) {
	t.Helper()
	mustExec(t, db, "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)", "CREATE INDEX by_body ON note (substr(body, 1, 40))")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO note (body) VALUES (?)", text(i, 200+i%3000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

const noteDigest = "SELECT count(*) || ' ' || total(length(body)) || ' ' || total(unicode(substr(body, id % 90, 1)) * id) FROM note"

// TestMaintenance runs what rewrites whole files.
func TestMaintenance(t *testing.T) {
	e := newEnv(t)
	db := e.open()
	fillNotes(t, db, 1500)
	want := queryOne[string](t, db, noteDigest)
	mustExec(t, db, "CREATE TABLE gone (b)", "INSERT INTO gone SELECT body FROM note", "DROP TABLE gone")
	check := func(when string) {
		t.Helper()
		mustBeSound(t, db)
		if got := queryOne[string](t, db, noteDigest); got != want {
			t.Fatalf("after %s: %s, want %s", when, got, want)
		}
		if got := queryOne[string](t, db, "PRAGMA journal_mode"); got != "wal" {
			t.Fatalf("after %s: journal mode %s", when, got)
		}
	}
	for _, s := range []string{
		"VACUUM", "REINDEX", "ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA optimize",
		"PRAGMA auto_vacuum = INCREMENTAL", "VACUUM", "DELETE FROM note WHERE id = 0", "PRAGMA incremental_vacuum",
		"PRAGMA journal_size_limit = 100000", "UPDATE note SET body = body", "PRAGMA wal_checkpoint(RESTART)", "UPDATE note SET body = body WHERE id < 10",
		"PRAGMA mmap_size = 100000000", "PRAGMA page_size = 8192", "VACUUM", "PRAGMA secure_delete = ON", "VACUUM",
	} {
		mustExec(t, db, s)
		check(s)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = e.open()
	check("reopening")
}

func TestFTS5(t *testing.T) {
	e := newEnv(t)
	db := e.open("_pragma=cache_size(30)")
	mustExec(t, db, "CREATE VIRTUAL TABLE words USING fts5(body)")
	for i := range 400 {
		if _, err := db.Exec("INSERT INTO words VALUES (?)", text(i, 400)); err != nil {
			t.Fatal(err)
		}
	}
	mustExec(t, db, "INSERT INTO words(words) VALUES('optimize')", "INSERT INTO words(words) VALUES('integrity-check')")
	term := fmt.Sprintf("%dth", 200*7919)
	if n := queryOne[int](t, db, "SELECT count(*) FROM words WHERE words MATCH ?", term); n == 0 {
		t.Errorf("%s is not found", term)
	}
	mustBeSound(t, db)
}

func TestAttach(t *testing.T) {
	e, other := newEnv(t), newEnv(t)
	fillNotes(t, other.open(), 50)
	plain := filepath.Join(t.TempDir(), "plain.db")
	fillNotes(t, openDSN(t, "file:"+plain), 60)

	conn := oneConn(t, e.open())
	mustExec(t, conn,
		"CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)",
		"ATTACH '"+other.vfs.DSN(other.path)+"' AS other",
		"ATTACH 'file:"+plain+"?vfs=unix' AS plain",
		"INSERT INTO note SELECT NULL, body FROM other.note",
		"INSERT INTO note SELECT NULL, body FROM plain.note",
		// One transaction over two encrypted files. In WAL mode SQLite commits
		// them one after the other, without a super-journal.
		"BEGIN", "DELETE FROM other.note WHERE id < 10", "DELETE FROM note WHERE id < 10", "COMMIT")
	if n := queryOne[int](t, conn, "SELECT (SELECT count(*) FROM main.note) * 1000 + (SELECT count(*) FROM other.note)"); n != 101_041 {
		t.Errorf("counts: %d", n)
	}
	mustBeSound(t, conn)
}

// TestTransactionsThatSpill overwrite their own frames, roll back to
// savepoints and read what they wrote.
func TestTransactionsThatSpill(t *testing.T) {
	e := newEnv(t)
	conn := oneConn(t, e.open("_pragma=cache_size(5)", "_pragma=cache_spill(1)", "_pragma=wal_autocheckpoint(0)"))
	mustExec(t, conn, "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, pad TEXT)",
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<300) INSERT INTO t SELECT i, 0, printf('%0500d', i) FROM c")
	for round := range 5 {
		mustExec(t, conn, "BEGIN", "UPDATE t SET v = v + 1", "SAVEPOINT a", "UPDATE t SET v = -7, pad = printf('%0900d', id)", "UPDATE t SET v = -8")
		if got := queryOne[int](t, conn, "SELECT sum(v) FROM t"); got != -8*300 {
			t.Fatalf("in the transaction: %d", got)
		}
		mustExec(t, conn, "ROLLBACK TO a", "UPDATE t SET v = v * 1", "RELEASE a", "COMMIT",
			"BEGIN", "UPDATE t SET v = 99", "UPDATE t SET v = 98, pad = ''", "ROLLBACK")
		if got := queryOne[int](t, conn, "SELECT sum(v) FROM t"); got != (round+1)*300 {
			t.Fatalf("round %d: %d", round, got)
		}
	}
	mustBeSound(t, conn)
	// What recovery finds, it finds in the same files.
	dir := t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		mustWrite(t, filepath.Join(dir, "copy.db"+suffix), mustRead(t, e.path+suffix))
	}
	db := openDSN(t, e.vfs.DSN(filepath.Join(dir, "copy.db")))
	if got := queryOne[int](t, db, "SELECT sum(v) FROM t"); got != 5*300 {
		t.Errorf("after recovery: %d", got)
	}
	mustBeSound(t, db)
}

// TestOnlineBackup copies a database page by page while it is written to, and
// back again.
func TestOnlineBackup(t *testing.T) {
	e := newEnv(t)
	db := e.open()
	fillNotes(t, db, 800)
	target := filepath.Join(t.TempDir(), "backup.db")
	key := NewKey()
	if err := Create(target, key); err != nil {
		t.Fatal(err)
	}
	v := testVFS(t, key)
	type backuper interface {
		NewBackup(string) (*sqlite.Backup, error)
	}
	err := oneConn(t, db).Raw(func(c any) error {
		b, err := c.(backuper).NewBackup(v.DSN(target))
		if err != nil {
			return err
		}
		for i := 0; ; i++ {
			more, err := b.Step(40)
			if err != nil || !more {
				return errors.Join(err, b.Finish())
			}
			if i < 3 { // the backup starts over
				mustExec(t, db, fmt.Sprintf("INSERT INTO note (body) VALUES ('%s')", text(i, 2000)))
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := queryOne[string](t, db, noteDigest)
	if got := queryOne[string](t, openDSN(t, v.DSN(target)), noteDigest); got != want {
		t.Errorf("the backup has %s, want %s", got, want)
	}
}

// TestBackupOfPlainIsRefused: its pages use the bytes the seal needs.
func TestBackupOfPlainIsRefused(t *testing.T) {
	e := newEnv(t)
	fillNotes(t, e.open(), 5)
	plain := openDSN(t, "file:"+filepath.Join(t.TempDir(), "plain.db"))
	fillNotes(t, plain, 100)
	err := oneConn(t, plain).Raw(func(c any) error {
		b, err := c.(interface {
			NewBackup(string) (*sqlite.Backup, error)
		}).NewBackup(e.vfs.DSN(e.path))
		if err != nil {
			return err
		}
		_, err = b.Step(-1)
		return errors.Join(err, b.Finish())
	})
	if err == nil {
		t.Fatal("a plain database was backed up into an encrypted one")
	}
	if !errors.Is(e.vfs.Explain(err), ErrShape) && !errors.Is(e.vfs.LastFault(), ErrShape) {
		t.Errorf("%v", err)
	}
	db := e.open()
	mustBeSound(t, db)
	if n := queryOne[int](t, db, "SELECT count(*) FROM note"); n != 5 {
		t.Errorf("%d notes", n)
	}
}

// TestCopy covers backup, import of a plain database, and failing.
func TestCopy(t *testing.T) {
	e := newEnv(t)
	db := e.open()
	fillNotes(t, db, 800)
	plain := openDSN(t, "file:"+filepath.Join(t.TempDir(), "plain.db"))
	fillNotes(t, plain, 700)
	dir := t.TempDir()
	for name, source := range map[string]*sql.DB{"backup": db, "import": plain} {
		path, key := filepath.Join(dir, name+" 100%? #1.db"), NewKey()
		if err := Copy(t.Context(), source, path, key); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := errors.Join(Probe(path, key), Check(t.Context(), path, key)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		copied := openDSN(t, testVFS(t, key).DSN(path))
		if got, want := queryOne[string](t, copied, noteDigest), queryOne[string](t, source, noteDigest); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		mustExec(t, copied, "INSERT INTO note (body) VALUES ('and it can be written')")
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != filePermissions {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		if err := Copy(t.Context(), source, path, key); !errors.Is(err, os.ErrExist) {
			t.Errorf("%s over a file: %v", name, err)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Copy(cancelled, db, filepath.Join(dir, "cancelled.db"), e.key); err == nil {
		t.Error("a cancelled copy succeeded")
	}
	odd := openDSN(t, "file:"+filepath.Join(t.TempDir(), "odd.db")+"?_pragma=page_size(8192)")
	fillNotes(t, odd, 5)
	if err := Copy(t.Context(), odd, filepath.Join(dir, "odd.db"), e.key); err == nil || !strings.Contains(err.Error(), "8192") {
		t.Errorf("copy of large pages: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.Contains(entry.Name(), "partial") || strings.Contains(entry.Name(), "cancelled") || strings.Contains(entry.Name(), "odd") {
			t.Errorf("%s was left behind", entry.Name())
		}
	}
}

func TestRekey(t *testing.T) {
	e := newEnv(t)
	db := e.open()
	fillNotes(t, db, 300)
	want := queryOne[string](t, db, noteDigest)
	to := NewKey()
	if err := Rekey(t.Context(), e.path, e.key, to); !errors.Is(err, ErrInUse) {
		t.Errorf("rekey of an open database: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Rekey(t.Context(), e.path, to, e.key); !errors.Is(err, ErrKey) {
		t.Errorf("rekey with a wrong key: %v", err)
	}
	if err := Rekey(t.Context(), e.path, e.key, to); err != nil {
		t.Fatal(err)
	}
	if err := Probe(e.path, e.key); !errors.Is(err, ErrKey) {
		t.Errorf("the old key: %v", err)
	}
	if got := queryOne[string](t, openDSN(t, testVFS(t, to).DSN(e.path)), noteDigest); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestRefusals: what would leave plaintext or break promises is an error, and
// does no harm.
func TestRefusals(t *testing.T) {
	e := newEnv(t)
	db := e.open()
	fillNotes(t, db, 20)
	for _, mode := range []string{"DELETE", "TRUNCATE", "PERSIST", "MEMORY", "OFF"} {
		var got string
		err := db.QueryRow("PRAGMA journal_mode = " + mode).Scan(&got)
		if err == nil && got != "wal" {
			t.Errorf("journal_mode = %s was accepted", mode)
		}
		mustExec(t, db, "INSERT INTO note (body) VALUES ('"+mode+"')")
		if got := queryOne[string](t, db, "PRAGMA journal_mode"); got != "wal" {
			t.Errorf("journal mode is %s after %s", got, mode)
		}
	}
	mustBeSound(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, parameter := range []string{"nolock=1", "immutable=1"} {
		refused := openDSN(t, e.vfs.DSN(e.path, parameter))
		if err := refused.PingContext(t.Context()); !errors.Is(e.vfs.Explain(err), ErrRefused) {
			t.Errorf("%s: %v", parameter, err)
		}
	}
	// A journal that somebody put there is not played back into the database.
	before := mustRead(t, e.path)
	mustWrite(t, e.path+"-journal", append([]byte("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"), make([]byte, 5000)...))
	if err := e.vfs.Explain(e.open().PingContext(t.Context())); err == nil {
		_, err = e.open().Exec("DELETE FROM note")
		if !errors.Is(e.vfs.Explain(err), ErrRefused) {
			t.Errorf("with a journal: %v", err)
		}
	}
	if err := os.Remove(e.path + "-journal"); err != nil || !bytes.Equal(before, mustRead(t, e.path)) {
		t.Errorf("after a journal: %v", err)
	}
	fill := openDSN(t, e.vfs.DSN(e.path, fillParameter+"="+fillValue))
	if err := fill.PingContext(t.Context()); err == nil {
		t.Error("a file with content was opened to be filled")
	}
}

func TestReadOnlyConnection(t *testing.T) {
	e := newEnv(t)
	fillNotes(t, e.open(), 20)
	db := e.open("mode=ro")
	if n := queryOne[int](t, db, "SELECT count(*) FROM note"); n != 20 {
		t.Errorf("%d notes", n)
	}
	if _, err := db.Exec("DELETE FROM note"); err == nil {
		t.Error("a read-only connection wrote")
	}
	if _, err := os.Stat(e.path + "-shm"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("-shm: %v", err)
	}
}

// TestTemporaryFiles sorts, groups and rolls back more than fits in memory.
func TestTemporaryFiles(t *testing.T) {
	e := newEnv(t)
	conn := oneConn(t, e.open("_pragma=cache_size(10)", "_pragma=temp_store(FILE)", "_pragma=threads(4)"))
	mustExec(t, conn, "CREATE TABLE big (id INTEGER PRIMARY KEY, k INTEGER, body TEXT)",
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<20000) INSERT INTO big SELECT i, i * 7919 % 20011, printf('%0200d', i) FROM c",
		"CREATE INDEX big_k ON big (k, body)",
		"CREATE TEMP TABLE other AS SELECT * FROM big ORDER BY body DESC",
		"CREATE INDEX temp.other_k ON other (k)",
		"UPDATE other SET body = body || 'x' WHERE k % 3 = 0")
	if n := queryOne[int](t, conn, "SELECT count(*) FROM (SELECT k, body FROM big ORDER BY body || k)"); n != 20000 {
		t.Errorf("%d rows", n)
	}
	// A statement that fails half way is undone from its journal.
	mustExec(t, conn, "CREATE UNIQUE INDEX big_u ON big (k)", "BEGIN")
	if _, err := conn.ExecContext(t.Context(), "UPDATE big SET k = CASE WHEN id = 19999 THEN 7919 ELSE k + 100000 END, body = body || 'y'"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "UPDATE big SET body = 'z' || body, k = CASE WHEN id = 15000 THEN 7919 ELSE k END"); err == nil {
		t.Fatal("a constraint was broken")
	}
	if n := queryOne[int](t, conn, "SELECT count(*) FROM big WHERE body LIKE 'z%'"); n != 0 {
		t.Errorf("%d rows of a failed statement", n)
	}
	mustExec(t, conn, "COMMIT")
	mustBeSound(t, conn)
}

// TestLargeFile goes, in the long run, past the lock bytes at 1 GiB.
func TestLargeFile(t *testing.T) {
	megabytes := rounds(8, 1080)
	e := newEnv(t)
	db := e.open("_pragma=synchronous(NORMAL)")
	mustExec(t, db, "CREATE TABLE big (id INTEGER PRIMARY KEY, data BLOB)")
	for range megabytes {
		mustExec(t, db, "INSERT INTO big (data) VALUES (randomblob(1048000))")
	}
	mustExec(t, db, "DELETE FROM big WHERE id % 10 = 3", "PRAGMA wal_checkpoint(TRUNCATE)")
	target := e.path + ".copy"
	if err := Copy(t.Context(), db, target, e.key); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{e.path, target} {
		if err := Check(t.Context(), path, e.key); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d bytes", len(mustRead(t, e.path)))
}

// TestExplain: errors that came through SQLite can be asked what they are.
func TestExplain(t *testing.T) {
	e := newEnv(t)
	db := e.open()
	fillNotes(t, db, 300)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var heard []error
	v, err := Register("explain", e.key, Options{OnFault: func(err error) { heard = append(heard, err) }})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	image := mustRead(t, e.path)
	image[20*pageSize+99] ^= 4
	mustWrite(t, e.path, image)
	broken, err := sql.Open("sqlite", v.DSN(e.path))
	if err != nil {
		t.Fatal(err)
	}
	defer broken.Close()
	var n int
	err = v.Explain(broken.QueryRow("SELECT count(data) FROM sqlite_dbpage").Scan(&n))
	var damage *DamageError
	if !errors.Is(err, ErrDamaged) || !errors.As(err, &damage) {
		t.Fatalf("got %v", err)
	}
	if damage.Number != 21 || damage.Area != AreaPage || damage.Path != e.path {
		t.Errorf("got %v", damage)
	}
	if len(heard) != 1 || !errors.Is(heard[0], ErrDamaged) {
		t.Errorf("OnFault heard %v", heard)
	}
	// Other pages go on being read.
	if err := broken.QueryRow("SELECT body FROM note WHERE id = 1").Scan(new(string)); err != nil {
		t.Errorf("another page: %v", err)
	}
	if err := v.Explain(driver.ErrBadConn); !errors.Is(err, driver.ErrBadConn) {
		t.Errorf("got %v", err)
	}
	if err := v.Close(); !errors.Is(err, ErrInUse) {
		t.Errorf("close with a database open: %v", err)
	}
	if _, err := Register("explain", e.key, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("the same name twice: %v", err)
	}
}
