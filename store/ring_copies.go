package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Without the key ring a backup opens nothing, so a copy of the ring lies in each folder that a backup was written to. An old
// copy would bring back what was erased. So the practice knows these folders, and overwrites every copy at each change of the
// ring. A folder that cannot be reached, such as a disk in a drawer, is told to the operator until it can be.
//
// A practice overwrites only the copies that were made from its own data folder. One that was restored elsewhere, or whose folder
// was copied, brings the list along, but its ring goes another way from there, and would shut the first one out of its backups.
//
// Only a backup makes a copy where there is none, and the server in the folder of its backups: the folder of a disk that is away
// may be there and empty, and a copy in it would hide that the old one is still about.

// RingCopy is a folder with a copy of the key ring.
type RingCopy struct {
	Folder  string
	Current bool // it is the ring as it is now
}

// RingCopies brings the copies up to date where it can, and lists them by folder.
func (o *Operator) RingCopies(ctx context.Context) ([]RingCopy, error) {
	o.store.refreshRingCopies(ctx)
	folders, err := o.store.ringFolders(ctx)
	return o.store.ringCopies(folders), err
}

// ForgetRingCopy takes a folder off the list: its copy was destroyed, or so the operator says, and that is recorded. ErrNotFound
// if it is not on it.
func (o *Operator) ForgetRingCopy(ctx context.Context, folder string) error {
	return o.store.write(ctx, "forget a copy of the key ring", func(t *tx) error {
		gone, err := t.change(ctx, `DELETE FROM ring_copy WHERE folder = ? AND home = ?`, folder, o.store.home())
		if err == nil && gone == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		return t.audit(ctx, act{kind: AuditCopyForgotten})
	})
}

// KeepRingCopy has a copy of the key ring in the folder, from now on. The folder must be there, and not be the data folder.
func (o *Operator) KeepRingCopy(ctx context.Context, folder string) error {
	s := o.store
	if err := s.apartFromData(folder); err != nil {
		return fmt.Errorf("keep a copy of the key ring: %w", err)
	}
	err := s.write(ctx, "keep a copy of the key ring", func(t *tx) error { return t.keepRingCopy(ctx, folder) })
	if err != nil {
		return err
	}
	return s.saveRingCopy(folder)
}

// home is the data folder, by which copies know the practice they belong to.
func (v *vault) home() string {
	if path, err := filepath.Abs(v.dir); err == nil {
		return path
	}
	return v.dir
}

func (t *tx) keepRingCopy(ctx context.Context, folder string) error {
	return t.exec(ctx, `INSERT INTO ring_copy (folder, home) VALUES (?1, ?2) ON CONFLICT (folder) DO UPDATE SET home = ?2 WHERE home <> ?2`,
		folder, t.store.home())
}

// refreshRingCopies overwrites the copies that are not current. One that cannot be written is said in the log and tried again
// at the next change, the next backup and each hour: the change of the ring has happened.
func (s *Store) refreshRingCopies(ctx context.Context) {
	folders, err := s.ringFolders(ctx)
	for _, folder := range folders {
		_, missing := os.Lstat(filepath.Join(folder, ringFile))
		if missing == nil {
			missing = s.saveRingCopy(folder)
		}
		err = errors.Join(err, missing)
	}
	if err != nil {
		s.log.Error("a copy of the key ring is not current, and an old one revives what was erased; 'alcove key copies' lists them", "error", err)
	}
}

// saveRingCopy writes one copy, also where there is none. A backup is worth nothing without the one beside it.
func (s *Store) saveRingCopy(folder string) error {
	return s.ring.SaveCopy(filepath.Join(folder, ringFile))
}

// ringFoldersQuery asks for the copies that are the practice's in the data folder ?1.
const ringFoldersQuery = `SELECT folder FROM ring_copy WHERE home = ?1 ORDER BY folder`

// ringFolders are where copies are to be.
func (s *Store) ringFolders(ctx context.Context) (folders []string, err error) {
	err = s.read(ctx, "look for copies of the key ring", func(t *tx) error {
		return t.each(ctx, func(rows *sql.Rows) error { return scanFolder(rows, &folders) }, ringFoldersQuery, s.home())
	})
	return folders, err
}

func scanFolder(rows *sql.Rows, folders *[]string) error {
	var folder string
	err := rows.Scan(&folder)
	*folders = append(*folders, folder)
	return err
}

// ringCopies looks at the copies in folders. Do not ask it within a transaction: a disk may take its time.
func (v *vault) ringCopies(folders []string) (copies []RingCopy) {
	for _, folder := range folders {
		copies = append(copies, RingCopy{folder, v.ring.IsCopy(filepath.Join(folder, ringFile))})
	}
	return copies
}
