package cryptvfs

import (
	"errors"
	"fmt"
	"io/fs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The reasons a file is refused, for errors.Is on what [Probe], [Check],
// [Copy], [Rekey], [VFS.LastFault] and [VFS.Explain] return.
var (
	// ErrMissing: there is no such file. It is also fs.ErrNotExist.
	ErrMissing = fmt.Errorf("cryptvfs: no such database: %w", fs.ErrNotExist)
	// ErrEmpty: the file has no bytes. A database of this package never has:
	// somebody cut it, or its creation was interrupted.
	ErrEmpty = errors.New("cryptvfs: the file is empty")
	// ErrShort: the file ends before its last page.
	ErrShort = errors.New("cryptvfs: the file is shorter than it was")
	// ErrPlain: the file is an ordinary, unencrypted SQLite database.
	ErrPlain = errors.New("cryptvfs: the file is a plain SQLite database")
	// ErrKey: no part of the file that was tried opens under the key.
	ErrKey = errors.New("cryptvfs: wrong key, or not an encrypted database")
	// ErrDamaged: a page or frame is not what was written there. Every
	// [DamageError] is ErrDamaged.
	ErrDamaged = errors.New("cryptvfs: damaged")
	// ErrShape: SQLite asked for something this package does not know. Every
	// [ShapeError] is ErrShape.
	ErrShape = errors.New("cryptvfs: unknown request")
	// ErrRefused: a feature that would leave plaintext or break the promises
	// of the package, such as a rollback journal.
	ErrRefused = errors.New("cryptvfs: refused")
	// ErrInUse: the database, or the VFS, is open.
	ErrInUse = errors.New("cryptvfs: in use")
)

// Area says which part of a database a [DamageError] speaks of.
type Area string

// The parts of a database that are sealed one by one.
const (
	AreaPage      Area = "page"
	AreaWALHeader Area = "WAL header"
	AreaWALFrame  Area = "WAL frame"
	AreaTemp      Area = "temporary block"
)

// DamageError says that a sealed record did not open: where, never what.
type DamageError struct {
	Path   string
	Area   Area
	Number uint32 // of the page, frame or block, counted from 1; 0 for a header
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("cryptvfs: %s: %s %d is damaged", e.Path, e.Area, e.Number)
}

// Is makes every DamageError an [ErrDamaged].
func (e *DamageError) Is(target error) bool { return target == ErrDamaged }

// ShapeError reports a read, write or truncation that SQLite is not known to
// do. It is answered with an I/O error: a guess could lose data.
type ShapeError struct {
	Op     string
	Area   Area
	Offset int64
	Length int
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("cryptvfs: unknown %s in %s: %d bytes at %d", e.Op, e.Area, e.Length, e.Offset)
}

// Is makes every ShapeError an [ErrShape].
func (e *ShapeError) Is(target error) bool { return target == ErrShape }

// PanicError is a panic inside the VFS, turned into an I/O error.
type PanicError struct{ Value any }

func (e *PanicError) Error() string { return fmt.Sprintf("cryptvfs: panic: %v", e.Value) }

// codeError is a result code of the VFS below, passed on as it came.
type codeError int32

func (e codeError) Error() string { return fmt.Sprintf("cryptvfs: SQLite result code %d", int32(e)) }

// Boxed once: SQLite meets both of them in good health.
var (
	errShortRead error = codeError(sqlite3.SQLITE_IOERR_SHORT_READ)
	errNotFound  error = codeError(sqlite3.SQLITE_NOTFOUND)
)

// errorOf is nil for SQLITE_OK.
func errorOf(rc int32) error {
	switch rc {
	case sqlite3.SQLITE_OK:
		return nil
	case sqlite3.SQLITE_IOERR_SHORT_READ:
		return errShortRead
	case sqlite3.SQLITE_NOTFOUND:
		return errNotFound
	}
	return codeError(rc)
}

// codeOf is what SQLite is told about err; otherwise is the code for an error
// that has none of its own. The second result says whether err is news: the
// codes of the VFS below are not.
func codeOf(err error, otherwise int32) (rc int32, fault bool) {
	var code codeError
	switch {
	case err == nil:
		return sqlite3.SQLITE_OK, false
	case errors.As(err, &code):
		return int32(code), false
	case errors.Is(err, ErrDamaged):
		return sqlite3.SQLITE_IOERR_DATA, true
	case errors.Is(err, ErrKey), errors.Is(err, ErrPlain), errors.Is(err, ErrEmpty), errors.Is(err, ErrShort):
		return sqlite3.SQLITE_NOTADB, true
	}
	return otherwise, true
}

// fault is an error together with the code SQLite got for it, so that Explain
// attaches it to that code and to no other.
type fault struct {
	err error
	rc  int32
}

// LastFault returns the last error of this package's own making: damage, a
// wrong key, an unknown request, a refusal. It is nil when there was none.
// I/O errors of the file system are SQLite's to report.
func (v *VFS) LastFault() error {
	if f := v.last.Load(); f != nil {
		return f.err
	}
	return nil
}

// Explain joins err, as it came out of database/sql, with the fault behind it,
// so that errors.Is(err, ErrDamaged) and its like can be asked. SQLite passes
// on numbers only; when several connections fail in the same moment with the
// same number, the fault named is the last of them. Any other error, nil too,
// is returned as it is.
func (v *VFS) Explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	f := v.last.Load()
	switch {
	case f != nil && f.rc == int32(e.Code()):
		return fmt.Errorf("%w: %w", f.err, err)
	case e.Code() == sqlite3.SQLITE_IOERR_DATA:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// report keeps err and tells the owner of the VFS.
func (v *VFS) report(err error, rc int32) {
	v.last.Store(&fault{err: err, rc: rc})
	if v.opts.OnFault != nil {
		v.opts.OnFault(err)
	}
}
