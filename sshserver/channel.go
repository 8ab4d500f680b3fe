package sshserver

// A client may send any request on its session, as often and as large as it likes. Those that pass here are few, bounded
// and told once, so that neither the library nor a screen has to think of the others: sizes are clamped and only the
// newest counts, the environment is a short list of names, one command or shell is started, and all else is refused.

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
)

// size is a window's, in cells, within bounds.
type size struct{ columns, rows int }

// channel is one session of a connection, and the context of what is done in it, which ends when the channel is closed.
type channel struct {
	context.Context

	conn   *conn
	who    store.Identity
	opened opened        // by the person, when this one was
	raw    gossh.Channel // whose newlines are sent as they are
	left   bool          // the client was told how it ended; the handler's
	served sync.WaitGroup

	// Set before the handler is started, and read by it.
	hasTerm bool
	term    string
	env     []string // NAME=value
	command string
	tooLong bool // the command was over maxCommand

	mu      sync.Mutex
	size    size
	resized func(columns, rows int) // nil until somebody follows
}

// openSession takes in a channel of type "session" and serves it until it is closed and its handler has ended. It does
// itself what the library does for sessions, whose way costs each a goroutine and contexts more.
func (s *Server) openSession(_ *ssh.Server, sc *gossh.ServerConn, offer gossh.NewChannel, ctx ssh.Context) {
	own, _ := ctx.Value(connKey).(*conn)
	who, ok := identityOf(sc)
	if !ok || own == nil {
		_ = offer.Reject(gossh.Prohibited, "not signed in")
		return
	}
	now, err := own.home.begin(own)
	if err != nil {
		_ = offer.Reject(gossh.ResourceShortage, s.limits.noSession(err))
		return
	}
	defer own.home.end(own)
	raw, requests, err := offer.Accept()
	if err != nil {
		return // the connection is gone
	}
	c := &channel{conn: own, opened: now, who: who, raw: &boundedChannel{Channel: raw, conn: own}}
	life, end := context.WithCancel(ctx)
	c.Context = life
	defer c.served.Wait()
	defer end()
	c.answer(requests, s.serve)
}

// answer answers requests until the channel is closed, and has the first command or shell served.
func (c *channel) answer(requests <-chan *gossh.Request, serve func(*channel)) {
	started := false
	for req := range requests {
		ok, begins := false, false
		switch req.Type {
		case "env":
			ok = !started && c.setEnv(req.Payload)
		case "pty-req":
			ok = !started && !c.hasTerm && c.setTerm(req.Payload)
		case "window-change":
			ok = c.resize(req.Payload)
		case "exec":
			ok = !started && c.setCommand(req.Payload)
			begins = ok
		case "shell":
			ok = !started
			begins = ok
		}
		_ = req.Reply(ok, nil) // fails only when the connection is gone
		if begins {
			started = true
			c.served.Go(func() { serve(c) })
		}
	}
}

// Read reads what the client sends.
func (c *channel) Read(p []byte) (int, error) { return c.raw.Read(p) } //nolint:wrapcheck // a reader answers io.EOF bare

// Write writes text; on a terminal, its lines end as a terminal's do.
func (c *channel) Write(p []byte) (int, error) { return c.lines(c.raw).Write(p) } //nolint:wrapcheck // who writes says what

// errors is where sentences go that are no data.
func (c *channel) errors() io.Writer { return c.lines(c.raw.Stderr()) }

func (c *channel) lines(w io.Writer) io.Writer {
	if c.hasTerm {
		return ssh.NewPtyWriter(w)
	}
	return w
}

// leave says a last sentence and ends the session, once.
func (c *channel) leave(say string, code int) {
	if c.left {
		return
	}
	c.left = true
	if say != "" {
		_, _ = fmt.Fprintln(c.errors(), say) // a client that is gone need not hear it
	}
	_, _ = c.raw.SendRequest("exit-status", false, gossh.Marshal(struct{ Status uint32 }{uint32(code)})) // nor learn this
	_ = c.raw.Close()
}

func (c *channel) setEnv(payload []byte) bool {
	var v struct{ Name, Value string }
	if len(payload) > maxEnvSize || len(c.env) >= maxEnv || gossh.Unmarshal(payload, &v) != nil {
		return false
	}
	allowed := []string{"LANG", "TERM", "COLORTERM", "NO_COLOR", "TZ"}
	if !slices.Contains(allowed, v.Name) && !strings.HasPrefix(v.Name, "LC_") || strings.ContainsRune(v.Name+v.Value, 0) {
		return false
	}
	c.env = append(c.env, v.Name+"="+v.Value)
	return true
}

// ptyRequest is RFC 4254, section 6.2.
type ptyRequest struct {
	Term                         string
	Columns, Rows, Width, Height uint32
	Modes                        string
}

func (c *channel) setTerm(payload []byte) bool {
	var v ptyRequest
	if gossh.Unmarshal(payload, &v) != nil {
		return false
	}
	c.hasTerm, c.term, c.size = true, plainTerm(v.Term), clamp(v.Columns, v.Rows)
	return true
}

// resize keeps the newest size, and tells who follows.
func (c *channel) resize(payload []byte) bool {
	var v struct{ Columns, Rows, Width, Height uint32 }
	if !c.hasTerm || gossh.Unmarshal(payload, &v) != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size = clamp(v.Columns, v.Rows)
	if c.resized != nil {
		c.resized(c.size.columns, c.size.rows)
	}
	return true
}

// follow has tell called with each new size of the window, which must be quick; the first call is at once.
func (c *channel) follow(tell func(columns, rows int)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resized = tell
	tell(c.size.columns, c.size.rows)
}

// window is how large the client's is.
func (c *channel) window() size {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size
}

// setCommand keeps a command of bearable length.
func (c *channel) setCommand(payload []byte) bool {
	var v struct{ Command string }
	if len(payload) > maxCommand {
		c.tooLong = true
		v.Command = "help"
	} else if gossh.Unmarshal(payload, &v) != nil {
		return false
	}
	c.command = v.Command
	return true
}

// getenv is the client's value of a variable, or "".
func (c *channel) getenv(name string) string {
	for _, v := range slices.Backward(c.env) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// lang is the client's language as POSIX finds it.
func (c *channel) lang() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := c.getenv(name); v != "" {
			return v
		}
	}
	return ""
}

func clamp(columns, rows uint32) size {
	return size{int(min(max(columns, 1), maxColumns)), int(min(max(rows, 1), maxRows))}
}

// plainTerm is a terminal's name, or "dumb" for what cannot be one.
func plainTerm(name string) string {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_+.", r)
	}
	if name == "" || len(name) > maxTerm || strings.ContainsFunc(name, odd) || strings.HasPrefix(name, ".") {
		return "dumb"
	}
	return name
}
