package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"alcove/store/cryptvfs"
	"alcove/store/seal"
)

// Verified is what was found when everything was read.
type Verified struct {
	Backup BackupInfo       // zero for the live practice
	Pages  int64            // of the database, each of which opened
	Rows   map[string]int64 // of each table
	Texts  int64            // sealed texts, each of which opened
	Erased int64            // texts in a backup that were erased since, and do not count as damage
	Audit  AuditHead        // where the audit log ends, each record of which was checked
}

// Verify reads all of the live practice: every page, the structure of the database, every sealed text and the audit log.
// Members go on reading and writing. It answers ErrDamaged, and says where. tell may be nil.
func (o *Operator) Verify(ctx context.Context, tell func(Progress)) (v Verified, err error) {
	defer o.store.readLong(ctx)()
	if v, err = o.store.verifyAll(ctx, orSilent(tell)); err != nil {
		err = fmt.Errorf("verify the practice: %w", o.store.explain(err))
	}
	return v, err
}

// VerifyBackup reads all of a backup, as Operator.Verify does of a practice, and compares it with the manifest. It needs what
// opens the practice (cfg.KeyFile or cfg.Secret) and a key ring that is as new as the backup; the one beside the backup if
// ring is empty. It opens no practice and changes nothing; a copy of the database stands in a folder beside the backup, or
// where temporary files are, while it runs. Its errors are ErrNotBackup, seal.ErrFileNewer, ErrWrongKey, ErrKeysGone,
// ErrOldRing, ErrDamaged, and what seal.OpenKeyFile answers.
func VerifyBackup(ctx context.Context, file, ring string, cfg Config, tell func(Progress)) (v Verified, err error) {
	cfg = cfg.withDefaults(filepath.Dir(file))
	b, err := openBackup(file)
	if err != nil {
		return v, err
	}
	defer b.close()
	master, err := cfg.unlock(ctx, b.slots)
	if err != nil {
		return v, err
	}
	defer master.Wipe()
	m, err := b.unseal(master)
	if err != nil {
		return v, fmt.Errorf("%s: %w", file, err)
	}
	defer clear(m.Key)
	keys, err := ringFor(m, master, besideBackup(file, ring))
	if err != nil {
		return v, err
	}
	v, err = b.verify(ctx, m, master, keys, cfg.Log, orSilent(tell))
	if err != nil {
		err = fmt.Errorf("%s: %w", file, err)
	}
	return v, err
}

// verify reads a backup whose manifest was opened.
func (b *backupFile) verify(ctx context.Context, m *manifest, master *seal.Master, ring *seal.Ring, log *slog.Logger, tell func(Progress)) (v Verified, err error) {
	folder, err := scratchFolder(filepath.Dir(b.file.Name()))
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	return b.verifyIn(ctx, folder, m, master, ring, log, tell)
}

// verifyIn is verify in a folder, in which the database of the backup then stands.
func (b *backupFile) verifyIn(ctx context.Context, folder string, m *manifest, master *seal.Master, ring *seal.Ring, log *slog.Logger, tell func(Progress)) (v Verified, err error) {
	err = b.extract(ctx, filepath.Join(folder, dbFile), func(done int64) { tell(Progress{DoingCopy, done, b.database}) })
	if err != nil {
		return v, err
	}
	key, err := m.key()
	if err != nil {
		return v, err
	}
	if err := probeDB(filepath.Join(folder, dbFile), key); err != nil {
		return v, fmt.Errorf("%w: %w", ErrDamaged, err) // the key is the right one, for the manifest was authentic
	}
	c, err := openCopy(ctx, folder, key, master, &vault{slots: b.slots, ring: ring}, log)
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.asMuchAs(ctx, m); err != nil {
		return v, c.explain(err)
	}
	if err := c.renew(ctx); err != nil {
		return v, c.explain(err)
	}
	if v, err = c.verifyAll(ctx, tell); err != nil {
		return v, c.explain(err)
	}
	if v.Audit.Seq != m.Audit.Seq || !bytes.Equal(v.Audit.MAC, m.Audit.MAC) {
		return v, fmt.Errorf("the audit log does not end where the manifest says: %w", ErrDamaged)
	}
	v.Backup, err = m.info(b.file.Name())
	return v, err
}

// asMuchAs compares how much there is with what the manifest says.
func (s *Store) asMuchAs(ctx context.Context, m *manifest) error {
	return s.read(ctx, "compare with the manifest", func(t *tx) error {
		var pages int64
		if err := t.one(ctx, []any{&pages}, `SELECT page_count FROM pragma_page_count`); err != nil {
			return err
		}
		if pages != m.Pages {
			return fmt.Errorf("the manifest tells of %d pages, there are %d: %w", m.Pages, pages, ErrDamaged)
		}
		rows, err := t.countRows(ctx)
		if err != nil {
			return err
		}
		for _, table := range slices.Sorted(maps.Keys(m.Rows)) {
			if rows[table] != m.Rows[table] {
				return fmt.Errorf("the manifest tells of %d rows in the table %s, there are %d: %w", m.Rows[table], table, rows[table], ErrDamaged)
			}
		}
		return nil
	})
}

// renew brings a copy out of an older backup to the newest version, which is what can be read.
func (s *Store) renew(ctx context.Context) (err error) {
	db, err := openDB(s.vfs, s.dbPath(), writing)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return migrate(ctx, db, migration{keys: s.keys, ring: s.ring, log: s.log})
}

// openCopy opens a copy of the database that stands in a folder of its own, for reading, with what opens the practice.
// Closing it leaves the master key alone, which is another's.
func openCopy(ctx context.Context, folder string, key cryptvfs.Key, master *seal.Master, v *vault, log *slog.Logger) (_ *Store, err error) {
	c := &Store{vault: &vault{dir: folder, slots: v.slots, ring: v.ring}, hub: newHub(), now: time.Now, log: log, readings: newReadings(MinReadings)}
	defer func() {
		if err != nil {
			err = errors.Join(c.explain(err), c.Close())
		}
	}()
	if c.vfs, err = register(key, log); err != nil {
		return nil, err
	}
	db, err := openDB(c.vfs, c.dbPath(), reading)
	if err != nil {
		return nil, err
	}
	c.reader = newPool(db, maxReaders)
	keys, instance, err := openKeys(ctx, db, master)
	if err != nil {
		return nil, err
	}
	if c.keys = keys; instance != c.slots.Instance() {
		return nil, fmt.Errorf("the database of the backup: %w", ErrForeign)
	}
	return c, nil
}

// verifyAll reads everything there is.
func (s *Store) verifyAll(ctx context.Context, tell func(Progress)) (v Verified, err error) {
	tell(Progress{Doing: DoingCheck})
	if err := s.checkPages(ctx); err != nil {
		return v, err
	}
	err = s.read(ctx, "read everything", func(t *tx) (err error) {
		if v.Rows, err = t.countRows(ctx); err != nil {
			return err
		}
		if err := t.one(ctx, []any{&v.Pages}, `SELECT page_count FROM pragma_page_count`); err != nil {
			return err
		}
		if v.Texts, v.Erased, err = t.openAll(ctx, tell); err != nil {
			return err
		}
		v.Audit, err = t.verifyAudit(ctx)
		return err
	})
	return v, err
}

// checkPages has SQLite read every page and check the structure, on a connection of its own.
func (s *Store) checkPages(ctx context.Context) (err error) {
	db, err := openDB(s.vfs, s.dbPath(), reading)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	return s.explain(cryptvfs.CheckOpen(ctx, db))
}

// countRows counts the rows of each table.
func (t *tx) countRows(ctx context.Context) (map[string]int64, error) {
	var tables []string
	err := t.each(ctx, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		tables = append(tables, name)
		return err
	}, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, table := range tables {
		var rows int64
		if err := t.conn.raw.QueryRowContext(ctx, `SELECT count(*) FROM "`+table+`"`).Scan(&rows); err != nil {
			return nil, err
		}
		counts[table] = rows
	}
	return counts, nil
}

// unlock opens slots with the secret that c names.
func (c Config) unlock(ctx context.Context, slots *seal.Slots) (*seal.Master, error) {
	secret, wipe, err := c.secret()
	if err != nil {
		return nil, err
	}
	defer wipe()
	master, _, err := slots.Unlock(ctx, secret)
	if errors.Is(err, seal.ErrNoSlot) {
		err = fmt.Errorf("%w: %w", ErrWrongKey, err)
	}
	return master, vaultError(err)
}

const scratchPrefix = ".alcove-check-"

// scratchFolder makes a folder for what is needed for a moment: beside the backup, where there is room for it, else where
// temporary files are. What is put into it is encrypted.
func scratchFolder(beside string) (folder string, err error) {
	if folder, err = os.MkdirTemp(beside, scratchPrefix); err != nil {
		folder, err = os.MkdirTemp("", scratchPrefix)
	}
	if err != nil {
		return "", fmt.Errorf("make a folder to check the backup in: %w", err)
	}
	return folder, nil
}
