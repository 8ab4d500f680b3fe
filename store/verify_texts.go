package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"alcove/store/seal"
)

// sealedColumn is a column of sealed texts. Its query yields owner, two numbers of the row, and the text; where says from
// these to which place the text is bound.
type sealedColumn struct {
	query string
	where func(a, b, x, y int64) seal.Where
}

// sealedColumns are all there are: a new one belongs here, too.
func sealedColumns() []sealedColumn {
	return []sealedColumn{
		{
			`SELECT 'person' AS kind, p.id AS a, 0 AS b, 0 AS x, 0 AS y, p.name AS body FROM person p`,
			func(person, _, _, _ int64) seal.Where { return atName(person) },
		},
		{
			`SELECT 'person' AS kind, c.person AS a, 0 AS b, c.id AS x, 0 AS y, c.comment AS body FROM credential c`,
			func(person, _, id, _ int64) seal.Where { return atComment(person, id) },
		},
		{
			`SELECT 'person' AS kind, f.person AS a, 0 AS b, 0 AS x, 0 AS y, f.secret AS body FROM second_factor f`,
			func(person, _, _, _ int64) seal.Where { return atFactor(person) },
		},
		{
			`SELECT 'member' AS kind, t.number AS a, t.opener AS b, 0 AS x, 0 AS y, t.title AS body FROM thread t WHERE t.opener IS NOT NULL`,
			func(thread, _, _, _ int64) seal.Where { return atTitle(thread) },
		},
		{
			`SELECT 'member' AS kind, e.thread AS a, e.author AS b, e.number AS x, e.revision AS y, e.body AS body FROM entry e WHERE e.segment IS NULL`,
			func(thread, author, number, revision int64) seal.Where {
				return atBody(thread, number, author, revision)
			},
		},
		{
			`SELECT 'member' AS kind, s.thread AS a, s.author AS b, s.number AS x, s.newest AS y, s.body AS body FROM segment s`,
			func(thread, author, number, newest int64) seal.Where {
				return atSegment(thread, author, number, newest)
			},
		},
		{
			`SELECT 'member' AS kind, r.thread AS a, e.author AS b, r.number AS x, r.revision AS y, r.body AS body
			FROM revision r JOIN entry e ON e.thread = r.thread AND e.number = r.number`,
			func(thread, author, number, revision int64) seal.Where {
				return atBody(thread, number, author, revision)
			},
		},
		{
			`SELECT 'member' AS kind, d.thread AS a, d.person AS b, d.entry AS x, d.version AS y, d.body AS body FROM draft d`,
			func(thread, person, entry, version int64) seal.Where { return atDraft(thread, entry, person, version) },
		},
	}
}

// tellEvery is after how many texts it is told how far it is.
const tellEvery = 2000

// openAll opens every sealed text, and counts those of a backup that were erased since. A text that does not open is
// ErrDamaged, and said with its place, once all others were looked at.
func (t *tx) openAll(ctx context.Context, tell func(Progress)) (opened, erased int64, err error) {
	o := &textOpener{store: t.store, erased: erasedOwners(t.store.ring.Erased()), keys: map[seal.Owner]*seal.Key{}}
	if err := t.one(ctx, []any{&o.total}, `SELECT (SELECT count(*) FROM person) + (SELECT count(*) FROM credential) + (SELECT count(*) FROM second_factor)
		+ (SELECT count(*) FROM thread) + (SELECT count(*) FROM entry) + (SELECT count(*) FROM revision) + (SELECT count(*) FROM draft)`); err != nil {
		return 0, 0, err
	}
	if o.segments, err = t.inSegments(ctx); err != nil {
		return 0, 0, err
	}
	for _, column := range sealedColumns() {
		err := t.each(ctx, func(rows *sql.Rows) error {
			before := o.seen / tellEvery
			err := o.row(rows, column)
			if o.seen/tellEvery > before {
				tell(Progress{DoingRows, o.seen, o.total})
			}
			return err
		}, `SELECT o.kind, o.a, o.b, o.x, o.y, o.body, k.wrapped FROM (`+column.query+`) o
			LEFT JOIN data_key k ON k.kind = o.kind AND k.a = o.a AND k.b = o.b WHERE o.body IS NOT NULL`)
		if err != nil {
			return 0, 0, err
		}
	}
	for number := range o.segments {
		o.damaged(seal.Where{Table: "segment", Column: "body", Row: number}, fmt.Errorf("a segment is missing: %w", ErrDamaged))
	}
	tell(Progress{DoingRows, o.total, o.total})
	return o.opened, o.gone, o.verdict()
}

// textOpener opens texts one after the other.
type textOpener struct {
	store               *Store
	erased              func(seal.Owner) bool
	keys                map[seal.Owner]*seal.Key // those used lately
	segments            map[int64]inSegment      // those not seen yet
	seen, total         int64
	opened, gone, wrong int64
	first               error // what is wrong with the first that does not open
}

func (o *textOpener) row(rows *sql.Rows, column sealedColumn) error {
	var owner seal.Owner
	var x, y int64
	var body, wrapped []byte
	if err := rows.Scan(&owner.Kind, &owner.A, &owner.B, &x, &y, &body, &wrapped); err != nil {
		return err
	}
	where, texts := column.where(owner.A, owner.B, x, y), int64(1)
	var want inSegment
	if where.Table == "segment" {
		want = o.segments[x]
		texts = want.texts
		delete(o.segments, x)
	}
	o.seen += texts
	if o.erased(owner) {
		o.gone += texts
		return nil
	}
	key, err := o.key(owner, wrapped)
	var text string
	if err == nil {
		text, err = open(key, where, body)
	}
	if err == nil && where.Table == "segment" {
		err = want.check([]byte(text))
	}
	if err != nil {
		o.damaged(where, err)
		return nil
	}
	o.opened += texts
	return nil
}

// damaged counts what does not open.
func (o *textOpener) damaged(where seal.Where, err error) {
	if o.wrong++; o.wrong == 1 {
		o.first = fmt.Errorf("the first is %s.%s, thread %d, row %d: %w", where.Table, where.Column, where.Thread, where.Row, err)
	}
}

// keysKept bounds how many opened keys are kept.
const keysKept = 1 << 12

func (o *textOpener) key(owner seal.Owner, wrapped []byte) (*seal.Key, error) {
	if key, ok := o.keys[owner]; ok {
		return key, nil
	}
	key, err := o.store.dataKey(owner, wrapped)
	if errors.Is(err, seal.ErrEpochGone) { // in a backup that is older than the epochs that are left
		key, err = o.store.carriedKey(owner)
	}
	if err != nil {
		return nil, err
	}
	if len(o.keys) >= keysKept {
		clear(o.keys)
	}
	o.keys[owner] = key
	return key, nil
}

// carriedKey is the key that the ring carries for an owner.
func (s *Store) carriedKey(owner seal.Owner) (*seal.Key, error) {
	carried, err := s.ring.Carried(owner)
	if err != nil {
		return nil, errors.Join(ErrDamaged, err)
	}
	defer carried.Wipe()
	return carried.Key(s.slots.Instance())
}

func (o *textOpener) verdict() error {
	if o.wrong == 0 {
		return nil
	}
	return fmt.Errorf("%d sealed texts do not open; %w", o.wrong, o.first)
}

// erasedOwners says which owners of keys belong to what was erased.
func erasedOwners(list []seal.Erased) func(seal.Owner) bool {
	gone := map[seal.Erased]bool{}
	for _, e := range list {
		gone[seal.Erased{Kind: e.Kind, ID: e.ID}] = true
	}
	return func(owner seal.Owner) bool {
		if owner.Kind == "person" {
			return gone[seal.Erased{Kind: "person", ID: owner.A}]
		}
		return gone[seal.Erased{Kind: "thread", ID: owner.A}] || gone[seal.Erased{Kind: "person", ID: owner.B}]
	}
}
