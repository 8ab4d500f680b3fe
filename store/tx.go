package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"
)

// tx is a transaction under way, with what is to be told once it is committed.
type tx struct {
	*sql.Tx
	store   *Store
	now     time.Time // one for all that the transaction writes
	notices []notice
}

// read runs do on a snapshot of the database.
func (s *Store) read(ctx context.Context, doing string, do func(*tx) error) error {
	return s.run(ctx, s.reader, doing, &sql.TxOptions{ReadOnly: true}, do)
}

// write runs do as the only writer. If it answers nil, what do wrote is on disk, and only then the watchers hear of it;
// otherwise nothing was written.
func (s *Store) write(ctx context.Context, doing string, do func(*tx) error) error {
	return s.run(ctx, s.writer, doing, nil, do)
}

func (s *Store) run(ctx context.Context, db *sql.DB, doing string, opts *sql.TxOptions, do func(*tx) error) error {
	begun, err := db.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	defer func() { _ = begun.Rollback() }() // does nothing after Commit
	t := &tx{Tx: begun, store: s, now: s.now().UTC().Truncate(time.Microsecond)}
	if err := do(t); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err := begun.Commit(); err != nil {
		return fmt.Errorf("%s: commit: %w", doing, err)
	}
	s.hub.publish(t.notices)
	return nil
}

// tell notes a change for after the commit.
func (t *tx) tell(n notice) { t.notices = append(t.notices, n) }

// exists says whether a query finds a row.
func (t *tx) exists(ctx context.Context, query string, args ...any) (bool, error) {
	var found bool
	err := t.QueryRowContext(ctx, `SELECT EXISTS (`+query+`)`, args...).Scan(&found)
	return found, err
}

// change runs a statement and says how many rows it touched.
func (t *tx) change(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// each runs a query and calls scan on every row.
func (t *tx) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := t.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// moment is a time as a column holds it: microseconds since 1970, UTC; the zero time is NULL.
type moment time.Time

// Scan reads a column.
func (m *moment) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*m = moment{}
	case int64:
		*m = moment(time.UnixMicro(v).UTC())
	default:
		return fmt.Errorf("a time is stored as %T", value)
	}
	return nil
}

// Value writes a column.
func (m moment) Value() (driver.Value, error) {
	if time.Time(m).IsZero() {
		return nil, nil
	}
	return time.Time(m).UnixMicro(), nil
}
