package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
)

// Without the key ring a backup opens nothing, so a copy of the ring lies in each folder that a backup was written to. An old
// copy would bring back what was erased. So the practice knows these folders, and overwrites every copy at each change of the
// ring. A folder that cannot be reached, such as a disk in a drawer, is told to the operator until it can be.

// RingCopy is a folder with a copy of the key ring.
type RingCopy struct {
	Folder  string
	Current bool // it is the ring as it is now
}

// RingCopies brings the copies up to date where it can, and lists them by folder.
func (o *Operator) RingCopies(ctx context.Context) (copies []RingCopy, err error) {
	o.store.refreshRingCopies(ctx)
	err = o.store.read(ctx, "list the copies of the key ring", func(t *tx) error {
		copies, err = t.ringCopies(ctx)
		return err
	})
	return copies, err
}

// ForgetRingCopy takes a folder off the list: its copy was destroyed. ErrNotFound if it is not on it.
func (o *Operator) ForgetRingCopy(ctx context.Context, folder string) error {
	return o.store.write(ctx, "forget a copy of the key ring", func(t *tx) error {
		gone, err := t.change(ctx, `DELETE FROM ring_copy WHERE folder = ?`, folder)
		if err == nil && gone == 0 {
			err = ErrNotFound
		}
		return err
	})
}

// KeepRingCopy has a copy of the key ring in the folder, from now on.
func (o *Operator) KeepRingCopy(ctx context.Context, folder string) error {
	err := o.store.write(ctx, "keep a copy of the key ring", func(t *tx) error { return t.keepRingCopy(ctx, folder) })
	if err == nil {
		o.store.refreshRingCopies(ctx)
	}
	return err
}

func (t *tx) keepRingCopy(ctx context.Context, folder string) error {
	return t.exec(ctx, `INSERT INTO ring_copy (folder) VALUES (?) ON CONFLICT (folder) DO NOTHING`, folder)
}

// refreshRingCopies overwrites the copies that are not current. One that cannot be written is said in the log and tried again
// at the next change, the next backup and each hour: the change of the ring has happened.
func (s *Store) refreshRingCopies(ctx context.Context) {
	var copies []RingCopy
	err := s.read(ctx, "look for copies of the key ring", func(t *tx) (err error) {
		copies, err = t.ringCopies(ctx)
		return err
	})
	for _, c := range copies {
		if !c.Current {
			err = errors.Join(err, s.refreshRingCopy(ctx, c.Folder))
		}
	}
	if err != nil {
		s.log.Error("a copy of the key ring is not current, and an old one revives what was erased; 'alcove key copies' lists them", "error", err)
	}
}

// refreshRingCopy overwrites one copy. A backup is worth nothing without the one beside it.
func (s *Store) refreshRingCopy(ctx context.Context, folder string) error {
	generation := int64(s.ring.Generation())
	if err := s.ring.SaveCopy(filepath.Join(folder, ringFile)); err != nil {
		return err
	}
	return s.write(ctx, "note a copy of the key ring", func(t *tx) error {
		return t.exec(ctx, `UPDATE ring_copy SET generation = ? WHERE folder = ?`, generation, folder)
	})
}

const ringCopiesQuery = `SELECT folder, generation FROM ring_copy ORDER BY folder`

func (t *tx) ringCopies(ctx context.Context) (copies []RingCopy, err error) {
	err = t.each(ctx, func(rows *sql.Rows) error {
		c, err := t.store.ringCopy(rows)
		copies = append(copies, c)
		return err
	}, ringCopiesQuery)
	return copies, err
}

// ringCopy reads a row of ringCopiesQuery, and looks whether the copy is there.
func (v *vault) ringCopy(rows *sql.Rows) (c RingCopy, err error) {
	var generation int64
	if err := rows.Scan(&c.Folder, &generation); err != nil {
		return c, err
	}
	_, missing := os.Lstat(filepath.Join(c.Folder, ringFile))
	c.Current = missing == nil && generation == int64(v.ring.Generation())
	return c, nil
}
