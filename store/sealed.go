package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"alcove/store/seal"
)

// This file is the one place that says to which place each sealed column is bound; under which key it stands, datakeys.go
// says. The names of these places never change, whatever happens to the tables: what was sealed at them would not open again.

func atName(person int64) seal.Where {
	return seal.Where{Table: "person", Column: "name", Row: person}
}

func atComment(person, credential int64) seal.Where {
	return seal.Where{Table: "credential", Column: "comment", Row: credential, Author: person}
}

func atFactor(person int64) seal.Where {
	return seal.Where{Table: "second_factor", Column: "secret", Row: person, Author: person}
}

// atTitle is sealed under the key of the thread's opener, and bound to the thread alone.
func atTitle(thread int64) seal.Where {
	return seal.Where{Table: "thread", Column: "title", Thread: thread}
}

// atBody is the place of an entry's text and stays so when the text becomes an earlier revision.
func atBody(thread, number, author, revision int64) seal.Where {
	return seal.Where{Table: "entry", Column: "body", Thread: thread, Row: number, Author: author, Revision: revision}
}

// atSegment is bound to the time of the newest entry too, by which a search puts segments in order.
func atSegment(thread, author, number, newest int64) seal.Where {
	return seal.Where{Table: "segment", Column: "body", Thread: thread, Row: number, Author: author, Revision: newest}
}

func atDraft(thread, entry, author, version int64) seal.Where {
	return seal.Where{Table: "draft", Column: "body", Thread: thread, Row: entry, Author: author, Revision: version}
}

// open answers the text of a sealed column, or ErrDamaged.
func open(key *seal.Key, where seal.Where, record []byte) (string, error) {
	text, err := key.Open(nil, where, record)
	if err != nil {
		return "", fmt.Errorf("%s.%s: %w", where.Table, where.Column, errors.Join(ErrDamaged, err))
	}
	return string(text), nil
}

// openListed is openOf for lists, where a row that does not open is marked, told to the operator, and hides nothing else.
func (s *Store) openListed(owner seal.Owner, wrapped []byte, where seal.Where, record []byte) (text string, damaged bool) {
	text, err := s.openOf(owner, wrapped, where, record)
	if err != nil {
		s.log.Error("a sealed row does not open", "table", where.Table, "column", where.Column, "thread", where.Thread, "row", where.Row)
	}
	return text, err != nil
}

// bindKey stores, once, what the keys of this practice are derived with and recognised by.
func bindKey(ctx context.Context, db *sql.DB, master *seal.Master, instance seal.Instance, now time.Time) error {
	keys, err := master.Keys(instance)
	if err != nil {
		return fmt.Errorf("derive the keys: %w", err)
	}
	_, err = db.ExecContext(ctx, `INSERT INTO practice (one, instance, key_check, created_at) VALUES (1, ?, ?, ?)`,
		instance[:], keys.Check(), moment(now))
	if err != nil {
		return fmt.Errorf("bind the database to its key: %w", err)
	}
	return nil
}

// openKeys derives the keys of the practice in db, and answers its instance. It answers ErrWrongKey if the master key is
// another practice's, and ErrForeign if the database was never bound to any.
func openKeys(ctx context.Context, db *sql.DB, master *seal.Master) (*seal.Keys, seal.Instance, error) {
	var instance seal.Instance
	bound, err := hasPractice(ctx, db)
	if err != nil {
		return nil, instance, fmt.Errorf("look for the practice: %w", err)
	}
	if !bound {
		return nil, instance, ErrForeign
	}
	var stored, check []byte
	if err := db.QueryRowContext(ctx, `SELECT instance, key_check FROM practice`).Scan(&stored, &check); err != nil {
		return nil, instance, fmt.Errorf("read the practice: %w", err)
	}
	if copy(instance[:], stored) != len(instance) {
		return nil, instance, fmt.Errorf("the practice's instance: %w", ErrDamaged)
	}
	keys, err := master.Keys(instance)
	if err != nil {
		return nil, instance, fmt.Errorf("derive the keys: %w", err)
	}
	if !keys.Matches(check) {
		return nil, instance, ErrWrongKey
	}
	return keys, instance, nil
}

func hasPractice(ctx context.Context, db *sql.DB) (bool, error) {
	var rows int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'practice'`).Scan(&rows)
	if err != nil || rows == 0 {
		return false, err
	}
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM practice`).Scan(&rows)
	return rows == 1, err
}
