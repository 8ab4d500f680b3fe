package store

import (
	"context"
	"database/sql"
	"time"
)

// Erased stands in the place of a handle whose account is no more. No handle has brackets.
const Erased = "(erased)"

// MaxAudit is how many records Audit answers at most.
const MaxAudit = 1000

// AuditRecord is a record of the audit log. Persons are named by their handles, Erased if they have none any more; what
// does not apply is empty.
type AuditRecord struct {
	Seq     int64
	At      time.Time
	Kind    AuditKind
	Actor   string // empty: the operator
	Subject string
	Peer    string
	Thread  int64
	Detail  string
	MAC     []byte
}

// AuditQuery asks for a stretch of the audit log. The zero value asks for its beginning.
type AuditQuery struct {
	After  int64     // records with higher numbers
	Since  time.Time // and not from before
	Person string    // a handle: only what they did, or what was done to them
}

// Audit answers up to MaxAudit records, the oldest first; none when there are no more. ErrNotFound if nobody has the
// handle.
func (o *Operator) Audit(ctx context.Context, q AuditQuery) (records []AuditRecord, err error) {
	err = o.store.read(ctx, "read the audit log", func(t *tx) error {
		var person int64
		if q.Person != "" {
			p, _, err := t.account(ctx, q.Person)
			if err != nil {
				return err
			}
			person = p.id
		}
		since := moment(q.Since)
		if q.Since.IsZero() {
			since = moment(time.UnixMicro(0))
		}
		return t.each(ctx, func(rows *sql.Rows) error {
			var r auditRow
			var actor, subject, peer string
			err := rows.Scan(r.columns(&actor, &subject, &peer)...)
			records = append(records, AuditRecord{
				Seq: r.seq, At: r.at, Kind: r.kind, Thread: r.thread, Detail: r.detail, MAC: r.mac,
				Actor: handleOf(r.actor, actor), Subject: handleOf(r.subject, subject), Peer: handleOf(r.peer, peer),
			})
			return err
		}, `
			SELECT `+auditColumns+`, coalesce(actor.handle, ''), coalesce(subject.handle, ''), coalesce(peer.handle, '')
			FROM audit a LEFT JOIN person actor ON actor.id = a.actor LEFT JOIN person subject ON subject.id = a.subject
				LEFT JOIN person peer ON peer.id = a.peer
			WHERE a.seq > ?1 AND a.at >= ?2 AND (?3 = 0 OR a.actor = ?3 OR a.subject = ?3 OR a.peer = ?3)
			ORDER BY a.seq LIMIT 0 + ?4`, q.After, since, person, MaxAudit)
	})
	return records, err
}

// handleOf is the handle by which a record names a person.
func handleOf(id int64, handle string) string {
	if id != 0 && handle == "" {
		return Erased
	}
	return handle
}
