package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"alcove/store/cryptvfs"
)

// This file is the one place that knows how the database's file is opened and how a folder is kept to one process.

// maxReaders bounds the connections that read at the same time.
const maxReaders = 8

// purpose says what a connection to the database is for.
type purpose int

const (
	writing purpose = iota // one connection; its transactions take the write lock at once
	reading                // several connections, which can not write
)

// register makes a VFS for the databases of one key known to SQLite. Whoever opens one through it closes the VFS after it.
func register(key cryptvfs.Key, log *slog.Logger) (*cryptvfs.VFS, error) {
	vfs, err := cryptvfs.Register("alcove-"+rand.Text(), key, cryptvfs.Options{
		OnFault: func(err error) { log.Error("the database's file", "error", err) }, // a page's number, never what is in it
	})
	if err != nil {
		return nil, fmt.Errorf("prepare to open the database: %w", err)
	}
	return vfs, nil
}

// openDB opens the database at path. Pragmas stand in the DSN, since by Exec they would reach one pooled connection only.
func openDB(vfs *cryptvfs.VFS, path string, why purpose) (*sql.DB, error) {
	parameters := []string{
		"_pragma=busy_timeout(10000)", "_pragma=journal_mode(WAL)", "_pragma=synchronous(FULL)",
		"_pragma=secure_delete(ON)", "_pragma=foreign_keys(ON)", "_pragma=temp_store(MEMORY)",
	}
	connections := 1
	if why == reading {
		parameters = append(parameters, "_pragma=query_only(ON)")
		connections = maxReaders
	} else {
		parameters = append(parameters, "_txlock=immediate")
	}
	db, err := sql.Open("sqlite", vfs.DSN(path, parameters...))
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// probeDB looks at the database's file before SQLite does, and gives what cryptvfs says of it a kind of the store's.
func probeDB(path string, key cryptvfs.Key) error {
	err := cryptvfs.Probe(path, key)
	switch {
	case errors.Is(err, cryptvfs.ErrMissing):
		return fmt.Errorf("%w: %w", ErrGone, err)
	case errors.Is(err, cryptvfs.ErrPlain):
		return fmt.Errorf("%w: %w", ErrForeign, err)
	case errors.Is(err, cryptvfs.ErrKey):
		return fmt.Errorf("%w, or its first page is damaged: %w", ErrForeign, err)
	case errors.Is(err, cryptvfs.ErrEmpty), errors.Is(err, cryptvfs.ErrShort), errors.Is(err, cryptvfs.ErrDamaged):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// lockFolder keeps every other process out of the data folder until unlock is called or this process ends, however it
// ends: it holds an exclusive transaction on an empty database beside the real one. It answers ErrInUse if another
// process does.
func lockFolder(dir string) (unlock func() error, err error) {
	path := filepath.Join(dir, "alcove.lock")
	if err := touch(path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", fileURI(path, url.Values{"_txlock": {"exclusive"}, "_pragma": {"busy_timeout(0)"}}))
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	// The transaction must outlive the call, so it takes no caller's context.
	lock, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		_ = db.Close()
		var failure *sqlite.Error
		if errors.As(err, &failure) && failure.Code()&0xff == sqlite3.SQLITE_BUSY {
			return nil, ErrInUse
		}
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return func() error { return errors.Join(lock.Rollback(), db.Close()) }, nil
}

// fileURI names a plain SQLite file: the lock, and a practice from before its file was encrypted.
func fileURI(path string, query url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String()
}
