package terminal

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// breaks is a writer that panics once.
type breaks struct {
	shown
	once sync.Once
}

func (b *breaks) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "broken") {
		b.once.Do(func() { panic("boom") })
	}
	return b.shown.Write(p)
}

// fragile is a model that panics where it is told to.
func fragile() *told {
	m := newTold()
	m.update = func(msg tea.Msg) tea.Cmd {
		if cmd, ok := msg.(tea.Cmd); ok {
			return cmd
		}
		if key, ok := msg.(tea.KeyPressMsg); ok && key.String() == "!" || msg == "update" || msg == (tea.WindowSizeMsg{Width: 1, Height: 1}) {
			panic("boom")
		}
		if text, ok := msg.(string); ok {
			m.text = text
		}
		return nil
	}
	m.view = func() string {
		if m.text == "view" {
			panic("boom")
		}
		return m.text
	}
	return m
}

func TestAPanicEndsTheProgramAndIsReportedOnce(t *testing.T) {
	boom := tea.Cmd(func() tea.Msg { panic("boom") })
	for name, do := range map[string]func(p *Program){
		"a command":          func(p *Program) { p.Send(boom) },
		"a batch":            func(p *Program) { p.Send(tea.Batch(boom, says("1"))) },
		"the last of one":    func(p *Program) { p.Send(tea.Batch(says("1"), boom)) },
		"a sequence":         func(p *Program) { p.Send(tea.Sequence(says("1"), tea.Batch(boom, says("2")))) },
		"an update":          func(p *Program) { p.Send("update") },
		"an update by a key": func(p *Program) { p.Input([]byte("x!y")) },
		"a view":             func(p *Program) { p.Send("view") },
		"what draws":         func(p *Program) { p.Send("broken") },
		"a size":             func(p *Program) { p.Resize(1, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			var reports atomic.Int64
			m, out := fragile(), &breaks{}
			p, ended := runningWith(t, m, out, Options{Report: func(any) { reports.Add(1) }})
			do(p)
			quits(t, ended, ErrCrashed)
			if reports.Load() != 1 {
				t.Errorf("%d reports", reports.Load())
			}
			if !strings.HasSuffix(out.String(), string(p.screen.leave(nil))) {
				t.Errorf("the terminal is left with %q", out.String())
			}
			p.Send("after")
			p.Input([]byte("after"))
			for _, heard := range m.all() {
				if heard == "y" || heard == "after" {
					t.Errorf("the model heard %q after the panic", heard)
				}
			}
		})
	}
}

func TestAPanicInInitEndsTheProgram(t *testing.T) {
	var reports atomic.Int64
	_, ended := runningWith(t, panicsInInit{newTold()}, io.Discard, Options{Report: func(any) { reports.Add(1) }})
	quits(t, ended, ErrCrashed)
	if reports.Load() != 1 {
		t.Errorf("%d reports", reports.Load())
	}
}

type panicsInInit struct{ *told }

func (panicsInInit) Init() tea.Cmd { panic("boom") }

var errGone = errors.New("gone")

type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, errGone }

func TestWaysToEnd(t *testing.T) {
	t.Run("quit", func(t *testing.T) {
		m, out := fragile(), &shown{}
		p, ended := running(t, m, out)
		p.Send(tea.Sequence(says("the last words"), tea.Quit))
		quits(t, ended, nil)
		if got := out.String(); !strings.Contains(got, "the last words") || !strings.HasSuffix(got, string(p.screen.leave(nil))) {
			t.Errorf("wrote %q", got)
		}
	})
	t.Run("interrupt", func(t *testing.T) {
		p, ended := running(t, newTold(), io.Discard)
		p.Send(tea.Interrupt())
		quits(t, ended, tea.ErrInterrupted)
	})
	t.Run("the terminal cannot be written to", func(t *testing.T) {
		m := fragile()
		p, ended := running(t, m, gone{})
		p.Send("a frame")
		quits(t, ended, errGone)
	})
	t.Run("there is no more to read", func(t *testing.T) {
		m := newTold()
		p, ended := running(t, m, io.Discard)
		p.Read(strings.NewReader("ab"))
		quits(t, ended, nil)
		if got := strings.Join(m.all(), " "); got != "{80 24} a b" {
			t.Errorf("heard %q", got)
		}
	})
	t.Run("its context", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errGone)
		if err := New(newTold(), io.Discard, Options{Width: 80, Height: 24}).Run(ctx); !errors.Is(err, errGone) {
			t.Errorf("ended with %v", err)
		}
	})
}

// TestNothingIsLeftBehind ends a hundred programs in every way, each with an escape that waits and keys behind the end.
func TestNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	boom := tea.Cmd(func() tea.Msg { panic("boom") })
	for i := range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		out := io.Discard
		if i%5 == 0 {
			out = gone{}
		}
		p := New(fragile(), out, Options{Width: 80, Height: 24})
		var all sync.WaitGroup
		all.Go(func() { _ = p.Run(ctx) }) // in every way, on purpose
		p.Send("drawn")
		switch i % 5 {
		case 1:
			p.Input([]byte("x!y\x1b"))
		case 2:
			p.Input([]byte("\x1b"))
			cancel()
		case 3:
			p.Send(boom)
		case 4:
			all.Go(func() { p.Read(strings.NewReader("keys\x1b")) })
		}
		all.Wait()
		cancel()
	}
	for end := time.Now().Add(patient); runtime.NumGoroutine() > before; {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		<-time.After(time.Millisecond)
	}
}
