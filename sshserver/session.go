package sshserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"alcove/store"
	"alcove/tui"
)

// Exit codes of ssh commands.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

// visit is one session of a person: what serves it has in common.
type visit struct {
	channel *channel
	journal *store.Access
	me      store.Me
	words   *tui.Words
	notices []string // how near the person is to what they may have open
}

// serve finds the person of a session and gives them what they asked for, which sees to its end, whatever happens in it.
func (s *Server) serve(c *channel) {
	if !s.begin() {
		c.leave("", exitOK)
		return
	}
	defer s.sessions.Done()
	words := tui.WordsFor(c.lang())
	defer s.rescue(c, &words)
	journal := s.Store.As(c.who)
	me, err := journal.Me(c)
	if err != nil {
		s.Log.Info("session refused", "addr", c.conn.RemoteAddr().String(), "err", err)
		c.leave(words.Explain(err), exitFailed)
		return
	}
	if me.Settings.Language != "" {
		words = tui.WordsFor(me.Settings.Language)
	}
	v := &visit{channel: c, journal: journal, me: me, words: words, notices: c.opened.near(&s.limits, &words.Near)}
	switch {
	case c.command != "":
		s.command(v)
	case c.hasTerm && c.term != "dumb":
		s.screen(v)
	default: // no terminal that could show a screen
		s.linear(v)
	}
}

// rescue ends a session in which something panicked, in the words that were known by then. It is deferred.
func (s *Server) rescue(c *channel, words **tui.Words) {
	if r := recover(); r != nil {
		s.logPanic(r)
		c.leave((*words).Shell.Command.Crashed, exitFailed)
	}
}

// options is what the screens of a visit need to know.
func (s *Server) options(v *visit) tui.Options {
	window := v.channel.window()
	return tui.Options{
		Journal: v.journal, Shared: s.shared, Place: s.Place, Now: s.Now, Zone: s.Zone, Lang: v.channel.lang(),
		NoColor: v.noColor(), Width: window.columns, Height: window.rows,
		Log: s.Log, Notices: v.notices,
	}
}

// noColor says whether NO_COLOR is set to anything.
func (v *visit) noColor() bool { return v.channel.getenv("NO_COLOR") != "" }

// zone is where the person is.
func (s *Server) zone(me store.Me) *time.Location {
	if me.Settings.TimeZone != "" {
		if zone, err := time.LoadLocation(me.Settings.TimeZone); err == nil {
			return zone
		}
	}
	return s.Zone
}

// linear serves the journal as numbered lines.
func (s *Server) linear(v *visit) {
	err := s.runLinear(v.channel, v)
	code, say := s.outcome(v, err)
	if errors.Is(err, store.ErrSignedOut) {
		say = "" // the lines said so
	}
	v.channel.leave(say, code)
}

// runLinear is the journal as numbered lines, until the client or the server ends it.
func (s *Server) runLinear(ctx context.Context, v *visit) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.stopping, func() { cancel(nil) })()
	in, out := v.lines()
	in = guardedReader{in, func(r any) { s.logPanic(r); cancel(errCrashed) }}
	err := tui.Linear(ctx, s.options(v), in, out)
	switch {
	case errors.Is(context.Cause(ctx), errCrashed):
		return refusal{v.words.Shell.Command.Crashed}
	case v.channel.Err() != nil: // the client left
		return nil
	case ctx.Err() != nil: // the server is leaving
		_, _ = fmt.Fprintln(out, "\n"+v.words.Shell.Command.Stopping) // a client that is gone need not hear it
		return nil
	case err != nil:
		return fmt.Errorf("linear: %w", err)
	}
	return nil
}

var errCrashed = errors.New("a defect ended the session")

// guardedReader is read by a goroutine of the linear mode, where a panic would end the whole server. Here it ends the input.
type guardedReader struct {
	io.Reader
	crashed func(any)
}

// Read is the reader's.
func (r guardedReader) Read(p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			r.crashed(v)
			n, err = 0, errCrashed
		}
	}()
	return r.Reader.Read(p) //nolint:wrapcheck // a reader answers io.EOF bare
}

// Panics is how many there were in sessions since the server was made. Each ended its session, or was in one that had ended.
func (s *Server) Panics() int { return int(s.panics.Load()) }

// logPanic counts a panic and notes where it was. What it said may hold a person's words, so only its type is kept.
func (s *Server) logPanic(r any) {
	s.Log.Error("panic in a session", "count", s.panics.Add(1), "type", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
}
