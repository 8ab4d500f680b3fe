package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"alcove/store/seal"
)

// An erasure takes a person, or a thread, out of the practice and out of every backup of it. What it does, in this order:
//
//	rows    in one transaction the rows and the data keys go, and a row of the table erasure says so; it has no epoch yet
//	ring    the key ring notes the erasure for good, and drops the keys it carries
//	log     the WAL, which still has the rows, is emptied
//	epoch   a new epoch begins, and the keys of the survivors go over to it
//	done    the row of the table erasure gets its epoch
//
// The old epoch is destroyed when the horizon has passed; from then on no backup opens what was erased. A kill leaves the
// erasure without its epoch, and the next start or tending goes on (settleErasures). The rows go first, for until they are gone
// it is not known what goes with them; only a database that is lost in the moment before the ring follows forgets the erasure.
//
// An older backup that is put back does not know of the erasure, but the ring does: it is made again before anybody is served
// (eraseAgain).
//
// What others wrote stays, and with it what they quoted.

// Receipt says what an erasure took away. It names nobody.
type Receipt struct {
	Kind    string // "person" or "thread"
	Subject int64  // the person's id, the thread's number
	At      time.Time
	// How many are gone. Threads are those that were left without a member.
	Entries, Revisions, Drafts, Threads, Keys int
	Audit                                     int64     // its record in the audit log
	Epoch                                     uint32    // of the key ring, that began with it; 0 if the ring has not followed yet
	FinalAt                                   time.Time // from when no backup opens it any more; zero without an epoch
}

// What can be erased, as the key ring and the tables name it.
const (
	erasedPerson = "person"
	erasedThread = "thread"
)

// ErasePerson erases a person: their name, their ways to sign in, their connections, and all that they wrote. Threads and what
// others wrote stay; a title that they gave is gone, and a thread that is left without a member goes whole. Their sessions
// end. The handle is never given again. ErrNotFound if nobody has it. With ErrUnsettled and a receipt, the rows are gone and
// the key ring follows at the next tending.
func (o *Operator) ErasePerson(ctx context.Context, handle string) (Receipt, error) {
	return o.store.erase(ctx, "erase a person", func(t *tx) (Receipt, error) {
		p, _, err := t.account(ctx, handle)
		if err != nil {
			return Receipt{}, err
		}
		return t.erasePerson(ctx, p.id, AuditPersonErased)
	})
}

// EraseThread erases a thread with all that anybody wrote in it. ErrNotFound if there is none of that number; ErrUnsettled as
// ErasePerson.
func (o *Operator) EraseThread(ctx context.Context, number int64) (Receipt, error) {
	return o.store.erase(ctx, "erase a thread", func(t *tx) (Receipt, error) {
		there, err := t.exists(ctx, `SELECT 1 FROM thread WHERE number = ?`, number)
		if err == nil && !there {
			err = ErrNotFound
		}
		if err != nil {
			return Receipt{}, err
		}
		return t.eraseThread(ctx, number, AuditThreadErased)
	})
}

func (s *Store) erase(ctx context.Context, doing string, rows func(*tx) (Receipt, error)) (receipt Receipt, err error) {
	s.tending.Lock()
	defer s.tending.Unlock()
	err = s.writeAlone(ctx, doing, func(t *tx) error {
		receipt, err = rows(t)
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	s.traces.forgetAll()
	ctx = context.WithoutCancel(ctx) // it is to be whole even if who asked has gone
	if err := s.settleErasures(ctx); err != nil {
		return receipt, fmt.Errorf("%s: %w: %s", doing, ErrUnsettled, err.Error()) // without its kind, by which nothing would have changed
	}
	err = s.read(ctx, "read a receipt", func(t *tx) error {
		return t.one(ctx, receipt.fields(), receiptQuery+` WHERE kind = ? AND subject = ?`, receipt.Kind, receipt.Subject)
	})
	return receipt, err
}

const receiptQuery = `SELECT kind, subject, at, entries, revisions, drafts, threads, keys, audit, epoch, final_at FROM erasure`

func (r *Receipt) fields() []any {
	return []any{&r.Kind, &r.Subject, (*moment)(&r.At), &r.Entries, &r.Revisions, &r.Drafts, &r.Threads, &r.Keys,
		&r.Audit, &r.Epoch, (*moment)(&r.FinalAt)}
}

// Erasures lists the receipts of all that was ever erased, the oldest first.
func (o *Operator) Erasures(ctx context.Context) (receipts []Receipt, err error) {
	err = o.store.read(ctx, "list erasures", func(t *tx) error {
		receipts, err = t.receipts(ctx, receiptQuery+` ORDER BY at, kind, subject`)
		return err
	})
	return receipts, err
}

func (t *tx) receipts(ctx context.Context, query string, args ...any) (list []Receipt, err error) {
	err = t.each(ctx, func(rows *sql.Rows) error {
		var r Receipt
		err := rows.Scan(r.fields()...)
		list = append(list, r)
		return err
	}, query, args...)
	return list, err
}

// settleErasures goes on with erasures that the key ring has not followed yet. The caller holds tending.
func (s *Store) settleErasures(ctx context.Context) error {
	var pending []Receipt
	err := s.read(ctx, "look for erasures under way", func(t *tx) (err error) {
		pending, err = t.receipts(ctx, receiptQuery+` WHERE epoch = 0 ORDER BY at`)
		return err
	})
	if err != nil || len(pending) == 0 {
		return err
	}
	for _, r := range pending {
		what := seal.Erased{Kind: r.Kind, ID: r.Subject, At: r.At}
		err := s.changeRing(ctx, "note an erasure in the key ring", func() error {
			return s.ring.Erase(what, erasedOwners([]seal.Erased{what}))
		})
		if err != nil {
			return err
		}
	}
	s.emptyLog(ctx)
	if err := s.rollEpoch(ctx); err != nil {
		return err
	}
	if _, err := s.rewrapKeys(ctx); err != nil {
		return err
	}
	epochs := s.ring.Epochs() // the last but one is the newest by which a backup may have wrapped what was erased
	final := moment(epochs[len(epochs)-2].DestroyAfter)
	return s.write(ctx, "end an erasure", func(t *tx) error {
		return t.exec(ctx, `UPDATE erasure SET epoch = ?, final_at = ? WHERE epoch = 0`, s.ring.Current().Number, final)
	})
}

// eraseAgain makes the erasures that the ring knows of and the database does not, for it is an older backup. Nobody is
// served before. The first Tend settles them.
func (s *Store) eraseAgain(ctx context.Context) error {
	for _, e := range s.ring.Erased() {
		var known bool
		err := s.read(ctx, "look for an erasure", func(t *tx) (err error) {
			known, err = t.exists(ctx, `SELECT 1 FROM erasure WHERE kind = ? AND subject = ?`, e.Kind, e.ID)
			return err
		})
		if err == nil && !known {
			s.log.Warn("the database is from before an erasure, which is made again", "kind", e.Kind, "subject", e.ID)
			err = s.writeAlone(ctx, "erase again what was erased since this backup", func(t *tx) error {
				_, err := t.eraseKnown(ctx, e)
				return err
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) eraseKnown(ctx context.Context, e seal.Erased) (Receipt, error) {
	switch e.Kind {
	case erasedPerson:
		return t.erasePerson(ctx, e.ID, AuditErasedAgain)
	case erasedThread:
		return t.eraseThread(ctx, e.ID, AuditErasedAgain)
	}
	return Receipt{}, errors.New("the key ring names an erasure of a kind that this program does not know: use a newer alcove")
}
