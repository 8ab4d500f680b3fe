package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// tx is a transaction under way, with what is to be told once it is committed.
type tx struct {
	conn    *conn
	store   *Store
	now     time.Time // one for all that the transaction writes
	notices []notice
}

// read runs do on a snapshot of the database.
func (s *Store) read(ctx context.Context, doing string, do func(*tx) error) error {
	t := &tx{store: s}
	err := s.reader.inTx(ctx, `BEGIN`, func(c *conn) error {
		t.conn, t.now = c, s.clock()
		return do(t)
	}, func() { s.hub.publish(t.notices) })
	if err != nil {
		return fmt.Errorf("%s: %w", doing, storageKind(s.explain(err), false))
	}
	return nil
}

// write runs do as the only writer. If it answers nil, what do wrote is on disk, and only then the watchers hear of it;
// otherwise nothing was written. Others may share the commit, so do follows the rules of commits.go.
func (s *Store) write(ctx context.Context, doing string, do func(*tx) error) error {
	return s.writeIn(ctx, doing, false, do)
}

// writeAlone is write for what may take long or touch very much: it shares no commit, so it keeps nobody waiting for its
// own, and SQLite keeps no second copy of what it touches.
func (s *Store) writeAlone(ctx context.Context, doing string, do func(*tx) error) error {
	return s.writeIn(ctx, doing, true, do)
}

func (s *Store) writeIn(ctx context.Context, doing string, alone bool, do func(*tx) error) error {
	err := s.commits.write(ctx, s.writer, alone, func(c *conn) ([]notice, error) {
		t := &tx{conn: c, store: s, now: s.clock()} // the clock is read when it is our turn, so that times are in order
		err := do(t)
		return t.notices, err
	}, s.hub.publish)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", doing, storageKind(s.explain(err), true))
	if errors.Is(err, ErrReadOnly) {
		s.storageFails(err)
	}
	return err
}

// clock is the time as the database keeps it.
func (s *Store) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// tell notes a change, to be told when the transaction has ended well.
func (t *tx) tell(n notice) { t.notices = append(t.notices, n) }

// stmt answers a prepared statement, and the context to run it with. SQLite is not interrupted in the middle of a statement:
// it would take back what others wrote as well, and to watch for it takes two goroutines a query, longer than most queries.
// Between two statements, and two rows, the context is looked at.
func (t *tx) stmt(ctx context.Context, query string) (*sql.Stmt, context.Context, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	ctx = context.WithoutCancel(ctx)
	stmt, err := t.conn.stmt(ctx, query)
	return stmt, ctx, err
}

// exec runs a statement that answers nothing.
func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.change(ctx, query, args...)
	return err
}

// change runs a statement and says how many rows it touched.
func (t *tx) change(ctx context.Context, query string, args ...any) (int64, error) {
	stmt, ctx, err := t.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// one runs a query and scans its first row; sql.ErrNoRows if there is none.
func (t *tx) one(ctx context.Context, into []any, query string, args ...any) error {
	stmt, ctx, err := t.stmt(ctx, query)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(ctx, args...).Scan(into...)
}

// each runs a query and calls scan on every row.
func (t *tx) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	stmt, whole, err := t.stmt(ctx, query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(whole, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// exists says whether a query finds a row.
func (t *tx) exists(ctx context.Context, query string, args ...any) (found bool, err error) {
	err = t.one(ctx, []any{&found}, `SELECT EXISTS (`+query+`)`, args...)
	return found, err
}

// ids runs a query for a list of ids.
func (t *tx) ids(ctx context.Context, query string, args ...any) (ids []int64, err error) {
	err = t.each(ctx, func(rows *sql.Rows) error {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	}, query, args...)
	return ids, err
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
