package cryptvfs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// raw opens files of this package without SQLite above them.
type raw struct {
	t     *testing.T
	tls   *libc.TLS
	below lowerVFS
}

func newRaw(t *testing.T) *raw {
	tls := libc.NewTLS()
	t.Cleanup(tls.Close)
	below, err := findVFS(tls, belowName)
	if err != nil {
		t.Fatal(err)
	}
	return &raw{t: t, tls: tls, below: below}
}

// lower opens path in the VFS below, creating it.
func (r *raw) lower(path string, kind int32) *lower {
	r.t.Helper()
	l := &lower{file: libc.Xcalloc(r.tls, 1, types.Size_t(r.below.vfs.FszOsFile))}
	r.t.Cleanup(func() { libc.Xfree(r.tls, l.file) })
	z, err := libc.CString(path)
	if err != nil {
		r.t.Fatal(err)
	}
	name := sqlite3.Xsqlite3_create_filename(r.tls, z, z, z, 0, 0)
	r.t.Cleanup(func() { sqlite3.Xsqlite3_free_filename(r.tls, name); libc.Xfree(r.tls, z) })
	if _, err := r.below.open(r.tls, l, name, kind|sqlite3.SQLITE_OPEN_READWRITE|sqlite3.SQLITE_OPEN_CREATE); err != nil {
		r.t.Fatal(err)
	}
	return l
}

func (r *raw) buffer(n int) []byte {
	r.t.Helper()
	s, err := newScratch(r.tls, n)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { s.free(r.tls) })
	return s.b
}

// database opens a main file and its WAL.
func (r *raw) database(path string, key Key) (*pageFile, *walFile) {
	r.t.Helper()
	low := r.lower(path, sqlite3.SQLITE_OPEN_MAIN_DB)
	db, err := openDatabase(r.tls, low, path, key, false)
	if err != nil {
		r.t.Fatal(err)
	}
	pages, err := newPageFile(r.tls, low, db)
	if err != nil {
		r.t.Fatal(err)
	}
	frames, err := newWALFile(r.tls, r.lower(path+"-wal", sqlite3.SQLITE_OPEN_WAL), pages)
	if err != nil {
		r.t.Fatal(err)
	}
	return pages, frames
}

func (r *raw) close(files ...file) {
	r.t.Helper()
	for _, f := range files {
		if err := f.close(r.tls); err != nil {
			r.t.Error(err)
		}
	}
}

// page is a page of SQLite's with something on it.
func (r *raw) page(seed int) []byte {
	b := r.buffer(pageSize)
	copy(b[:usable], text(seed, usable))
	clear(b[usable:])
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestStartsOfPages: as much of a page as SQLite asks for, if all of it is authentic.
func TestStartsOfPages(t *testing.T) {
	r := newRaw(t)
	path, key := filepath.Join(t.TempDir(), "a.db"), NewKey()
	must(t, Create(path, key))
	pages, _ := r.database(path, key)
	for n := range 6 { // some are read ahead
		must(t, pages.write(r.tls, r.page(n), int64(n+1)*pageSize))
	}
	for _, size := range []int{usable, nextPageSize + 1, usable - 1} {
		for n := range 6 {
			got := r.buffer(size + 1)
			got[size] = 'X'
			must(t, pages.read(r.tls, got[:size], int64(n+1)*pageSize))
			if want := append(bytes.Clone(r.page(n)[:size]), 'X'); !bytes.Equal(got, want) {
				t.Errorf("%d bytes of page %d are others, or more", size, n+2)
			}
		}
	}
	content := mustRead(t, path)
	content[4*pageSize+usable-1] ^= 1
	must(t, os.WriteFile(path, content, 0o600))
	pages.ahead.count = 0
	for _, size := range []int{usable, nextPageSize + 1} {
		got := r.buffer(size)
		if err := pages.read(r.tls, got, 4*pageSize); !errors.Is(err, ErrDamaged) || !bytes.Equal(got, make([]byte, size)) {
			t.Errorf("%d bytes of a damaged page: %v", size, err)
		}
	}
}

// TestHoles: pages between the old end and a page written behind it open as
// zeros, and the page of the lock bytes is left alone.
func TestHoles(t *testing.T) {
	r := newRaw(t)
	path, key := filepath.Join(t.TempDir(), "a.db"), NewKey()
	must(t, Create(path, key))
	pages, frames := r.database(path, key)
	got := r.buffer(pageSize)

	if err := pages.read(r.tls, got, 3*pageSize); !errors.Is(err, ErrDamaged) {
		t.Errorf("behind the end without a WAL: %v", err)
	}
	must(t, pages.write(r.tls, r.page(7), 6*pageSize))
	for n := 1; n < 6; n++ {
		must(t, pages.read(r.tls, got, int64(n)*pageSize))
		if !bytes.Equal(got, make([]byte, pageSize)) {
			t.Errorf("page %d is not zeros", n+1)
		}
	}
	must(t, pages.truncate(r.tls, 9*pageSize))
	must(t, pages.read(r.tls, got, 8*pageSize))
	if size, err := pages.size(r.tls); err != nil || size != 9*pageSize {
		t.Errorf("size %d, %v", size, err)
	}

	// As if the file reached to just before the lock bytes: sparse, so cheap.
	pages.db.filled.Store(lockPage - 2)
	must(t, pages.write(r.tls, r.page(8), (lockPage+1)*pageSize))
	for _, n := range []uint32{lockPage - 1, lockPage + 1, lockPage + 2} {
		if err := pages.readPage(r.tls, got, n); err != nil {
			t.Errorf("page %d: %v", n, err)
		}
	}
	if err := pages.write(r.tls, r.page(9), (lockPage-1)*pageSize); !errors.Is(err, ErrShape) {
		t.Errorf("a write of the lock page: %v", err)
	}
	if err := pages.readPage(r.tls, got, lockPage); err == nil {
		t.Error("the lock page was read")
	}
	r.close(frames, pages)
}

// TestRequirementIsTakenBack: a checkpoint of another connection may require
// frames of a commit that then fails. Before they are written over, the header
// gives them up, or a power cut in that moment would look like tampering.
func TestRequirementIsTakenBack(t *testing.T) {
	r := newRaw(t)
	path, key := filepath.Join(t.TempDir(), "a.db"), NewKey()
	must(t, Create(path, key))
	pages, frames := r.database(path, key)
	required := func() uint32 {
		t.Helper()
		header := mustRead(t, path+"-wal")[:sealedHeaderSize]
		verdict, _, n := readWALHeader(pages.db.frames, header, true)
		if verdict != walGood {
			t.Fatal("the header does not open")
		}
		return n
	}
	must(t, frames.write(r.tls, r.walHeader(5), 0))
	r.writeFrame(frames, 1, 2, 2, 5)
	r.writeFrame(frames, 2, 3, 3, 5)
	must(t, frames.sync(r.tls, syncNormal))
	must(t, pages.write(r.tls, r.page(1), pageSize))
	if n := required(); n != 2 {
		t.Errorf("a checkpoint requires %d frames", n)
	}
	r.writeFrame(frames, 3, 4, 4, 5)
	if n := required(); n != 2 {
		t.Errorf("a new frame: %d are required", n)
	}
	r.writeFrame(frames, 2, 3, 3, 5)
	if n := required(); n != 1 {
		t.Errorf("frame 2 again: %d are required", n)
	}
	r.close(frames, pages)
}

// walHeader is a WAL header as SQLite writes it.
func (r *raw) walHeader(salt byte) []byte {
	h := r.buffer(walHeaderSize)
	for i := range h {
		h[i] = salt
	}
	return h
}

func (r *raw) frameHeader(page, dbSize uint32, salt byte) []byte {
	h := r.buffer(frameHeaderSize)
	binary.BigEndian.PutUint32(h, page)
	binary.BigEndian.PutUint32(h[offFrameDBSize:], dbSize)
	for i := range 8 {
		h[offFrameSalt+i] = salt
	}
	return h
}

func frameAt(n uint32) int64 { return walHeaderSize + int64(n-1)*frameSize }

func (r *raw) writeFrame(f *walFile, n, page, dbSize uint32, salt byte) {
	r.t.Helper()
	must(r.t, f.write(r.tls, r.frameHeader(page, dbSize, salt), frameAt(n)))
	must(r.t, f.write(r.tls, r.page(int(n)), frameAt(n)+frameHeaderSize))
}

// TestTornHoles: a crash may leave anything behind the pages that were safe
// when the WAL began. It counts for nothing, before and after the next
// checkpoint.
func TestTornHoles(t *testing.T) {
	r := newRaw(t)
	path, key := filepath.Join(t.TempDir(), "a.db"), NewKey()
	must(t, Create(path, key))
	pages, frames := r.database(path, key)
	must(t, pages.truncate(r.tls, 3*pageSize))
	must(t, frames.write(r.tls, r.walHeader(5), 0))
	r.writeFrame(frames, 1, 6, 6, 5)
	r.close(frames, pages)

	// A checkpoint that wrote holes 4 and 5 and page 6, none of it synced.
	image := append(mustRead(t, path), make([]byte, 3*pageSize)...)
	copy(image[4*pageSize:], "half a page")
	mustWrite(t, path, image)

	pages, frames = r.database(path, key)
	got := r.buffer(pageSize)
	for n := uint32(4); n <= 5; n++ {
		if err := pages.readPage(r.tls, got, n); !errors.Is(err, errShortRead) || !bytes.Equal(got, make([]byte, pageSize)) {
			t.Errorf("page %d before the checkpoint: %v", n, err)
		}
	}
	if size, err := pages.size(r.tls); err != nil || size != 3*pageSize {
		t.Errorf("size %d, %v", size, err)
	}
	must(t, frames.read(r.tls, got, frameAt(1)+frameHeaderSize))
	must(t, pages.write(r.tls, got, 5*pageSize))
	for n := uint32(1); n <= 6; n++ {
		if err := pages.readPage(r.tls, got, n); err != nil {
			t.Errorf("page %d after the checkpoint: %v", n, err)
		}
	}
	r.close(frames, pages)
}

// TestGenerations: a frame of the WAL's last life does not open in this one,
// neither for a reader nor as a witness of what was synced.
func TestGenerations(t *testing.T) {
	r := newRaw(t)
	path, key := filepath.Join(t.TempDir(), "a.db"), NewKey()
	must(t, Create(path, key))
	pages, frames := r.database(path, key)
	must(t, frames.write(r.tls, r.walHeader(5), 0))
	for n := uint32(1); n <= 4; n++ {
		r.writeFrame(frames, n, n+1, 9, 5)
		must(t, frames.sync(r.tls, syncNormal))
	}
	must(t, frames.write(r.tls, r.walHeader(5), 0)) // even with the same salts
	r.writeFrame(frames, 1, 2, 0, 5)
	got := r.buffer(frameSize)
	if err := frames.read(r.tls, got[:pageSize], frameAt(2)+frameHeaderSize); !errors.Is(err, ErrDamaged) {
		t.Errorf("an old frame was read: %v", err)
	}
	r.close(frames, pages)

	// Recovery meets a torn frame 1; the old frames behind it say that four
	// were synced, but these are not they.
	image := mustRead(t, path+"-wal")
	image[frameOffset(1)+700] ^= 1
	mustWrite(t, path+"-wal", image)
	pages, frames = r.database(path, key)
	if err := frames.read(r.tls, got, frameAt(1)); err != nil || !bytes.Equal(got, make([]byte, frameSize)) {
		t.Errorf("a torn frame: %v", err)
	}
	r.close(frames, pages)
}

// TestSyncedFrames: the number of synced frames a frame states is never too
// high, whatever is undone.
func TestSyncedFrames(t *testing.T) {
	w := &walState{}
	write := func(n uint32, commits bool) uint32 {
		states := w.beforeWrite(n)
		w.afterWrite(n, commits, true)
		return states
	}
	sync := func() { must(t, w.sync(func() error { return nil })) }
	expect := func(what string, got, want uint32) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	write(1, false)
	write(2, true)
	expect("before a sync", write(3, false), 0)
	sync()
	expect("after a sync", write(4, true), 2)
	// A commit whose sync failed is rolled back and its frames are reused.
	if err := w.sync(func() error { return errNotFound }); err == nil {
		t.Error("a failed sync succeeded")
	}
	sync() // another connection's, before the frames are reused
	expect("frame 3 again", write(3, false), 2)
	sync()
	expect("frame 4 again", write(4, true), 2)
	expect("before its sync", write(5, false), 2)
	// Overwriting in the middle of a transaction that a checkpoint synced.
	sync()
	expect("frame 5 again", write(5, false), 4)
	expect("frame 6", write(6, true), 4)
	w.beforeWrite(6)
	w.afterWrite(6, true, false)
	expect("frames written after a failure", w.certainFrames(), 5)
	// A frame committed while the sync ran is not covered by it.
	w.begin(nil)
	write(1, true)
	must(t, w.sync(func() error { write(2, true); return nil }))
	expect("beside a sync", write(3, false), 1)
	// Nor does a sync count for the next generation.
	must(t, w.sync(func() error { w.begin(&generation{}); write(1, true); return nil }))
	expect("in a new generation", write(2, false), 0)
}

// TestUnknownShapes are errors, every one.
func TestUnknownShapes(t *testing.T) {
	r := newRaw(t)
	path, key := filepath.Join(t.TempDir(), "a.db"), NewKey()
	must(t, Create(path, key))
	pages, frames := r.database(path, key)
	must(t, frames.write(r.tls, r.walHeader(5), 0))
	r.writeFrame(frames, 1, 6, 6, 5)
	before := mustRead(t, path+"-wal")
	header := r.page(0)
	must(t, pages.read(r.tls, header, 0))

	change := func(at int, to byte) []byte {
		p := r.buffer(pageSize)
		copy(p, header)
		p[at] = to
		return p
	}
	type shape struct {
		n   int
		off int64
	}
	for name, f := range map[string]file{"main": pages, "WAL": frames} {
		for _, s := range []shape{{1, 0}, {100, 1}, {101, 0}, {16, 25}, {4095, 0}, {4095, pageSize}, {4096, 1}, {8192, 0}, {pageSize, 1 << 50},
			{8, 25}, {24, 32}, {31, 0}, {33, 0}, {frameSize, frameAt(1) + 1}, {frameSize + 1, frameAt(1)}, {8, frameAt(1) + 8}} {
			if err := f.read(r.tls, r.buffer(s.n), s.off); err == nil {
				t.Errorf("%s: read of %d at %d", name, s.n, s.off)
			}
		}
		for _, s := range []shape{{1, 0}, {4095, 0}, {4096, 1}, {8192, 0}, {100, 0}, {23, frameAt(1)}, {25, frameAt(1)}, {4, frameAt(1)},
			{frameSize, frameAt(1)}, {33, 0}, {4096, frameAt(1) + 23}} {
			if err := f.write(r.tls, r.buffer(s.n), s.off); !errors.Is(err, ErrShape) {
				t.Errorf("%s: write of %d at %d: %v", name, s.n, s.off, err)
			}
		}
		for _, size := range []int64{-1, 5} {
			if err := f.truncate(r.tls, size); !errors.Is(err, ErrShape) {
				t.Errorf("%s: truncate to %d: %v", name, size, err)
			}
		}
	}
	for what, page := range map[string][]byte{
		"a byte in the reserve": change(usable, 1), "another reserve": change(offReserve, 0), "another page size": change(offPageSize, 0x20),
		"rollback mode": change(offReadVersion, 1), "no magic": change(0, 'X'),
	} {
		if err := pages.write(r.tls, page, 0); !errors.Is(err, ErrShape) {
			t.Errorf("page 1 with %s: %v", what, err)
		}
		must(t, frames.write(r.tls, r.frameHeader(1, 1, 5), frameAt(2)))
		if err := frames.write(r.tls, page, frameAt(2)+frameHeaderSize); !errors.Is(err, ErrShape) {
			t.Errorf("page 1 with %s in the WAL: %v", what, err)
		}
	}
	if !bytes.Equal(before, mustRead(t, path+"-wal")) {
		t.Error("the WAL was changed")
	}
	r.close(frames, pages)
}

// TestTempFile compares one with a byte slice.
func TestTempFile(t *testing.T) {
	r := newRaw(t)
	key := NewKey()
	s, err := newSealer((*[32]byte)(&key))
	must(t, err)
	path := filepath.Join(t.TempDir(), "temp")
	f, err := newTempFile(r.tls, r.lower(path, sqlite3.SQLITE_OPEN_TEMP_DB), s)
	must(t, err)
	rnd := rand.New(rand.NewPCG(9, 9))
	var model []byte
	grow := func(n int) {
		if n > len(model) {
			model = append(model, make([]byte, n-len(model))...)
		}
	}
	buf := r.buffer(20000)
	for range 3000 {
		off, n := rnd.IntN(40000), 1+rnd.IntN(9000)
		if rnd.IntN(3) == 0 {
			off, n = off/pageSize*pageSize, pageSize
		}
		switch rnd.IntN(8) {
		case 0:
			off %= len(model) + 5000
			must(t, f.truncate(r.tls, int64(off)))
			grow(off)
			model = model[:off]
		case 1, 2, 3:
			for i := range n {
				buf[i] = byte(rnd.Uint32())
			}
			must(t, f.write(r.tls, buf[:n], int64(off)))
			grow(off + n)
			copy(model[off:], buf[:n])
		default:
			err := f.read(r.tls, buf[:n], int64(off))
			want := make([]byte, n)
			if off < len(model) {
				copy(want, model[off:])
			}
			if errors.Is(err, errShortRead) != (off+n > len(model)) || err != nil && !errors.Is(err, errShortRead) || !bytes.Equal(buf[:n], want) {
				t.Fatalf("read of %d at %d of %d: %v", n, off, len(model), err)
			}
		}
		if size, _ := f.size(r.tls); size != int64(len(model)) {
			t.Fatalf("size %d, want %d", size, len(model))
		}
	}
	must(t, f.truncate(r.tls, 0))
	must(t, f.write(r.tls, r.page(1), 0))
	image := mustRead(t, path)
	image[40] ^= 1
	mustWrite(t, path, image)
	if err := f.read(r.tls, buf[:pageSize], 0); !errors.Is(err, ErrDamaged) {
		t.Errorf("a changed block: %v", err)
	}
	r.close(f)
}

// TestUnsupported: a system without the VFS below is told so.
func TestUnsupported(t *testing.T) {
	if _, err := register("elsewhere", NewKey(), Options{}, "no-such-vfs"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	must(t, supported())
}

// panicking is a layer whose files panic.
type panicking struct {
	seen []error
}

func (p *panicking) open(*libc.TLS, *openRequest) (file, int32, error) { panic("open") }
func (p *panicking) remove(*libc.TLS, uintptr, int32) error            { panic("remove") }
func (p *panicking) report(err error, _ int32)                         { p.seen = append(p.seen, err); panic("report") }

// TestPanics: a panic below SQLite is an I/O error of SQLite's.
func TestPanics(t *testing.T) {
	tls := libc.NewTLS()
	defer tls.Close()
	below, err := findVFS(tls, belowName)
	must(t, err)
	p := &panicking{}
	reg, err := registerLayer(tls, "panicking", p, below)
	must(t, err)
	db := openDSN(t, "file:"+filepath.Join(t.TempDir(), "a.db")+"?vfs=panicking")
	if err := db.PingContext(t.Context()); err == nil {
		t.Error("opened")
	}
	var panicked *PanicError
	if len(p.seen) == 0 || !errors.As(p.seen[0], &panicked) || panicked.Value != "open" {
		t.Errorf("reported: %v", p.seen)
	}
	if rc := xDelete(tls, reg.vfs, 0, 0); rc != sqlite3.SQLITE_IOERR_DELETE {
		t.Errorf("remove: %d", rc)
	}
	// A file that is not one: every callback survives it.
	memory := libc.Xcalloc(tls, 1, 4096)
	defer libc.Xfree(tls, memory)
	for name, rc := range map[string]int32{
		"read": xRead(tls, memory, memory, 1, 0), "write": xWrite(tls, memory, memory, 1, 0), "truncate": xTruncate(tls, memory, 0),
		"sync": xSync(tls, memory, 0), "size": xFileSize(tls, memory, memory+8), "control": xFileControl(tls, memory, 0, 0),
		"close": xClose(tls, memory), "lock": xLock(tls, memory, 1), "unlock": xUnlock(tls, memory, 1),
		"reserved": xCheckReservedLock(tls, memory, memory), "map": xShmMap(tls, memory, 0, 0, 0, memory),
		"shmlock": xShmLock(tls, memory, 0, 0, 0), "unmap": xShmUnmap(tls, memory, 0),
	} {
		if rc&0xff != sqlite3.SQLITE_IOERR {
			t.Errorf("%s: %d", name, rc)
		}
	}
	must(t, reg.unregister(tls))
}

func TestTable(t *testing.T) {
	var b table[int]
	values := make([]int, 100)
	var users sync.WaitGroup
	for i := range values {
		users.Go(func() {
			for range 50 {
				h := b.add(&values[i])
				if b.get(h) != &values[i] {
					t.Error("another's value")
				}
				b.remove(h)
			}
		})
	}
	users.Wait()
	if n := len(b.load()); n > len(values) {
		t.Errorf("%d slots", n)
	}
}

func TestCreateOverwritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	mustWrite(t, path, []byte("mine"))
	if err := Create(path, NewKey()); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	if got := mustRead(t, path); string(got) != "mine" {
		t.Errorf("the file says %q", got)
	}
}

// TestTwoVFSes on one file share its state, or are told that the key is wrong.
func TestTwoVFSes(t *testing.T) {
	e := newEnv(t)
	first := e.open()
	fillNotes(t, first, 30)
	second := openDSN(t, testVFS(t, e.key).DSN(e.path))
	mustExec(t, second, "DELETE FROM note WHERE id <= 10")
	mustExec(t, first, "PRAGMA wal_checkpoint(TRUNCATE)", "DELETE FROM note WHERE id <= 20")
	if n := queryOne[int](t, second, "SELECT count(*) FROM note"); n != 10 {
		t.Errorf("%d notes", n)
	}
	v := testVFS(t, NewKey())
	third := openDSN(t, v.DSN(e.path))
	if err := v.Explain(third.PingContext(t.Context())); !errors.Is(err, ErrKey) {
		t.Errorf("got %v", err)
	}
}
