package store

import (
	"context"
	"database/sql"
	"errors"
)

// removal is one statement of an erasure. ?1 is the person or the thread.
type removal struct {
	count *int // of the rows it touched; may be nil
	query string
}

func (t *tx) removeAll(ctx context.Context, subject int64, removals []removal) error {
	for _, r := range removals {
		touched, err := t.change(ctx, r.query, subject)
		if err != nil {
			return err
		}
		if r.count != nil {
			*r.count += int(touched)
		}
	}
	return nil
}

const (
	theirThreads = `(SELECT thread FROM member WHERE person = ?1)`
	theirEntries = `(SELECT thread, number FROM authored WHERE thread IN ` + theirThreads + ` AND author = ?1)`
)

// erasePerson takes a person's rows and data keys away. Somebody who is not there, as in a backup from before them, gets
// their row among the erasures all the same.
func (t *tx) erasePerson(ctx context.Context, person int64, kind AuditKind) (Receipt, error) {
	r := Receipt{Kind: erasedPerson, Subject: person, At: t.now}
	var handle string
	err := t.one(ctx, []any{&handle}, `SELECT handle FROM person WHERE id = ?`, person)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Receipt{}, err
	}
	if err := t.tellOfErasure(ctx, person); err != nil {
		return Receipt{}, err
	}
	threads, err := t.ids(ctx, `SELECT thread FROM member WHERE person = ?`, person)
	if err != nil {
		return Receipt{}, err
	}
	// The keys and the memberships go last: the others are found by them.
	err = t.removeAll(ctx, person, []removal{
		{&r.Revisions, `DELETE FROM revision WHERE (thread, number) IN ` + theirEntries},
		{nil, `INSERT INTO gap (thread, number) SELECT thread, number FROM ` + theirEntries}, // so that the places of the others still count
		{&r.Entries, `DELETE FROM entry WHERE (thread, number) IN ` + theirEntries},
		{nil, `DELETE FROM segment WHERE thread IN ` + theirThreads + ` AND author = ?1`},
		{nil, `DELETE FROM authored WHERE thread IN ` + theirThreads + ` AND author = ?1`},
		{nil, `UPDATE gap SET nth = ranked.nth
			FROM (SELECT thread, number, row_number() OVER (PARTITION BY thread ORDER BY number) AS nth FROM gap WHERE thread IN ` + theirThreads + `) AS ranked
			WHERE ranked.thread = gap.thread AND ranked.number = gap.number`},
		{&r.Drafts, `DELETE FROM draft WHERE person = ?1`},
		{nil, `UPDATE thread SET title = x'', opener = NULL WHERE number IN ` + theirThreads + ` AND opener = ?1`},
		{nil, `UPDATE thread SET last_at = coalesce((SELECT e.at FROM entry e WHERE e.thread = thread.number ORDER BY e.number DESC LIMIT 1), 0)
			WHERE number IN ` + theirThreads},
		{&r.Keys, `DELETE FROM data_key WHERE kind = 'member' AND a IN ` + theirThreads + ` AND b = ?1`},
		{&r.Keys, `DELETE FROM data_key WHERE kind = 'person' AND a = ?1 AND b = 0`},
		{nil, `DELETE FROM member WHERE person = ?1`},
		{nil, `DELETE FROM connection WHERE client = ?1`},
		{nil, `DELETE FROM connection WHERE coach = ?1`},
		{nil, `DELETE FROM credential WHERE person = ?1`},
		{nil, `DELETE FROM invitation WHERE person = ?1`},
		{nil, `DELETE FROM spare_code WHERE person = ?1`},
		{nil, `DELETE FROM second_factor WHERE person = ?1`},
		{nil, `DELETE FROM erasure_request WHERE person = ?1`},
		{nil, `UPDATE person SET invited_by = NULL WHERE invited_by = ?1`},
		{nil, `DELETE FROM person WHERE id = ?1`},
	})
	if err != nil {
		return Receipt{}, err
	}
	for _, thread := range threads {
		if err := t.replace(ctx, thread); err != nil {
			return Receipt{}, err
		}
		if err := t.eraseDeserted(ctx, thread, kind, &r); err != nil {
			return Receipt{}, err
		}
	}
	var hash []byte
	if handle != "" {
		hash = t.store.keys.HandleHash(handle)
	}
	return r, t.recordErasure(ctx, &r, act{kind: kind, subject: person}, hash)
}

// eraseDeserted erases a thread that nobody is in any more.
func (t *tx) eraseDeserted(ctx context.Context, thread int64, kind AuditKind, of *Receipt) error {
	inhabited, err := t.exists(ctx, `SELECT 1 FROM member WHERE thread = ? AND left_at IS NULL`, thread)
	if err != nil || inhabited {
		return err
	}
	if kind == AuditPersonErased {
		kind = AuditThreadErased
	}
	r, err := t.eraseThread(ctx, thread, kind)
	of.Entries += r.Entries
	of.Revisions += r.Revisions
	of.Drafts += r.Drafts
	of.Keys += r.Keys
	of.Threads++
	return err
}

// eraseThread takes a thread's rows and data keys away; as erasePerson does.
func (t *tx) eraseThread(ctx context.Context, thread int64, kind AuditKind) (Receipt, error) {
	r := Receipt{Kind: erasedThread, Subject: thread, At: t.now}
	members, err := t.ids(ctx, `SELECT person FROM member WHERE thread = ? AND left_at IS NULL`, thread)
	if err != nil {
		return Receipt{}, err
	}
	t.tell(notice{to: members, change: Change{Kind: Reload}})
	err = t.removeAll(ctx, thread, []removal{
		{nil, `
			UPDATE person SET stored = max(0, stored
				- (SELECT coalesce(sum(length(e.body)), 0) FROM entry e WHERE e.thread = ?1 AND e.author = person.id)
				- (SELECT coalesce(sum(s.counted), 0) FROM segment s WHERE s.thread = ?1 AND s.author = person.id)
				- (SELECT coalesce(sum(length(v.body)), 0) FROM revision v JOIN entry e ON e.thread = v.thread AND e.number = v.number
					WHERE v.thread = ?1 AND e.author = person.id)
				- (SELECT coalesce(sum(length(d.body)), 0) FROM draft d WHERE d.thread = ?1 AND d.person = person.id)
				- (SELECT coalesce(sum(length(t.title)), 0) FROM thread t WHERE t.number = ?1 AND t.opener = person.id))
			WHERE id IN (SELECT person FROM member WHERE thread = ?1)`},
		{&r.Drafts, `DELETE FROM draft WHERE thread = ?1 AND person IN (SELECT person FROM member WHERE thread = ?1)`},
		{&r.Revisions, `DELETE FROM revision WHERE thread = ?1`},
		{&r.Entries, `DELETE FROM entry WHERE thread = ?1`},
		{nil, `DELETE FROM segment WHERE thread = ?1`},
		{nil, `DELETE FROM gap WHERE thread = ?1`},
		{nil, `DELETE FROM authored WHERE thread = ?1`},
		{&r.Keys, `DELETE FROM data_key WHERE kind = 'member' AND a = ?1`},
		{nil, `DELETE FROM member WHERE thread = ?1`},
		{&r.Threads, `DELETE FROM thread WHERE number = ?1`},
	})
	if err != nil {
		return Receipt{}, err
	}
	return r, t.recordErasure(ctx, &r, act{kind: kind, thread: thread}, nil)
}

// recordErasure writes the row by which the erasure is known, and the audit log's record.
func (t *tx) recordErasure(ctx context.Context, r *Receipt, a act, handle []byte) error {
	t.store.readings.forget(r.Subject)
	if err := t.audit(ctx, a); err != nil {
		return err
	}
	end, err := t.auditEnd(ctx)
	if err != nil {
		return err
	}
	r.Audit = end.seq
	return t.exec(ctx, `
		INSERT INTO erasure (kind, subject, at, handle_hash, entries, revisions, drafts, threads, keys, audit)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Kind, r.Subject, moment(r.At), handle, r.Entries, r.Revisions, r.Drafts, r.Threads, r.Keys, r.Audit)
}

// tellOfErasure ends a person's sessions and lets everybody who could see them read anew.
func (t *tx) tellOfErasure(ctx context.Context, person int64) error {
	t.tell(notice{to: []int64{person}, change: Change{Kind: SignedOut}})
	audience, err := t.audience(ctx, person)
	t.tell(notice{to: audience, change: Change{Kind: Reload}})
	return err
}
