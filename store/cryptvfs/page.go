package cryptvfs

import (
	"encoding/binary"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	pageSize = 4096
	reserve  = overhead           // bytes at a page's end that SQLite leaves to us
	usable   = pageSize - reserve // bytes of a page that SQLite uses
	lockPage = 1<<30/pageSize + 1 // the page of SQLite's lock bytes, never written

	// Reads of the main file that are not of pages.
	openReadSize      = 100 // the header, when a connection opens
	versionReadOffset = 24  // the change counter and its neighbours
	versionReadSize   = 16
	nextPageSize      = 4 // an overflow page begins with the number of the next
)

// Offsets in page 1.
const (
	offPageSize     = 16
	offWriteVersion = 18
	offReadVersion  = 19
	offReserve      = 20
	offPages        = 28
	versionWAL      = 2
)

// openHeader answers the read of 100 bytes at open. That read holds no lock
// and comes before recovery, when page 1 may be torn with its good copy in the
// WAL; of the answer SQLite uses the page size and the reserve, and these are
// always the same. Answered so for an empty file too, it is also how a file
// filled by VACUUM INTO gets its reserved bytes.
var openHeader = func() (h [openReadSize]byte) {
	copy(h[:], magic)
	binary.BigEndian.PutUint16(h[offPageSize:], pageSize)
	h[offWriteVersion], h[offReadVersion], h[offReserve] = versionWAL, versionWAL, reserve
	return h
}()

// pageAD is the associated data of page n.
func pageAD(ad *[adSize]byte, n uint32) []byte {
	copy(ad[:], "page")
	binary.BigEndian.PutUint64(ad[4:], uint64(n))
	return ad[:12]
}

// sealPage turns a page of SQLite's into one for the disk, in place.
func sealPage(s *sealer, salt *[saltSize]byte, page []byte, n uint32, ad *[adSize]byte) error {
	if n == 1 {
		copy(page, salt[:])
		return s.seal(page[saltSize:], pageAD(ad, n))
	}
	return s.seal(page, pageAD(ad, n))
}

// openPage is the reverse of sealPage, from sealed into page, which may be the
// same. The salt needs no comparison: another salt is another key.
func openPage(s *sealer, page, sealed []byte, n uint32, ad *[adSize]byte) bool {
	if n != 1 {
		return s.openTo(page, sealed, pageAD(ad, n))
	}
	if !s.openTo(page[saltSize:], sealed[saltSize:], pageAD(ad, n)) {
		clear(page)
		return false
	}
	copy(page, magic)
	return true
}

// pageFile is a connection's handle on the main file.
type pageFile struct {
	low *lower
	db  *database
	buf scratch // one page
	ad  [adSize]byte
	wal *walFile // of the same connection, once it is open

	ahead readAhead
}

func newPageFile(t *libc.TLS, low *lower, db *database) (*pageFile, error) {
	buf, err := newScratch(t, pageSize)
	if err != nil {
		return nil, err
	}
	return &pageFile{low: low, db: db, buf: buf}, nil
}

// isPage reports whether a page can begin at off.
func isPage(off int64) bool { return off >= 0 && off%pageSize == 0 && off/pageSize < 1<<32-1 }

func (f *pageFile) read(t *libc.TLS, dst []byte, off int64) error {
	switch {
	case off == 0 && len(dst) == openReadSize:
		copy(dst, openHeader[:])
		return nil
	case off == versionReadOffset && len(dst) == versionReadSize:
		err := f.readPage(t, f.buf.b, 1)
		copy(dst, f.buf.b[versionReadOffset:])
		return err
	case len(dst) == pageSize && isPage(off):
		return f.readPage(t, dst, uint32(off/pageSize)+1)
	case len(dst) <= usable && len(dst) > nextPageSize && off > 0 && isPage(off):
		return f.readStart(t, dst, uint32(off/pageSize)+1)
	}
	return &ShapeError{Op: "read", Area: AreaPage, Offset: off, Length: len(dst)}
}

// readStart answers how page n begins. So SQLite reads the pages that a large
// row overflows to: past its cache, to where the row is put together, and of
// the last of them no more than it needs. The page is opened whole all the same.
func (f *pageFile) readStart(t *libc.TLS, dst []byte, n uint32) error {
	if len(dst) == usable {
		return f.readPage(t, dst, n)
	}
	err := f.readPage(t, f.buf.b, n)
	copy(dst, f.buf.b)
	return err
}

// readPage reads page n into dst, with or without its reserved bytes.
func (f *pageFile) readPage(t *libc.TLS, dst []byte, n uint32) error {
	if n > f.db.filled.Load() {
		clear(dst)
		// Behind the filled pages lie only pages that are in the WAL, which
		// SQLite reads there, and pages that were allocated and freed but
		// never written, which it reads as zeros. Both need a live WAL, or a
		// file that is being filled for the first time.
		if f.db.wal.live() || f.db.fresh {
			return errShortRead
		}
		return f.db.damaged(AreaPage, n)
	}
	if err := f.fetch(t, dst, n); err != nil {
		return err
	}
	if !f.db.proved.Load() {
		f.db.proved.Store(true)
	}
	return nil
}

func (f *pageFile) write(t *libc.TLS, src []byte, off int64) error {
	n := uint32(off/pageSize) + 1
	if len(src) != pageSize || !isPage(off) || n == lockPage || !wellFormed(src, n, f.db.fresh) {
		return &ShapeError{Op: "write", Area: AreaPage, Offset: off, Length: len(src)}
	}
	if f.wal != nil {
		if err := f.wal.beforeCheckpoint(t); err != nil {
			return err
		}
	}
	defer f.db.change()()
	if err := f.fill(t, n-1); err != nil {
		return err
	}
	copy(f.buf.b, src)
	return f.writeSealed(t, n)
}

// wellFormed reports whether page n is one that can be sealed without losing
// anything and read again under the rules of this package. A file that is
// being filled for the first time may say that it is in rollback mode.
func wellFormed(page []byte, n uint32, fresh bool) bool {
	if !reserveIsZero(page) {
		return false
	}
	if n != 1 {
		return true
	}
	wal := page[offWriteVersion] == versionWAL && page[offReadVersion] == versionWAL
	return string(page[:len(magic)]) == magic &&
		binary.BigEndian.Uint16(page[offPageSize:]) == pageSize &&
		page[offReserve] == reserve &&
		(wal || fresh)
}

// reserveIsZero guards against pages of a database without reserved bytes,
// whose last 40 bytes the seal would overwrite.
func reserveIsZero(page []byte) bool {
	return [reserve]byte(page[usable:]) == [reserve]byte{}
}

// fill writes sealed zero pages until the file has n pages. SQLite leaves
// holes where pages were allocated and freed but never written, and a backup
// reads them later: they must open. A crash may lose some of them again; then
// the WAL is still there, its header says how many pages were safe, and filled
// starts from that number.
func (f *pageFile) fill(t *libc.TLS, n uint32) error {
	for p := f.db.filled.Load() + 1; p <= n; p++ {
		if p == lockPage {
			f.db.filled.Store(p)
			continue
		}
		clear(f.buf.b)
		if err := f.writeSealed(t, p); err != nil {
			return err
		}
	}
	return nil
}

// writeSealed seals the page in f.buf and writes it as page n.
func (f *pageFile) writeSealed(t *libc.TLS, n uint32) error {
	if n == 1 {
		// A file being filled is born in rollback mode. It is stored as a WAL
		// database, so that no rollback journal is needed to make it one.
		f.buf.b[offWriteVersion], f.buf.b[offReadVersion] = versionWAL, versionWAL
	}
	if err := sealPage(f.db.pages, &f.db.salt, f.buf.b, n, &f.ad); err != nil {
		return err
	}
	if err := f.low.write(t, f.buf.b, int64(n-1)*pageSize); err != nil {
		return err
	}
	if n > f.db.filled.Load() {
		f.db.filled.Store(n)
		if f.db.grown != nil {
			f.db.grown(n)
		}
	}
	return nil
}

func (f *pageFile) truncate(t *libc.TLS, size int64) error {
	if !isPage(size) {
		return &ShapeError{Op: "truncate", Area: AreaPage, Offset: size}
	}
	n := uint32(size / pageSize)
	defer f.db.change()()
	// A checkpoint also "truncates" a file that is too short, to give it the
	// pages at its end that were never written.
	if err := f.fill(t, n); err != nil {
		return err
	}
	if err := f.low.truncate(t, size); err != nil {
		return err
	}
	f.db.filled.Store(n)
	return nil
}

func (f *pageFile) sync(t *libc.TLS, flags int32) error { return f.low.sync(t, flags) }

func (f *pageFile) size(t *libc.TLS) (int64, error) {
	return int64(f.db.filled.Load()) * pageSize, nil
}

func (f *pageFile) control(t *libc.TLS, op int32, arg uintptr) error {
	return control(t, f.low, op, arg)
}

func (f *pageFile) characteristics(t *libc.TLS) int32 {
	return characteristics(t, f.low) | sqlite3.SQLITE_IOCAP_SUBPAGE_READ // readStart
}

func (f *pageFile) close(t *libc.TLS) error {
	err := f.low.close(t)
	f.buf.free(t)
	f.ahead.buf.free(t)
	f.db.release()
	return err
}
