package sshserver

import (
	"io"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// boundedChannel ends the connection when the client leaves what we write unread, or a question unanswered, for too
// long: flow control would else hold the writer for ever. The other sessions of the connection end with it, drafts saved.
type boundedChannel struct {
	gossh.Channel
	conn  *conn
	mu    sync.Mutex  // one writes at a time: the library's channel keeps one buffer, and a typed line is echoed while others print
	stall *time.Timer // of the write that is under way; nil before the first
}

// Write writes all of p, each piece in its own time.
func (c *boundedChannel) Write(p []byte) (int, error) { return c.pieces(c.Channel, p) }

func (c *boundedChannel) pieces(w io.Writer, p []byte) (n int, err error) {
	const piece = 32 << 10
	for len(p) > 0 && err == nil {
		var m int
		m, err = c.piece(w, p[:min(piece, len(p))])
		n, p = n+m, p[m:]
	}
	return n, err
}

func (c *boundedChannel) piece(w io.Writer, p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stall == nil {
		c.stall = c.bound()
	} else {
		c.stall.Reset(c.conn.limits.Stall)
	}
	defer c.stall.Stop()
	return w.Write(p)
}

func (c *boundedChannel) SendRequest(name string, wantReply bool, payload []byte) (bool, error) {
	defer c.bound().Stop()
	return c.Channel.SendRequest(name, wantReply, payload)
}

func (c *boundedChannel) Stderr() io.ReadWriter {
	return struct {
		io.Reader
		io.Writer
	}{c.Channel.Stderr(), boundedStderr{c}}
}

// bound ends the connection in a while, unless it is stopped.
func (c *boundedChannel) bound() *time.Timer {
	return time.AfterFunc(c.conn.limits.Stall, func() { _ = c.conn.Close() })
}

type boundedStderr struct{ *boundedChannel }

func (e boundedStderr) Write(p []byte) (int, error) { return e.pieces(e.Channel.Stderr(), p) }
