package sshserver

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
	"alcove/themes"
	"alcove/tui"
)

// practice is a real store behind a real server on loopback, with a coach, jonas, and two clients, anna and piet.
type practice struct {
	t       testing.TB
	server  *Server
	store   *store.Store
	addr    string
	log     *safeBuffer
	hostKey gossh.Signer
	keys    map[string]gossh.Signer
	ids     map[string]store.Identity
	stop    func() error // ends Serve and answers what it did
}

// patient is how long a test waits for what must come.
const patient = time.Minute

func newPractice(t testing.TB, change ...func(*Server)) *practice {
	t.Helper()
	return newPracticeOf(t, store.Config{Demo: true}, change...)
}

// newPracticeOf is newPractice with a store of one's own.
func newPracticeOf(t testing.TB, cfg store.Config, change ...func(*Server)) *practice {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	log := &safeBuffer{}
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	_, err := store.Init(ctx, dir, store.Config{Log: logger})
	must(t, err)
	cfg.Log = logger
	st, err := store.Open(ctx, dir, cfg)
	must(t, err)
	p := &practice{
		t: t, store: st, log: log, hostKey: newKey(t), keys: map[string]gossh.Signer{}, ids: map[string]store.Identity{},
	}
	t.Cleanup(func() { must(t, st.Close()) })
	p.join("jonas", store.RoleCoach, "Jonas W.")
	p.join("anna", store.RoleClient, "Anna K.", "jonas")
	p.join("piet", store.RoleClient, "Piet V.", "jonas")
	p.serve(logger, change...)
	return p
}

func (p *practice) serve(logger *slog.Logger, change ...func(*Server)) {
	p.t.Helper()
	set, err := themes.Load("")
	must(p.t, err)
	p.server, err = New(Config{
		Store: p.store, Themes: set, HostKey: p.hostKey, Log: logger, Now: time.Now, Zone: time.UTC,
		Place: tui.Place{Host: "practice.example", Port: 2222, Fingerprint: gossh.FingerprintSHA256(p.hostKey.PublicKey())},
	})
	must(p.t, err)
	p.server.guesses.pause = time.Millisecond
	for _, f := range change {
		f(p.server)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(p.t, err)
	p.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.server.Serve(ctx, l) }()
	p.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(patient):
			return errors.New("the server does not stop")
		}
	})
	p.t.Cleanup(func() { must(p.t, p.stop()) })
}

// placeOf is what an address answers for.
func placeOf(a net.Addr) netip.Prefix { return sourceOf(addressOf(a).Addr()) }

// invite answers a code.
func (p *practice) invite(handle string, role store.Role, name string, with ...string) string {
	p.t.Helper()
	inv, err := p.store.Operator().Invite(context.Background(), store.NewInvitation{Handle: handle, Role: role, Name: name, With: with})
	must(p.t, err)
	return inv.Code
}

// join makes a person who has a key.
func (p *practice) join(handle string, role store.Role, name string, with ...string) {
	p.t.Helper()
	key := newKey(p.t)
	who, err := p.store.Redeem(context.Background(), p.invite(handle, role, name, with...), publicKey(key))
	must(p.t, err)
	p.keys[handle], p.ids[handle] = key, who
}

func (p *practice) as(handle string) *store.Access { return p.store.As(p.ids[handle]) }

// thread opens a thread between anna and jonas.
func (p *practice) thread(title string, texts ...string) store.Thread {
	p.t.Helper()
	t, err := p.as("anna").NewThread(context.Background(), title, []string{"jonas"}, "")
	must(p.t, err)
	for _, text := range texts {
		_, err := p.as("anna").Write(context.Background(), t.Number, text, 0)
		must(p.t, err)
	}
	return t
}

func (p *practice) clientConfig(user string, auth ...gossh.AuthMethod) *gossh.ClientConfig {
	return &gossh.ClientConfig{
		User: user, Auth: auth, HostKeyCallback: gossh.FixedHostKey(p.hostKey.PublicKey()), Timeout: patient,
	}
}

// dial signs in or fails.
func (p *practice) dial(user string, auth ...gossh.AuthMethod) (*gossh.Client, error) {
	return gossh.Dial("tcp", p.addr, p.clientConfig(user, auth...))
}

// client signs in as somebody with their key.
func (p *practice) client(handle string) *gossh.Client {
	p.t.Helper()
	c, err := p.dial("whoever", gossh.PublicKeys(p.keys[handle]))
	must(p.t, err)
	p.t.Cleanup(func() { _ = c.Close() })
	return c
}

// result is what a command did.
type result struct {
	out, err string
	code     int
}

// run runs a command as somebody, with stdin.
func (p *practice) run(handle, command, stdin string, env ...string) result {
	p.t.Helper()
	return runOn(p.t, p.client(handle), command, stdin, env...)
}

func runOn(t testing.TB, c *gossh.Client, command, stdin string, env ...string) result {
	t.Helper()
	s, err := c.NewSession()
	must(t, err)
	defer s.Close()
	for i := 0; i < len(env); i += 2 {
		must(t, s.Setenv(env[i], env[i+1]))
	}
	var out, errs bytes.Buffer
	s.Stdin, s.Stdout, s.Stderr = strings.NewReader(stdin), &out, &errs
	r := result{code: exitCode(t, s.Run(command))}
	r.out, r.err = out.String(), errs.String()
	return r
}

func exitCode(t testing.TB, err error) int {
	t.Helper()
	var exit *gossh.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitStatus()
	}
	t.Fatalf("run: %v", err)
	return -1
}

func newKey(t testing.TB) gossh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	s, err := gossh.NewSignerFromKey(private)
	must(t, err)
	return s
}

func publicKey(s gossh.Signer) store.PublicKey {
	return store.PublicKey{Type: s.PublicKey().Type(), Blob: s.PublicKey().Marshal()}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patient); time.Now().Before(end); {
		if ok() {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// safeBuffer is a buffer that many may write to.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

var _ io.Writer = (*safeBuffer)(nil)
