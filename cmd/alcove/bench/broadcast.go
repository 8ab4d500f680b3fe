package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// broadcasts is how many entries are written in a round.
const broadcasts = 5

// broadcast is one entry coming to the screens of everybody who has the thread open, counted from when its author knows it is
// on disk.
func broadcast(ctx context.Context, r *run) (err error) {
	c := together(3)
	c.changes = true
	ours, err := r.practice(ctx, "broadcast", c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.end()) }()
	ours.sessions(r.Sessions)
	if err := ours.enter(ctx, true); err != nil {
		return err
	}
	author, thread, err := ours.coach(ctx, r.Seed)
	if err != nil {
		return err
	}
	defer author.Leave()
	var middle, last, acknowledged []float64
	for n := range r.Rounds * broadcasts {
		took, ack, err := ours.tellAll(ctx, author, thread, letter(n+n/7)) // never a space
		if err != nil {
			return err
		}
		middle = append(middle, Millis(Quantile(took, 0.5)))
		last = append(last, Millis(Quantile(took, 1)))
		acknowledged = append(acknowledged, Millis(ack))
	}
	s := r.of("broadcast", r.Sessions, "watching")
	s.add("acknowledged to seen, median", "ms", median(middle), unknown(), &budget{plus: 80})
	s.add("acknowledged to seen, by the last", "ms", median(last), unknown(), &budget{plus: 200})
	s.add("sent to acknowledged", "ms", median(acknowledged), unknown(), nil)
	return nil
}

// coach is a connection of the coach without a screen, and the number of a thread of theirs.
func (s *side) coach(ctx context.Context, seed uint64) (*Member, int64, error) {
	key, err := seedKey(seed, 0)
	if err != nil {
		return nil, 0, err
	}
	m := &Member{Number: 1, Key: key}
	if m.client, m.wire, err = dial(ctx, s.addr, Source(m.Number), m.Key, Patience); err != nil {
		return nil, 0, err
	}
	out, err := m.Run("threads --json")
	if err != nil {
		return nil, 0, fmt.Errorf("list threads: %w", err)
	}
	var listed []struct{ Number int64 }
	if err := json.Unmarshal([]byte(out), &listed); err != nil || len(listed) == 0 {
		return nil, 0, fmt.Errorf("list threads: %w", errors.Join(err, ErrEntryLost))
	}
	return m, listed[0].Number, nil
}

// tellAll writes an entry, and answers how long after its acknowledgement each member saw it, 0 for before.
func (s *side) tellAll(ctx context.Context, author *Member, thread int64, mark rune) (took []time.Duration, ack time.Duration, err error) {
	sent := time.Now()
	for _, m := range s.members {
		m.Screen.Await(mark)
	}
	begin := time.Now()
	if _, err := author.RunWith(fmt.Sprint("write ", thread), string(mark)); err != nil {
		return nil, 0, fmt.Errorf("write an entry: %w", err)
	}
	ack = time.Since(begin)
	known := time.Since(sent)
	for late := time.Now().Add(Patience); ; {
		missing := 0
		for _, m := range s.members {
			missing += m.Screen.Missing()
		}
		if missing == 0 {
			break
		}
		if time.Now().After(late) {
			return nil, 0, fmt.Errorf("%w: %d of %d members do not see it", ErrEntryLost, missing, len(s.members))
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return nil, 0, err
		}
	}
	for _, m := range s.members {
		for _, after := range m.Screen.Results() {
			took = append(took, max(after-known, 0))
		}
	}
	return took, ack, nil
}
