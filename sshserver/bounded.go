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
	conn *conn
	mu   sync.Mutex // one writes at a time: the library's channel keeps one buffer, and a typed line is echoed while others print
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
	defer c.bound()()
	return w.Write(p)
}

func (c *boundedChannel) SendRequest(name string, wantReply bool, payload []byte) (bool, error) {
	defer c.bound()()
	return c.Channel.SendRequest(name, wantReply, payload)
}

func (c *boundedChannel) Stderr() io.ReadWriter {
	return struct {
		io.Reader
		io.Writer
	}{c.Channel.Stderr(), boundedStderr{c}}
}

func (c *boundedChannel) bound() (done func() bool) {
	return time.AfterFunc(c.conn.limits.Stall, func() { _ = c.conn.Close() }).Stop
}

type boundedStderr struct{ *boundedChannel }

func (e boundedStderr) Write(p []byte) (int, error) { return e.pieces(e.Channel.Stderr(), p) }
