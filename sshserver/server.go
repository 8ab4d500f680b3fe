// Package sshserver is the only door to the practice: an SSH server that finds out who is there and gives each session
// its screen, its numbered lines, or one command.
//
// server.go wires; door.go lets connections in as far as limits.go has room for them; auth.go alone decides who somebody
// is; channel.go lets only clean requests of a member's session through; session.go, screen.go and commands.go serve what
// is left.
package sshserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"charm.land/ssh"
	"charm.land/wish/v2"
	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
	"alcove/themes"
	"alcove/tui"
)

// Config is what a server needs. All but Demo, Limits and Zone must be set.
type Config struct {
	Store   *store.Store
	Themes  *themes.Set
	HostKey gossh.Signer // see LoadOrCreateHostKey
	Place   tui.Place    // where clients reach this server, for the sentences that say so
	Log     *slog.Logger // handles, fingerprints and addresses, never content
	Now     func() time.Time
	Zone    *time.Location // of people who have set none; nil is the server's
	Demo    bool           // anybody is whom they say they are: for throw-away practices only
	Limits  *Limits        // nil is DefaultLimits
}

// How long a stop may take, all in all ten seconds: screens say good-bye and save, then connections are cut, then the
// last drafts are saved.
const (
	farewellTime = 4 * time.Second
	cutTime      = 5 * time.Second
)

// Server serves one practice over SSH.
type Server struct {
	Config

	limits     Limits
	guesses    *guesses
	companions *companions
	ssh        *ssh.Server
	shared     *tui.Shared // by all screens
	calm       *calm
	newScreen  func(ctx context.Context, o tui.Options) screen

	stopping context.Context // ends when Serve's does: it is the server's lifetime
	tell     func()          // ends it
	mu       sync.Mutex
	stopped  bool           // no session begins any more
	sessions sync.WaitGroup // handlers at work
	panics   atomic.Int64   // in sessions
}

// New makes a server that is ready to Serve.
func New(c Config) (*Server, error) {
	if c.Store == nil || c.Themes == nil || c.HostKey == nil || c.Log == nil || c.Now == nil {
		return nil, errors.New("ssh server: Store, Themes, HostKey, Log and Now must be set")
	}
	if c.Zone == nil {
		c.Zone = time.Local
	}
	limits := DefaultLimits()
	if c.Limits != nil {
		limits = *c.Limits
	}
	if err := limits.Check(); err != nil {
		return nil, fmt.Errorf("ssh server: %w", err)
	}
	s := &Server{
		Config:     c,
		limits:     limits,
		guesses:    newGuesses(c.Now),
		companions: newCompanions(),
		shared:     tui.NewShared(c.Themes),
		calm:       &calm{after: calmAfter, give: giveBack},
		newScreen:  func(ctx context.Context, o tui.Options) screen { return tui.New(ctx, o) },
	}
	s.stopping, s.tell = context.WithCancel(context.Background())
	var err error
	s.ssh, err = wish.NewServer(s.doors, wish.WithVersion("Alcove"))
	if err != nil {
		return nil, fmt.Errorf("ssh server: %w", err)
	}
	return s, nil
}

// doors sets what a connection may reach: session channels, and nothing else. The library's own sign-in handlers stay
// nil, for they can only say yes or no.
func (s *Server) doors(srv *ssh.Server) error {
	srv.AddHostKey(s.HostKey)
	srv.ConnCallback = func(ctx ssh.Context, c net.Conn) net.Conn {
		own, ok := c.(*conn)
		if !ok || !own.home.introduce(own) {
			return nil // the library closes it
		}
		ctx.SetValue(connKey, own)
		return own
	}
	srv.ServerConfigCallback = s.serverConfig
	srv.ChannelHandlers = map[string]ssh.ChannelHandler{"session": s.openSession}
	srv.RequestHandlers = map[string]ssh.RequestHandler{}
	srv.SubsystemHandlers = map[string]ssh.SubsystemHandler{}
	return nil
}

// serverConfig is made anew for each connection, because what is learnt while one signs in is bound to it.
func (s *Server) serverConfig(ctx ssh.Context) *gossh.ServerConfig {
	config := &gossh.ServerConfig{
		Config: gossh.Config{
			KeyExchanges: []string{gossh.KeyExchangeMLKEM768X25519, gossh.KeyExchangeCurve25519},
			Ciphers:      []string{gossh.CipherChaCha20Poly1305, gossh.CipherAES256GCM, gossh.CipherAES128GCM},
			MACs:         []string{gossh.HMACSHA256ETM, gossh.HMACSHA512ETM},
		},
		PublicKeyAuthAlgorithms: []string{
			gossh.KeyAlgoED25519, gossh.KeyAlgoSKED25519, gossh.KeyAlgoSKECDSA256,
			gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521, gossh.KeyAlgoRSASHA256, gossh.KeyAlgoRSASHA512,
		},
		MaxAuthTries: maxOffers,
	}
	own, _ := ctx.Value(connKey).(*conn)
	s.newSignIn(ctx, own).install(config)
	return config
}

// Serve takes connections from l until ctx ends, then ends every session and closes all: screens are told, drafts are
// saved, and all is gone within ten seconds. A server serves once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	door := newListener(l, &s.limits, s.Now, s.Log, s.calm)
	defer s.calm.end()
	served := make(chan error, 1)
	go func() { served <- s.ssh.Serve(door) }()
	select {
	case err := <-served:
		door.closeAll()
		return fmt.Errorf("serve ssh: %w", err)
	case <-ctx.Done():
	}
	s.stop(door)
	if err := <-served; !errors.Is(err, ssh.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("serve ssh: %w", err)
	}
	return nil
}

// begin counts a session in, unless the server is stopping.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		s.sessions.Add(1)
	}
	return !s.stopped
}

// stop tells every session, waits for them, and then cuts what is left.
func (s *Server) stop(door *listener) {
	door.stop()
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.tell()
	gone := make(chan struct{})
	go func() { s.sessions.Wait(); close(gone) }()
	for _, wait := range []time.Duration{farewellTime, cutTime} {
		timer := time.NewTimer(wait)
		select {
		case <-gone:
		case <-timer.C:
		}
		timer.Stop()
		if err := s.ssh.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			s.Log.Warn("stop listening", "err", err)
		}
		door.closeAll()
	}
}
