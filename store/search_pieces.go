package store

import (
	"container/heap"
	"context"
	"database/sql"
	"math"
	"slices"
)

// piece is what a search looks at together: a segment, or those entries of an author in a thread that stand in none.
type piece struct {
	thread, author, segment int64 // 0: the loose entries
	newest                  int64 // no entry in it that is still to be looked at is newer; in microseconds since 1970
	below                   int64 // those from this number on were looked at
	ask                     int   // how many loose ones to look at
}

// looseOf answers the loose entries of each author in the threads that a member m is in, as pieces.
func (t *tx) looseOf(ctx context.Context, where string, args ...any) (found []piece, err error) {
	err = t.each(ctx, func(rows *sql.Rows) error {
		p := piece{below: math.MaxInt64, ask: firstLoose}
		err := rows.Scan(&p.thread, &p.author, &p.newest)
		found = append(found, p)
		return err
	}, `SELECT o.thread, o.person, t.last_at FROM member m JOIN member o ON o.thread = m.thread JOIN thread t ON t.number = m.thread
		WHERE m.left_at IS NULL AND `+where+` AND EXISTS (
			SELECT 1 FROM entry e WHERE e.thread = o.thread AND e.author = o.person AND e.segment IS NULL AND e.withdrawn_at IS NULL)`, args...)
	return found, err
}

// segmentsOf answers the segments of the threads that a member m is in, as pieces.
func (t *tx) segmentsOf(ctx context.Context, where string, args ...any) (found []piece, err error) {
	err = t.each(ctx, func(rows *sql.Rows) error {
		p := piece{below: math.MaxInt64}
		err := rows.Scan(&p.thread, &p.author, &p.segment, &p.newest)
		found = append(found, p)
		return err
	}, `SELECT s.thread, s.author, s.number, s.newest FROM member m JOIN segment s ON s.thread = m.thread
		WHERE m.left_at IS NULL AND `+where, args...)
	return found, err
}

// pieces is a heap, the newest on top.
type pieces []piece

func (q *pieces) init()        { heap.Init(q) }
func (q *pieces) push(p piece) { heap.Push(q, p) }
func (q *pieces) pop() piece   { return heap.Pop(q).(piece) } //nolint:forcetypeassert // nothing else is pushed

// drop takes the segments of a thread out.
func (q *pieces) drop(thread int64) {
	*q = slices.DeleteFunc(*q, func(p piece) bool { return p.thread == thread && p.segment != 0 })
	heap.Init(q)
}

// Len, Less, Swap, Push and Pop are heap.Interface.
func (q *pieces) Len() int { return len(*q) }

// Less is the order: newest first.
func (q *pieces) Less(i, j int) bool {
	if a, b := (*q)[i], (*q)[j]; a.newest != b.newest {
		return a.newest > b.newest
	}
	return (*q)[i].thread < (*q)[j].thread
}

// Swap changes two.
func (q *pieces) Swap(i, j int) { (*q)[i], (*q)[j] = (*q)[j], (*q)[i] }

// Push adds one at the end.
func (q *pieces) Push(x any) { *q = append(*q, x.(piece)) } //nolint:forcetypeassert // as in pop

// Pop takes one from the end.
func (q *pieces) Pop() any { return popLast((*[]piece)(q)) }

// waiting is a heap of hits, the newest on top.
type waiting []waitingHit

func (q *waiting) push(h waitingHit) { heap.Push(q, h) }
func (q *waiting) pop() waitingHit   { return heap.Pop(q).(waitingHit) } //nolint:forcetypeassert // nothing else is pushed

// Len, Less, Swap, Push and Pop are heap.Interface.
func (q *waiting) Len() int { return len(*q) }

// Less is the order of hits.
func (q *waiting) Less(i, j int) bool { return (*q)[j].after((*q)[i].hitAt) }

// Swap changes two.
func (q *waiting) Swap(i, j int) { (*q)[i], (*q)[j] = (*q)[j], (*q)[i] }

// Push adds one at the end.
func (q *waiting) Push(x any) { *q = append(*q, x.(waitingHit)) } //nolint:forcetypeassert // as in pop

// Pop takes one from the end.
func (q *waiting) Pop() any { return popLast((*[]waitingHit)(q)) }

func popLast[T any](q *[]T) T {
	var none T
	last := len(*q) - 1
	x := (*q)[last]
	(*q)[last] = none // its texts are not held
	*q = (*q)[:last]
	return x
}
