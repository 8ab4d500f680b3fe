package sshserver

// A client may send any request on its session, as often and as large as it likes. Those that pass here are few, bounded
// and told once, so that neither the library nor a screen has to think of the others: sizes are clamped and only the
// newest counts, the environment is a short list of names, one command or shell is started, and all else is refused.

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
)

// size is a window's, in cells, within bounds.
type size struct{ columns, rows int }

// channel is one session of a connection.
type channel struct {
	ssh.Context // the connection's, for what is not overridden below

	conn   *conn
	who    store.Identity
	opened opened          // by the person, when this one was
	raw    gossh.Channel   // without what the library does to newlines; set once accepted
	visit  *visit          // set by the first handler for the next ones
	life   context.Context // it is the session's lifetime, and this is its context
	end    context.CancelFunc
	served sync.WaitGroup // the handler

	// Set before the handler is started, and read by it.
	hasTerm bool
	term    string
	env     []string // NAME=value
	tooLong bool     // the command was over maxCommand

	mu      sync.Mutex
	values  map[any]any
	size    size
	resized func(columns, rows int) // nil until somebody follows
}

// openSession takes in a channel of type "session" and serves it until it is closed and its handler has ended.
func (s *Server) openSession(srv *ssh.Server, sc *gossh.ServerConn, offer gossh.NewChannel, ctx ssh.Context) {
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
	c := &channel{Context: ctx, conn: own, opened: now, who: who, values: map[any]any{}}
	c.life, c.end = context.WithCancel(ctx)
	ssh.DefaultSessionHandler(srv, sc, cleanChannel{offer, c}, c)
	c.end()
	c.served.Wait()
}

// Deadline is the session's.
func (c *channel) Deadline() (time.Time, bool) { return c.life.Deadline() }

// Done is closed when the session's channel is: the connection may live on.
func (c *channel) Done() <-chan struct{} { return c.life.Done() }

// Err says why Done is closed.
func (c *channel) Err() error { return c.life.Err() }

// Value is the session's own, or the connection's.
func (c *channel) Value(key any) any {
	if key == channelKey {
		return c
	}
	c.mu.Lock()
	v, ok := c.values[key]
	c.mu.Unlock()
	if ok {
		return v
	}
	return c.life.Value(key)
}

// SetValue keeps a value for this session alone; the library sets some that would else cross between sessions.
func (c *channel) SetValue(key, value any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[key] = value
}

// cleanChannel is an offered channel whose requests are cleaned and whose writes are bounded in time.
type cleanChannel struct {
	gossh.NewChannel
	channel *channel
}

// Accept takes the channel.
func (n cleanChannel) Accept() (gossh.Channel, <-chan *gossh.Request, error) {
	ch, raw, err := n.NewChannel.Accept()
	if err != nil {
		return nil, nil, err
	}
	clean := make(chan *gossh.Request)
	n.channel.raw = &boundedChannel{Channel: ch, conn: n.channel.conn}
	go n.channel.clean(raw, clean)
	return n.channel.raw, clean, nil
}

// clean passes on what the library needs and answers the rest. It ends with the channel, and the library reads what it
// passes until then.
func (c *channel) clean(raw <-chan *gossh.Request, out chan<- *gossh.Request) {
	defer close(out)
	started := false
	for req := range raw {
		ok := false
		switch req.Type {
		case "env":
			ok = !started && c.setEnv(req.Payload)
		case "pty-req":
			if !started && !c.hasTerm && c.setTerm(req) {
				out <- req
				continue
			}
		case "window-change":
			ok = c.resize(req.Payload)
		case "shell", "exec":
			if !started {
				started = true
				c.setCommand(req)
				c.served.Add(1)
				out <- req
				continue
			}
		}
		_ = req.Reply(ok, nil) // fails only when the connection is gone
	}
	c.end()
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

// setTerm takes the terminal and leaves a small clean request for the library.
func (c *channel) setTerm(req *gossh.Request) bool {
	var v ptyRequest
	if gossh.Unmarshal(req.Payload, &v) != nil {
		return false
	}
	window := clamp(v.Columns, v.Rows)
	c.hasTerm, c.term, c.size = true, plainTerm(v.Term), window
	req.Payload = gossh.Marshal(ptyRequest{
		Term: c.term, Columns: uint32(window.columns), Rows: uint32(window.rows), Modes: "\x00",
	})
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

// setCommand leaves the library a command of bearable length.
func (c *channel) setCommand(req *gossh.Request) {
	if len(req.Payload) > maxCommand {
		c.tooLong = true
		req.Payload = gossh.Marshal(struct{ Value string }{"help"})
	}
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
