package bench

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/vt"
)

// A server sends what has changed of a screen. Some members have a true terminal, which is compared with what it shows when
// the server has drawn everything anew.

// watchedMembers is how many have a terminal; all would take more of the machine than the server.
const watchedMembers = 8

// watching are the terminals of some members.
type watching []*terminal

type terminal struct {
	member *Member
	mu     sync.Mutex
	emu    *vt.Emulator
}

// watch gives a terminal to some of the members, in the middle of what they do.
func watch(members []*Member) (watching, error) {
	var all watching
	for i := 0; i < len(members); i += max(len(members)/watchedMembers, 1) {
		m := members[i]
		t := &terminal{member: m}
		t.reset()
		m.Screen.copyTo(t)
		all = append(all, t)
		if _, err := io.WriteString(m.stdin, repaint); err != nil {
			all.end()
			return nil, fmt.Errorf("repaint a screen: %w", err)
		}
	}
	return all, nil
}

const repaint = "\x0c" // ctrl+l

// reset begins with an empty screen.
func (t *terminal) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.close()
	t.emu = vt.NewEmulator(t.member.columns(), t.member.rows())
	go func(emu *vt.Emulator) { _, _ = io.Copy(io.Discard, emu) }(t.emu) // its answers; it ends with close
}

func (t *terminal) close() {
	if t.emu == nil {
		return
	}
	if pipe, ok := t.emu.InputPipe().(io.Closer); ok { // the emulator's own Close races with the reading of its answers
		_ = pipe.Close()
	}
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.emu.Write(p)
}

func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.emu.String()
}

// instead tells what is on the screen in the place of what was waited for. It is for practices that bench has filled: what
// stands there was drawn at random.
func (m *Member) instead() string {
	drawn, at := m.Screen.sinceExpected()
	if len(drawn) == 0 {
		return "nothing was drawn"
	}
	t := &terminal{member: m}
	t.reset()
	defer t.close()
	_, _ = t.Write(drawn) // into memory
	return fmt.Sprintf("of %d bytes the last came %v ago, and the screen is\n%s", len(drawn), time.Since(at).Round(time.Millisecond), t.text())
}

// check compares each screen with the same one drawn anew. Nobody may be typing.
func (w watching) check(ctx context.Context) error {
	return parallelBy(ctx, len(w), len(w), func(ctx context.Context, i int) error {
		t := w[i]
		drawn, err := t.still(ctx)
		if err != nil {
			return err
		}
		t.reset()
		if _, err := io.WriteString(t.member.stdin, repaint); err != nil {
			return fmt.Errorf("repaint a screen: %w", err)
		}
		anew, err := t.still(ctx)
		if err == nil && anew != drawn {
			err = fmt.Errorf("%w: member %d sees other lines than when all is drawn anew: %v", ErrFrame, t.member.Number, differing(drawn, anew))
		}
		return err
	})
}

// differing are the numbers of the lines in which two screens differ. What stands there is somebody's, perhaps.
func differing(a, b string) (lines []int) {
	other := strings.Split(b, "\n")
	for i, line := range strings.Split(a, "\n") {
		if i >= len(other) || line != other[i] {
			lines = append(lines, i+1)
		}
	}
	return lines
}

// still is the screen once there is something on it and nothing is drawn any more.
func (t *terminal) still(ctx context.Context) (string, error) {
	const piece, quiet = 100 * time.Millisecond, 10
	last, same := "", 0
	for late := time.Now().Add(Patience); time.Now().Before(late); {
		if err := pause(ctx, piece); err != nil {
			return "", err
		}
		now := t.text()
		if now != last || strings.TrimSpace(now) == "" {
			last, same = now, 0
		}
		if same++; same == quiet {
			return now, nil
		}
	}
	return "", fmt.Errorf("%w: member %d's screen is empty, or never rests", ErrFrame, t.member.Number)
}

// end takes the terminals away.
func (w watching) end() {
	for _, t := range w {
		t.member.Screen.copyTo(nil)
		t.mu.Lock()
		t.close()
		t.mu.Unlock()
	}
}
