package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"alcove/store/cryptvfs"
	"alcove/store/seal"
)

// Condition is what can be told only of a practice that is open, or whose keys are there.
type Condition struct {
	Newest   time.Time // when the newest record was written; zero if that was not looked at
	Backup   BackupState
	Asked    []string   // the handles of those who ask to be erased
	Copies   []RingCopy // of the key ring
	ReadOnly bool       // the storage does not take what is written
	Plain    bool       // the database is one from before; the next start encrypts it
	Unclean  bool       // a server was killed, or a rotation cut off; the next start puts it right
	Untended bool       // the key ring is behind, so that backups still open what was erased
}

// tendWithin is how late the key ring may be: the server tends it each hour.
const tendWithin = 2 * time.Hour

const unsettledQuery = `SELECT EXISTS (SELECT 1 FROM erasure WHERE epoch = 0)`

// overdue says whether an epoch is there whose time has come long since.
func (v *vault) overdue(now time.Time) bool { return len(v.ring.Due(now.Add(-tendWithin))) > 0 }

// Condition is that of the open practice.
func (o *Operator) Condition(ctx context.Context) (c Condition, err error) {
	c.ReadOnly = o.store.hub.failing()
	err = o.store.read(ctx, "look at the practice", func(t *tx) error {
		if err := t.one(ctx, []any{(*moment)(&c.Newest)}, newestRecord); err != nil {
			return err
		}
		if err := t.each(ctx, c.scanAsked, askedQuery); err != nil {
			return err
		}
		if err := t.one(ctx, []any{&c.Untended}, unsettledQuery); err != nil {
			return err
		}
		return t.one(ctx, c.Backup.fields(), backupStateQuery)
	})
	if err != nil {
		return c, err
	}
	c.Untended = c.Untended || o.store.overdue(o.store.now())
	folders, err := o.store.ringFolders(ctx)
	c.Copies = o.store.ringCopies(folders)
	return c, err
}

// eachRow is tx.each for a database that is only looked at.
func eachRow(ctx context.Context, db *sql.DB, scan func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

const askedQuery = `SELECT p.handle FROM erasure_request r JOIN person p ON p.id = r.person ORDER BY r.at, p.handle`

func (c *Condition) scanAsked(rows *sql.Rows) error {
	var handle string
	err := rows.Scan(&handle)
	c.Asked = append(c.Asked, handle)
	return err
}

// failing says whether nothing can be written.
func (h *hub) failing() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.readOnly
}

// lookedAt is the first version of the database that has all that is asked.
const lookedAt = 8

// newestRecord is the time of the last record of the audit log: each start is one.
const newestRecord = `SELECT coalesce((SELECT at FROM audit ORDER BY seq DESC LIMIT 1), created_at) FROM practice`

// Look is Condition for a practice that nobody has open. It finds out whether the practice would open, and changes nothing:
// where that takes a change, it looks no further and says so. Its errors are those of Open.
func Look(ctx context.Context, dir string, cfg Config) (c Condition, err error) {
	cfg = cfg.withDefaults(dir)
	if err := somethingToOpen(dir); err != nil {
		return c, err
	}
	if err := keptFromOthers(dir); err != nil {
		return c, err
	}
	if before, err := fromBefore(dir); err != nil || before {
		return Condition{Plain: before}, err
	}
	v, err := readVault(ctx, dir, cfg)
	if err != nil {
		return c, err
	}
	defer v.wipe()
	if v.slots.Rotating() { // which of two keys it is, the next start finds out
		return Condition{Unclean: true}, nil
	}
	key, err := v.fileKey()
	if err != nil {
		return c, err
	}
	if err := probeDB(v.dbPath(), key); err != nil {
		return c, err
	}
	if wantAlone(v.dbPath()) != nil { // to read it would put the WAL into the file
		return Condition{Unclean: true}, nil
	}
	return c, v.lookInside(ctx, key, cfg, &c)
}

// lookInside reads what an open practice would tell of itself out of a database that was closed cleanly. One of an older
// version is not asked.
func (v *vault) lookInside(ctx context.Context, key cryptvfs.Key, cfg Config, c *Condition) (err error) {
	vfs, err := register(key, cfg.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(vfs.Explain(err), vfs.Close()) }()
	db, err := openDB(vfs, v.dbPath(), reading)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	_, instance, err := openKeys(ctx, db, v.master)
	if err != nil {
		return err
	}
	if instance != v.slots.Instance() {
		return fmt.Errorf("%s: %w", v.dbPath(), ErrForeign)
	}
	if err := v.checkRing(ctx, db); err != nil {
		return err
	}
	var version int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil || version < lookedAt {
		return err
	}
	if err := db.QueryRowContext(ctx, newestRecord).Scan((*moment)(&c.Newest)); err != nil {
		return err
	}
	err = eachRow(ctx, db, c.scanAsked, askedQuery)
	if err != nil {
		return err
	}
	var folders []string
	if err := eachRow(ctx, db, func(rows *sql.Rows) error { return scanFolder(rows, &folders) }, ringFoldersQuery, v.home()); err != nil {
		return err
	}
	c.Copies = v.ringCopies(folders)
	if err := db.QueryRowContext(ctx, unsettledQuery).Scan(&c.Untended); err != nil {
		return err
	}
	c.Untended = c.Untended || v.overdue(cfg.Now())
	return db.QueryRowContext(ctx, backupStateQuery).Scan(c.Backup.fields()...)
}

// ListSlots tells of the slots of a practice without opening it; what opens it alone can tell whether the list is genuine.
// Errors are ErrKeysGone and ErrDamaged.
func ListSlots(dir string) ([]seal.SlotInfo, error) {
	slots, err := seal.OpenSlots(filepath.Join(dir, slotsFile))
	if err != nil {
		return nil, vaultError(err)
	}
	return slots.List(), nil
}
