package cryptvfs

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

const sector = 512

// faultVFS lies between the encryption and the disk. It counts calls, makes
// some of them fail, and remembers which writes no sync has made durable yet,
// so that it can say what a disk might hold after a power cut.
type faultVFS struct {
	down lowerVFS

	mu    sync.Mutex
	calls int
	disks map[string]*disk
	fail  func(call int, op string) (code int32, torn bool) // under mu
	watch func(call int, op, path string)                   // under mu
	wrote func(path string, b []byte)                       // under mu
}

// disk is what is known of one file: what is durable, and what came after.
type disk struct {
	durable []byte
	created bool // its name is durable
	pending []pendingWrite
	done    int // writes that were pending before these
}

// pendingWrite is a write, or a truncation to off when data is nil.
type pendingWrite struct {
	off  int64
	data []byte
}

// newFaultVFS registers one and an encrypted VFS above it.
func newFaultVFS(t testing.TB, key Key) (*faultVFS, *VFS) {
	t.Helper()
	tls := libc.NewTLS()
	defer tls.Close()
	down, err := findVFS(tls, belowName)
	if err != nil {
		t.Fatal(err)
	}
	f := &faultVFS{down: down, disks: make(map[string]*disk)}
	name := fmt.Sprintf("fault-%d", testNames.Add(1))
	reg, err := registerLayer(tls, name, f, down)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tls := libc.NewTLS()
		defer tls.Close()
		if err := reg.unregister(tls); err != nil {
			t.Error(err)
		}
	})
	return f, testVFSOn(t, key, name)
}

// step counts a call and returns the failure planned for it.
func (v *faultVFS) step(op, path string) (code int32, torn bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls++
	if v.watch != nil {
		v.watch(v.calls, op, path)
	}
	if v.fail != nil {
		return v.fail(v.calls, op)
	}
	return 0, false
}

func (v *faultVFS) report(error, int32) {}

func (v *faultVFS) remove(t *libc.TLS, zName uintptr, syncDir int32) error {
	if code, _ := v.step("remove", libc.GoString(zName)); code != 0 {
		return codeError(code)
	}
	v.mu.Lock()
	delete(v.disks, libc.GoString(zName))
	v.mu.Unlock()
	return v.down.remove(t, zName, syncDir)
}

func (v *faultVFS) open(t *libc.TLS, req *openRequest) (file, int32, error) {
	if code, _ := v.step("open", req.path()); code != 0 {
		return nil, 0, codeError(code)
	}
	out, err := v.down.open(t, req.low, req.zName, req.flags)
	if err != nil {
		return nil, 0, err
	}
	f := &faultFile{low: req.low, vfs: v, path: req.path()}
	if f.path == "" {
		return f, out, nil // a temporary file is nobody's after a crash
	}
	size, err := req.low.size(t)
	if err != nil {
		return nil, 0, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.disks[f.path] == nil {
		d := &disk{created: size > 0, durable: make([]byte, size)}
		if size > 0 {
			buf, err := newScratch(t, int(size))
			if err != nil {
				return nil, 0, err
			}
			defer buf.free(t)
			if err := req.low.read(t, buf.b, 0); err != nil {
				return nil, 0, err
			}
			copy(d.durable, buf.b)
		}
		v.disks[f.path] = d
	}
	return f, out, nil
}

type faultFile struct {
	low  *lower
	vfs  *faultVFS
	path string
}

func (f *faultFile) read(t *libc.TLS, dst []byte, off int64) error {
	if code, _ := f.vfs.step("read", f.path); code != 0 {
		return codeError(code)
	}
	return f.low.read(t, dst, off)
}

func (f *faultFile) write(t *libc.TLS, src []byte, off int64) error {
	code, torn := f.vfs.step("write", f.path)
	if code != 0 && torn {
		src = src[:len(src)/2]
	}
	if code == 0 || torn {
		if err := f.low.write(t, src, off); err != nil {
			return err
		}
		f.remember(pendingWrite{off: off, data: src})
	}
	return errorOf(code)
}

func (f *faultFile) truncate(t *libc.TLS, size int64) error {
	if code, _ := f.vfs.step("truncate", f.path); code != 0 {
		return codeError(code)
	}
	if err := f.low.truncate(t, size); err != nil {
		return err
	}
	f.remember(pendingWrite{off: size})
	return nil
}

func (f *faultFile) remember(w pendingWrite) {
	f.vfs.mu.Lock()
	defer f.vfs.mu.Unlock()
	if f.vfs.wrote != nil {
		f.vfs.wrote(f.path, w.data)
	}
	if d := f.vfs.disks[f.path]; d != nil {
		w.data = slices.Clone(w.data)
		d.pending = append(d.pending, w)
	}
}

func (f *faultFile) sync(t *libc.TLS, flags int32) error {
	if code, _ := f.vfs.step("sync", f.path); code != 0 {
		return codeError(code)
	}
	// What is written while the sync runs is not covered by it.
	f.vfs.mu.Lock()
	d := f.vfs.disks[f.path]
	covered := 0
	if d != nil {
		covered = d.done + len(d.pending)
	}
	f.vfs.mu.Unlock()
	if err := f.low.sync(t, flags); err != nil {
		return err
	}
	f.vfs.mu.Lock()
	defer f.vfs.mu.Unlock()
	if d == nil {
		return nil
	}
	d.created = true
	// Two connections may sync at once, and the later one ends first.
	for d.done < covered {
		d.durable = d.pending[0].apply(d.durable, nil)
		d.pending = d.pending[1:]
		d.done++
	}
	return nil
}

func (f *faultFile) size(t *libc.TLS) (int64, error) {
	if code, _ := f.vfs.step("size", f.path); code != 0 {
		return 0, codeError(code)
	}
	return f.low.size(t)
}

func (f *faultFile) control(t *libc.TLS, op int32, arg uintptr) error {
	return f.low.control(t, op, arg)
}

func (f *faultFile) characteristics(t *libc.TLS) int32 { return f.low.characteristics(t) }

func (f *faultFile) close(t *libc.TLS) error { return f.low.close(t) }

// apply is image after the write; keep decides for each sector whether it
// reached the disk, nil for all.
func (w pendingWrite) apply(image []byte, keep func() bool) []byte {
	if w.data == nil {
		if keep != nil && !keep() {
			return image
		}
		image = slices.Grow(image, max(0, int(w.off)-len(image)))
		for int64(len(image)) < w.off {
			image = append(image, 0)
		}
		return image[:w.off]
	}
	for at := int64(0); at < int64(len(w.data)); {
		end := min(int64(len(w.data)), (w.off+at)/sector*sector+sector-w.off)
		if keep == nil || keep() {
			for int64(len(image)) < w.off+end {
				image = append(image, 0)
			}
			copy(image[w.off+at:], w.data[at:end])
		}
		at = end
	}
	return image
}

// repair ends all failing and returns the number of calls so far.
func (v *faultVFS) repair() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fail = nil
	return v.calls
}

// snapshot is the disk of a moment. The caller holds v.mu.
func (v *faultVFS) snapshot() map[string]disk {
	s := make(map[string]disk, len(v.disks))
	for path, d := range v.disks {
		s[path] = disk{durable: slices.Clone(d.durable), created: d.created, pending: slices.Clone(d.pending)}
	}
	return s
}

// powerCut writes into dir what the disk may hold when the power fails in the
// moment of the snapshot: of what was not synced any subset of the sectors.
func powerCut(t testing.TB, snapshot map[string]disk, dir string, rnd *rand.Rand) {
	t.Helper()
	share := []float64{0, 0.1, 0.5, 0.9, 1}[rnd.IntN(5)]
	keep := func() bool { return rnd.Float64() < share }
	for _, path := range slices.Sorted(maps.Keys(snapshot)) {
		d := snapshot[path]
		if !d.created && !keep() {
			continue
		}
		image := slices.Clone(d.durable)
		for _, w := range d.pending {
			image = w.apply(image, keep)
		}
		mustWrite(t, filepath.Join(dir, filepath.Base(path)), image)
	}
}

// failOnce fails the n-th call with a code that fits it.
func failOnce(n int, full bool) func(int, string) (int32, bool) {
	return func(call int, op string) (int32, bool) {
		if call != n {
			return 0, false
		}
		return faultCode(op, full), n%2 == 0
	}
}

func faultCode(op string, full bool) int32 {
	switch op {
	case "read":
		return sqlite3.SQLITE_IOERR_READ
	case "write":
		if full {
			return sqlite3.SQLITE_FULL
		}
		return sqlite3.SQLITE_IOERR_WRITE
	case "truncate":
		return sqlite3.SQLITE_IOERR_TRUNCATE
	case "sync":
		return sqlite3.SQLITE_IOERR_FSYNC
	case "size":
		return sqlite3.SQLITE_IOERR_FSTAT
	case "remove":
		return sqlite3.SQLITE_IOERR_DELETE
	}
	return sqlite3.SQLITE_CANTOPEN
}
