package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"alcove/store/seal"
)

// Up to version 2 the texts of a thread were sealed under one key of the thread, and what belonged to a person under one
// key for all people. This is the part of the step to version 3 that SQL cannot do. Like the scripts, it never changes.

// resealing is what it holds of the practice: one row at a time, and some keys.
type resealing struct {
	migration
	tx     *sql.Tx
	thread int64     // whose key before is
	before *seal.Key // nil if it does not open
	after  map[seal.Owner]*seal.Key
	moved  int
	left   int // rows that did not open
}

const mostKeys = 4096 // that are held at once

// sealedRow is a text as it stood: thread is 0 where it belongs to a person.
type sealedRow struct {
	id, thread, number, author, revision int64
	record                               []byte
}

func (w sealedRow) owner() seal.Owner {
	if w.thread == 0 {
		return ofPerson(w.author)
	}
	return ofMember(w.thread, w.author)
}

// sealAnew gives everybody their data keys, and seals every text anew under that of its owner. A text that does not open
// is told to the operator and stays as it is.
func sealAnew(ctx context.Context, tx *sql.Tx, m migration) error {
	r := &resealing{migration: m, tx: tx, after: map[seal.Owner]*seal.Key{}}
	if err := r.drawKeys(ctx); err != nil {
		return fmt.Errorf("make the data keys: %w", err)
	}
	for _, column := range []struct {
		table, name, rows string
		at                func(sealedRow) seal.Where
	}{
		{"person", "name", `SELECT s.rowid, 0, 0, s.id, 0, s.name FROM person s WHERE true`,
			func(w sealedRow) seal.Where { return atName(w.author) }},
		{"credential", "comment", `SELECT s.rowid, 0, s.id, s.person, 0, s.comment FROM credential s WHERE s.comment IS NOT NULL`,
			func(w sealedRow) seal.Where { return atComment(w.author, w.number) }},
		{"thread", "title", `SELECT s.rowid, s.number, 0, s.opener, 0, s.title FROM thread s WHERE true`,
			func(w sealedRow) seal.Where { return atTitle(w.thread) }},
		{"entry", "body", `SELECT s.rowid, s.thread, s.number, s.author, s.revision, s.body FROM entry s WHERE s.body IS NOT NULL`,
			func(w sealedRow) seal.Where { return atBody(w.thread, w.number, w.author, w.revision) }},
		{"revision", "body", `SELECT s.rowid, s.thread, s.number, e.author, s.revision, s.body
			FROM revision s JOIN entry e ON e.thread = s.thread AND e.number = s.number WHERE true`,
			func(w sealedRow) seal.Where { return atBody(w.thread, w.number, w.author, w.revision) }},
		{"draft", "body", `SELECT s.rowid, s.thread, s.entry, s.person, s.version, s.body FROM draft s WHERE true`,
			func(w sealedRow) seal.Where { return atDraft(w.thread, w.number, w.author, w.revision) }},
	} {
		next := column.rows + ` AND s.rowid > ? ORDER BY s.rowid LIMIT 1`
		store := fmt.Sprintf(`UPDATE %s SET %s = ? WHERE rowid = ?`, column.table, column.name)
		if err := r.column(ctx, next, store, column.at); err != nil {
			return fmt.Errorf("seal %s.%s anew: %w", column.table, column.name, err)
		}
	}
	if r.moved > 0 || r.left > 0 {
		m.log.Info("every text was sealed anew under a key of its owner", "texts", r.moved, "damaged", r.left)
	}
	return nil
}

// drawKeys makes a data key for every person and every membership.
func (r *resealing) drawKeys(ctx context.Context) error {
	add, err := r.tx.PrepareContext(ctx, `INSERT INTO data_key (kind, a, b, epoch, wrapped) VALUES (?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer func() { _ = add.Close() }()
	rows, err := r.tx.QueryContext(ctx, `SELECT 'person', id, 0 FROM person UNION ALL SELECT 'member', thread, person FROM member`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var owner seal.Owner
		if err := rows.Scan(&owner.Kind, &owner.A, &owner.B); err != nil {
			return err
		}
		_, epoch, wrapped, err := r.ring.NewKey(owner)
		if err != nil {
			return err
		}
		if _, err := add.ExecContext(ctx, owner.Kind, owner.A, owner.B, epoch, wrapped); err != nil {
			return err
		}
	}
	return rows.Err()
}

// column seals the texts of one column anew, each row for itself.
func (r *resealing) column(ctx context.Context, next, store string, at func(sealedRow) seal.Where) error {
	find, err := r.tx.PrepareContext(ctx, next)
	if err != nil {
		return err
	}
	defer func() { _ = find.Close() }()
	put, err := r.tx.PrepareContext(ctx, store)
	if err != nil {
		return err
	}
	defer func() { _ = put.Close() }()
	var w sealedRow
	for {
		err := find.QueryRowContext(ctx, w.id).Scan(&w.id, &w.thread, &w.number, &w.author, &w.revision, &w.record)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		sealed, err := r.row(ctx, w, at(w))
		if err != nil {
			return err
		}
		if sealed == nil {
			continue
		}
		if _, err := put.ExecContext(ctx, sealed, w.id); err != nil {
			return err
		}
		r.moved++
	}
}

// row is one text sealed anew, or nil if it does not open.
func (r *resealing) row(ctx context.Context, w sealedRow, at seal.Where) ([]byte, error) {
	before, err := r.keyBefore(ctx, w.thread)
	if err != nil {
		return nil, err
	}
	var text []byte
	if before != nil {
		text, err = before.Open(nil, at, w.record)
	}
	if before == nil || err != nil {
		r.left++
		r.log.Error("a sealed row does not open, and stays as it is", "table", at.Table, "column", at.Column, "thread", at.Thread, "row", at.Row)
		return nil, nil
	}
	defer clear(text)
	after, err := r.keyAfter(ctx, w.owner())
	if err != nil {
		return nil, err
	}
	return after.Seal(nil, at, text), nil
}

// keyBefore is the key that a thread's texts are sealed under, or for 0 what belongs to people; nil if it does not open.
func (r *resealing) keyBefore(ctx context.Context, thread int64) (*seal.Key, error) {
	if thread == 0 {
		return r.keys.People(), nil
	}
	if thread == r.thread {
		return r.before, nil
	}
	var wrapped []byte
	if err := r.tx.QueryRowContext(ctx, `SELECT data_key FROM thread WHERE number = ?`, thread).Scan(&wrapped); err != nil {
		return nil, err
	}
	r.thread, r.before = thread, nil
	if key, err := r.keys.ThreadKey(thread, wrapped); err == nil {
		r.before = key
	}
	return r.before, nil
}

// keyAfter is the data key of an owner.
func (r *resealing) keyAfter(ctx context.Context, owner seal.Owner) (*seal.Key, error) {
	if key, ok := r.after[owner]; ok {
		return key, nil
	}
	var wrapped []byte
	err := r.tx.QueryRowContext(ctx, `SELECT wrapped FROM data_key WHERE kind = ? AND a = ? AND b = ?`, owner.Kind, owner.A, owner.B).Scan(&wrapped)
	if err != nil {
		return nil, err
	}
	key, err := r.ring.Key(owner, wrapped)
	if err != nil {
		return nil, err
	}
	if len(r.after) == mostKeys {
		clear(r.after)
	}
	r.after[owner] = key
	return key, nil
}
