package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"time"
)

// homeOrder is one person's Home as it is at one moment.
type homeOrder struct {
	t       *tx
	me      self
	threads int  // in all
	many    bool // of these
	parts   []homePart
	unread  bool // only threads with something unread are walked
}

// homePart is the threads of some turns, those that had life longest ago first, or last.
type homePart struct {
	part   Part
	oldest bool
	of     []turnRange
}

// turnRange is the threads of one turn that stand between two spots, without these.
type turnRange struct {
	turn      int64
	low, high spot
}

// spot is where a thread stands within its turn.
type spot struct{ life, thread int64 }

func (s spot) compare(other spot) int {
	return cmp.Or(cmp.Compare(s.life, other.life), cmp.Compare(s.thread, other.thread))
}

// homePlace is where a thread stands on Home.
type homePlace struct {
	part int // among the parts
	spot spot
}

func homeOf(t *tx, me self, threads int) *homeOrder {
	h := &homeOrder{t: t, me: me, threads: threads, many: threads > fewThreads}
	first, last := spot{math.MinInt64, math.MinInt64}, spot{math.MaxInt64, math.MaxInt64}
	if me.role != RoleCoach {
		h.parts = []homePart{{Others, false, []turnRange{{0, first, last}, {1, first, last}, {2, first, last}}}}
		return h
	}
	quiet := spot{t.now.Add(-QuietAfter).UnixMicro(), math.MaxInt64} // behind all that had life then
	h.parts = []homePart{
		{Waiting, true, []turnRange{{2, first, last}}},
		{Quiet, true, []turnRange{{1, first, quiet}}},
		{Others, false, []turnRange{{0, first, last}, {1, quiet, last}}},
	}
	return h
}

// partOf says in which part of a person's Home a thread stands at a moment, by its turn and when it had life last.
func partOf(me self, now time.Time, turn, life int64) Part {
	switch {
	case me.role != RoleCoach || turn == 0:
		return Others
	case turn == 2:
		return Waiting
	case life <= now.Add(-QuietAfter).UnixMicro():
		return Quiet
	}
	return Others
}

// stretch finds the threads of a span, and how many stand before them.
func (h *homeOrder) stretch(ctx context.Context, span HomeSpan) (numbers []int64, earlier int, err error) {
	anchor, itself, before, behind, err := h.anchor(ctx, span)
	if err != nil {
		return nil, 0, err
	}
	sooner, err := h.walk(ctx, anchor, false, before)
	if err != nil {
		return nil, 0, err
	}
	later, err := h.walk(ctx, anchor, true, behind)
	if err != nil {
		return nil, 0, err
	}
	switch {
	case anchor.part < 0:
	case len(sooner) < before: // the start was reached
		earlier = len(sooner)
	case anchor.part == len(h.parts), len(later) < behind: // the end
		earlier = h.threads - len(later) - len(itself)
	default:
		if earlier, err = h.count(ctx, anchor); err != nil {
			return nil, 0, err
		}
		if before == 0 && len(itself) == 0 { // it lies before the stretch, too
			earlier++
		}
	}
	if len(itself) > 0 { // as many on either side, or more where there are fewer on the other
		sooner = sooner[:min(len(sooner), max(span.Limit/2, span.Limit-1-len(later)))]
		later = later[:min(len(later), span.Limit-1-len(sooner))]
	}
	slices.Reverse(sooner)
	return append(append(sooner, itself...), later...), earlier - len(sooner), nil
}

// anchor is the place by which a span is read, the thread there if it is to be in it, and how many to read on either side.
func (h *homeOrder) anchor(ctx context.Context, span HomeSpan) (at homePlace, itself []int64, before, behind int, err error) {
	found := false
	switch {
	case span.After != 0:
		at, found, err = h.find(ctx, span.After)
		behind = span.Limit
	case span.Before != 0:
		at, found, err = h.find(ctx, span.Before)
		before = span.Limit
	case len(span.Around) > 0:
		at, found, err = h.find(ctx, span.Around...)
		itself, before, behind = []int64{at.spot.thread}, span.Limit-1, span.Limit-1
	case span.End:
		return homePlace{part: len(h.parts)}, nil, span.Limit, 0, nil
	}
	if !found {
		return homePlace{part: -1}, nil, 0, span.Limit, err
	}
	return at, itself, before, behind, err
}

// find is the place of the first of some threads that the person is in.
func (h *homeOrder) find(ctx context.Context, threads ...int64) (homePlace, bool, error) {
	for _, thread := range threads {
		var turn int64
		at := spot{thread: thread}
		err := h.t.one(ctx, []any{&turn, &at.life}, `
			SELECT t.turn, t.life_at FROM member m JOIN thread t ON t.number = m.thread
			WHERE m.thread = ? AND m.person = ? AND m.left_at IS NULL`, thread, h.me.id)
		if err == nil {
			part := partOf(h.me, h.t.now, turn, at.life)
			return homePlace{slices.IndexFunc(h.parts, func(p homePart) bool { return p.part == part }), at}, true, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return homePlace{}, false, err
		}
	}
	return homePlace{}, false, nil
}

// walk reads the threads next to a place, on one side of it, going away from it.
func (h *homeOrder) walk(ctx context.Context, from homePlace, forward bool, limit int) (numbers []int64, err error) {
	step, i := -1, min(from.part, len(h.parts)-1)
	if forward {
		step, i = 1, max(from.part, 0)
	}
	for ; i >= 0 && i < len(h.parts) && len(numbers) < limit; i += step {
		var spots []spot
		rising := h.parts[i].oldest == forward
		for _, r := range h.parts[i].of {
			if i == from.part {
				r = r.beside(from.spot, rising)
			}
			if spots, err = h.read(ctx, spots, r, rising, limit-len(numbers)); err != nil {
				return nil, err
			}
		}
		slices.SortFunc(spots, func(a, b spot) int {
			if rising {
				return a.compare(b)
			}
			return b.compare(a)
		})
		for _, s := range spots[:min(len(spots), limit-len(numbers))] {
			numbers = append(numbers, s.thread)
		}
	}
	return numbers, nil
}

// beside is what of a range lies above a spot, or below it.
func (r turnRange) beside(at spot, above bool) turnRange {
	if above && at.compare(r.low) > 0 {
		r.low = at
	} else if !above && at.compare(r.high) < 0 {
		r.high = at
	}
	return r
}

// The threads of a range, found by the person's memberships, or in many of them by the threads.
const (
	spotsFew  = ` FROM member m CROSS JOIN thread t ` + spotsWhere
	spotsMany = ` FROM thread t CROSS JOIN member m ` + spotsWhere

	spotsWhere = `WHERE m.thread = t.number AND m.person = ?1 AND m.left_at IS NULL
		AND t.turn = ?2 AND (t.life_at, t.number) > (?3, ?4) AND (t.life_at, t.number) < (?5, ?6)`
)

func (h *homeOrder) spots() string {
	query := spotsFew
	if h.many {
		query = spotsMany
	}
	if h.unread {
		query += ` AND ` + unreadCount + ` > 0`
	}
	return query
}

func (h *homeOrder) args(r turnRange) []any {
	return []any{h.me.id, r.turn, r.low.life, r.low.thread, r.high.life, r.high.thread}
}

// read reads the threads of a range, those at its lower or its upper end.
func (h *homeOrder) read(ctx context.Context, spots []spot, r turnRange, rising bool, limit int) ([]spot, error) {
	order := ` ORDER BY t.life_at DESC, t.number DESC LIMIT 0 + ?7`
	if rising {
		order = ` ORDER BY t.life_at, t.number LIMIT 0 + ?7`
	}
	err := h.t.each(ctx, func(rows *sql.Rows) error {
		var s spot
		err := rows.Scan(&s.thread, &s.life)
		spots = append(spots, s)
		return err
	}, `SELECT t.number, t.life_at`+h.spots()+order, append(h.args(r), limit)...)
	return spots, err
}

// count counts the threads before a place.
func (h *homeOrder) count(ctx context.Context, before homePlace) (threads int, err error) {
	for i, part := range h.parts[:before.part+1] {
		for _, r := range part.of {
			if i == before.part {
				r = r.beside(before.spot, !part.oldest)
			}
			var these int
			if err := h.t.one(ctx, []any{&these}, `SELECT count(*)`+h.spots(), h.args(r)...); err != nil {
				return 0, err
			}
			threads += these
		}
	}
	return threads, nil
}

func (h *homeOrder) nextUnread(ctx context.Context, after int64) (int64, error) {
	h.unread = true
	at, found, err := h.find(ctx, after)
	if err != nil {
		return 0, err
	}
	if found {
		next, err := h.walk(ctx, at, true, 1)
		if err != nil || len(next) > 0 {
			return slices.Max(append(next, 0)), err
		}
	}
	first, err := h.walk(ctx, homePlace{part: -1}, true, 1)
	if err != nil || len(first) == 0 || first[0] == after {
		return 0, err
	}
	return first[0], nil
}
