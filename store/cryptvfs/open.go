package cryptvfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// open is xOpen.
func (v *VFS) open(t *libc.TLS, req *openRequest) (f file, outFlags int32, err error) {
	switch req.flags & openKinds {
	case sqlite3.SQLITE_OPEN_MAIN_DB:
		f, err = v.openMain(t, req)
	case sqlite3.SQLITE_OPEN_WAL:
		f, err = v.openWAL(t, req)
	case sqlite3.SQLITE_OPEN_MAIN_JOURNAL:
		f, err = v.openJournal(t, req)
	case sqlite3.SQLITE_OPEN_TEMP_DB, sqlite3.SQLITE_OPEN_TRANSIENT_DB,
		sqlite3.SQLITE_OPEN_TEMP_JOURNAL, sqlite3.SQLITE_OPEN_SUBJOURNAL:
		f, err = v.openTemp(t, req.low, req.zName, req.flags)
	default:
		err = fmt.Errorf("%w: a file of kind %#x", ErrRefused, req.flags&openKinds)
	}
	if err != nil {
		return nil, 0, err
	}
	v.handles.Add(1)
	return &counted{file: f, open: &v.handles}, req.flags, nil
}

// counted is a file that is counted as open until it is closed.
type counted struct {
	file
	open *atomic.Int32
}

func (f *counted) close(t *libc.TLS) error {
	defer f.open.Add(-1)
	return f.file.close(t)
}

// unwrap is the file of this package behind what the bridge knows.
func unwrap(f file) file {
	if c, ok := f.(*counted); ok {
		return c.file
	}
	return f
}

func (v *VFS) openMain(t *libc.TLS, req *openRequest) (file, error) {
	path := req.path()
	for _, p := range []string{"nolock", "immutable"} {
		if on := req.parameter(t, p); on != "" && on != "0" {
			return nil, fmt.Errorf("%s: %w: %s", path, ErrRefused, p)
		}
	}
	// Never created here, and always opened for writing: on a handle that is
	// read-only the VFS below would make a -shm file. SQLite itself keeps a
	// connection read-only that asked for it.
	flags := req.flags&^(sqlite3.SQLITE_OPEN_CREATE|sqlite3.SQLITE_OPEN_READONLY) | sqlite3.SQLITE_OPEN_READWRITE
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", path, ErrMissing)
	}
	out, err := v.lower.open(t, req.low, req.zName, flags)
	if err != nil {
		return nil, err
	}
	f, err := v.attachMain(t, req, path, out)
	if err != nil {
		_ = req.low.close(t)
		return nil, err
	}
	return f, nil
}

func (v *VFS) attachMain(t *libc.TLS, req *openRequest, path string, out int32) (file, error) {
	if out&sqlite3.SQLITE_OPEN_READONLY != 0 {
		return nil, fmt.Errorf("%s: %w: the file cannot be written", path, ErrRefused)
	}
	fill := req.parameter(t, fillParameter) == fillValue
	db, err := openDatabase(t, req.low, path, v.key, fill)
	if err != nil {
		return nil, err
	}
	if fill {
		db.grown = v.grown
	}
	f, err := newPageFile(t, req.low, db)
	if err != nil {
		db.release()
		return nil, err
	}
	return f, nil
}

func (v *VFS) openWAL(t *libc.TLS, req *openRequest) (file, error) {
	main, ok := unwrap(req.mainFile(t)).(*pageFile)
	if !ok {
		return nil, fmt.Errorf("%w: a WAL without its database", ErrRefused)
	}
	if _, err := v.lower.open(t, req.low, req.zName, req.flags); err != nil {
		return nil, err
	}
	// Only for what is said when the WAL header does not open: damage, if page
	// 1 does, and else a wrong key. That page 1 does not is no matter yet.
	if !main.db.proved.Load() {
		_ = main.readPage(t, main.buf.b, 1)
	}
	f, err := newWALFile(t, req.low, main)
	if err != nil {
		_ = req.low.close(t)
		return nil, err
	}
	return f, nil
}

// openJournal refuses rollback journals, but for a database that has no page
// yet: what would be rolled back is nothing, and its journal is a temporary
// file. After a crash the file is incomplete, which is why [Copy] gives it its
// name only when it is whole.
func (v *VFS) openJournal(t *libc.TLS, req *openRequest) (file, error) {
	main, ok := unwrap(req.mainFile(t)).(*pageFile)
	if !ok || !main.db.fresh || main.db.filled.Load() != 0 {
		return nil, fmt.Errorf("%w: a rollback journal", ErrRefused)
	}
	return v.openTemp(t, req.low, 0, sqlite3.SQLITE_OPEN_TEMP_JOURNAL|sqlite3.SQLITE_OPEN_READWRITE|
		sqlite3.SQLITE_OPEN_CREATE|sqlite3.SQLITE_OPEN_EXCLUSIVE|sqlite3.SQLITE_OPEN_DELETEONCLOSE)
}

func (v *VFS) openTemp(t *libc.TLS, low *lower, zName uintptr, flags int32) (file, error) {
	if _, err := v.lower.open(t, low, zName, flags); err != nil {
		return nil, err
	}
	f, err := newTempFile(t, low, v.temp)
	if err != nil {
		_ = low.close(t)
		return nil, err
	}
	return f, nil
}

// remove is xDelete. The journal of a file being filled has no name on disk;
// SQLite deletes it at commit and must not be told that it was not there.
func (v *VFS) remove(t *libc.TLS, zName uintptr, syncDir int32) error {
	err := v.lower.remove(t, zName, syncDir)
	if errors.Is(err, codeError(sqlite3.SQLITE_IOERR_DELETE_NOENT)) {
		return nil
	}
	return err
}
