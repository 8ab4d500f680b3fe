package sshserver

import (
	"errors"
	"math"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// state is what the listener counts a connection as.
type state int

const (
	outside  state = iota // not let in yet
	entered               // a stranger whose address is not known yet
	admitted              // a stranger of an address
	member                // signed in
	closed
)

// stage is how far a sign-in has come, in the only direction it goes.
type stage int32

const (
	helloStage   stage = iota // keys are not exchanged yet
	keyedStage                // they are
	failedStage               // something was tried, and was wrong
	excusedStage              // signed in, or we are to blame for what went wrong
)

var errTooMuch = errors.New("more bytes than a stranger may send")

// conn is one connection with its deadlines: short ones until somebody has signed in, and always one for what we write.
type conn struct {
	net.Conn
	limits *Limits
	since  time.Time
	home   *listener

	// Set when it is admitted, before the SSH server has it.
	from    netip.AddrPort // whose it is: behind a proxy, not the peer's
	place   netip.Prefix   // what answers for it
	network netip.Prefix

	state    state  // guarded by home.mu
	person   int64  // who signed in; guarded by home.mu
	onLeave  func() // nil until signed in; guarded by home.mu
	channels int    // sessions that are open; guarded by home.mu

	stage atomic.Int32 // a stage; the sign-in raises it
	left  atomic.Int64 // bytes that a stranger may still send
	late  atomic.Bool  // a deadline ended the reading
	gone  atomic.Bool  // the client did
	leave sync.Once
}

// allow gives a stranger until d after they came.
func (c *conn) allow(d time.Duration) {
	_ = c.SetReadDeadline(c.since.Add(d)) // fails only on a closed connection
}

// keyed notes that the key exchange is over: from now on a person is asked who they are.
func (c *conn) keyed() {
	c.reach(keyedStage)
	c.left.Store(maxSignIn)
	c.allow(c.limits.Handshake)
}

// reach notes how far the sign-in is.
func (c *conn) reach(s stage) {
	for was := c.stage.Load(); was < int32(s) && !c.stage.CompareAndSwap(was, int32(s)); {
		was = c.stage.Load()
	}
}

// admitted ends the limits of strangers, or says why there is no room for the person. onLeave is called when the
// connection is closed.
func (c *conn) admitted(person int64, onLeave func()) error {
	c.reach(excusedStage) // who is known and finds no room is no culprit
	if err := c.home.known(c, person, onLeave); err != nil {
		return err
	}
	c.left.Store(math.MaxInt64)
	_ = c.SetReadDeadline(time.Time{}) // fails only on a closed connection
	return nil
}

// fault is what a stranger who is gone is to blame for.
func (c *conn) fault() fault {
	switch at := stage(c.stage.Load()); {
	case at == excusedStage:
		return noFault
	case c.late.Load():
		return late
	case at == failedStage:
		return authFail
	case c.gone.Load():
		return noAuth
	case at == keyedStage: // we ended it: a signature was wrong, or there were too many tries
		return authFail
	}
	return invalid
}

// RemoteAddr is whose connection it is.
func (c *conn) RemoteAddr() net.Addr {
	if !c.from.IsValid() {
		return c.Conn.RemoteAddr()
	}
	return net.TCPAddrFromAddrPort(c.from)
}

// Read counts what strangers send, and notes why it ends.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.home.calm.stir()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.late.Store(true)
	case err != nil:
		c.gone.Store(true)
	case c.left.Add(-int64(n)) < 0:
		return 0, errTooMuch
	}
	return n, err // a reader answers io.EOF bare
}

// Write ends the connection if the peer reads nothing for too long.
func (c *conn) Write(p []byte) (int, error) {
	_ = c.SetWriteDeadline(time.Now().Add(c.limits.Stall)) // fails only on a closed connection
	n, err := c.Conn.Write(p)
	if err != nil {
		c.gone.Store(true)
	}
	return n, err
}

// SetDeadline does nothing: the library would take our deadlines off.
func (c *conn) SetDeadline(time.Time) error { return nil }

// Close ends the connection and gives its room back.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.leave.Do(func() { c.home.forget(c) })
	return err
}
