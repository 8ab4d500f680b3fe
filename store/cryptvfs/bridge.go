package cryptvfs

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// layer is a VFS written in Go upon another VFS: the encryption itself, and
// in the tests a layer below it that breaks things.
type layer interface {
	// open opens req through req.below and returns the file and the flags
	// SQLite is told it was opened with.
	open(t *libc.TLS, req *openRequest) (file, int32, error)
	// remove deletes the file zName.
	remove(t *libc.TLS, zName uintptr, syncDir int32) error
	// report hears of every error this layer made up itself.
	report(err error, rc int32)
}

// file is an open file of a layer. Locks and shared memory never reach it:
// they go straight to the VFS below.
type file interface {
	read(t *libc.TLS, dst []byte, off int64) error
	write(t *libc.TLS, src []byte, off int64) error
	truncate(t *libc.TLS, size int64) error
	sync(t *libc.TLS, flags int32) error
	size(t *libc.TLS) (int64, error)
	control(t *libc.TLS, op int32, arg uintptr) error
	characteristics(t *libc.TLS) int32
	// close closes everything, the file below included.
	close(t *libc.TLS) error
}

// openRequest is one call of xOpen.
type openRequest struct {
	zName uintptr // C string with SQLite's URI parameters behind it, or 0
	flags int32
	low   *lower // where to open the file below
}

func (r *openRequest) path() string {
	if r.zName == 0 {
		return ""
	}
	return libc.GoString(r.zName)
}

// parameter is the value of a URI parameter, "" when it is absent.
func (r *openRequest) parameter(t *libc.TLS, name string) string {
	if r.zName == 0 {
		return ""
	}
	z, err := libc.CString(name)
	if err != nil {
		return ""
	}
	defer libc.Xfree(t, z)
	p := sqlite3.Xsqlite3_uri_parameter(t, r.zName, z)
	if p == 0 {
		return ""
	}
	return libc.GoString(p)
}

// mainFile is the file of the database that a journal or WAL belongs to.
// SQLite keeps a pointer to it in front of the name.
func (r *openRequest) mainFile(t *libc.TLS) file {
	p := sqlite3.Xsqlite3_database_file_object(t, r.zName)
	if p == 0 || *(*uintptr)(pointer(p)) != ioMethodsAddress {
		return nil
	}
	return opened(p).file
}

// openFile is what a handle stands for.
type openFile struct {
	layer layer
	file  file
	low   lower
}

// table gives numbers to Go values, for C memory may not hold Go pointers.
// Reading takes no lock: every page read looks its file up here.
type table[T any] struct {
	mu    sync.Mutex
	slots atomic.Pointer[[]*T]
}

func (b *table[T]) add(v *T) uintptr {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.load()
	for i, s := range old {
		if s == nil {
			b.set(i, v)
			return uintptr(i + 1)
		}
	}
	grown := append(append([]*T(nil), old...), v)
	b.slots.Store(&grown)
	return uintptr(len(grown))
}

func (b *table[T]) remove(h uintptr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.set(int(h-1), nil)
}

// get panics on a handle that is not in use. SQLite never has one; where it
// could matter the callback turns that into an I/O error.
func (b *table[T]) get(h uintptr) *T {
	if v := b.load()[h-1]; v != nil {
		return v
	}
	panic("stale handle")
}

func (b *table[T]) load() []*T {
	if s := b.slots.Load(); s != nil {
		return *s
	}
	return nil
}

// set copies: a reader may hold the old slice.
func (b *table[T]) set(i int, v *T) {
	s := append([]*T(nil), b.load()...)
	s[i] = v
	b.slots.Store(&s)
}

var (
	layers table[layer]
	files  table[openFile]
)

// header stands in front of the file of the VFS below, in the memory SQLite
// gave us.
type header struct {
	methods uintptr
	handle  uintptr
}

const headerSize = unsafe.Sizeof(header{})

func opened(pFile uintptr) *openFile { return files.get((*header)(pointer(pFile)).handle) }

// registerLayer makes l known to SQLite under name, on top of the VFS below.
func registerLayer(t *libc.TLS, name string, l layer, below lowerVFS) (*registration, error) {
	zName, err := libc.CString(name)
	if err != nil {
		return nil, err
	}
	p := libc.Xmalloc(t, types.Size_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	if p == 0 {
		libc.Xfree(t, zName)
		return nil, codeError(sqlite3.SQLITE_NOMEM)
	}
	r := &registration{vfs: p, zName: zName, handle: layers.add(&l)}
	v := (*sqlite3.Tsqlite3_vfs)(pointer(p))
	*v = *below.vfs
	v.FzName = zName
	v.FpNext = 0
	v.FpAppData = r.handle
	v.FszOsFile += int32(headerSize)
	v.FxOpen = functionPointer(xOpen)
	v.FxDelete = functionPointer(xDelete)
	if rc := sqlite3.Xsqlite3_vfs_register(t, p, 0); rc != sqlite3.SQLITE_OK {
		r.free(t)
		return nil, codeError(rc)
	}
	return r, nil
}

// registration is the C side of a registered layer.
type registration struct{ vfs, zName, handle uintptr }

func (r *registration) unregister(t *libc.TLS) error {
	if rc := sqlite3.Xsqlite3_vfs_unregister(t, r.vfs); rc != sqlite3.SQLITE_OK {
		return codeError(rc)
	}
	r.free(t)
	return nil
}

func (r *registration) free(t *libc.TLS) {
	layers.remove(r.handle)
	libc.Xfree(t, r.vfs)
	libc.Xfree(t, r.zName)
}
