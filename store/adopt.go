package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"alcove/store/cryptvfs"
	"alcove/store/seal"
)

// Before its file was encrypted, a practice was an ordinary SQLite database whose texts were sealed. Opening such a one
// encrypts it first:
//
//	copy     alcove.db into alcove.db.new, page by page under the new file key
//	renew    alcove.db.new is brought to the newest version, for which every text is opened and sealed anew
//	check    every page of it opens, and its structure holds
//	swap     alcove.db gets a second name, alcove.db.plain; alcove.db.new takes its first
//	destroy  alcove.db.plain is overwritten and removed, once the new file was opened
//
// A kill at any moment leaves a whole old file at alcove.db or a whole new one. What seal says of overwriting on SSDs and
// such holds here too.

const plainSuffix = ".plain"

// fromBefore says whether the database in dir is not encrypted yet. It may have slots already, of an attempt that was cut off;
// but if they say that it was encrypted once, it is ErrForeign. What else it may be is openFile's to say.
func fromBefore(dir string) (bool, error) {
	path := filepath.Join(dir, dbFile)
	if err := cryptvfs.Probe(path, cryptvfs.Key{}); !errors.Is(err, cryptvfs.ErrPlain) {
		return false, nil
	}
	if slots, err := seal.OpenSlots(filepath.Join(dir, slotsFile)); err == nil && slots.Initialised() {
		return false, fmt.Errorf("%s is not encrypted, but this practice's database was: %w", path, ErrForeign)
	}
	return true, nil
}

// adoptPlain encrypts the practice in dir if it is one from before. A plain file that is none is ErrForeign.
func adoptPlain(ctx context.Context, dir string, cfg Config) error {
	if before, err := fromBefore(dir); err != nil || !before {
		return err
	}
	path := filepath.Join(dir, dbFile)
	master, err := openKeyFile(cfg.KeyFile)
	if err != nil {
		return err
	}
	defer master.Wipe()
	db, err := openPlain(path)
	if err != nil {
		return err
	}
	keys, instance, err := openKeys(ctx, db, master)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", path, err), db.Close())
	}
	cfg.Log.Info("this practice is from before the database's file was encrypted; that is done now, once", "file", path)
	v, err := adoptVault(ctx, dir, cfg, instance, cfg.Now())
	if err != nil {
		return errors.Join(fmt.Errorf("make the key slots: %w", err), db.Close())
	}
	defer v.wipe()
	removeDB(path + newSuffix)
	err = v.encryptInto(ctx, db, path+newSuffix, migration{keys: keys, ring: v.ring, log: cfg.Log})
	if err = errors.Join(err, db.Close()); err == nil {
		err = wantAlone(path) // a WAL of the old file must not meet the new one
	}
	if err != nil {
		removeDB(path + newSuffix)
		return fmt.Errorf("encrypt the database: %w", err)
	}
	return v.swap(path)
}

// encryptInto makes the new file of the open plain one, renews it and checks it.
func (v *vault) encryptInto(ctx context.Context, plain *sql.DB, path string, m migration) error {
	key, err := v.fileKey()
	if err != nil {
		return err
	}
	told := int64(0)
	err = cryptvfs.CopyProgress(ctx, plain, path, key, func(done, total int64) {
		if tenth := 10 * done / max(total, 1); tenth > told { // a small file is done before it is worth a word
			told = tenth
			m.log.Info("encrypting the database's file", "percent", 10*tenth)
		}
	})
	if err != nil {
		return err
	}
	m.log.Info("sealing each text under its author's key")
	err = withDB(path, key, m.log, func(db *sql.DB) error { return migrate(ctx, db, m) })
	if err != nil {
		return err
	}
	m.log.Info("checking the encrypted file")
	return cryptvfs.Check(ctx, path, key)
}

// swap lets the new file take the old one's name.
func (v *vault) swap(path string) error {
	if err := os.Remove(path + plainSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("clear away the name of an earlier attempt: %w", err) // of the same file, since alcove.db is still plain
	}
	if err := os.Link(path, path+plainSuffix); err != nil {
		return fmt.Errorf("keep the old database: %w", err)
	}
	if err := os.Rename(path+newSuffix, path); err != nil {
		return fmt.Errorf("name the encrypted database: %w", err)
	}
	return syncFolder(v.dir)
}

// finishAdoption destroys what an adoption leaves. Call it when the encrypted database was opened.
func finishAdoption(dir string) error {
	path := filepath.Join(dir, dbFile) + plainSuffix
	if _, err := plain(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if err := destroy(path); err != nil {
		return fmt.Errorf("destroy the database that is not encrypted: %w", err)
	}
	return nil
}

// destroy overwrites a file with zeros and removes it.
func destroy(path string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := io.CopyN(f, zeros{}, info.Size()); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// zeros reads as zeros without an end.
type zeros struct{}

// Read fills p with zeros.
func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// openPlain opens a database from before. Closing it puts its WAL into the file.
func openPlain(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", fileURI(path, url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "secure_delete(ON)"}}))
	if err != nil {
		return nil, fmt.Errorf("open the database that is not encrypted: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}
