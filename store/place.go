package store

import (
	"context"
	"time"
)

// What a list of threads says of each stands with the thread, and is put right in the transaction that changes it: where
// the thread stands on Home (standing, life_at, turn), and how many entries of whom lie before another (authored, gap). So
// no list counts entries. Members' rows stay as they are: a thread with a thousand of them is written like any other.

// aClientIsIn says whether a client is a member of the thread ?1.
const aClientIsIn = `EXISTS (SELECT 1 FROM member m JOIN person p ON p.id = m.person
	WHERE m.thread = ?1 AND m.left_at IS NULL AND p.role = 'client')`

// placeNewest is called with an entry that was just written.
func (t *tx) placeNewest(ctx context.Context, me self, thread, number int64, at time.Time) error {
	err := t.exec(ctx, `
		INSERT INTO authored (thread, author, number, nth) VALUES (?1, ?2, ?3, 1 + coalesce((
			SELECT nth FROM authored WHERE thread = ?1 AND author = ?2 ORDER BY number DESC LIMIT 1), 0))`,
		thread, me.id, number)
	if err != nil {
		return err
	}
	return t.exec(ctx, `
		UPDATE thread SET last_number = ?2, last_at = ?3, standing = ?2, life_at = max(created_at, ?3),
			turn = CASE WHEN NOT `+aClientIsIn+` THEN 0 WHEN (SELECT role FROM person WHERE id = ?4) = 'client' THEN 2 ELSE 1 END
		WHERE number = ?1`,
		thread, number, moment(at), me.id)
}

// replace finds a thread's place on Home anew: an entry of it was withdrawn or is gone, or a member.
func (t *tx) replace(ctx context.Context, thread int64) error {
	err := t.exec(ctx, `
		UPDATE thread SET standing = coalesce((
			SELECT e.number FROM entry e WHERE e.thread = ?1 AND e.withdrawn_at IS NULL ORDER BY e.number DESC LIMIT 1), 0)
		WHERE number = ?1`, thread)
	if err != nil {
		return err
	}
	const last = `FROM entry e JOIN person p ON p.id = e.author WHERE e.thread = ?1 AND e.number = thread.standing`
	return t.exec(ctx, `
		UPDATE thread SET life_at = max(created_at, coalesce((SELECT e.at `+last+`), 0)),
			turn = CASE WHEN standing = 0 OR NOT `+aClientIsIn+` THEN 0 WHEN (SELECT p.role `+last+`) = 'client' THEN 2 ELSE 1 END
		WHERE number = ?1`, thread)
}

// leaveGap notes that the person's own entry of that number is gone. It was one of the newest, so few follow it.
func (t *tx) leaveGap(ctx context.Context, me self, thread, number int64) error {
	for _, query := range []string{
		`DELETE FROM authored WHERE thread = ?1 AND author = ?3 AND number = ?2`,
		`UPDATE authored SET nth = nth - 1 WHERE thread = ?1 AND author = ?3 AND number > ?2`,
		`INSERT INTO gap (thread, number, nth) VALUES (?1, ?2, 1 + coalesce((
			SELECT nth FROM gap WHERE thread = ?1 AND number < ?2 ORDER BY number DESC LIMIT 1), 0))`,
		`UPDATE gap SET nth = nth + 1 WHERE thread = ?1 AND number > ?2`,
	} {
		if err := t.exec(ctx, query, thread, number, me.id); err != nil {
			return err
		}
	}
	return t.replace(ctx, thread)
}
