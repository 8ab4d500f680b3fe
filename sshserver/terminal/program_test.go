package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
)

// told is a model that notes what it hears, and does what a test wants.
type told struct {
	heard  chan string
	init   tea.Cmd
	update func(msg tea.Msg) tea.Cmd
	view   func() string
	text   string // shown; set in update alone
}

func newTold() *told { return &told{heard: make(chan string, 10_000)} }

func (m *told) Init() tea.Cmd { return m.init }

func (m *told) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	select {
	case m.heard <- fmt.Sprint(msg):
	default:
	}
	if m.update == nil {
		return m, nil
	}
	return m, m.update(msg)
}

func (m *told) View() tea.View {
	text := m.text
	if m.view != nil {
		text = m.view()
	}
	v := tea.NewView(text)
	v.AltScreen = true
	return v
}

// hears waits for a message.
func (m *told) hears(t testing.TB, want string) {
	t.Helper()
	for end := time.After(patient); ; {
		select {
		case got := <-m.heard:
			if got == want {
				return
			}
		case <-end:
			t.Fatalf("the model never heard %q", want)
		}
	}
}

// all is what was heard until now.
func (m *told) all() (all []string) {
	for len(m.heard) > 0 {
		all = append(all, <-m.heard)
	}
	return all
}

// running runs a program until the test ends; ended answers what Run did.
func running(t testing.TB, m tea.Model, out io.Writer) (p *Program, ended func() error) {
	t.Helper()
	return runningWith(t, m, out, Options{})
}

func runningWith(t testing.TB, m tea.Model, out io.Writer, o Options) (p *Program, ended func() error) {
	t.Helper()
	o.Width, o.Height = 80, 24
	if o.Report == nil {
		o.Report = func(r any) { t.Errorf("panic: %v", r) }
	}
	p = New(m, out, o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	ended = sync.OnceValue(func() error {
		select {
		case err := <-done:
			return err
		case <-time.After(patient):
			return errors.New("the program does not end")
		}
	})
	t.Cleanup(func() { cancel(); _ = ended() })
	return p, ended
}

func quits(t *testing.T, ended func() error, want error) {
	t.Helper()
	if err := ended(); !errors.Is(err, want) {
		t.Errorf("ended with %v, want %v", err, want)
	}
}

// shown is what was written, by anybody.
type shown struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *shown) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *shown) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

func says(s string) tea.Cmd { return func() tea.Msg { return s } }

func TestMessagesComeInTheirOrder(t *testing.T) {
	m := newTold()
	m.init = says("of Init")
	p, ended := running(t, m, io.Discard)
	m.hears(t, "{80 24}") // before all else
	m.hears(t, "of Init")
	p.Input([]byte("abc"))
	for i := range 100 {
		p.Send(i)
	}
	want := []string{"a", "b", "c"}
	for i := range 100 {
		want = append(want, fmt.Sprint(i))
	}
	if diff := cmp.Diff(want, m.all()); diff != "" {
		t.Error(diff)
	}
	p.Send(tea.Quit())
	p.Send("too late")
	quits(t, ended, nil)
	if late := m.all(); len(late) > 0 {
		t.Errorf("heard %q after the end", late)
	}
}

func TestASequenceIsInOrderAndWaitsForABatch(t *testing.T) {
	m := newTold()
	held := make(chan struct{})
	m.update = func(msg tea.Msg) tea.Cmd {
		switch msg {
		case "go":
			slow := func() tea.Msg { <-held; return "slow" }
			return tea.Sequence(says("1"), tea.Batch(tea.Sequence(slow, says("slower")), says("quick")), nil, says("2"), tea.Quit)
		case "quick":
			close(held)
		}
		return nil
	}
	p, ended := running(t, m, io.Discard)
	p.Send("go")
	quits(t, ended, nil)
	if got := strings.Join(m.all(), " "); got != "{80 24} go 1 quick slow slower 2" {
		t.Errorf("heard %q", got)
	}
}

func TestABatchRunsAtOnce(t *testing.T) {
	m := newTold()
	meet := make(chan struct{})
	m.init = tea.Batch(
		func() tea.Msg { meet <- struct{}{}; return nil },
		tea.Batch(func() tea.Msg { <-meet; return nil }, says("met")),
		tea.Batch(nil, tea.Sequence(func() tea.Msg { meet <- struct{}{}; return "sent" }, says("after"))),
		func() tea.Msg { <-meet; return nil },
	)
	running(t, m, io.Discard)
	m.hears(t, "after")
}

func TestWhatATerminalIsAsked(t *testing.T) {
	for want, cmd := range map[string]tea.Cmd{
		"\x1b]11;?": tea.RequestBackgroundColor, "\x1b]10;?": tea.RequestForegroundColor, "\x1b]12;?": tea.RequestCursorColor,
		"\x1b[6n": tea.RequestCursorPosition, "\x1b[>q": tea.RequestTerminalVersion, "\x1b]52;c;?": tea.ReadClipboard,
		"\x1b]52;c;Y29weQ==": tea.SetClipboard("copy"), "\x1b]52;p;Y29weQ==": tea.SetPrimaryClipboard("copy"), "raw!": tea.Raw("raw!"),
	} {
		m, out := newTold(), &shown{}
		m.init = tea.Sequence(cmd, tea.Suspend, tea.Quit)
		_, ended := running(t, m, out)
		quits(t, ended, nil)
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in %q", want, out.String())
		}
		if got := m.all(); len(got) != 1 {
			t.Errorf("%q: the model heard %q", want, got)
		}
	}
}

func TestOnlyNewTerminalsAreAskedAboutSynchronisedOutput(t *testing.T) {
	for env, want := range map[string]bool{
		"TERM=xterm-256color SSH_TTY=x": false, "TERM=xterm-ghostty SSH_TTY=x": true, "TERM=xterm-kitty SSH_TTY=x": true, "TERM=xterm": true,
		"TERM=xterm TERM_PROGRAM=Apple_Terminal": false, "TERM=linux SSH_TTY=x": false, "TERM=tmux-256color SSH_TTY=x TERM_PROGRAM=tmux": false,
	} {
		m, out := newTold(), &shown{}
		p, ended := runningWith(t, m, out, Options{Env: strings.Fields(env)})
		p.Input([]byte("\x1b[?2026;2$y"))
		p.Send(tea.Quit())
		quits(t, ended, nil)
		if asked := strings.Contains(out.String(), "\x1b[?2026$p"); asked != want {
			t.Errorf("%s: asked is %t", env, asked)
		}
		if !p.screen.sync {
			t.Errorf("%s: the answer was not taken in", env)
		}
	}
}

func TestTheLastOfManySizesIsTold(t *testing.T) {
	m := newTold()
	p, _ := running(t, m, io.Discard)
	m.hears(t, "{80 24}")
	for i := range 5000 {
		p.Resize(100+i, 50)
	}
	m.hears(t, "{5099 50}")
	p.Resize(5099, 50)
	rest(t, p)
	p.Send("after")
	for _, got := range m.all() {
		if got != "after" {
			t.Errorf("heard %q though nothing has changed", got)
		}
	}
}
