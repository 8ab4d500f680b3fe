package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
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

// openDB opens the database at path. Pragmas stand in the DSN, since by Exec they would reach one pooled connection only.
func openDB(path string, why purpose) (*sql.DB, error) {
	pragmas := []string{
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)",
		"secure_delete(ON)", "foreign_keys(ON)", "temp_store(MEMORY)",
	}
	query := url.Values{"_txlock": {"immediate"}}
	if why == reading {
		pragmas = append(pragmas, "query_only(ON)")
		query = url.Values{}
	}
	query["_pragma"] = pragmas
	db, err := sql.Open("sqlite", fileURI(path, query))
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	connections := 1
	if why == reading {
		connections = maxReaders
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
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

func fileURI(path string, query url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String()
}
