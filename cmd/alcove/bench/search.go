package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// search looks for a rare word, and for one that nobody wrote, with 'ssh HOST search'. The floor answers any command at once.
func search(ctx context.Context, r *run) (err error) {
	p, err := r.pair(ctx, "threads", twoThreads(r.Entries), 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.end()) }()
	if err := p.enter(ctx); err != nil {
		return err
	}
	early, once, _, err := p.ours.members[0].found(rare) // later searches pass over what this one saw to be without the word's letters
	if err != nil {
		return err
	}
	mine, floor, err := r.byTurns(p, func(s *side) (values, error) {
		first, all, lines, err := s.members[0].found(rare)
		if err == nil && !s.floor && int64(lines) != s.filled.Rare {
			err = fmt.Errorf("%w: %d of %d were found", ErrEntryLost, lines, s.filled.Rare)
		}
		if err != nil {
			return nil, err
		}
		_, none, _, err := s.members[0].found("Nirgendwo")
		return values{"first": Millis(first), "all": Millis(all), "none": Millis(none)}, err
	})
	if err != nil {
		return err
	}
	s := r.of("search", r.Entries, "entries")
	s.add("first hit, by the first search", "ms", Millis(early), unknown(), &budget{plus: 20})
	s.add("all hits, by the first search", "ms", Millis(once), unknown(), nil)
	s.add("first hit", "ms", mine.get("first"), floor.get("first"), &budget{plus: 20})
	s.add("all hits", "ms", mine.get("all"), floor.get("all"), &budget{plus: 100})
	s.add("a word that is nowhere", "ms", mine.get("none"), floor.get("none"), &budget{plus: 100})
	return nil
}

// found searches, and answers when the first line came, when the last, and how many there were.
func (m *Member) found(word string) (first, all time.Duration, lines int, err error) {
	session, err := m.client.NewSession()
	if err != nil {
		return 0, 0, 0, err
	}
	defer session.Close()
	out, err := session.StdoutPipe()
	if err != nil {
		return 0, 0, 0, err
	}
	begin := time.Now()
	if err := session.Start("search " + word); err != nil {
		return 0, 0, 0, err
	}
	begun := make([]byte, 1)
	if _, err := io.ReadFull(out, begun); err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, 0, err
	}
	first = time.Since(begin)
	rest, err := io.ReadAll(out)
	if err != nil {
		return 0, 0, 0, err
	}
	all = time.Since(begin)
	return first, all, strings.Count(string(begun)+string(rest), "\n"), session.Wait()
}
