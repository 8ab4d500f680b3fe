package sshserver

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/ssh"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"alcove/tui"
)

const (
	flushTime = 3 * time.Second       // for the last drafts of a session
	frameTime = 16 * time.Millisecond // between two sizes of a window that is being dragged
)

// screen is what the program of a session shows; *tui.App is one.
type screen interface {
	tea.Model
	Flush(ctx context.Context) error // saves what is not saved yet
	Farewell() string                // the last line, after the screen is gone
}

// screen is the last handler: it owns the program of a session from its start to its last draft.
func (s *Server) screen(ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		v := visitOf(sess)
		c := v.channel
		ctx, cancel := context.WithCancel(c)
		defer cancel()
		app := &guarded{screen: s.newScreen(ctx, s.options(v)), report: s.logPanic}
		app.model = app.screen
		p := tea.NewProgram(app, v.programOptions()...)
		app.quit = p.Quit

		c.served.Go(func() { (&keyboard{send: p.Send, report: s.logPanic}).run(c.raw) })
		c.served.Go(func() { s.feed(ctx, c, p) })
		_, err := p.Run()
		cancel()
		if err != nil && c.Err() == nil {
			s.Log.Warn("screen ended", "person", v.me.Handle, "err", err)
		}
		s.flush(v, app)
		s.goodbye(v, app)
	}
}

func (v *visit) programOptions() []tea.ProgramOption {
	c := v.channel
	// bubbletea asks terminals about modes that old ones print as garbage, but not over ssh, which SSH_TTY stands for.
	env := append([]string{"SSH_TTY=/dev/alcove"}, c.env...)
	env = append(env, "TERM="+c.term)
	profile := colorprofile.Env(env)
	if v.noColor() {
		profile = min(profile, colorprofile.ASCII)
	}
	return []tea.ProgramOption{
		tea.WithContext(c), tea.WithInput(nil), tea.WithOutput(v.Session), tea.WithoutSignalHandler(), tea.WithEnvironment(env),
		tea.WithColorProfile(profile), tea.WithWindowSize(c.size.columns, c.size.rows), tea.WithFilter(filter),
	}
}

// filter mends what bubbletea does otherwise: without an input of its own it asks for no colours, and it would stop the
// server's process where a person asks to suspend.
func filter(_ tea.Model, msg tea.Msg) tea.Msg {
	if msg == tea.RequestBackgroundColor() {
		return tea.RawMsg{Msg: ansi.RequestBackgroundColor}
	}
	if _, ok := msg.(tea.SuspendMsg); ok {
		return tea.ResumeMsg{}
	}
	return msg
}

// feed tells a program of new sizes and of the server's end, until ctx ends.
func (s *Server) feed(ctx context.Context, c *channel, p *tea.Program) {
	stopping := s.stopping
	for {
		select {
		case <-ctx.Done():
			return
		case <-stopping:
			stopping = nil
			p.Send(tui.ShutdownMsg{})
		case w := <-c.sizes:
			p.Send(tea.WindowSizeMsg{Width: w.columns, Height: w.rows})
			select {
			case <-time.After(frameTime):
			case <-ctx.Done():
			}
		}
	}
}

// flush saves the last drafts, in a time of its own: the connection's is over, perhaps.
func (s *Server) flush(v *visit, app *guarded) {
	defer func() {
		if r := recover(); r != nil {
			s.logPanic(r)
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.channel), flushTime)
	defer cancel()
	if err := app.screen.Flush(ctx); err != nil {
		s.Log.Error("save drafts", "person", v.me.Handle, "err", err)
	}
}

func (s *Server) goodbye(v *visit, app *guarded) {
	if app.crashed.Load() {
		leave(v.Session, v.words.Shell.Command.Crashed, exitFailed)
		return
	}
	if v.channel.Err() == nil {
		if say := app.screen.Farewell(); say != "" {
			_, _ = fmt.Fprintln(v.Session, say) // a client that is gone need not hear it
		}
	}
	leave(v.Session, "", exitOK)
}

// guarded is a screen whose panics end its session and nothing else, and say nothing. bubbletea catches panics too, but
// prints what they say, and that may hold a person's words.
type guarded struct {
	screen  screen
	model   tea.Model
	report  func(any)
	quit    func()
	crashed atomic.Bool
}

// Init is the screen's.
func (g *guarded) Init() (cmd tea.Cmd) {
	defer g.recover()
	return g.cmd(g.model.Init())
}

// Update is the screen's.
func (g *guarded) Update(msg tea.Msg) (self tea.Model, cmd tea.Cmd) {
	self = g // after a panic too
	defer g.recover()
	if g.crashed.Load() {
		return self, nil
	}
	g.model, cmd = g.model.Update(msg)
	return self, g.cmd(cmd)
}

// View is the screen's.
func (g *guarded) View() (view tea.View) {
	defer g.recover()
	if g.crashed.Load() {
		return view
	}
	return g.model.View()
}

func (g *guarded) recover() {
	if r := recover(); r != nil {
		g.report(r)
		g.crashed.Store(true)
		go g.quit() // the program takes it when this call is back; it returns when the program is gone
	}
}

// cmd guards a command, and those that it answers.
func (g *guarded) cmd(c tea.Cmd) tea.Cmd {
	if c == nil {
		return nil
	}
	return func() tea.Msg {
		defer g.recover()
		return g.within(c())
	}
}

// within guards the commands of a batch or a sequence; the type of the latter is bubbletea's own.
func (g *guarded) within(msg tea.Msg) tea.Msg {
	v := reflect.ValueOf(msg)
	if !v.IsValid() || v.Kind() != reflect.Slice || v.Type().Elem() != reflect.TypeFor[tea.Cmd]() {
		return msg
	}
	for i := range v.Len() {
		if c, ok := v.Index(i).Interface().(tea.Cmd); ok {
			v.Index(i).Set(reflect.ValueOf(g.cmd(c)))
		}
	}
	return msg
}
