package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// TypeAll lets all members type at once, a key each pace, and answers how long each letter took to the screen. A letter that
// never comes is an error.
func TypeAll(ctx context.Context, members []*Member, pace, span time.Duration) ([]time.Duration, error) {
	var wait sync.WaitGroup
	failed := make([]error, len(members))
	begin := time.Now()
	for i, m := range members {
		wait.Go(func() { // not all in the same moment
			failed[i] = m.typeUntil(ctx, begin.Add(pace*time.Duration(i)/time.Duration(len(members))), begin.Add(span), pace)
		})
	}
	wait.Wait()
	var took []time.Duration
	for i, m := range members {
		took = append(took, m.Screen.Results()...)
		if failed[i] != nil {
			failed[i] = fmt.Errorf("member %d: %w", m.Number, failed[i])
		}
	}
	return took, errors.Join(failed...)
}

// typeUntil types on time, whether or not the key before is on the screen, and waits for the last of them.
func (m *Member) typeUntil(ctx context.Context, next, end time.Time, pace time.Duration) error {
	for ; next.Before(end); next = next.Add(pace) {
		select {
		case <-time.After(time.Until(next)):
		case <-ctx.Done():
			return ctx.Err()
		}
		r := letter(len(m.typed))
		m.typed = append(m.typed, r)
		if r != ' ' {
			m.Screen.Await(r)
		}
		if _, err := io.WriteString(m.stdin, string(r)); err != nil {
			return fmt.Errorf("type: %w", err)
		}
	}
	for late := time.Now().Add(Patience); m.Screen.Missing() > 0; {
		if time.Now().After(late) || ctx.Err() != nil {
			return fmt.Errorf("%w: %d did not come to the screen", ErrKeyLost, m.Screen.Missing())
		}
		<-time.After(time.Millisecond)
	}
	return nil
}

// letter is the n-th key. The letters are such as stand nowhere else on the screens, and return late enough that the one
// before is not drawn again.
func letter(n int) rune {
	const first, letters = 'Ѐ', 128
	if n%8 == 7 {
		return ' '
	}
	return first + rune(n%letters)
}

// Send sends what was typed, and looks whether all of it is there.
func (m *Member) Send(ctx context.Context) error {
	if _, err := io.WriteString(m.stdin, "\x13"); err != nil { // ctrl+s
		return fmt.Errorf("send: %w", err)
	}
	want := strings.TrimSpace(string(m.typed))
	m.typed = nil
	for late := time.Now().Add(Patience); ; {
		all, err := m.Run("export --format json")
		if err != nil {
			return fmt.Errorf("read what was sent: %w", err)
		}
		if strings.Contains(all, want) {
			return nil
		}
		if time.Now().After(late) || ctx.Err() != nil {
			return fmt.Errorf("%w: what was sent is not what was typed", ErrEntryLost)
		}
		<-time.After(100 * time.Millisecond)
	}
}
