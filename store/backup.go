package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"alcove/store/cryptvfs"
	"alcove/store/seal"
)

// BackupInfo is what a backup says of itself, once its manifest was opened.
type BackupInfo struct {
	Path       string
	Counter    int64 // of two backups of one practice the later has the higher one, whatever the clock said
	Created    time.Time
	Schema     int              // version of the database
	Bytes      int64            // of the file
	Rows       map[string]int64 // of each table
	Audit      AuditHead        // where the audit log ended
	Generation uint64           // of the key ring; an older one does not open all of it
}

// Progress is how far a long act is: a fixed word for what is done now, and bytes, or rows, or what else is counted. Total
// is 0 where it is not known.
type Progress struct {
	Doing       string
	Done, Total int64
}

// What Progress.Doing can be.
const (
	DoingCopy    = "copying"
	DoingCheck   = "checking pages"
	DoingRows    = "opening texts"
	DoingEncrypt = "encrypting"
)

// Why a path cannot be that of a backup.
var (
	errBesideData = errors.New("that is the data folder itself, and a backup is to outlive it: choose a folder elsewhere, better on another disk")
	errRelative   = errors.New("the path of a backup must be absolute")
	errBackingUp  = errors.New("a backup is being made already; wait for it to end")
)

const partialSuffix = ".partial" // a folder; what is in it is not whole

// Backup writes all that is committed into a new file, which opens with what opens the practice, and a copy of the present
// key ring beside it (backup_format.go says why). Members go on reading and writing; their writes wait for nothing but
// each other. The path must be absolute, and nothing may be there. tell may be nil; it is called now and then.
//
// The file appears when it is whole and synced. What an end by force leaves is called PATH.partial, and the next backup to
// that path takes it away. Its errors are fs.ErrExist, ErrDamaged, and what seal.Ring.SaveCopy answers.
func (o *Operator) Backup(ctx context.Context, path string, tell func(Progress)) (BackupInfo, error) {
	info, err := o.store.backUp(ctx, path, orSilent(tell))
	if err != nil {
		err = fmt.Errorf("back up: %w", err)
	}
	return info, err
}

func reporting(tell func(Progress), doing string) func(done, total int64) {
	return func(done, total int64) { tell(Progress{doing, done, total}) }
}

func orSilent(tell func(Progress)) func(Progress) {
	if tell == nil {
		return func(Progress) {}
	}
	return tell
}

// backups are what a Store needs to make them.
type backups struct {
	backingUp sync.Mutex
	long      longReads
	extras    func() (map[string][]byte, error)
}

func (s *Store) backUp(ctx context.Context, path string, tell func(Progress)) (info BackupInfo, err error) {
	if err := s.mayBackUpTo(path); err != nil {
		return info, err
	}
	if !s.backingUp.TryLock() {
		return info, errBackingUp
	}
	defer s.backingUp.Unlock()
	defer s.readLong(ctx)()
	partial, clearAway, err := partialFolder(path) // first: it shows that the folder can be written to
	if err != nil {
		return info, err
	}
	defer clearAway()
	if err := s.countBackup(ctx, filepath.Dir(path)); err != nil {
		return info, err
	}
	m, err := s.copyOut(ctx, partial, tell)
	if err != nil {
		return info, s.explain(err)
	}
	defer clear(m.Key)
	file := filepath.Join(partial, dbFile)
	if err := closeBackup(file, m, s.slots.Bytes(), s.master); err != nil {
		return info, err
	}
	if err := s.saveRingCopy(filepath.Dir(path)); err != nil {
		return info, err
	}
	if err := appear(file, path); err != nil {
		return info, err
	}
	if info, err = m.info(path); err == nil {
		s.noteBackup(ctx, info.Created)
	}
	return info, err
}

// mayBackUpTo refuses paths at which no backup can or should be.
func (s *Store) mayBackUpTo(path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("%s: %w", path, errRelative)
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w; a backup never takes the place of another file", path, fs.ErrExist)
	}
	return s.apartFromData(filepath.Dir(path))
}

// apartFromData refuses a folder for backups that is the data folder.
func (v *vault) apartFromData(path string) error {
	folder, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at the folder of the backups: %w", err)
	}
	data, err := os.Stat(v.dir)
	if err != nil {
		return fmt.Errorf("look at the data folder: %w", err)
	}
	if os.SameFile(folder, data) {
		return fmt.Errorf("%s: %w", path, errBesideData)
	}
	return nil
}

// partialFolder makes the folder in which a backup is made, and clears away what an earlier one left in it.
func partialFolder(path string) (partial string, clearAway func(), err error) {
	partial = path + partialSuffix
	clearAway = func() {
		if info, err := os.Lstat(partial); err != nil || !info.IsDir() {
			return // a link would lead to somebody else's database
		}
		removeDB(filepath.Join(partial, dbFile))
		_ = os.Remove(partial) // nothing of somebody else's goes
	}
	clearAway()
	if err := os.Mkdir(partial, 0o700); err != nil {
		return "", nil, fmt.Errorf("make a folder for the unfinished backup: %w", err)
	}
	return partial, clearAway, nil
}

// copyOut copies the database into the folder, under a new key, and says what it holds.
func (s *Store) copyOut(ctx context.Context, folder string, tell func(Progress)) (*manifest, error) {
	key := seal.NewFileKey()
	defer key.Wipe()
	fileKey := cryptvfs.Key(key.Bytes())
	db, err := openDB(s.vfs, s.dbPath(), writing) // the readers may all be busy; this one writes nothing here either
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	err = cryptvfs.CopyProgress(ctx, db, filepath.Join(folder, dbFile), fileKey, reporting(tell, DoingCopy))
	if err != nil {
		return nil, fmt.Errorf("copy the database: %w", err)
	}
	m, err := s.describe(ctx, folder, fileKey)
	if err != nil {
		return nil, fmt.Errorf("look at the copy: %w", err)
	}
	m.Key = key.Bytes()
	return m, nil
}

// describe says what the copy of the database in the folder holds.
func (s *Store) describe(ctx context.Context, folder string, key cryptvfs.Key) (*manifest, error) {
	info, err := os.Stat(filepath.Join(folder, dbFile))
	if err != nil {
		return nil, err
	}
	instance := s.slots.Instance()
	m := &manifest{
		Instance: instance[:], Created: s.now().UTC().Truncate(time.Second), Bytes: info.Size(),
		Generation: s.ring.Generation(), Epoch: s.ring.Current().Number, // as late as the copy, or later
	}
	if s.extras != nil {
		if m.Extras, err = s.extras(); err != nil {
			return nil, fmt.Errorf("read what else belongs into a backup: %w", err)
		}
	}
	c, err := openCopy(ctx, folder, key, s.master, &vault{slots: s.slots, ring: s.ring}, s.log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	err = c.read(ctx, "count", func(t *tx) (err error) {
		if m.Rows, err = t.countRows(ctx); err != nil {
			return err
		}
		return t.one(ctx, []any{&m.Counter, &m.Schema, &m.Pages},
			`SELECT p.backups, v.user_version, c.page_count FROM practice p, pragma_user_version v, pragma_page_count c`)
	})
	if err == nil {
		m.Audit, err = c.Operator().AuditHead(ctx)
	}
	return m, err
}

func (m *manifest) info(path string) (BackupInfo, error) {
	file, err := os.Stat(path)
	if err != nil {
		return BackupInfo{}, fmt.Errorf("look at the backup: %w", err)
	}
	return BackupInfo{
		Path: path, Counter: m.Counter, Created: m.Created, Schema: m.Schema, Bytes: file.Size(), Rows: m.Rows, Audit: m.Audit,
		Generation: m.Generation,
	}, nil
}
