package cryptvfs

import (
	"errors"

	"modernc.org/libc"
)

// maxAhead is the most pages that are read at once: 64 KiB for a connection
// that scans.
const maxAhead = 16

// readAhead lets a scan read several pages at once, for after the cipher it is
// system calls that a scan pays for. It holds pages as they lie on disk,
// sealed, and answers only while nobody has written to the main file since:
// what it says a read of its own would say too.
type readAhead struct {
	buf     scratch // made by the first scan
	first   uint32  // page at the start of buf
	count   uint32  // pages in buf
	changes uint64  // of the database, before buf was read

	next uint32 // the page that would go on with a sequence
	size uint32 // pages of the last read; twice as many in the next
}

// fetch reads page n from disk and opens it.
func (f *pageFile) fetch(t *libc.TLS, dst []byte, n uint32) error {
	if n != lockPage {
		// One that does not open is read again: it may have been read ahead in
		// the moment when somebody wrote it.
		ahead := f.ahead.page(t, f, n)
		if ahead != nil && openPage(f.db.pages, dst, ahead, n, &f.ad) {
			return nil
		}
	}
	sealed := dst
	if len(dst) < pageSize {
		sealed = f.buf.b
	}
	err := f.low.read(t, sealed, int64(n-1)*pageSize)
	switch {
	case errors.Is(err, errShortRead):
		// SQLite takes a short read for zeros; here it is a page cut off.
	case err != nil:
		return err
	case n != lockPage && openPage(f.db.pages, dst, sealed, n, &f.ad):
		return nil
	}
	clear(dst)
	return f.db.damaged(AreaPage, n)
}

// page returns page n as it lies on disk, or nil when it has to be read alone.
func (a *readAhead) page(t *libc.TLS, f *pageFile, n uint32) []byte {
	sequential := n == a.next
	a.next = n + 1
	if i := n - a.first; i < a.count {
		if a.changes == f.db.changes.Load() {
			return a.buf.b[i*pageSize:][:pageSize]
		}
		a.count, a.size = 0, 0 // somebody writes: begin small again
	}
	if !sequential {
		a.size = 0
		return nil
	}
	if !a.read(t, f, n) {
		return nil
	}
	return a.buf.b[:pageSize]
}

// read fills the buffer from page n on. It reports whether it did: a page that
// cannot be read may be none that anybody asks for, so there is no error here.
func (a *readAhead) read(t *libc.TLS, f *pageFile, n uint32) bool {
	a.count = 0
	a.size = min(max(2, 2*a.size), maxAhead)
	count := min(a.size, f.db.filled.Load()-n+1)
	if count < 2 {
		return false
	}
	if a.buf.p == 0 {
		buf, err := newScratch(t, maxAhead*pageSize)
		if err != nil {
			return false
		}
		a.buf = buf
	}
	a.changes = f.db.changes.Load()
	if err := f.low.read(t, a.buf.b[:count*pageSize], int64(n-1)*pageSize); err != nil {
		return false
	}
	a.first, a.count = n, count
	return true
}
