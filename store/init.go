package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"alcove/store/cryptvfs"
	"alcove/store/seal"
)

// newSuffix marks a database that is still being made. It gets its name when it is whole, so that a start that was cut
// off at any moment leaves a practice, or nothing that counts as one and that the next start clears away.
const newSuffix = ".new"

// Init makes a practice in dir, which it makes too if need be, and closes to others: the key file, the slots it opens, the key
// ring and an empty database. It answers the recovery key, which opens the practice when all else is lost and is to be shown
// once; nil with cfg.NoRecovery. ErrExists, and nothing is touched, if there is a database already; ErrGone if there was one. A
// key file that is there without one is used if it opens, for it may be all that opens a backup; else Init answers what Open
// would, and makes nothing.
func Init(ctx context.Context, dir string, cfg Config) (recovery *seal.Recovery, err error) {
	cfg = cfg.withDefaults(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if keptFromOthers(dir) != nil {
		if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs the x to be entered
			return nil, fmt.Errorf("close the data folder to others: %w", err)
		}
	}
	unlock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	path := filepath.Join(dir, dbFile)
	for _, file := range withCompanions(path) { // SQLite would take a stray WAL for the new database's own
		if _, err := os.Lstat(file); err == nil {
			return nil, ErrExists
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("look for a practice: %w", err)
		}
	}
	if err := startVault(dir); err != nil {
		return nil, err
	}
	made, err := ensureKeyFile(cfg)
	if err != nil {
		return nil, err
	}
	v, recovery, err := createVault(ctx, dir, cfg)
	if err == nil {
		defer v.wipe()
		err = createDB(ctx, v, cfg.Now(), cfg.Log)
	}
	if err != nil {
		removeDB(path + newSuffix)
		if _, gone := os.Lstat(path); gone != nil { // nothing was sealed with any of it yet
			_ = startVault(dir)
			if made {
				err = errors.Join(err, os.Remove(cfg.KeyFile))
			}
		}
		return nil, err
	}
	return recovery, nil
}

// ensureKeyFile makes the key file where there is none, unless something else is to open the practice.
func ensureKeyFile(cfg Config) (made bool, err error) {
	if cfg.Secret != nil {
		return false, nil
	}
	info, err := os.Lstat(cfg.KeyFile)
	if err == nil && info.Mode().IsRegular() && info.Size() == 0 { // a start was cut off before it wrote it
		if err := os.Remove(cfg.KeyFile); err != nil {
			return false, fmt.Errorf("remove an empty key file: %w", err)
		}
		_, err = os.Lstat(cfg.KeyFile)
	}
	if errors.Is(err, fs.ErrNotExist) {
		key, err := seal.CreateKeyFile(cfg.KeyFile)
		if err != nil {
			return false, fmt.Errorf("make the key file: %w", err)
		}
		key.Wipe()
		return true, nil
	}
	cfg.Log.Info("the key file that is there already is used for the new practice", "file", cfg.KeyFile)
	return false, nil
}

// createDB makes the database and then gives it its name. It begins anew if it was cut off before.
func createDB(ctx context.Context, v *vault, now time.Time, log *slog.Logger) error {
	path := v.dbPath()
	removeDB(path + newSuffix)
	if err := buildDB(ctx, v, path+newSuffix, now, log); err != nil {
		return err
	}
	if err := os.Rename(path+newSuffix, path); err != nil {
		return fmt.Errorf("name the new database: %w", err)
	}
	if err := syncFolder(v.dir); err != nil {
		return err
	}
	return v.slots.MarkInitialised(v.master)
}

// buildDB makes a database with all tables and the one row that binds it to its master key.
func buildDB(ctx context.Context, v *vault, path string, now time.Time, log *slog.Logger) error {
	key, err := v.fileKey()
	if err != nil {
		return err
	}
	if err := cryptvfs.Create(path, key); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return withDB(path, key, log, func(db *sql.DB) error {
		if err := migrate(ctx, db, migration{log: log}); err != nil {
			return err
		}
		return bindKey(ctx, db, v.master, v.slots.Instance(), now)
	})
}

// withDB runs do on a database that nobody else has open. Closing it, as its only connection, puts all that is in the WAL
// into the file; a WAL that is left is an error.
func withDB(path string, key cryptvfs.Key, log *slog.Logger, do func(*sql.DB) error) (err error) {
	vfs, err := register(key, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, vfs.Close()) }()
	db, err := openDB(vfs, path, writing)
	if err != nil {
		return err
	}
	if err := errors.Join(do(db), db.Close()); err != nil {
		return vfs.Explain(err)
	}
	return wantAlone(path)
}

// wantAlone answers an error if SQLite left something beside a database that was closed.
func wantAlone(path string) error {
	for _, companion := range withCompanions(path)[1:] {
		if _, err := os.Lstat(companion); err == nil {
			return fmt.Errorf("the database is not whole: %s is left", filepath.Base(companion))
		}
	}
	return nil
}

// removeDB removes an unfinished database, and what a copy that was cut off left of it.
func removeDB(path string) {
	for _, file := range withCompanions(path) {
		_ = os.Remove(file)
	}
	dir, name := filepath.Split(path)
	entries, _ := os.ReadDir(filepath.Clean(dir))
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "."+name+".") && strings.Contains(entry.Name(), ".partial") {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}

// syncFolder puts a new name on disk. Windows has no such call.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync the data folder: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}
