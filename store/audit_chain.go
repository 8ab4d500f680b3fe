package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// AuditHead is the last record of the audit log. Kept outside of the practice, it shows later that the log still holds
// what it held then, even to who has all keys.
type AuditHead struct {
	Seq int64
	MAC []byte // as in AuditRecord; empty while there is no record
}

// auditRow is a record as a row has it.
type auditRow struct {
	seq int64
	at  time.Time
	act
	mac []byte
}

// fields are what is authenticated, in an order that never changes. An id that is not there is 0.
func (r auditRow) fields() [][]byte {
	number := func(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }
	return [][]byte{
		number(r.seq), number(r.at.UnixMicro()), []byte(r.kind),
		number(r.actor), number(r.subject), number(r.peer), number(r.thread), []byte(r.detail),
	}
}

// auditColumns are scanned by auditRow.columns.
const auditColumns = `a.seq, a.at, a.kind, coalesce(a.actor, 0), coalesce(a.subject, 0), coalesce(a.peer, 0), coalesce(a.thread, 0), a.detail, a.mac`

// columns are where to scan auditColumns, and what follows them.
func (r *auditRow) columns(more ...any) []any {
	return append([]any{&r.seq, (*moment)(&r.at), &r.kind, &r.actor, &r.subject, &r.peer, &r.thread, &r.detail, &r.mac}, more...)
}

// auditEnd is where the log ends: the last record's number, and what it left for the next.
type auditEnd struct {
	seq  int64
	link []byte
}

func (t *tx) auditEnd(ctx context.Context) (end auditEnd, err error) {
	err = t.one(ctx, []any{&end.seq, &end.link}, `SELECT seq, link FROM audit_head WHERE one = 1`)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("the audit log has no head: %w", ErrDamaged)
	}
	return end, err
}

// AuditHead answers the last record of the audit log without checking those before it; ErrDamaged if it is not the one
// that the log should end with.
func (o *Operator) AuditHead(ctx context.Context) (head AuditHead, err error) {
	err = o.store.read(ctx, "read the end of the audit log", func(t *tx) error {
		end, err := t.auditEnd(ctx)
		if err != nil || end.seq == 0 && len(end.link) == 0 {
			return err
		}
		err = t.one(ctx, []any{&head.MAC}, `SELECT mac FROM audit WHERE seq = ?`, end.seq)
		if errors.Is(err, sql.ErrNoRows) {
			return auditDamage(end.seq, "is missing")
		}
		if err != nil {
			return err
		}
		head.Seq = end.seq
		return o.store.fits(end, head)
	})
	if err != nil {
		return AuditHead{}, err
	}
	return head, nil
}

// VerifyAudit walks the audit log from its first record to its last and answers that one. It answers ErrDamaged, and names
// the first record that is not as it was written: altered, missing, moved or cut off.
func (o *Operator) VerifyAudit(ctx context.Context) (head AuditHead, err error) {
	err = o.store.read(ctx, "verify the audit log", func(t *tx) error {
		head, err = t.verifyAudit(ctx)
		return err
	})
	if err != nil {
		return AuditHead{}, err
	}
	return head, nil
}

func (t *tx) verifyAudit(ctx context.Context) (head AuditHead, err error) {
	keys := t.store.keys
	var link []byte
	err = t.each(ctx, func(rows *sql.Rows) error {
		var r auditRow
		if err := rows.Scan(r.columns()...); err != nil {
			return err
		}
		if r.seq != head.Seq+1 {
			return auditDamage(head.Seq+1, "is missing")
		}
		if !bytes.Equal(r.mac, keys.AuditMAC(link, r.fields()...)) {
			return auditDamage(r.seq, "was altered, or is not the one that stood here")
		}
		head, link = AuditHead{Seq: r.seq, MAC: r.mac}, keys.AuditLink(r.mac)
		return nil
	}, `SELECT `+auditColumns+` FROM audit a ORDER BY a.seq`)
	if err != nil {
		return AuditHead{}, err
	}
	end, err := t.auditEnd(ctx)
	if err != nil {
		return AuditHead{}, err
	}
	if end.seq > head.Seq {
		return AuditHead{}, auditDamage(head.Seq+1, "is missing")
	}
	return head, t.store.fits(end, head)
}

// fits says whether the log ends where its last record does.
func (s *Store) fits(end auditEnd, last AuditHead) error {
	var link []byte
	if last.Seq > 0 {
		link = s.keys.AuditLink(last.MAC)
	}
	if end.seq != last.Seq || !bytes.Equal(end.link, link) {
		return auditDamage(last.Seq, "is not the one that the log ended with")
	}
	return nil
}

func auditDamage(seq int64, what string) error {
	return fmt.Errorf("record %d of the audit log %s: %w", seq, what, ErrDamaged)
}
