package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
)

// NewThread opens a thread with the people named by handle, all of whom the person may write with, else ErrNotFound. A
// non-empty first becomes its first entry in the same commit. It answers ErrEmpty, ErrTooLong or ErrNotText for a title
// or a text that cannot be stored, and ErrTooLong for more than MaxMembers; ErrQuota, ErrPace.
func (a *Access) NewThread(ctx context.Context, title string, with []string, first string) (opened Thread, err error) {
	if title, err = cleanTitle(title, MaxTitle); err != nil {
		return Thread{}, fmt.Errorf("open a thread: title: %w", err)
	}
	if first != "" {
		if first, err = cleanText(first); err != nil {
			return Thread{}, fmt.Errorf("open a thread: first entry: %w", err)
		}
	}
	err = a.write(ctx, "open a thread", func(t *tx, me self) error {
		members, err := t.invited(ctx, me, with)
		if err != nil {
			return err
		}
		if err := t.pace(me); err != nil {
			return err
		}
		r, err := t.addThread(ctx, title, members)
		if err != nil {
			return err
		}
		if first != "" {
			if _, err := t.addEntry(ctx, me, r, first); err != nil {
				return err
			}
		}
		t.tell(notice{to: members, change: Change{Kind: ThreadChanged, Thread: r.number}})
		t.tell(notice{to: members, change: Change{Kind: PeopleChanged}}) // members may see each other now
		opened, err = t.thread(ctx, me, r.number)
		return err
	})
	return opened, err
}

// invited turns handles into the ids of a new thread's members, the opener first, each once.
func (t *tx) invited(ctx context.Context, me self, handles []string) ([]int64, error) {
	opener, _, err := t.profile(ctx, me.id)
	if err != nil {
		return nil, err
	}
	members := []int64{me.id}
	seen := map[string]bool{opener.Handle: true}
	for _, handle := range handles {
		handle = oldHandle(handle)
		if seen[handle] {
			continue
		}
		seen[handle] = true
		if len(members) == MaxMembers {
			return nil, fmt.Errorf("members: %w", ErrTooLong)
		}
		found, err := t.ids(ctx, `SELECT p.id FROM person p WHERE p.handle = ?2 AND `+mayWrite, me.id, handle)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("member: %w", ErrNotFound)
		}
		members = append(members, found[0])
	}
	return members, nil
}

// addThread makes a thread, whose opener is the first of its members.
func (t *tx) addThread(ctx context.Context, title string, members []int64) (room, error) {
	number, err := t.drawNumber(ctx)
	if err != nil {
		return room{}, err
	}
	r := room{number: number, keys: t.memberKeys(number, members[0])}
	for _, member := range members {
		if r.keys.opened[member], _, err = t.drawKey(ctx, ofMember(number, member)); err != nil {
			return room{}, err
		}
	}
	opener := members[0]
	sealed := r.keys.opened[opener].Seal(nil, atTitle(number), []byte(title))
	if err := t.charge(ctx, opener, int64(len(sealed))); err != nil {
		return room{}, err
	}
	err = t.exec(ctx, `INSERT INTO thread (number, opener, title, created_at, life_at) VALUES (?, ?, ?, ?, ?)`,
		number, opener, sealed, moment(t.now), moment(t.now))
	if err != nil {
		return room{}, err
	}
	for i, member := range members {
		err := t.exec(ctx, `INSERT INTO member (thread, person, joined_at) VALUES (?, ?, ?)`, number, member, moment(t.now))
		if err != nil {
			return room{}, err
		}
		joined := act{kind: AuditMemberJoined, actor: members[0], subject: member, thread: number}
		if i == 0 {
			joined = act{kind: AuditThreadMade, actor: member, thread: number}
		}
		if err := t.audit(ctx, joined); err != nil {
			return room{}, err
		}
	}
	return r, nil
}

// drawNumber draws a free thread number at random, of four digits until half of those are used, then of five, and so on.
func (t *tx) drawNumber(ctx context.Context) (int64, error) {
	for low := int64(1000); ; low *= 10 {
		var used int64
		if err := t.one(ctx, []any{&used}, `SELECT count(*) FROM thread WHERE number BETWEEN ? AND ?`, low, 10*low-1); err != nil {
			return 0, err
		}
		if 2*used >= 9*low {
			continue
		}
		for {
			drawn, err := rand.Int(rand.Reader, big.NewInt(9*low))
			if err != nil {
				return 0, err
			}
			number := low + drawn.Int64()
			taken, err := t.exists(ctx, `
				SELECT 1 FROM thread WHERE number = ?1 UNION ALL SELECT 1 FROM erasure WHERE kind = 'thread' AND subject = ?1`, number)
			if err != nil || !taken {
				return number, err
			}
		}
	}
}
