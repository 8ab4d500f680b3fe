package store

import (
	"context"
	"slices"
	"strconv"
	"time"
)

// Home is the person's threads in the order in which they are to be looked at, read in stretches whatever their number. A
// coach's stand in three parts; where a thread stands is kept with it (place.go).

// Part is a stretch of a coach's Home.
type Part uint8

// The parts there are. All threads of a client are Others.
const (
	Waiting Part = iota // a client wrote last: those who wait longest first
	Quiet               // nobody has written for QuietAfter: the longest first
	Others              // the newest first
)

// QuietAfter is how long nobody has written in a thread before the coach is reminded of it.
const QuietAfter = 14 * 24 * time.Hour

// HomeSpan asks for a stretch of Home: with After the first Limit behind that thread, with Before the last Limit before it,
// with Around those about the first of these threads that is there. Else, or if it is not, the first Limit of all, or with
// End the last. Limit is 1 to 200; 0 means 50.
type HomeSpan struct {
	After, Before int64
	Around        []int64
	End           bool
	Limit         int
}

// HomePage is a stretch of Home, with how many threads lie on either side of it.
type HomePage struct {
	Threads        []Thread
	Earlier, Later int
}

const (
	largestHome = 200
	// fewThreads is how many memberships are read to find those that come first. Of more, the threads themselves are read in
	// their order until enough are the person's.
	fewThreads = 512
)

// Home reads a stretch of the person's Home.
func (a *Access) Home(ctx context.Context, span HomeSpan) (page HomePage, err error) {
	if span.Limit <= 0 {
		span.Limit = usualSpan
	}
	span.Limit = min(span.Limit, largestHome)
	err = a.read(ctx, "read Home", func(t *tx, me self) error {
		threads, err := t.memberships(ctx, me)
		if err != nil {
			return err
		}
		numbers, before, err := homeOf(t, me, threads).stretch(ctx, span)
		if err != nil {
			return err
		}
		page.Earlier, page.Later = before, threads-before-len(numbers)
		page.Threads, err = t.listed(ctx, me, numbers)
		return err
	})
	return page, err
}

// listed reads threads of the person's, in the order of their numbers here. Each is looked up by its number, or who is in ten
// thousand would have all memberships read. There are as many numbers in the query however many are given, so that it is one.
func (t *tx) listed(ctx context.Context, me self, numbers []int64) ([]Thread, error) {
	args := []any{me.id}
	place := map[int64]int{}
	values := []byte(`(VALUES (?2)`)
	for i := range largestHome {
		if i > 0 {
			values = append(strconv.AppendInt(append(values, `, (?`...), int64(i+2), 10), ')')
		}
		var number any // or NULL, which names no thread
		if i < len(numbers) {
			number, place[numbers[i]] = numbers[i], i
		}
		args = append(args, number)
	}
	from := string(values) + `) AS these CROSS JOIN member m`
	members, err := t.members(ctx, from, `m.thread = these.column1 AND m.person = ?1`, args...)
	if err != nil {
		return nil, err
	}
	threads, err := t.list(ctx, threadsColumns+`FROM `+from+threadsWhere+` AND m.thread = these.column1`, me, members, args...)
	slices.SortFunc(threads, func(a, b Thread) int { return place[a.Number] - place[b.Number] })
	return threads, err
}

// memberships counts the person's threads.
func (t *tx) memberships(ctx context.Context, me self) (threads int, err error) {
	err = t.one(ctx, []any{&threads}, `SELECT count(*) FROM member WHERE person = ? AND left_at IS NULL`, me.id)
	return threads, err
}

// News is what Home says of all the person's threads together.
type News struct {
	Unread int    // entries
	Drafts int    // threads with a draft
	Draft  Thread // the one with the newest
}

// News sums up the person's threads.
func (a *Access) News(ctx context.Context) (news News, err error) {
	err = a.read(ctx, "sum up threads", func(t *tx, me self) error {
		err := t.one(ctx, []any{&news.Unread}, `
			SELECT coalesce(sum(`+unreadCount+`), 0) FROM member m CROSS JOIN thread t
			WHERE t.number = m.thread AND m.person = ? AND m.left_at IS NULL`, me.id)
		if err != nil {
			return err
		}
		drafted, err := t.ids(ctx, `
			SELECT d.thread FROM draft d JOIN member m ON m.thread = d.thread AND m.person = d.person AND m.left_at IS NULL
			WHERE d.person = ? GROUP BY d.thread ORDER BY max(d.saved_at) DESC, d.thread`, me.id)
		if news.Drafts = len(drafted); err != nil || news.Drafts == 0 {
			return err
		}
		newest, err := t.listed(ctx, me, drafted[:1])
		if len(newest) > 0 {
			news.Draft = newest[0]
		}
		return err
	})
	return news, err
}

// NextUnread is the first of the person's threads with something unread that stands behind another on their Home, around
// the end; behind 0 it is the first of all. It is 0 if there is no other.
func (a *Access) NextUnread(ctx context.Context, after int64) (thread int64, err error) {
	err = a.read(ctx, "look for something unread", func(t *tx, me self) error {
		threads, err := t.memberships(ctx, me)
		if err != nil {
			return err
		}
		thread, err = homeOf(t, me, threads).nextUnread(ctx, after)
		return err
	})
	return thread, err
}
