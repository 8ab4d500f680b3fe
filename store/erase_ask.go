package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// A person can ask to be erased. The operator is told, and does it: what others need to keep is not for the program to know.

// AskErasure asks the operator to erase the person. A request that stands already stays as it is.
func (a *Access) AskErasure(ctx context.Context) error {
	return a.write(ctx, "ask to be erased", func(t *tx, me self) error {
		added, err := t.change(ctx, `INSERT INTO erasure_request (person, at) VALUES (?, ?) ON CONFLICT (person) DO NOTHING`, me.id, moment(t.now))
		if err != nil || added == 0 {
			return err
		}
		return t.audit(ctx, act{kind: AuditErasureAsked, actor: me.id})
	})
}

// WithdrawErasureRequest takes the person's request back, if one stands.
func (a *Access) WithdrawErasureRequest(ctx context.Context) error {
	return a.write(ctx, "ask no longer to be erased", func(t *tx, me self) error {
		removed, err := t.change(ctx, `DELETE FROM erasure_request WHERE person = ?`, me.id)
		if err != nil || removed == 0 {
			return err
		}
		return t.audit(ctx, act{kind: AuditErasureDropped, actor: me.id})
	})
}

// ErasureAsked is when the person asked to be erased; zero if no request stands.
func (a *Access) ErasureAsked(ctx context.Context) (at time.Time, err error) {
	err = a.read(ctx, "read a request to be erased", func(t *tx, me self) error {
		err := t.one(ctx, []any{(*moment)(&at)}, `SELECT at FROM erasure_request WHERE person = ?`, me.id)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return err
	})
	return at, err
}
