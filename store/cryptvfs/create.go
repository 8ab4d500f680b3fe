package cryptvfs

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
)

const filePermissions = 0o600

// Create makes an empty database at path, readable by its owner only, and
// syncs it. The file must not exist. Where [Register] does not work it answers
// as that does, and makes nothing.
func Create(path string, key Key) (err error) {
	if err := supported(); err != nil {
		return err
	}
	page, err := emptyPage(key)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, filePermissions)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	_, err = f.Write(page)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return syncDir(path)
}

// emptyPage is page 1 of a database without tables, sealed. It is what SQLite
// writes for such a database, but in WAL mode from the start: to change the
// mode later would take a rollback journal.
func emptyPage(key Key) ([]byte, error) {
	const (
		offFractions    = 21  // three constants of the file format
		offBtree        = 100 // behind the file header: the schema's page
		leafTable       = 0x0D
		offContentStart = offBtree + 5
	)
	page := make([]byte, pageSize)
	copy(page, openHeader[:])
	copy(page[offFractions:], []byte{64, 32, 32})
	binary.BigEndian.PutUint32(page[offPages:], 1)
	page[offBtree] = leafTable
	binary.BigEndian.PutUint16(page[offContentStart:], usable)

	salt := newSalt()
	s, err := deriveSealer(key, salt, mainUse)
	if err != nil {
		return nil, err
	}
	var ad [adSize]byte
	return page, sealPage(s, &salt, page, 1, &ad)
}

// Rekey replaces the database at path, which nobody may have open, by a copy
// under another key. It is checked before it takes the place of the old file;
// a crash leaves the one or the other. The caller keeps both keys until then,
// and can ask [Probe] which it needs.
func Rekey(ctx context.Context, path string, from, to Key) (err error) {
	if err := Probe(path, from); err != nil {
		return err
	}
	fresh := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".rekey")
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := withDatabase(path, from, func(db *sql.DB) error { return Copy(ctx, db, fresh, to) }); err != nil {
		return err
	}
	defer os.Remove(fresh)
	if err := Check(ctx, fresh, to); err != nil {
		return err
	}
	// A WAL under the old key beside a file under the new one would be refused.
	// Closing the database has emptied it into the copy's source and removed it.
	if _, err := os.Lstat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s-wal is still there: %w", path, ErrInUse)
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return syncDir(path)
}

// Check opens the database at path, reads every page of it and has SQLite
// check its structure.
func Check(ctx context.Context, path string, key Key) error {
	return withDatabase(path, key, func(db *sql.DB) error {
		if err := CheckOpen(ctx, db); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
}

// CheckOpen is [Check] for a database that is open, also while others write
// to it. What [VFS.Explain] has to say of its errors, the caller asks.
func CheckOpen(ctx context.Context, db *sql.DB) error {
	var pages int
	if err := db.QueryRowContext(ctx, "SELECT count(data) FROM sqlite_dbpage").Scan(&pages); err != nil {
		return err
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, verdict)
	}
	return nil
}

// withDatabase opens the database at path for the time of use.
func withDatabase(path string, key Key, use func(*sql.DB) error) (err error) {
	v, err := registerUnnamed(key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	db, err := sql.Open("sqlite", v.DSN(path, "_pragma=busy_timeout(10000)"))
	if err != nil {
		return err
	}
	err = use(db)
	return v.Explain(errors.Join(err, db.Close()))
}

var unnamed atomic.Uint64

func registerUnnamed(key Key) (*VFS, error) {
	return Register(fmt.Sprintf("cryptvfs-%d", unnamed.Add(1)), key, Options{})
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncDir makes the name of path durable.
func syncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
