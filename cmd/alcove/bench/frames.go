package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
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
	anew   chan compared // nil while nobody waits for all to be drawn anew
}

// compared is a screen as it was drawn bit by bit, and as it was drawn anew at once.
type compared struct{ drawn, anew string }

// cleared is what the server sends before it draws all anew.
const cleared = ansi.ResetModeAutoWrap + ansi.CursorHomePosition + ansi.EraseEntireScreen

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

// reset begins with an empty screen. The caller holds mu, or is alone.
func (t *terminal) reset() {
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

// Write draws. What has changed until the server draws all anew still belongs to what was drawn before, such as a draft that
// was saved meanwhile; what comes later, to neither.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := bytes.Index(p, []byte(cleared))
	if t.anew == nil || at < 0 {
		return t.emu.Write(p)
	}
	if _, err := t.emu.Write(p[:at]); err != nil {
		return 0, err
	}
	drawn := t.emu.String()
	t.reset()
	if _, err := t.emu.Write(p[at:]); err != nil {
		return at, err
	}
	t.anew <- compared{drawn, t.emu.String()}
	t.anew = nil
	return len(p), nil
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
		if err := t.still(ctx); err != nil {
			return err
		}
		c, err := t.drawAnew(ctx)
		if err == nil && c.anew != c.drawn {
			err = fmt.Errorf("%w: member %d sees other lines than when all is drawn anew: %v", ErrFrame, t.member.Number, differing(c.drawn, c.anew))
		}
		return err
	})
}

// drawAnew has the server draw all anew.
func (t *terminal) drawAnew(ctx context.Context) (compared, error) {
	anew := make(chan compared, 1)
	t.mu.Lock()
	t.anew = anew
	t.mu.Unlock()
	if _, err := io.WriteString(t.member.stdin, repaint); err != nil {
		return compared{}, fmt.Errorf("repaint a screen: %w", err)
	}
	select {
	case c := <-anew:
		return c, nil
	case <-time.After(Patience):
		return compared{}, fmt.Errorf("%w: member %d's screen is not drawn anew", ErrFrame, t.member.Number)
	case <-ctx.Done():
		return compared{}, ctx.Err()
	}
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

// still waits until there is something on the screen and nothing is drawn any more.
func (t *terminal) still(ctx context.Context) error {
	const piece, quiet = 100 * time.Millisecond, 10
	last, same := "", 0
	for late := time.Now().Add(Patience); time.Now().Before(late); {
		if err := pause(ctx, piece); err != nil {
			return err
		}
		now := t.text()
		if now != last || strings.TrimSpace(now) == "" {
			last, same = now, 0
		}
		if same++; same == quiet {
			return nil
		}
	}
	return fmt.Errorf("%w: member %d's screen is empty, or never rests", ErrFrame, t.member.Number)
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
