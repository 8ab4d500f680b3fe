package store

import (
	"context"
	"sync"
)

// atOnce is how many searches of one person may be under way; each reads and opens a lot.
const atOnce = 2

// turns lets each person do so many things at once, and the next one wait.
type turns struct {
	mu sync.Mutex
	of map[int64]*queue // by person, while there is somebody in it
}

type queue struct {
	places chan struct{}
	people int // in it or waiting
}

// begin waits for a turn; done ends it.
func (q *turns) begin(ctx context.Context, person int64) (done func(), err error) {
	mine := q.join(person)
	select {
	case mine.places <- struct{}{}:
		return func() {
			<-mine.places
			q.leave(person)
		}, nil
	case <-ctx.Done():
		q.leave(person)
		return nil, ctx.Err()
	}
}

func (q *turns) join(person int64) *queue {
	q.mu.Lock()
	defer q.mu.Unlock()
	mine := q.of[person]
	if mine == nil {
		mine = &queue{places: make(chan struct{}, atOnce)}
		if q.of == nil {
			q.of = map[int64]*queue{}
		}
		q.of[person] = mine
	}
	mine.people++
	return mine
}

func (q *turns) leave(person int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if mine := q.of[person]; mine.people > 1 {
		mine.people--
	} else {
		delete(q.of, person)
	}
}
