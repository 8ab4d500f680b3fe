package sshserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"alcove/sshserver/terminal"
	"alcove/tui"
)

const flushTime = 3 * time.Second // for the last drafts of a session

// screen is what the program of a session shows; *tui.App is one.
type screen interface {
	tea.Model
	Flush(ctx context.Context) error // saves what is not saved yet
	Farewell() string                // the last line, after the screen is gone
}

// screen begins the program of a session, which goes on without a goroutine that waits for it: in thousands of sessions
// these would hold the stacks of all that was done to get here. It ends the session when it ends.
func (s *Server) screen(v *visit) {
	c := v.channel
	ctx, cancel := context.WithCancel(c)
	app := s.newScreen(ctx, s.options(v))
	p := terminal.New(app, c.raw, s.terminalOptions(v))
	c.follow(p.Resize)
	unbind := context.AfterFunc(s.stopping, func() { p.Send(tui.ShutdownMsg{}) })
	c.served.Add(1)
	s.sessions.Add(1)
	p.Start(c, func(err error) {
		defer c.served.Done()
		defer s.sessions.Done()
		defer s.rescue(c, &v.words)
		unbind()
		cancel()
		s.screenEnded(v, app, err)
	})
	c.served.Go(func() { p.Read(c.raw) })
}

// screenEnded sees to a session's last drafts, and takes leave.
func (s *Server) screenEnded(v *visit, app screen, err error) {
	crashed := errors.Is(err, terminal.ErrCrashed)
	gone := errors.Is(err, io.EOF) // so a channel says that its client closed it
	if err != nil && !crashed && !gone && v.channel.Err() == nil {
		s.Log.Warn("screen ended", "person", v.me.Handle, "err", err)
	}
	s.flush(v, app)
	s.goodbye(v, app, crashed)
}

func (s *Server) terminalOptions(v *visit) terminal.Options {
	c := v.channel
	// Old terminals print what new ones are asked; SSH_TTY says that they are not to be.
	env := append([]string{"SSH_TTY=/dev/alcove"}, c.env...)
	env = append(env, "TERM="+c.term)
	profile := colorprofile.Env(env)
	if v.noColor() {
		profile = min(profile, colorprofile.ASCII)
	}
	window := c.window()
	return terminal.Options{Env: env, Profile: profile, Width: window.columns, Height: window.rows, Report: s.logPanic}
}

// flush saves the last drafts, in a time of its own: the connection's is over, perhaps.
func (s *Server) flush(v *visit, app screen) {
	defer func() {
		if r := recover(); r != nil {
			s.logPanic(r)
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.channel), flushTime)
	defer cancel()
	if err := app.Flush(ctx); err != nil {
		s.Log.Error("save drafts", "person", v.me.Handle, "err", err)
	}
}

func (s *Server) goodbye(v *visit, app screen, crashed bool) {
	if crashed {
		v.channel.leave(v.words.Shell.Command.Crashed, exitFailed)
		return
	}
	if v.channel.Err() == nil {
		if say := app.Farewell(); say != "" {
			_, _ = fmt.Fprintln(v.channel, say) // a client that is gone need not hear it
		}
	}
	v.channel.leave("", exitOK)
}
