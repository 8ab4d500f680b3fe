package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"alcove/store/seal"
)

// newSuffix marks a database that is still being made. It gets its name when it is whole, so that a start that was cut
// off at any moment leaves a practice, or nothing that counts as one and that the next start clears away.
const newSuffix = ".new"

// Init makes a practice in dir, which it makes too if need be, and closes to others: the master key's file and an empty
// database. It answers ErrExists, and touches nothing, if there is a database already. A key file that is there without one
// is used if it opens, for it may be all that opens a backup; else Init answers what Open would, and makes nothing.
func Init(ctx context.Context, dir string, cfg Config) (err error) {
	cfg = cfg.withDefaults(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if keptFromOthers(dir) != nil {
		if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs the x to be entered
			return fmt.Errorf("close the data folder to others: %w", err)
		}
	}
	unlock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	path := filepath.Join(dir, dbFile)
	for _, file := range withCompanions(path) { // SQLite would take a stray WAL for the new database's own
		if _, err := os.Lstat(file); err == nil {
			return ErrExists
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look for a practice: %w", err)
		}
	}
	master, made, err := ownKey(cfg)
	if err != nil {
		return err
	}
	defer master.Wipe()
	if err := createDB(ctx, path, master, cfg.Now()); err != nil {
		removeDB(path + newSuffix)
		if made { // nothing was sealed with it yet
			err = errors.Join(err, os.Remove(cfg.KeyFile))
		}
		return err
	}
	return nil
}

// ownKey makes the master key, or opens the one that is there.
func ownKey(cfg Config) (master *seal.Master, made bool, err error) {
	info, err := os.Lstat(cfg.KeyFile)
	if err == nil && info.Mode().IsRegular() && info.Size() == 0 { // a start was cut off before it wrote it
		if err := os.Remove(cfg.KeyFile); err != nil {
			return nil, false, fmt.Errorf("remove an empty key file: %w", err)
		}
		_, err = os.Lstat(cfg.KeyFile)
	}
	if errors.Is(err, fs.ErrNotExist) {
		if master, err = seal.CreateKeyFile(cfg.KeyFile); err != nil {
			return nil, false, fmt.Errorf("make the key file: %w", err)
		}
		return master, true, nil
	}
	if master, err = openKeyFile(cfg.KeyFile); err != nil {
		return nil, false, err
	}
	cfg.Log.Info("the key file that is there already is used for the new practice", "file", cfg.KeyFile)
	return master, false, nil
}

// createDB makes the database and then gives it its name. It begins anew if it was cut off before.
func createDB(ctx context.Context, path string, master *seal.Master, now time.Time) error {
	removeDB(path + newSuffix)
	if err := buildDB(ctx, path+newSuffix, master, now); err != nil {
		return err
	}
	for _, companion := range withCompanions(path + newSuffix)[1:] {
		if _, err := os.Lstat(companion); err == nil {
			return fmt.Errorf("the new database is not whole: %s is left", filepath.Base(companion))
		}
	}
	if err := os.Rename(path+newSuffix, path); err != nil {
		return fmt.Errorf("name the new database: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// buildDB makes a database with all tables and the one row that binds it to its master key. Closing it, as its only
// connection, puts all that is in the WAL into the file.
func buildDB(ctx context.Context, path string, master *seal.Master, now time.Time) (err error) {
	if err := touch(path); err != nil {
		return err
	}
	db, err := openDB(path, writing)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := migrate(ctx, db); err != nil {
		return err
	}
	return bindKey(ctx, db, master, now)
}

func removeDB(path string) {
	for _, file := range withCompanions(path) {
		_ = os.Remove(file)
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
