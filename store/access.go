package store

import (
	"context"
	"database/sql"
	"errors"
)

// Access is everything that one person can do, and the only thing that a screen or an ssh command is given. Its verbs
// stand in the files of their nouns; what each does is written at tui.Journal and at the verb.
//
// The rules that hold for every verb:
//   - It checks first, in its own transaction, that the person is not disabled and that the credential they came in with
//     is still theirs, else ErrSignedOut. So a removed key bites in mid-session.
//   - Whoever must have a second factor and has none is answered ErrFactorDue, but for the verbs that set one up and Me.
//   - Nothing in a thread can be opened without the data keys of its members, and the query that yields them
//     (memberKeys, in datakeys.go) asks for membership. Not seeing and not existing both answer ErrNotFound.
//   - Whoever else may be seen, or written with, is decided inside the query by visible and mayWrite, in people.go.
//   - An error means that nothing was written; no error means that all of it is committed and synced.
//   - A sealed row that does not open answers ErrDamaged to whoever asked for that row. In a list it stands with an empty
//     text and Damaged set, and a person's name is replaced by the handle, so that one bad row hides nothing else.
type Access struct {
	store *Store
	who   Identity
}

// self is the person of an Access as the transaction found them, who they are for others aside (tx.profile): each verb pays
// for it, and few need more.
type self struct {
	id      int64
	role    Role
	factor  SecondFactor // without Spare
	session *Access      // by which changes know the person's other sessions
}

// read runs do on a snapshot in which the person has been checked.
func (a *Access) read(ctx context.Context, doing string, do func(*tx, self) error) error {
	return a.readAnyhow(ctx, doing, unlessDue(do))
}

// write runs do as the only writer, in a transaction in which the person has been checked.
func (a *Access) write(ctx context.Context, doing string, do func(*tx, self) error) error {
	return a.writeAnyhow(ctx, doing, unlessDue(do))
}

func unlessDue(do func(*tx, self) error) func(*tx, self) error {
	return func(t *tx, me self) error {
		if me.factor.Due {
			return ErrFactorDue
		}
		return do(t, me)
	}
}

// readAnyhow is read for somebody whose second factor may be due.
func (a *Access) readAnyhow(ctx context.Context, doing string, do func(*tx, self) error) error {
	return a.store.read(ctx, doing, func(t *tx) error {
		me, err := t.check(ctx, a.who)
		if err != nil {
			return err
		}
		me.session = a
		return do(t, me)
	})
}

// writeAnyhow is write for the same.
func (a *Access) writeAnyhow(ctx context.Context, doing string, do func(*tx, self) error) error {
	return a.store.write(ctx, doing, func(t *tx) error {
		me, err := t.check(ctx, a.who)
		if err != nil {
			return err
		}
		me.session = a
		return do(t, me)
	})
}

// check answers the person behind an identity, or ErrSignedOut; also for one that is half signed in.
func (t *tx) check(ctx context.Context, who Identity) (self, error) {
	if who.owing != "" {
		return self{}, ErrSignedOut
	}
	me := self{id: who.person}
	err := t.one(ctx, []any{&me.role, &me.factor.On}, `
		SELECT p.role, `+factorOn+`
		FROM credential c JOIN person p ON p.id = c.person
		WHERE c.id = ? AND p.id = ? AND p.disabled_at IS NULL`,
		who.credential, who.person)
	if errors.Is(err, sql.ErrNoRows) {
		return self{}, ErrSignedOut
	}
	if err != nil {
		return self{}, err
	}
	me.factor.Due = !me.factor.On && me.role == t.store.factorFor
	return me, nil
}
