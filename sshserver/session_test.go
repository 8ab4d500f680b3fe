package sshserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/vt"
	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
	"alcove/tui"
)

// page is a small screen that shows what it was told: it stands in for the real ones.
type page struct {
	mu      sync.Mutex
	sizes   []tea.WindowSizeMsg
	text    strings.Builder
	flushed int
	journal tui.Journal
	secret  string
}

func (g *page) Init() tea.Cmd { return tea.RequestBackgroundColor }

func (g *page) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		g.sizes = append(g.sizes, msg)
	case tea.PasteMsg:
		g.text.WriteString(msg.Content)
	case tui.ShutdownMsg:
		return g, tea.Quit
	case tea.KeyPressMsg:
		return g, g.key(msg)
	}
	return g, nil
}

func (g *page) key(msg tea.KeyPressMsg) tea.Cmd {
	boom := func() tea.Msg { panic(g.secret) }
	switch msg.String() {
	case "Q":
		return tea.Quit
	case "U":
		panic(g.secret)
	case "C":
		return boom
	case "B":
		return tea.Batch(tea.ClearScreen, boom)
	case "S":
		return tea.Sequence(tea.ClearScreen, tea.Batch(boom, tea.ClearScreen))
	case "V":
		g.text.WriteString("\x00view")
	default:
		g.text.WriteString(msg.Text)
	}
	return nil
}

func (g *page) View() tea.View {
	g.mu.Lock()
	defer g.mu.Unlock()
	if strings.Contains(g.text.String(), "\x00view") {
		panic(g.secret)
	}
	v := tea.NewView("typed: " + g.text.String())
	v.AltScreen = true
	return v
}

func (g *page) Flush(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flushed++
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if text := strings.TrimSuffix(g.text.String(), "\x00view"); text != "" {
		threads, err := g.journal.Threads(ctx)
		if err != nil {
			return fmt.Errorf("flush: %w", err)
		}
		for _, th := range threads {
			if _, err := g.journal.SaveDraft(ctx, store.Draft{Thread: th.Number, Text: text}); err != nil && !errors.Is(err, store.ErrConflict) {
				return fmt.Errorf("flush: %w", err)
			}
		}
	}
	return nil
}

func (g *page) Farewell() string { return "Good-bye." }

func (g *page) last() (size tea.WindowSizeMsg, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.sizes) > 0 {
		size = g.sizes[len(g.sizes)-1]
	}
	return size, len(g.sizes)
}

// pages makes a server show small screens, and hands them out.
func pages(s *Server) <-chan *page {
	made := make(chan *page, 1000)
	s.newScreen = func(_ context.Context, o tui.Options) screen {
		g := &page{journal: o.Journal, secret: "what anna wrote"}
		made <- g
		return g
	}
	return made
}

// console is a client's session with a screen.
type console struct {
	*gossh.Session
	in  io.WriteCloser
	out *safeBuffer
	err *safeBuffer
	emu *vt.Emulator // shows out
	fed int          // how much of it
}

func open(t testing.TB, c *gossh.Client, name string, columns, rows int) *console {
	t.Helper()
	s, err := c.NewSession()
	must(t, err)
	must(t, s.RequestPty(name, rows, columns, gossh.TerminalModes{gossh.ECHO: 1}))
	in, err := s.StdinPipe()
	must(t, err)
	is := clamp(uint32(columns), uint32(rows)) // as the server does: an emulator holds every cell
	x := &console{Session: s, in: in, out: &safeBuffer{}, err: &safeBuffer{}, emu: vt.NewEmulator(is.columns, is.rows)}
	if answers, ok := x.emu.InputPipe().(io.Closer); ok {
		must(t, answers.Close()) // to the server's questions: nobody reads them
	}
	s.Stdout, s.Stderr = x.out, x.err
	must(t, s.Shell())
	return x
}

// shows says whether a text stands on the screen. The bytes do not tell: what stood there before need not be sent again.
func (x *console) shows(text string) bool {
	out := x.out.String()
	_, _ = x.emu.WriteString(out[x.fed:])
	x.fed = len(out)
	return strings.Contains(x.emu.String(), text)
}

func (x *console) typeKeys(t testing.TB, keys string) {
	t.Helper()
	_, err := io.WriteString(x.in, keys)
	must(t, err)
}

// wait waits for the session's end, but not for ever.
func (x *console) wait(t testing.TB) error {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- x.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(patient):
		t.Fatal("the session does not end")
		return nil
	}
}

func next(t *testing.T, made <-chan *page) *page {
	t.Helper()
	select {
	case g := <-made:
		return g
	case <-time.After(patient):
		t.Fatal("no screen was made")
		return nil
	}
}

func TestAScreenTakesKeysAndSaysGoodbye(t *testing.T) {
	var made <-chan *page
	p := newPractice(t, func(s *Server) { made = pages(s) })
	x := open(t, p.client("anna"), "xterm-256color", 80, 24)
	g := next(t, made)
	x.typeKeys(t, "häl\x1b[200~lo\nQ\x1b[201~")
	eventually(t, "typed", func() bool { g.mu.Lock(); defer g.mu.Unlock(); return g.text.String() == "hällo\nQ" })
	x.typeKeys(t, "Q")
	must(t, x.wait(t))
	out := x.out.String()
	if !strings.HasSuffix(out, "Good-bye.\r\n") {
		t.Errorf("ended with %q", out[max(0, len(out)-80):])
	}
	if strings.Contains(out, "?2026$p") || strings.Contains(out, "?2027$p") || strings.Contains(out, "\x1b[>") {
		t.Errorf("asked what old terminals print: %q", out)
	}
	if !strings.Contains(out, "\x1b]11;?") {
		t.Error("the background was not asked for")
	}
	if g.flushed != 1 {
		t.Errorf("flushed %d times, want once", g.flushed)
	}
}

func TestWindowsAreClampedAndOnlyTheNewestWaits(t *testing.T) {
	var made <-chan *page
	p := newPractice(t, func(s *Server) { made = pages(s) })
	c := p.client("anna")
	for name, test := range map[string]struct{ columns, rows, wantColumns, wantRows int }{
		"huge": {1<<32 - 1, 1<<32 - 1, maxColumns, maxRows}, "none": {0, 0, 1, 1}, "usual": {132, 43, 132, 43},
	} {
		t.Run(name, func(t *testing.T) {
			want := tea.WindowSizeMsg{Width: test.wantColumns, Height: test.wantRows}
			x := open(t, c, "xterm", test.columns, test.rows)
			g := next(t, made)
			eventually(t, "first size", func() bool { size, _ := g.last(); return size == want })
			for range 5000 {
				must(t, x.WindowChange(10, 10))
			}
			must(t, x.WindowChange(test.rows, test.columns))
			eventually(t, "last size", func() bool { size, n := g.last(); return size == want && n > 1 })
			if _, n := g.last(); n > 2000 {
				t.Errorf("the screen was drawn anew for %d sizes", n)
			}
			x.typeKeys(t, "Q")
			must(t, x.wait(t))
		})
	}
}

func TestAPanicEndsOneSessionAndSaysNothing(t *testing.T) {
	var made <-chan *page
	p := newPractice(t, func(s *Server) { made = pages(s) })
	n := p.thread("Draft").Number
	other := open(t, p.client("jonas"), "xterm", 80, 24)
	stays := next(t, made)
	for name, key := range map[string]string{"update": "U", "command": "C", "batch": "B", "sequence": "S", "view": "V"} {
		t.Run(name, func(t *testing.T) {
			x := open(t, p.client("anna"), "xterm", 80, 24)
			next(t, made)
			x.typeKeys(t, "draft"+name+key)
			if code := exitCode(t, x.wait(t)); code != exitFailed {
				t.Errorf("exit %d, want %d", code, exitFailed)
			}
			if said := x.err.String(); !strings.Contains(said, "Something went wrong") {
				t.Errorf("said %q", said)
			}
			if all := x.out.String() + x.err.String() + p.log.String(); strings.Contains(all, "what anna wrote") {
				t.Error("the panic's words were shown or logged")
			}
			d, err := p.as("anna").Draft(context.Background(), n, 0)
			must(t, err)
			if d.Text != "draft"+name {
				t.Errorf("the draft is %q", d.Text)
			}
			_, err = p.as("anna").SaveDraft(context.Background(), store.Draft{Thread: n, Version: d.Version})
			must(t, err)
		})
	}
	if n := p.server.Panics(); n != 5 || !strings.Contains(p.log.String(), `msg="panic in a session" count=5 type=`) {
		t.Errorf("%d panics were counted, want one of each session; the log:\n%s", n, p.log.String())
	}
	other.typeKeys(t, "alive")
	eventually(t, "the other session lives", func() bool { stays.mu.Lock(); defer stays.mu.Unlock(); return stays.text.String() == "alive" })
}

func TestDraftsAreSavedHoweverASessionEnds(t *testing.T) {
	var made <-chan *page
	ends := map[string]func(t *testing.T, p *practice, c *gossh.Client, x *console){
		"the server stops":      func(t *testing.T, p *practice, _ *gossh.Client, _ *console) { must(t, p.stop()) },
		"the connection breaks": func(_ *testing.T, _ *practice, c *gossh.Client, _ *console) { _ = c.Close() },
		"the channel is closed": func(_ *testing.T, _ *practice, _ *gossh.Client, x *console) { _ = x.Close() },
		"the input ends":        func(t *testing.T, _ *practice, _ *gossh.Client, x *console) { must(t, x.in.Close()) },
		"the person says so":    func(t *testing.T, _ *practice, _ *gossh.Client, x *console) { x.typeKeys(t, "Q") },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			p := newPractice(t, func(s *Server) { made = pages(s) })
			n := p.thread("Draft").Number
			c := p.client("anna")
			x := open(t, c, "xterm", 80, 24)
			g := next(t, made)
			x.typeKeys(t, "half a sentence")
			eventually(t, "typed", func() bool { g.mu.Lock(); defer g.mu.Unlock(); return g.text.String() == "half a sentence" })
			end(t, p, c, x)
			eventually(t, "saved", func() bool {
				d, err := p.as("anna").Draft(context.Background(), n, 0)
				return err == nil && d.Text == "half a sentence"
			})
		})
	}
}

func TestAStopIsOverInTimeAndClosesAll(t *testing.T) {
	var made <-chan *page
	p := newPractice(t, func(s *Server) { made = pages(s); s.limits.PerPerson = 20 })
	for range 20 {
		open(t, p.client("anna"), "xterm", 80, 24)
		next(t, made)
	}
	idle := p.client("jonas") // no session at all
	begun := time.Now()
	must(t, p.stop())
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if err := idle.Wait(); err == nil {
		t.Error("an idle connection was not cut")
	}
	if _, err := p.dial("x", gossh.PublicKeys(p.keys["anna"])); err == nil {
		t.Error("the server still listens")
	}
}

func TestNoTerminalMeansLines(t *testing.T) {
	p := newPractice(t)
	p.thread("The tax letter", "Text")
	t.Run("no terminal", func(t *testing.T) {
		s, err := p.client("jonas").NewSession()
		must(t, err)
		out := &safeBuffer{}
		s.Stdout, s.Stdin = out, strings.NewReader("quit\n")
		must(t, s.Shell())
		must(t, (&console{Session: s}).wait(t))
		if got := out.String(); !strings.Contains(got, "The tax letter") || strings.Contains(got, "\x1b") {
			t.Errorf("printed %q", got)
		}
	})
	for _, name := range []string{"dumb", "../x", strings.Repeat("x", 200<<10), ""} {
		t.Run("terminal "+name[:min(len(name), 8)], func(t *testing.T) {
			x := open(t, p.client("jonas"), name, 80, 24)
			eventually(t, "lines", func() bool { return strings.Contains(x.out.String(), "The tax letter") })
			x.typeKeys(t, "quux\x7f\x7f\x1b[Ait\r")
			if code := exitCode(t, x.wait(t)); code != 0 {
				t.Errorf("exit %d", code)
			}
			if got := x.out.String(); strings.Contains(got, "\x1b") || !strings.Contains(got, "quux\b \b\b \bit\r\n") {
				t.Errorf("printed %q", got)
			}
		})
	}
	t.Run("the server stops", func(t *testing.T) {
		x := open(t, p.client("jonas"), "dumb", 80, 24)
		eventually(t, "lines", func() bool { return strings.Contains(x.out.String(), "The tax letter") })
		must(t, p.stop())
		eventually(t, "told why", func() bool { return strings.Contains(x.out.String(), "stopping") })
	})
}

func TestTheRealScreen(t *testing.T) {
	p := newPractice(t, func(s *Server) { s.limits.PerPerson, s.limits.PersonSessions = 100, 100 }) // those that were closed may not be gone yet
	p.thread("The tax letter", "Text")
	whoIs(t, p.client("jonas")) // now all that serves a connection runs
	before := runtime.NumGoroutine()
	for i := range 20 {
		c, err := p.dial("x", gossh.PublicKeys(p.keys["anna"]))
		must(t, err)
		x := open(t, c, "xterm-256color", 80, 24)
		eventually(t, "Home", func() bool { return strings.Contains(x.out.String(), "The tax letter") })
		if i%2 == 0 {
			x.typeKeys(t, "q")
			must(t, x.wait(t))
		}
		_ = c.Close()
	}
	eventually(t, "no more goroutines than before", func() bool { return runtime.NumGoroutine() <= before })

	x := open(t, p.client("anna"), "xterm", 80, 24)
	eventually(t, "Home", func() bool { return strings.Contains(x.out.String(), "The tax letter") })
	must(t, p.store.Operator().Disable(context.Background(), "anna"))
	if err := x.wait(t); err != nil {
		t.Errorf("a disabled person's session ended with %v", err)
	}
}
