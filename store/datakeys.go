package store

import (
	"context"
	"database/sql"
	"errors"

	"alcove/store/seal"
)

// Every text is sealed under a data key of whoever wrote it, and the data key stands in the table data_key, wrapped by an
// epoch of the key ring (epoch.go):
//
//	{"person", id, 0}           a person's name, and the comments of their keys
//	{"member", thread, person}  what a member wrote into a thread: entries, earlier texts, drafts, and the title if they opened it
//
// A key is made with its owner and goes when the owner is erased, never before: who leaves a thread leaves their entries.

func ofPerson(id int64) seal.Owner { return seal.Owner{Kind: "person", A: id} }
func ofMember(thread, person int64) seal.Owner {
	return seal.Owner{Kind: "member", A: thread, B: person}
}

// The wrapped keys as a column of a query. Whoever may run the query may open what it yields.
const (
	keyOfPerson = `(SELECT k.wrapped FROM data_key k WHERE k.kind = 'person' AND k.a = p.id AND k.b = 0)`
	keyOfTitle  = `(SELECT k.wrapped FROM data_key k WHERE k.kind = 'member' AND k.a = t.number AND k.b = t.opener)`
	keyOfEntry  = `(SELECT k.wrapped FROM data_key k WHERE k.kind = 'member' AND k.a = e.thread AND k.b = e.author)`
	keyOfMember = `(SELECT k.wrapped FROM data_key k WHERE k.kind = 'member' AND k.a = m.thread AND k.b = m.person)`
	keyOfDraft  = `(SELECT k.wrapped FROM data_key k WHERE k.kind = 'member' AND k.a = d.thread AND k.b = d.person)`
)

// drawKey makes the data key of a new owner.
func (t *tx) drawKey(ctx context.Context, owner seal.Owner) (*seal.Key, []byte, error) {
	key, epoch, wrapped, err := t.store.ring.NewKey(owner)
	if err != nil {
		return nil, nil, err
	}
	err = t.exec(ctx, `INSERT INTO data_key (kind, a, b, epoch, wrapped) VALUES (?, ?, ?, ?, ?)`, owner.Kind, owner.A, owner.B, epoch, wrapped)
	return key, wrapped, err
}

// dataKey opens the data key of an owner, as a row has it, or answers ErrDamaged.
func (s *Store) dataKey(owner seal.Owner, wrapped []byte) (*seal.Key, error) {
	key, err := s.ring.Key(owner, wrapped)
	if err != nil {
		return nil, errors.Join(ErrDamaged, err)
	}
	return key, nil
}

// openOf is open under the data key of an owner.
func (s *Store) openOf(owner seal.Owner, wrapped []byte, where seal.Where, record []byte) (string, error) {
	key, err := s.dataKey(owner, wrapped)
	if err != nil {
		return "", err
	}
	return open(key, where, record)
}

// personKey is the data key of a person; ErrDamaged if it is not there.
func (t *tx) personKey(ctx context.Context, person int64) (key *seal.Key, err error) {
	var wrapped []byte
	if err := t.one(ctx, []any{&wrapped}, `SELECT `+keyOfPerson+` FROM person p WHERE p.id = ?`, person); err != nil {
		return nil, err
	}
	return t.store.dataKey(ofPerson(person), wrapped)
}

// memberKeys are the data keys of all who are or were in a thread, for a member of it: read and opened as they are asked for,
// since of a thousand members few wrote what is on a page. They are not safe for concurrent use.
type memberKeys struct {
	tx     *tx
	thread int64
	member int64
	found  map[int64][]byte    // wrapped, by person: what the query that let the member in has read already
	opened map[int64]*seal.Key // by person
}

func (t *tx) memberKeys(thread, member int64) *memberKeys {
	return &memberKeys{tx: t, thread: thread, member: member, found: map[int64][]byte{}, opened: map[int64]*seal.Key{}}
}

// wrapped is the key of one member as its row has it; nil if there is none, or the thread is not for who asks.
func (k *memberKeys) wrapped(ctx context.Context, person int64) (wrapped []byte, err error) {
	if wrapped, ok := k.found[person]; ok {
		return wrapped, nil
	}
	err = k.tx.one(ctx, []any{&wrapped}, `
		SELECT k.wrapped FROM member m JOIN data_key k ON k.kind = 'member' AND k.a = m.thread AND k.b = ?3
		WHERE m.thread = ?1 AND m.person = ?2 AND m.left_at IS NULL`, k.thread, k.member, person)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return wrapped, err
}

// of is the key of one member, or ErrDamaged.
func (k *memberKeys) of(ctx context.Context, person int64) (*seal.Key, error) {
	if key, ok := k.opened[person]; ok {
		return key, nil
	}
	wrapped, err := k.wrapped(ctx, person)
	if err != nil {
		return nil, err
	}
	key, err := k.tx.store.dataKey(ofMember(k.thread, person), wrapped)
	if err == nil {
		k.opened[person] = key
	}
	return key, err
}

// open opens what a member wrote, or answers ErrDamaged.
func (k *memberKeys) open(ctx context.Context, author int64, where seal.Where, record []byte) (string, error) {
	key, err := k.of(ctx, author)
	if err != nil {
		return "", err
	}
	return open(key, where, record)
}
