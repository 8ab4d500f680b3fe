package sshserver

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// limits is what a connection may use up. Tests shorten the times.
type limits struct {
	hello     time.Duration // from the first byte to the end of the key exchange
	handshake time.Duration // until signed in, a typed code included
	join      time.Duration // the same, once a right code was given: there are words to write down
	stall     time.Duration // how long a client may leave what we write unread
	strangers int           // connections not yet signed in, of all together
	perPlace  int           // and of one address
	members   int           // connections that are signed in, of all together: each takes memory and a few goroutines
	perPerson int           // and of one person: more than anybody's devices, and few enough that one cannot fill the room
	channels  int           // sessions open at once in one connection
}

func defaultLimits() limits {
	return limits{
		hello: 20 * time.Second, handshake: time.Minute, join: 10 * time.Minute, stall: time.Minute,
		strangers: 512, perPlace: 64, members: 4096, perPerson: 16, channels: 8,
	}
}

// Bounds of what a client may ask for in one session.
const (
	maxOffers  = 100      // keys an agent may offer, tries at a code apart
	maxColumns = 500      // of a window
	maxRows    = 200      // of a window
	maxCommand = 64 << 10 // bytes of a command line
	maxEnv     = 32       // variables
	maxEnvSize = 4 << 10  // bytes of name and value of one
	maxTerm    = 64       // bytes of TERM
	maxUser    = 64       // bytes of a user name
)

var (
	errCrowded = errors.New("too many connections of one person")
	errFull    = errors.New("too many connections")
)

// listener takes connections in while there is room for strangers, and knows all it has let in.
type listener struct {
	net.Listener
	limits limits
	log    *slog.Logger

	mu        sync.Mutex
	stopped   bool
	strangers int
	places    map[netip.Prefix]int
	members   int
	persons   map[int64]int // connections of each person who is signed in
	conns     map[*conn]struct{}
}

func newListener(l net.Listener, lim limits, log *slog.Logger) *listener {
	return &listener{
		Listener: l, limits: lim, log: log, places: map[netip.Prefix]int{}, persons: map[int64]int{}, conns: map[*conn]struct{}{},
	}
}

// Accept answers the next connection for which there is room; others are closed at once.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err // the library looks at its kind
		}
		if own := l.admit(c); own != nil {
			return own, nil
		}
		_ = c.Close() // nothing was said on it yet
	}
}

func (l *listener) admit(c net.Conn) *conn {
	place := placeOf(c.RemoteAddr())
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped || l.strangers >= l.limits.strangers || l.places[place] >= l.limits.perPlace {
		l.log.Debug("no room for a connection", "addr", c.RemoteAddr().String())
		return nil
	}
	l.strangers++
	l.places[place]++
	own := &conn{Conn: c, limits: l.limits, since: time.Now(), place: place, home: l}
	l.conns[own] = struct{}{}
	own.allow(l.limits.hello)
	return own
}

// known gives a stranger who signed in a member's room for their own, if there is one. What is to be done when they leave
// is kept.
func (l *listener) known(c *conn, person int64, onLeave func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, there := l.conns[c]
	switch {
	case !there: // closed meanwhile: nobody would give the room back
		return net.ErrClosed
	case l.persons[person] >= l.limits.perPerson:
		return errCrowded
	case l.members >= l.limits.members:
		return errFull
	}
	l.members++
	l.persons[person]++
	c.person, c.onLeave = person, onLeave
	l.uncount(c)
	return nil
}

// forget drops a connection that was closed, and does what was to be done then.
func (l *listener) forget(c *conn) {
	l.mu.Lock()
	delete(l.conns, c)
	l.uncount(c)
	onLeave := c.onLeave
	if onLeave != nil {
		l.members--
		if l.persons[c.person]--; l.persons[c.person] == 0 {
			delete(l.persons, c.person)
		}
	}
	l.mu.Unlock()
	if onLeave != nil {
		onLeave()
	}
}

// uncount takes a connection from the strangers; the lock is held.
func (l *listener) uncount(c *conn) {
	if c.counted {
		return
	}
	c.counted = true
	l.strangers--
	if l.places[c.place]--; l.places[c.place] == 0 {
		delete(l.places, c.place)
	}
}

// stop lets nobody in any more.
func (l *listener) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
}

// closeAll closes the listener and every connection there still is.
func (l *listener) closeAll() {
	l.stop()
	if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		l.log.Warn("close listener", "err", err)
	}
	l.mu.Lock()
	conns := make([]*conn, 0, len(l.conns))
	for c := range l.conns {
		conns = append(conns, c)
	}
	l.mu.Unlock()
	for _, c := range conns {
		_ = c.Close() // it is to be gone; how does not matter
	}
}

// conn is one connection with its deadlines: short ones until somebody has signed in, and always one for what we write.
type conn struct {
	net.Conn
	limits limits
	since  time.Time
	place  netip.Prefix
	home   *listener

	counted  bool   // left the strangers; guarded by home.mu
	person   int64  // who signed in; guarded by home.mu
	onLeave  func() // nil until signed in; guarded by home.mu
	channels atomic.Int32
	leave    sync.Once
}

// allow gives a stranger until d after they came.
func (c *conn) allow(d time.Duration) {
	_ = c.SetReadDeadline(c.since.Add(d)) // fails only on a closed connection
}

// admitted ends the time limits of strangers, or says why there is no room for the person. onLeave is called when the
// connection is closed.
func (c *conn) admitted(person int64, onLeave func()) error {
	if err := c.home.known(c, person, onLeave); err != nil {
		return err
	}
	_ = c.SetReadDeadline(time.Time{}) // fails only on a closed connection
	return nil
}

// Write ends the connection if the peer reads nothing for too long.
func (c *conn) Write(p []byte) (int, error) {
	_ = c.SetWriteDeadline(time.Now().Add(c.limits.stall)) // fails only on a closed connection
	return c.Conn.Write(p)
}

// SetDeadline does nothing: the library would take our deadlines off.
func (c *conn) SetDeadline(time.Time) error { return nil }

// Close ends the connection and gives its room back.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.leave.Do(func() { c.home.forget(c) })
	return err
}

// placeOf is the network an address counts for: one IPv4 address, or what one IPv6 household has.
func placeOf(addr net.Addr) netip.Prefix {
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip, bits := ap.Addr().Unmap(), 32
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
