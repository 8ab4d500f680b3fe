package sshserver

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The door stands in front of the SSH server: it closes at once what Limits leave no room for, and remembers who
// misbehaved. Its lines in the log are of two kinds, and stay as they are because filters read them:
//
//	msg=refused addr=192.0.2.1 why=...              closed before a byte was said
//	msg=penalty addr=192.0.2.1 why=... total=15s shut=true   what a connection that ended has added
//
// docs/operator.md explains them.

var (
	errCrowded = errors.New("too many connections of one person")
	errFull    = errors.New("too many connections")
)

// refusals are at most so many lines a second: a flood must not fill the disk.
const refusalsLogged = 10

// listener takes connections in while there is room for strangers, and knows all it has let in.
type listener struct {
	net.Listener
	limits    *Limits
	log       *slog.Logger
	now       func() time.Time
	penalties *penalties
	regulars  *regulars
	calm      *calm // which what clients send keeps from coming

	mu        sync.Mutex
	stopped   bool
	strangers int // those whose address is not known yet among them
	addresses map[netip.Addr]int
	networks  map[netip.Prefix]int
	members   int
	persons   map[int64]int // connections of each person who is signed in
	sessions  map[int64]int // and their sessions
	conns     map[*conn]struct{}
	say       *rate.Limiter
	unsaid    int // refusals that were not logged
}

func newListener(l net.Listener, lim *Limits, now func() time.Time, log *slog.Logger, m *calm) *listener {
	return &listener{
		Listener: l, limits: lim, log: log, now: now, calm: m, penalties: newPenalties(lim, now), regulars: newRegulars(now),
		addresses: map[netip.Addr]int{}, networks: map[netip.Prefix]int{}, persons: map[int64]int{}, sessions: map[int64]int{}, conns: map[*conn]struct{}{},
		say: rate.NewLimiter(refusalsLogged, refusalsLogged),
	}
}

// Accept answers the next connection for which there is room; others are closed at once.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err // the library looks at its kind
		}
		if own := l.receive(c); own != nil {
			return own, nil
		}
	}
}

// receive lets a connection in, or closes it.
func (l *listener) receive(c net.Conn) *conn {
	own := &conn{Conn: c, limits: l.limits, since: time.Now(), home: l}
	own.left.Store(maxHello)
	from := addressOf(c.RemoteAddr())
	var why string
	switch {
	case len(l.limits.Proxies) > 0 && !within(l.limits.Proxies, from.Addr()):
		why = "proxy"
	case len(l.limits.Proxies) > 0: // whose it is, the connection's own goroutine reads: see introduce
		why = l.enter(own)
	default:
		if why = l.enter(own); why == "" {
			why = l.admit(own, from)
		}
	}
	if why != "" {
		l.refuse(own, from.Addr(), why)
		return nil
	}
	own.allow(l.limits.Hello)
	return own
}

// introduce finds out whose connection it is that a proxy passed on, and answers whether it may stay.
func (l *listener) introduce(c *conn) bool {
	if len(l.limits.Proxies) == 0 {
		return true
	}
	from := addressOf(c.Conn.RemoteAddr())
	client, known, err := readProxyHeader(c)
	if err != nil {
		l.refuse(c, from.Addr(), "proxy")
		return false
	}
	if known {
		from = netip.AddrPortFrom(client.Addr().Unmap(), client.Port())
	}
	if why := l.admit(c, from); why != "" {
		l.refuse(c, from.Addr(), why)
		return false
	}
	return true
}

// enter counts a connection whose address counts for nothing yet; it answers why not, or "".
func (l *listener) enter(c *conn) (why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.stopped:
		return "stopping"
	case l.strangers >= l.limits.Strangers:
		return "full"
	}
	l.strangers++
	c.state = entered
	l.conns[c] = struct{}{}
	return ""
}

// admit gives a connection that has entered the room of its address; it answers why not, or "". A network that has some is
// given no more than is left then, so that however few flood, there is room for one from elsewhere.
func (l *listener) admit(c *conn, from netip.AddrPort) (why string) {
	place, network := sourceOf(from.Addr()), networkOf(from.Addr())
	if l.penalties.shut(place) {
		return "penalty"
	}
	kept := l.limits.Kept
	if l.regulars.has(network) {
		kept = 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case c.state != entered: // closed meanwhile
		return "stopping"
	case l.strangers > l.limits.Strangers-kept: // it is one of them
		return "full"
	case l.addresses[from.Addr()] >= l.limits.PerAddress:
		return "address"
	case l.networks[network] >= l.limits.PerNetwork, l.networks[network] > l.limits.Strangers-kept-l.strangers:
		return "network"
	}
	l.addresses[from.Addr()]++
	l.networks[network]++
	c.from, c.place, c.network, c.state = from, place, network, admitted
	return ""
}

// refuse closes a connection that found no room.
func (l *listener) refuse(c *conn, from netip.Addr, why string) {
	l.logRefused(from, why)
	c.reach(excusedStage) // it did nothing yet
	_ = c.Close()         // nothing was said on it
}

func (l *listener) logRefused(from netip.Addr, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.say.AllowN(l.now(), 1) {
		l.unsaid++
		return
	}
	l.log.Info("refused", "addr", from.String(), "why", why, "unsaid", l.unsaid)
	l.unsaid = 0
}

// known gives a stranger who signed in a member's room for their own, if there is one. What is to be done when they leave
// is kept.
func (l *listener) known(c *conn, person int64, onLeave func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case c.state != admitted: // closed meanwhile: nobody would give the room back
		return net.ErrClosed
	case l.persons[person] >= l.limits.PerPerson:
		return errCrowded
	case l.members >= l.limits.Members:
		return errFull
	}
	l.leaveStrangers(c)
	l.members++
	l.persons[person]++
	c.person, c.onLeave, c.state = person, onLeave, member
	l.regulars.add(c.network)
	return nil
}

// forget drops a connection that was closed, does what was to be done then, and counts what it is to blame for.
func (l *listener) forget(c *conn) {
	l.mu.Lock()
	delete(l.conns, c)
	if c.state == member {
		l.members--
		lower(l.persons, c.person)
	} else {
		l.leaveStrangers(c)
	}
	was, onLeave := c.state, c.onLeave
	c.state = closed
	l.mu.Unlock()
	switch {
	case was == admitted:
		l.penalise(c)
	case onLeave != nil:
		onLeave()
	}
}

// penalise counts what a stranger did, now that they are gone.
func (l *listener) penalise(c *conn) {
	f := c.fault()
	if f == noFault || l.limits.penalty(f) == 0 || within(l.limits.Exempt, c.from.Addr()) || within(l.limits.Proxies, c.from.Addr()) {
		return
	}
	total, shut := l.penalties.add(c.place, f)
	l.log.Info("penalty", "addr", c.from.Addr().String(), "why", f.String(), "total", total.Round(time.Second).String(), "shut", shut)
}

// leaveStrangers takes a connection from the strangers, if it is one; the lock is held.
func (l *listener) leaveStrangers(c *conn) {
	if c.state == entered || c.state == admitted {
		l.strangers--
	}
	if c.state == admitted {
		lower(l.addresses, c.from.Addr())
		lower(l.networks, c.network)
	}
}

// lower counts one less.
func lower[K comparable](counts map[K]int, key K) {
	if counts[key]--; counts[key] == 0 {
		delete(counts, key)
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
		c.reach(excusedStage)
		_ = c.Close() // it is to be gone; how does not matter
	}
}

// addressOf is where somebody is, as far as that can be read; an IPv4 address is one however it is written.
func addressOf(addr net.Addr) netip.AddrPort {
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
}

// sourceOf is what an address answers for: one IPv4 address, or what one IPv6 household has.
func sourceOf(addr netip.Addr) netip.Prefix {
	if addr.Is6() {
		return networkOf(addr)
	}
	return netip.PrefixFrom(addr, addr.BitLen())
}

// networkOf is the network that an address is likely to share with others of the same owner.
func networkOf(addr netip.Addr) netip.Prefix {
	bits := 24
	if addr.Is6() {
		bits = 64
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
