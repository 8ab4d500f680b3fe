package cryptvfs

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const canary = "CANARY-the-words-nobody-may-read-on-disk"

// TestNothingRecognisable looks at every byte on disk while a database of
// several megabytes is used in every way that leaves files.
func TestNothingRecognisable(t *testing.T) {
	e := newEnv(t)
	tmp := t.TempDir()
	faults, v := newFaultVFS(t, e.key)
	// Every byte on its way to the disk, also what is written over later.
	faults.wrote = func(path string, b []byte) {
		if bytes.Contains(b, []byte("CANARY")) || bytes.Contains(b, []byte("canary")) {
			t.Errorf("the canary is written to %q", path)
		}
		if _, err := os.Stat(e.path + "-shm"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("-shm: %v", err)
		}
	}
	db := openDSN(t, v.DSN(e.path, "_pragma=temp_store(FILE)", "_pragma=cache_size(20)", "_pragma=wal_autocheckpoint(500)"))
	conn := oneConn(t, db)
	mustExec(t, conn, "CREATE TABLE canary_table (id INTEGER PRIMARY KEY, body TEXT)",
		fmt.Sprintf("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<7000) INSERT INTO canary_table SELECT i, '%s' || printf('%%0400d', i) FROM c", canary),
		"UPDATE canary_table SET body = body || 'x' WHERE id % 5 = 0",
		"CREATE INDEX canary_index ON canary_table (body)",
		"CREATE TEMP TABLE canary_temp AS SELECT * FROM canary_table ORDER BY body DESC")
	if err := Copy(t.Context(), db, filepath.Join(tmp, "copy.db"), e.key); err != nil {
		t.Fatal(err)
	}

	dir := filepath.Dir(e.path)
	names := []string{}
	for _, d := range []string{dir, tmp} {
		entries, err := os.ReadDir(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			names = append(names, filepath.Join(d, entry.Name()))
		}
	}
	if len(names) != 3 { // database, WAL, copy
		t.Fatalf("files: %v", names)
	}
	for _, name := range names {
		b := mustRead(t, name)
		inspect(t, filepath.Base(name), b)
	}
	// Two databases with the same content begin differently, and so does one
	// database under the same key made twice.
	if a, b := mustRead(t, e.path)[:16], mustRead(t, filepath.Join(tmp, "copy.db"))[:16]; bytes.Equal(a, b) {
		t.Error("two files begin alike")
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	inspect(t, "closed", mustRead(t, e.path))
}

// TestFirstBytes: what a file begins with is random, and taken for nothing
// else either.
func TestFirstBytes(t *testing.T) {
	const files = 400
	dir := t.TempDir()
	seen := make(map[string]bool)
	var first [256]int
	for i := range files {
		page, err := emptyPage(NewKey())
		if err != nil {
			t.Fatal(err)
		}
		seen[string(page[:saltSize])] = true
		for _, b := range page[:saltSize] {
			first[b]++
		}
		mustWrite(t, filepath.Join(dir, fmt.Sprint(i, ".db")), page)
	}
	if len(seen) != files {
		t.Errorf("%d of %d files begin differently", len(seen), files)
	}
	for b, n := range first { // of 6,400 bytes each value is due 25 times
		if n == 0 || n > 100 {
			t.Errorf("byte %#02x: %d times", b, n)
		}
	}
	file, err := exec.LookPath("file")
	if err != nil {
		t.Log("file(1) is not installed: not asked")
		return
	}
	cmd := exec.CommandContext(deadline(t), file, "--brief", "--files-from", "-")
	cmd.Stdin = strings.NewReader(strings.Join(listing(t, dir), "\n"))
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	// It knows thousands of magics, and random bytes hit one now and then.
	if n := bytes.Count(out, []byte("data\n")); n < files-10 || strings.Contains(string(out), "SQL") {
		t.Errorf("file(1) calls %d of %d files data: %s", n, files, out)
	}
}

func inspect(t *testing.T, name string, b []byte) {
	t.Helper()
	for _, word := range []string{canary, "canary_table", "SQLite", "CREATE", strings.Repeat("0", 16), strings.Repeat("\x00", 16)} {
		if at := bytes.Index(b, []byte(word)); at >= 0 {
			t.Errorf("%s: %q at %d", name, word, at)
		}
	}
	if len(b) < 1<<20 {
		t.Fatalf("%s has only %d bytes", name, len(b))
	}
	if h := entropy(b); h < 7.99 {
		t.Errorf("%s: %.4f bits a byte", name, h)
	}
	if h := entropy(b[:pageSize*16]); h < 7.9 {
		t.Errorf("%s: %.4f bits a byte at its start", name, h)
	}
	t.Logf("%s: %d bytes, %.5f bits a byte", name, len(b), entropy(b))
}

func entropy(b []byte) (bits float64) {
	var counts [256]float64
	for _, c := range b {
		counts[c]++
	}
	for _, n := range counts {
		if n > 0 {
			p := n / float64(len(b))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

// TestTemporaryFilesAreSealed watches what reaches temporary files, which have
// no name to look them up by.
func TestTemporaryFilesAreSealed(t *testing.T) {
	e := newEnv(t)
	faults, v := newFaultVFS(t, e.key)
	faults.disks[""] = &disk{} // remember writes of files without a name
	db := openDSN(t, v.DSN(e.path, "_pragma=temp_store(FILE)", "_pragma=cache_size(10)"))
	conn := oneConn(t, db)
	mustExec(t, conn, "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)",
		fmt.Sprintf("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<8000) INSERT INTO t SELECT i, '%s' || printf('%%0200d', i * 7919 %% 15013) FROM c", canary),
		"CREATE INDEX by_body ON t (body)",
		"CREATE TEMP TABLE u AS SELECT * FROM t ORDER BY body",
		"BEGIN", "UPDATE u SET body = body || 'y'", "COMMIT")
	total := 0
	for _, w := range faults.disks[""].pending {
		total += len(w.data)
		for _, word := range []string{canary, "00000000000000000000"} {
			if bytes.Contains(w.data, []byte(word)) {
				t.Fatalf("%q in a temporary file", word)
			}
		}
	}
	if total < 1<<20 {
		t.Fatalf("only %d bytes went to temporary files", total)
	}
	t.Logf("%d bytes in temporary files", total)
}
