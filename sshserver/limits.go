package sshserver

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Limits is what connections may use up, and what becomes of those who ask for more. Counts are of connections unless
// they say otherwise. The operator may set each by its name in the settings file: see Set and Rows.
type Limits struct {
	// How long a client may take.

	Hello     time.Duration // from the first byte to the end of the key exchange, the header of a proxy included
	Handshake time.Duration // until signed in, a typed code included
	Join      time.Duration // the same, once a right code was given: there are words to write down
	Stall     time.Duration // how long what we write may stay unread

	// How many there may be.

	Strangers      int // not yet signed in, of all together
	Kept           int // of these, only for networks from which somebody signed in lately
	PerAddress     int // not yet signed in, of one address
	PerNetwork     int // and of one network (256 addresses of IPv4, a /64 of IPv6), which has never more than is left for others
	Members        int // signed in, of all together: each takes memory and a few goroutines
	PerPerson      int // and of one person: more than anybody's devices, and few enough that one cannot fill the room
	Sessions       int // open at once in one connection
	PersonSessions int // and by one person, in all of their connections

	// Penalties, after sshd_config(5), PerSourcePenalties: a source (an address of IPv4, a /64 of IPv6) whose connections end
	// without a sign-in gathers seconds, which run off as time passes. From Threshold on it is refused until they have.

	NoAuth    time.Duration // for leaving before trying to sign in
	Late      time.Duration // for being silent or slow until the time was over
	Invalid   time.Duration // for what is no SSH, or breaks it
	AuthFail  time.Duration // for trying to sign in without success
	Threshold time.Duration // what is gathered below this has no effect
	Ceiling   time.Duration // and no source gathers more than this
	Sources   int           // how many sources are remembered; those with the least are forgotten first

	Exempt  []netip.Prefix // never penalised: where all connections have one address, one bad client would shut out all
	Proxies []netip.Prefix // speak PROXY protocol, and nobody else may connect then; none: nobody does
}

// DefaultLimits are what a practice has whose operator set none.
func DefaultLimits() Limits {
	return Limits{
		Hello: 20 * time.Second, Handshake: time.Minute, Join: 10 * time.Minute, Stall: time.Minute,
		Strangers: 512, Kept: 256, PerAddress: 64, PerNetwork: 128, Members: 4096, PerPerson: 16, Sessions: 8, PersonSessions: 32,
		NoAuth: time.Second, Late: 10 * time.Second, Invalid: 10 * time.Second, AuthFail: 5 * time.Second,
		Threshold: 15 * time.Second, Ceiling: 10 * time.Minute, Sources: 16384,
		Exempt: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	}
}

// ErrLimit is the kind of every error about a limit's name or value; its text is for the operator.
var ErrLimit = errors.New("limit")

// limit is one field under its name in the settings file.
type limit struct {
	name  string
	value interface {
		String() string
		Set(text string) error // the error says what is wanted
	}
}

func (l *Limits) table() []limit {
	return []limit{
		{"hello", (*timeLimit)(&l.Hello)}, {"handshake", (*timeLimit)(&l.Handshake)},
		{"join", (*timeLimit)(&l.Join)}, {"stall", (*timeLimit)(&l.Stall)},
		{"strangers", (*countLimit)(&l.Strangers)}, {"kept", (*countLimit)(&l.Kept)},
		{"per-address", (*countLimit)(&l.PerAddress)}, {"per-network", (*countLimit)(&l.PerNetwork)},
		{"members", (*countLimit)(&l.Members)}, {"per-person", (*countLimit)(&l.PerPerson)}, {"sessions", (*countLimit)(&l.Sessions)},
		{"person-sessions", (*countLimit)(&l.PersonSessions)},
		{"no-auth", (*timeLimit)(&l.NoAuth)}, {"late", (*timeLimit)(&l.Late)},
		{"invalid", (*timeLimit)(&l.Invalid)}, {"auth-fail", (*timeLimit)(&l.AuthFail)},
		{"threshold", (*timeLimit)(&l.Threshold)}, {"ceiling", (*timeLimit)(&l.Ceiling)}, {"sources", (*countLimit)(&l.Sources)},
		{"exempt", (*netsLimit)(&l.Exempt)}, {"proxies", (*netsLimit)(&l.Proxies)},
	}
}

// Set changes one limit by its name: a time like "20s", a count, or networks with commas between them. Its errors are
// ErrLimit. Check looks at all of them together.
func (l *Limits) Set(name, text string) error {
	for _, e := range l.table() {
		if e.name != name {
			continue
		}
		if err := e.value.Set(text); err != nil {
			return fmt.Errorf("%w %s: %q is not %w", ErrLimit, name, text, err)
		}
		return nil
	}
	return fmt.Errorf("%w: there is none named %q", ErrLimit, name)
}

// Rows are the names and values of all limits, as Set takes them.
func (l *Limits) Rows() [][2]string {
	var rows [][2]string
	for _, e := range l.table() {
		rows = append(rows, [2]string{e.name, e.value.String()})
	}
	return rows
}

// Check finds limits with which nobody could sign in, or that gainsay each other. Its errors are ErrLimit.
func (l *Limits) Check() error {
	for _, must := range []struct {
		holds bool
		say   string
	}{
		{l.Hello >= time.Second, "hello must be at least 1s"},
		{l.Handshake >= l.Hello, "handshake must not be less than hello"},
		{l.Join >= l.Handshake, "join must not be less than handshake"},
		{l.Stall >= time.Second, "stall must be at least 1s"},
		{l.Strangers >= 1 && l.Members >= 1 && l.PerPerson >= 1 && l.Sessions >= 1, "strangers, members, per-person and sessions must be at least 1"},
		{l.PersonSessions >= l.Sessions, "person-sessions must not be less than sessions"},
		{l.PerAddress >= 1 && l.PerNetwork >= 1, "per-address and per-network must be at least 1"},
		{l.Kept < l.Strangers, "kept must be less than strangers"},
		{l.Ceiling >= l.Threshold, "ceiling must not be less than threshold"},
	} {
		if !must.holds {
			return fmt.Errorf("%w: %s", ErrLimit, must.say)
		}
	}
	return nil
}

type (
	timeLimit  time.Duration
	countLimit int
	netsLimit  []netip.Prefix
)

func (v *timeLimit) String() string { return time.Duration(*v).String() }

func (v *timeLimit) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > 24*time.Hour {
		return errors.New(`a time up to a day, like "20s" or "10m"`)
	}
	*v = timeLimit(d)
	return nil
}

func (v *countLimit) String() string { return strconv.Itoa(int(*v)) }

func (v *countLimit) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 1<<20 {
		return errors.New("a number from 0 to 1048576")
	}
	*v = countLimit(n)
	return nil
}

func (v *netsLimit) String() string {
	var all []string
	for _, p := range *v {
		all = append(all, p.String())
	}
	return strings.Join(all, ", ")
}

func (v *netsLimit) Set(text string) error {
	var nets netsLimit
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" && text == "" {
			break // none at all
		}
		if addr, err := netip.ParseAddr(part); err == nil {
			nets = append(nets, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil || p.Addr().Is4In6() {
			return errors.New("a list of addresses or networks, like 192.0.2.1 or 2001:db8::/32")
		}
		nets = append(nets, p.Masked())
	}
	*v = nets
	return nil
}

// within says whether an address is in one of the networks.
func within(nets []netip.Prefix, addr netip.Addr) bool {
	for _, p := range nets {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// Bounds of what a client may ask for, which nobody needs to change.
const (
	maxOffers  = 100      // keys an agent may offer, tries at a code apart
	maxHello   = 64 << 10 // bytes that a stranger may send until the key exchange is over
	maxSignIn  = 1 << 20  // and until they are signed in
	maxColumns = 500      // of a window
	maxRows    = 200      // of a window
	maxCommand = 64 << 10 // bytes of a command line
	maxEnv     = 32       // variables
	maxEnvSize = 4 << 10  // bytes of name and value of one
	maxTerm    = 64       // bytes of TERM
	maxUser    = 64       // bytes of a user name
)
