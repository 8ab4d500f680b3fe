package terminal

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// unread is a terminal that takes one piece each time that it is let.
type unread struct {
	shown
	stands chan struct{} // gets one for each write that begins
	let    chan struct{}
}

func newUnread() *unread { return &unread{stands: make(chan struct{}, 1000), let: make(chan struct{})} }

func (u *unread) Write(p []byte) (int, error) {
	u.stands <- struct{}{}
	<-u.let
	return u.shown.Write(p)
}

func TestASlowTerminalMissesFramesAndHoldsUpNobody(t *testing.T) {
	const others, messages = 20, 500
	slow := newUnread()
	first := fragile()
	p, ended := running(t, first, slow)
	<-slow.stands // it draws its first frame, and stands
	all := []*Program{p}
	models := []*told{first}
	for range others {
		m := fragile()
		q, _ := running(t, m, io.Discard)
		all, models = append(all, q), append(models, m)
	}
	for i := range messages { // one after the other, as a broadcast is
		for _, q := range all {
			q.Send(fmt.Sprint("message ", i))
		}
	}
	last := fmt.Sprint("message ", messages-1)
	for _, m := range models {
		m.hears(t, last)
	}
	close(slow.let)
	p.Send(tea.Quit())
	quits(t, ended, nil)
	if got := slow.String(); !strings.Contains(got, last) || strings.Count(got, "message") > 5 {
		t.Errorf("%d of %d frames were shown, the last among them: %t", strings.Count(got, "message"), messages, strings.Contains(got, last))
	}
}

func TestOnePacketIsOneFrame(t *testing.T) {
	slow := newUnread()
	m := newTold()
	m.update = func(msg tea.Msg) tea.Cmd {
		if key, ok := msg.(tea.KeyPressMsg); ok {
			m.text += key.Text
		}
		return nil
	}
	p, _ := running(t, m, slow)
	slow.let <- struct{}{}
	rest(t, p)
	was := frames(p)
	p.Input([]byte("many keys in one packet"))
	slow.let <- struct{}{}
	rest(t, p)
	if n := frames(p) - was; n != 1 {
		t.Errorf("%d frames", n)
	}
	close(slow.let)
}

func TestAStormOfMessagesIsFewFrames(t *testing.T) {
	m := fragile()
	var clock atomic.Int64
	p, _ := runningWith(t, m, io.Discard, Options{Now: func() time.Time { return time.Unix(0, clock.Load()) }})
	rest(t, p)
	clock.Add(int64(time.Minute))
	was := frames(p)
	for i := range framesAtOnce + 1 { // while no time goes by
		p.Send(fmt.Sprint(i))
		drawnOrWaiting(t, p)
	}
	if n := frames(p) - was; n > framesAtOnce {
		t.Errorf("%d frames at once", n)
	}
}

func TestWhatNobodySeesTakesNoTurnFromAFrame(t *testing.T) {
	m, out := fragile(), &shown{}
	var clock atomic.Int64
	p, _ := runningWith(t, m, out, Options{Now: func() time.Time { return time.Unix(0, clock.Load()) }})
	rest(t, p)
	clock.Add(int64(time.Minute))
	p.Send("a view")
	rest(t, p)
	for range 3 * framesAtOnce { // while no time goes by
		p.Send("a view") // which is the same
		rest(t, p)
	}
	wrote := len(out.String())
	p.Send("another")
	drawnOrWaiting(t, p)
	if len(out.String()) == wrote {
		t.Error("it waits for frames that changed nothing")
	}
}

// lens is a terminal that takes its time, and notes whose goroutine writes.
type lens struct {
	takes, clock atomic.Int64
	readers      atomic.Int64 // writes of a reader
	commands     atomic.Int64 // and of a command's goroutine
}

func (l *lens) Write(p []byte) (int, error) {
	var room [16 << 10]byte
	stack := room[:runtime.Stack(room[:], false)]
	if bytes.Contains(stack, []byte("drawHere")) {
		l.readers.Add(1)
	}
	if bytes.Contains(stack, []byte("bring")) {
		l.commands.Add(1)
	}
	l.clock.Add(l.takes.Load())
	return len(p), nil
}

func TestAReaderDrawsUnlessTheTerminalIsSlow(t *testing.T) {
	m, out := newTold(), &lens{}
	m.update = func(msg tea.Msg) tea.Cmd {
		if key, ok := msg.(tea.KeyPressMsg); ok {
			m.text += key.Text
		}
		return nil
	}
	p, _ := runningWith(t, m, out, Options{Now: func() time.Time { return time.Unix(0, out.clock.Load()) }})
	keys, fingers := io.Pipe()
	go p.Read(keys)
	defer fingers.Close()
	rest(t, p)
	for _, key := range []struct {
		takes time.Duration
		draws int64
	}{{time.Millisecond, 1}, {time.Second, 1}, {time.Second, 0}, {time.Millisecond, 0}, {time.Millisecond, 1}} {
		before, drawn := out.readers.Load(), frames(p)
		out.takes.Store(int64(key.takes))
		out.clock.Add(int64(time.Minute))
		fmt.Fprint(fingers, "k")
		until(t, p, func() bool { return p.frames > drawn && !p.drawing })
		if got := out.readers.Load() - before; got != key.draws {
			t.Errorf("a frame that takes %v: %d drawn by the reader, want %d", key.takes, got, key.draws)
		}
	}
}

func TestWhatACommandAnswersIsDrawnInItsGoroutine(t *testing.T) {
	m, out, held := newTold(), &lens{}, make(chan struct{})
	m.update = func(msg tea.Msg) tea.Cmd {
		switch msg {
		case "ask":
			return func() tea.Msg { <-held; return "answer" }
		case "answer":
			m.text = "answered"
		}
		return nil
	}
	p, _ := running(t, m, out)
	p.Send("ask")
	rest(t, p)
	close(held)
	m.hears(t, "answer")
	rest(t, p)
	if out.commands.Load() != 1 {
		t.Errorf("%d writes by the command's goroutine, want 1", out.commands.Load())
	}
}

func TestAnIdleProgramDoesNothing(t *testing.T) {
	out := &shown{}
	p, _ := running(t, fragile(), out)
	p.Send("a view")
	rest(t, p)
	goroutines, drawn, wrote := runtime.NumGoroutine(), frames(p), len(out.String())
	<-time.After(5 * frameGap) // there is nothing to wait for
	if runtime.NumGoroutine() > goroutines || frames(p) != drawn || len(out.String()) != wrote {
		t.Errorf("%d goroutines, %d frames, %d bytes; before %d, %d, %d",
			runtime.NumGoroutine(), frames(p), len(out.String()), goroutines, drawn, wrote)
	}
	p.Send("a view") // which is the same
	rest(t, p)
	if len(out.String()) != wrote {
		t.Errorf("a view that has not changed wrote %q", out.String()[wrote:])
	}
}

// rest waits until there is no drawer.
func rest(t testing.TB, p *Program) {
	t.Helper()
	until(t, p, func() bool { return p.shown && !p.drawing })
}

// drawnOrWaiting waits until what there is to draw is drawn, or has to wait.
func drawnOrWaiting(t testing.TB, p *Program) {
	t.Helper()
	until(t, p, func() bool { return !p.drawing || p.due.After(p.now()) })
}

func until(t testing.TB, p *Program, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patient); ; {
		p.mu.Lock()
		done := ok()
		p.mu.Unlock()
		if done {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the program does not come to rest")
		}
		runtime.Gosched()
	}
}

func frames(p *Program) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frames
}
