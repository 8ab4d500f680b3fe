package store

import (
	"context"
	"database/sql"
	"errors"
)

// room is a thread that the person is a member of, with the keys that open it.
type room struct {
	number   int64
	keys     *memberKeys
	segments openSegments
	last     int64 // the highest entry number ever given
	mark     int64 // the person's read mark
}

// roomOf is a thread that the caller has seen that the person is a member of.
func (t *tx) roomOf(me self, thread int64) room {
	return room{number: thread, keys: t.memberKeys(thread, me.id), segments: openSegments{}}
}

// room lets a member into a thread; ErrNotFound for everybody else.
func (t *tx) room(ctx context.Context, me self, thread int64) (room, error) {
	r := t.roomOf(me, thread)
	var own []byte
	err := t.one(ctx, []any{&r.last, &r.mark, &own}, `
		SELECT t.last_number, m.read_mark, `+keyOfMember+` FROM member m JOIN thread t ON t.number = m.thread
		WHERE m.thread = ? AND m.person = ? AND m.left_at IS NULL`, thread, me.id)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	r.keys.found[me.id] = own
	return r, err
}

// unreadCount is how many entries of others stand after a member's read mark. It stands in queries that name the member m
// and the thread t. Nothing is counted but what was withdrawn: numbers go up by one, less the gaps, less the member's own.
const unreadCount = `CASE WHEN m.read_mark >= t.last_number THEN 0 ELSE t.last_number - m.read_mark
	- ` + gapsTo + `t.last_number` + theLast + ` + ` + gapsTo + `m.read_mark` + theLast + `
	- ` + ownTo + `t.last_number` + theLast + ` + ` + ownTo + `m.read_mark` + theLast + `
	- (SELECT count(*) FROM entry e
		WHERE e.thread = m.thread AND e.number > m.read_mark AND e.author <> m.person AND e.withdrawn_at IS NOT NULL) END`

// gapsTo and ownTo count the gaps of the thread t, and what the member m wrote, up to the number between them and theLast.
const (
	gapsTo  = `coalesce((SELECT nth FROM gap WHERE thread = t.number AND number <= `
	ownTo   = `coalesce((SELECT nth FROM authored WHERE thread = t.number AND author = m.person AND number <= `
	theLast = ` ORDER BY number DESC LIMIT 1), 0)`
)

// threadsQuery reads the threads of a member. The last entry is the last that stands: one that was withdrawn waits for no
// answer. Where there is none, the reader stands in for its author.
const threadsQuery = threadsColumns + ` FROM member m ` + threadsWhere

const threadsColumns = `
	SELECT t.number, coalesce(t.opener, 0), ` + keyOfTitle + `, t.title, t.created_at, m.read_mark,
		t.last_number - ` + gapsTo + `t.last_number` + theLast + `,
		` + unreadCount + `, last.at,
		(SELECT max(saved_at) FROM draft d WHERE d.person = m.person AND d.thread = t.number), t.turn, t.life_at,
		` + somebodyColumns + `
	`

const threadsWhere = `
	JOIN thread t ON t.number = m.thread
	LEFT JOIN entry last ON last.thread = t.number AND last.number = t.standing
	JOIN person p ON p.id = coalesce(last.author, m.person)
	WHERE m.person = ?1 AND m.left_at IS NULL`

// Threads lists the person's threads, the one with the newest entry first; one in which no entry stands has the place of its opening.
func (a *Access) Threads(ctx context.Context) (threads []Thread, err error) {
	err = a.read(ctx, "list threads", func(t *tx, me self) error {
		members, err := t.members(ctx, `member m`, `m.person = ?1`, me.id)
		if err != nil {
			return err
		}
		threads, err = t.list(ctx, threadsQuery+` ORDER BY coalesce(last.at, t.created_at) DESC, t.number`, me, members, me.id)
		return err
	})
	return threads, err
}

// list reads threads of the person's by a query, in which they are ?1. One whose title does not open is marked and hides
// nothing else.
func (t *tx) list(ctx context.Context, query string, me self, members map[int64][]Person, args ...any) (threads []Thread, err error) {
	err = t.each(ctx, func(rows *sql.Rows) error {
		thread, err := t.scanThread(me, rows.Scan)
		if errors.Is(err, ErrDamaged) {
			t.store.log.Error("a thread's title does not open", "thread", thread.Number)
			thread.Damaged, err = true, nil
		}
		thread.Members = members[thread.Number]
		threads = append(threads, thread)
		return err
	}, query, args...)
	return threads, err
}

// Thread is one of the person's threads.
func (a *Access) Thread(ctx context.Context, thread int64) (found Thread, err error) {
	err = a.read(ctx, "read a thread", func(t *tx, me self) error {
		found, err = t.thread(ctx, me, thread)
		return err
	})
	return found, err
}

func (t *tx) thread(ctx context.Context, me self, number int64) (Thread, error) {
	thread, err := t.scanThread(me, func(into ...any) error {
		return t.one(ctx, into, threadsQuery+` AND m.thread = ?2`, me.id, number)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Thread{}, ErrNotFound
	}
	if err != nil {
		return Thread{}, err
	}
	members, err := t.members(ctx, `member m`, `m.person = ?1 AND m.thread = ?2`, me.id, number)
	thread.Members = members[number]
	return thread, err
}

// scanThread reads a row of threadsQuery. With ErrDamaged all but the title is there.
func (t *tx) scanThread(me self, scan func(...any) error) (Thread, error) {
	var thread Thread
	var opener, turn, life int64
	var wrapped, title []byte
	var author somebody
	err := scan(append([]any{&thread.Number, &opener, &wrapped, &title, (*moment)(&thread.CreatedAt), &thread.ReadMark, &thread.Entries,
		&thread.Unread, (*moment)(&thread.LastAt), (*moment)(&thread.DraftAt), &turn, &life}, author.fields()...)...)
	if err != nil {
		return Thread{}, err
	}
	thread.Part = partOf(me, t.now, turn, life)
	if !thread.LastAt.IsZero() {
		thread.LastAuthor = t.store.reveal(author)
	}
	if thread.TitleGone = opener == 0; thread.TitleGone {
		return thread, nil
	}
	thread.Title, err = t.store.openShared(ofMember(thread.Number, opener), wrapped, atTitle(thread.Number), title)
	return thread, err
}

// members reads who is in the threads of one member m, by thread, in the order they joined.
func (t *tx) members(ctx context.Context, from, where string, args ...any) (map[int64][]Person, error) {
	members := map[int64][]Person{}
	err := t.each(ctx, func(rows *sql.Rows) error {
		var thread int64
		var p somebody
		if err := rows.Scan(append([]any{&thread}, p.fields()...)...); err != nil {
			return err
		}
		members[thread] = append(members[thread], t.store.reveal(p))
		return nil
	}, `
		SELECT o.thread, `+somebodyColumns+`
		FROM `+from+` JOIN member o ON o.thread = m.thread JOIN person p ON p.id = o.person
		WHERE m.left_at IS NULL AND o.left_at IS NULL AND `+where+`
		ORDER BY o.thread, o.joined_at, p.handle`, args...)
	return members, err
}

// Leave ends the person's membership: they can no longer read the thread, and their drafts in it are deleted. ErrLast for
// the last member.
func (a *Access) Leave(ctx context.Context, thread int64) error {
	return a.write(ctx, "leave a thread", func(t *tx, me self) error {
		if err := t.inRoom(ctx, me, thread); err != nil {
			return err
		}
		members, err := t.ids(ctx, `SELECT person FROM member WHERE thread = ? AND left_at IS NULL`, thread)
		if err != nil {
			return err
		}
		if len(members) == 1 {
			return ErrLast
		}
		if err := t.exec(ctx, `UPDATE member SET left_at = ? WHERE thread = ? AND person = ?`, moment(t.now), thread, me.id); err != nil {
			return err
		}
		_, err = t.release(ctx, me.id, `DELETE FROM draft WHERE person = ? AND thread = ? RETURNING length(body)`, me.id, thread)
		if err != nil {
			return err
		}
		if err := t.replace(ctx, thread); err != nil {
			return err
		}
		t.tell(notice{to: members, change: Change{Kind: ThreadChanged, Thread: thread}})
		t.tell(notice{to: members, change: Change{Kind: PeopleChanged}})
		return t.audit(ctx, act{kind: AuditMemberLeft, actor: me.id, thread: thread})
	})
}

// inRoom is room for verbs that open no text.
func (t *tx) inRoom(ctx context.Context, me self, thread int64) error {
	member, err := t.exists(ctx, `SELECT 1 FROM member WHERE thread = ? AND person = ? AND left_at IS NULL`, thread, me.id)
	if err == nil && !member {
		return ErrNotFound
	}
	return err
}

// tellMembers tells everybody in a thread of a change to one of its entries.
func (t *tx) tellMembers(ctx context.Context, kind ChangeKind, thread, entry int64, who Person) error {
	members, err := t.ids(ctx, `SELECT person FROM member WHERE thread = ? AND left_at IS NULL`, thread)
	t.tell(notice{to: members, change: Change{Kind: kind, Thread: thread, Entry: entry, Who: who}})
	return err
}
