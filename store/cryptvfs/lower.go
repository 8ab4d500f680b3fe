package cryptvfs

// This file and bridge.go are the only ones that touch memory which is not
// Go's. Here are the calls down, into the VFS below; bridge.go has the calls
// that come up from SQLite.

import (
	"errors"
	"fmt"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// lowerVFS is a registered sqlite3_vfs that does the real work.
type lowerVFS struct {
	p   uintptr
	vfs *sqlite3.Tsqlite3_vfs
}

func findVFS(t *libc.TLS, name string) (lowerVFS, error) {
	z, err := libc.CString(name)
	if err != nil {
		return lowerVFS{}, err
	}
	defer libc.Xfree(t, z)
	p := sqlite3.Xsqlite3_vfs_find(t, z)
	if p == 0 {
		return lowerVFS{}, fmt.Errorf("cryptvfs: not on this system: its SQLite has no VFS %q: %w", name, errors.ErrUnsupported)
	}
	return lowerVFS{p: p, vfs: (*sqlite3.Tsqlite3_vfs)(pointer(p))}, nil
}

// open opens name, a C string or 0, into l. The VFS below sees itself as
// pVfs: os_unix.c tells "unix" from "unix-excl" by the name it finds there.
func (w lowerVFS) open(t *libc.TLS, l *lower, name uintptr, flags int32) (outFlags int32, err error) {
	out := t.Alloc(8)
	defer t.Free(8)
	storeInt32(out, flags)
	*(*uintptr)(pointer(l.file)) = 0
	open := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](w.vfs.FxOpen)
	rc := open(t, w.p, name, l.file, flags, out)
	methods := *(*uintptr)(pointer(l.file))
	if rc != sqlite3.SQLITE_OK {
		// SQLite's contract: an open that failed but set methods is closed.
		if methods != 0 {
			l.m = (*sqlite3.Tsqlite3_io_methods)(pointer(methods))
			_ = l.close(t)
		}
		return 0, errorOf(rc)
	}
	l.m = (*sqlite3.Tsqlite3_io_methods)(pointer(methods))
	return loadInt32(out), nil
}

func (w lowerVFS) remove(t *libc.TLS, name uintptr, syncDir int32) error {
	remove := function[func(*libc.TLS, uintptr, uintptr, int32) int32](w.vfs.FxDelete)
	return errorOf(remove(t, w.p, name, syncDir))
}

// lower is an open file of the VFS below. Slices handed to it must lie in C
// memory: they are passed on as addresses.
type lower struct {
	file uintptr // sqlite3_file*
	m    *sqlite3.Tsqlite3_io_methods
}

type (
	fnFile     = func(*libc.TLS, uintptr) int32
	fnFileInt  = func(*libc.TLS, uintptr, int32) int32
	fnFileLong = func(*libc.TLS, uintptr, int64) int32
	fnFilePtr  = func(*libc.TLS, uintptr, uintptr) int32
	fnFileIO   = func(*libc.TLS, uintptr, uintptr, int32, int64) int32
	fnFileCtl  = func(*libc.TLS, uintptr, int32, uintptr) int32
	fnVoid     = func(*libc.TLS, uintptr)
	fnShmMap   = func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32
	fnShmLock  = func(*libc.TLS, uintptr, int32, int32, int32) int32
)

func (l *lower) close(t *libc.TLS) error {
	return errorOf(function[fnFile](l.m.FxClose)(t, l.file))
}

func (l *lower) read(t *libc.TLS, dst []byte, off int64) error {
	return errorOf(function[fnFileIO](l.m.FxRead)(t, l.file, address(dst), int32(len(dst)), off))
}

func (l *lower) write(t *libc.TLS, src []byte, off int64) error {
	return errorOf(function[fnFileIO](l.m.FxWrite)(t, l.file, address(src), int32(len(src)), off))
}

func (l *lower) truncate(t *libc.TLS, size int64) error {
	return errorOf(function[fnFileLong](l.m.FxTruncate)(t, l.file, size))
}

func (l *lower) sync(t *libc.TLS, flags int32) error {
	return errorOf(function[fnFileInt](l.m.FxSync)(t, l.file, flags))
}

func (l *lower) size(t *libc.TLS) (int64, error) {
	p := t.Alloc(8)
	defer t.Free(8)
	storeInt64(p, 0)
	rc := function[fnFilePtr](l.m.FxFileSize)(t, l.file, p)
	return *(*int64)(pointer(p)), errorOf(rc)
}

func (l *lower) control(t *libc.TLS, op int32, arg uintptr) error {
	return errorOf(function[fnFileCtl](l.m.FxFileControl)(t, l.file, op, arg))
}

func (l *lower) characteristics(t *libc.TLS) int32 {
	return function[fnFile](l.m.FxDeviceCharacteristics)(t, l.file)
}

// scratch is a buffer in C memory. SQLite's own buffers must not be sealed in
// place, and Go memory must not be handed down as an address.
type scratch struct {
	p uintptr
	b []byte
}

func newScratch(t *libc.TLS, n int) (scratch, error) {
	p := libc.Xmalloc(t, types.Size_t(n))
	if p == 0 {
		return scratch{}, codeError(sqlite3.SQLITE_NOMEM)
	}
	return scratch{p: p, b: bytesAt(p, n)}, nil
}

func (s *scratch) free(t *libc.TLS) {
	if s.p != 0 {
		clear(s.b) // it held plaintext
		libc.Xfree(t, s.p)
	}
	*s = scratch{}
}

// pointer turns an address in C memory into a pointer. It is not inlined:
// inlined into a copy to a fixed array this cast crashed Go 1.26.8's compiler
// ("disjointTypes: one of arguments is not a pointer").
//
//go:noinline
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// bytesAt is the n bytes of C memory at p.
func bytesAt(p uintptr, n int) []byte { return unsafe.Slice((*byte)(pointer(p)), n) }

// address is where b lies. Only for C memory, which nobody moves.
func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

func loadInt32(p uintptr) int32     { return *(*int32)(pointer(p)) }
func storeInt32(p uintptr, v int32) { *(*int32)(pointer(p)) = v }
func storeInt64(p uintptr, v int64) { *(*int64)(pointer(p)) = v }

// function turns a function pointer of the transpiled engine into a Go
// function, and functionPointer the other way round, as modernc's own vfs
// package does: such a pointer is the address of a Go func value's target.
// Only top-level functions may go through functionPointer: a closure that is
// reachable from C memory alone would be collected.
func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ p uintptr }{p})) }

func functionPointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) }
