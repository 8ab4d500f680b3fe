package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"alcove/store/cryptvfs"
	"alcove/store/seal"
)

// Restored is what a restore put in place.
type Restored struct {
	Verified          // of the backup, before anything was put in place
	Live     Verified // of the practice as it is now, without what was erased since
}

// Restore makes a practice in dir of a backup: the database, encrypted anew, the slot file, and the key ring. What dir has of
// these already stays if it is of the same practice and not older, for then it is the better one. Before the database gets
// its name everything in the backup is opened; extras is given what Config.Extras answered when it was made. Then the
// practice is opened once, by which all that was erased since is erased again, and verified.
//
// The key ring is the newest of dir's and the one at ring, which if empty is beside the backup. cfg is that of Open. It
// answers ErrInUse if dir is open, ErrExists if it holds a database, and what VerifyBackup answers; then there is no
// database in dir, nor after a kill: the same call begins anew. tell may be nil.
func Restore(ctx context.Context, file, ring, dir string, cfg Config, extras func(map[string][]byte) error, tell func(Progress)) (r Restored, err error) {
	cfg, tell = cfg.withDefaults(dir), orSilent(tell)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return r, fmt.Errorf("make the data folder: %w", err)
	}
	unlock, err := lockFolder(dir)
	if err != nil {
		return r, err
	}
	r.Verified, err = restoreLocked(ctx, file, ring, dir, cfg, extras, tell)
	if err := errors.Join(err, unlock()); err != nil {
		return r, fmt.Errorf("restore: %w", err)
	}
	s, err := Open(ctx, dir, cfg)
	if err != nil {
		return r, fmt.Errorf("open what was restored: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.write(ctx, "record the restore", func(t *tx) error { return t.audit(ctx, act{kind: AuditRestored}) }); err != nil {
		return r, err
	}
	r.Live, err = s.Operator().Verify(ctx, tell)
	return r, err
}

// restoreLocked is Restore up to the name of the database.
func restoreLocked(ctx context.Context, file, ring, dir string, cfg Config, extras func(map[string][]byte) error, tell func(Progress)) (v Verified, err error) {
	if err := noDatabase(dir); err != nil {
		return v, err
	}
	b, err := openBackup(file)
	if err != nil {
		return v, err
	}
	defer b.close()
	kept, master, err := b.unlock(ctx, dir, cfg)
	if err != nil {
		return v, err
	}
	defer master.Wipe()
	m, err := b.unseal(master)
	if err != nil {
		return v, fmt.Errorf("%s: %w", file, err)
	}
	defer clear(m.Key)
	own := filepath.Join(dir, ringFile)
	keys, err := ringFor(m, master, own, besideBackup(file, ring))
	if err != nil {
		return v, err
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs the x to be entered
		return v, fmt.Errorf("close the data folder to others: %w", err)
	}
	scratch, err := restoreFolder(dir)
	if err != nil {
		return v, err
	}
	defer func() { _ = os.RemoveAll(scratch) }() // what is left of it the next restore takes away
	if v, err = b.verifyIn(ctx, scratch, m, master, keys, cfg.Log, tell); err != nil {
		return v, fmt.Errorf("%s: %w", file, err)
	}
	key, err := (&vault{slots: kept, master: master}).fileKey()
	if err != nil {
		return v, err
	}
	from, err := m.key()
	if err != nil {
		return v, err
	}
	fresh := filepath.Join(scratch, dbFile+newSuffix)
	if err := encryptAnew(ctx, filepath.Join(scratch, dbFile), from, fresh, key, cfg, tell); err != nil {
		return v, err
	}
	if err := putBeside(dir, b, keys); err != nil {
		return v, err
	}
	if extras != nil {
		if err := extras(m.Extras); err != nil {
			return v, err
		}
	}
	return v, appear(fresh, filepath.Join(dir, dbFile))
}

// noDatabase answers ErrExists if there is a database, or a part of one.
func noDatabase(dir string) error {
	for _, path := range withCompanions(filepath.Join(dir, dbFile)) {
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s: %w; move it away, or name an empty folder", path, ErrExists)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look for a practice: %w", err)
		}
	}
	return nil
}

// unlock finds the slots that will stand in dir, its own or else those of the backup, and opens them. Its own are the newer
// ones; but what opened the backup when it was made may open it still.
func (b *backupFile) unlock(ctx context.Context, dir string, cfg Config) (kept *seal.Slots, master *seal.Master, err error) {
	path := filepath.Join(dir, slotsFile)
	kept, err = seal.OpenSlots(path)
	if errors.Is(err, fs.ErrNotExist) {
		master, err = cfg.unlock(ctx, b.slots)
		return b.slots, master, err
	}
	if err != nil {
		return nil, nil, vaultError(err)
	}
	if kept.Instance() != b.slots.Instance() {
		return nil, nil, fmt.Errorf("%s belongs to another practice than the backup; name an empty folder: %w", path, ErrForeign)
	}
	if master, err = cfg.unlock(ctx, kept); errors.Is(err, ErrWrongKey) {
		master, err = cfg.unlock(ctx, b.slots)
	}
	return kept, master, err
}

// restoreFolder makes the folder in which a database is restored, and takes away what a restore that was killed left.
func restoreFolder(dir string) (string, error) {
	path := filepath.Join(dir, dbFile+".restore")
	if err := os.RemoveAll(path); err != nil {
		return "", fmt.Errorf("take away an unfinished restore: %w", err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		return "", fmt.Errorf("make a folder to restore in: %w", err)
	}
	return path, nil
}

// encryptAnew copies a database to a file under another key, and checks every page of that.
func encryptAnew(ctx context.Context, from string, fromKey cryptvfs.Key, to string, toKey cryptvfs.Key, cfg Config, tell func(Progress)) error {
	err := withDB(from, fromKey, cfg.Log, func(db *sql.DB) error {
		return cryptvfs.CopyProgress(ctx, db, to, toKey, reporting(tell, DoingEncrypt))
	})
	if err == nil {
		err = cryptvfs.Check(ctx, to, toKey)
	}
	if err != nil {
		return fmt.Errorf("encrypt the database anew: %w", err)
	}
	return nil
}

// putBeside writes the slot file where there is none, and the ring where there is none or an older one.
func putBeside(dir string, b *backupFile, ring *seal.Ring) error {
	path := filepath.Join(dir, slotsFile)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := writeWhole(path, b.content); err != nil {
			return fmt.Errorf("write the slot file: %w", err)
		}
	}
	if err := ring.SaveCopy(filepath.Join(dir, ringFile)); err != nil {
		return fmt.Errorf("put the key ring in place: %w", err)
	}
	return nil
}

// writeWhole writes a new file that its owner alone can read; it appears under its name when it is synced.
func writeWhole(path string, content []byte) error {
	unfinished := path + newSuffix
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return appear(unfinished, path)
}
