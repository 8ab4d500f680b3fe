package cryptvfs

import (
	"bytes"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestReadAhead: a scan makes fewer reads than there are pages, and reading
// here and there makes no more.
func TestReadAhead(t *testing.T) {
	e := newEnv(t)
	db := e.open()
	fillNotes(t, db, 1500)
	must(t, db.Close()) // out of the WAL
	faults, v := newFaultVFS(t, e.key)
	conn := oneConn(t, openDSN(t, v.DSN(e.path, "_pragma=cache_size(10)")))
	reads := func(query string, args ...any) int {
		before := faults.calls
		queryOne[sql.NullString](t, conn, query, args...)
		return faults.calls - before
	}
	pages := queryOne[int](t, conn, "PRAGMA page_count")
	if n := reads("SELECT sum(length(data)) FROM sqlite_dbpage"); n > pages/4 {
		t.Errorf("%d reads for %d pages in a row", n, pages)
	}
	rnd := rand.New(rand.NewPCG(5, 5))
	for range 20 {
		if n := reads("SELECT length(data) FROM sqlite_dbpage WHERE pgno = ?", 2+rnd.IntN(pages-1)); n > 3 {
			t.Errorf("%d reads for one page", n)
		}
	}
}

// TestReadAheadIsNeverStale: what one connection read ahead, another writes.
func TestReadAheadIsNeverStale(t *testing.T) {
	r := newRaw(t)
	path, key := filepath.Join(t.TempDir(), "a.db"), NewKey()
	must(t, Create(path, key))
	reader, frames := r.database(path, key)
	writer, writerFrames := r.database(path, key)
	const pages = 40
	for n := 2; n <= pages; n++ {
		must(t, writer.write(r.tls, r.page(n), int64(n-1)*pageSize))
	}
	got := r.buffer(pageSize)
	expect := func(n, seed int) {
		t.Helper()
		must(t, reader.readPage(r.tls, got, uint32(n)))
		if !bytes.Equal(got, r.page(seed)) {
			t.Errorf("page %d reads wrong", n)
		}
	}
	for n := 2; n <= 10; n++ {
		expect(n, n)
	}
	if reader.ahead.count < 3 || reader.ahead.first+reader.ahead.count <= 11 {
		t.Fatalf("pages %d and %d more were read ahead", reader.ahead.first, reader.ahead.count)
	}
	must(t, writer.write(r.tls, r.page(99), 10*pageSize))
	expect(11, 99)
	// And in the moment of the write, when the reader has half of a page.
	for n := 12; n <= 20; n++ {
		expect(n, n)
	}
	ahead := &reader.ahead
	if 21-ahead.first >= ahead.count {
		t.Fatalf("page 21 was not read ahead")
	}
	ahead.buf.b[(21-ahead.first)*pageSize+7] ^= 1
	expect(21, 21)
	// What was cut off is gone.
	must(t, writer.truncate(r.tls, 21*pageSize))
	if err := reader.readPage(r.tls, got, 22); err == nil {
		t.Error("a page behind the end was read")
	}
	r.close(frames, reader, writerFrames, writer)
}

// TestReadAheadMeetsDamage: it is the damaged page that is named, and the ones
// around it read.
func TestReadAheadMeetsDamage(t *testing.T) {
	e := newEnv(t)
	db := e.open()
	fillNotes(t, db, 300)
	must(t, db.Close())
	image := mustRead(t, e.path)
	image[20*pageSize+99] ^= 4
	must(t, os.WriteFile(e.path, image, 0o600))
	conn := oneConn(t, e.open())
	for n := 2; n <= 30; n++ {
		var length int
		err := conn.QueryRowContext(t.Context(), "SELECT length(data) FROM sqlite_dbpage WHERE pgno = ?", n).Scan(&length)
		if (err != nil) != (n == 21) {
			t.Errorf("page %d: %v", n, err)
		}
	}
}
