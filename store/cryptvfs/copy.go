package cryptvfs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// reportEvery is how many pages there are between two reports of a copy.
const reportEvery = 1 << 20 / pageSize

// Copy writes everything db has committed into a new database at path under
// key, by VACUUM INTO: a backup, a change of key, or the import of a plain
// SQLite database, whose pages must be of 4096 bytes. Writers of db go on
// meanwhile. The file appears under its name when it is complete and synced;
// it must not exist before. A crash may leave a hidden ".NAME.*.partial" behind.
func Copy(ctx context.Context, db *sql.DB, path string, key Key) error {
	return CopyProgress(ctx, db, path, key, nil)
}

// CopyProgress is [Copy] that says how far it is: after each MiB or so report
// hears of the bytes written and of those there will be, and at the end, when
// the file has its name, of as many of both. The second number is what db uses
// when the copy begins; the copy may be some pages larger or smaller. The copy
// waits while report runs, others do not; report must not use db.
func CopyProgress(ctx context.Context, db *sql.DB, path string, key Key, report func(done, total int64)) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "copy to", Path: path, Err: fs.ErrExist}
	}
	v, err := registerUnnamed(key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()

	partial, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.partial") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(partial.Name())
	if err := partial.Close(); err != nil {
		return err
	}
	total, err := vacuumInto(ctx, db, v, partial.Name(), report)
	if err != nil {
		return v.Explain(err)
	}
	if err := syncFile(partial.Name()); err != nil {
		return err
	}
	// A link, unlike a rename, never replaces a file that came in between.
	if err := os.Link(partial.Name(), path); err != nil {
		return err
	}
	if err := syncDir(path); err != nil {
		return err
	}
	if report != nil {
		report(total, total)
	}
	return nil
}

// vacuumInto fills the empty file at path through v. It returns the size in
// bytes of what db uses.
func vacuumInto(ctx context.Context, db *sql.DB, v *VFS, path string, report func(done, total int64)) (total int64, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	var size, pages int64
	err = conn.QueryRowContext(ctx, `SELECT page_size, page_count - freelist_count
		FROM pragma_page_size, pragma_page_count, pragma_freelist_count`).Scan(&size, &pages)
	if err != nil {
		return 0, err
	}
	if size != pageSize {
		return 0, fmt.Errorf("cryptvfs: pages of %d bytes cannot be copied, only of %d", size, pageSize)
	}
	total = pages * pageSize
	if report != nil {
		v.grown = func(n uint32) {
			if n%reportEvery == 0 {
				report(min(int64(n)*pageSize, total), total)
			}
		}
	}
	// A plain source has no reserved bytes; the copy has.
	query := fmt.Sprintf("vfs=%s&%s=%s&reserve=%d", v.name, fillParameter, fillValue, reserve)
	_, err = conn.ExecContext(ctx, "VACUUM INTO ?", fileURI(path, query))
	return total, err
}
