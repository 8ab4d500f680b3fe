package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// Patience is how long a member waits for what must happen, however slowly.
const Patience = 30 * time.Second

// What the seeded practices show, in letters that stand nowhere else on the screens.
const (
	markHome  = "Ա" // in the title of a thread
	markEnd   = "Բ" // in the last entry of a thread
	markStart = "Գ" // in the first
)

// markOpen stands beside the chosen entry of a thread, and on no other page. What was on the screen before may be moved and
// not be drawn again, such as the last entry, of which Home has a preview.
const markOpen = "▌"

// Member is somebody with a client of their own.
type Member struct {
	Number int  // from 1; also tells where they come from
	Wide   bool // a screen of 200 by 50, and not of 80 by 24
	Key    ssh.Signer
	Screen Screen

	client  *ssh.Client
	session *ssh.Session
	stdin   io.Writer
	wire    *counted
	typed   []rune
}

// Source is the address on loopback from which the n-th member comes, each from a network of their own. Only Linux has
// those without being asked to; elsewhere it is nil, and all come from one.
func Source(n int) net.IP {
	if runtime.GOOS != "linux" {
		return nil
	}
	return net.IPv4(127, byte(1+(n-1)/250), byte(1+(n-1)%250), 1)
}

// counted is a connection that knows how many bytes came in.
type counted struct {
	net.Conn
	in atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.in.Add(int64(n))
	return n, err
}

// Dial signs in from an address on loopback; from nil is any.
func Dial(ctx context.Context, addr string, from net.IP, key ssh.Signer, within time.Duration) (*ssh.Client, error) {
	client, _, err := dial(ctx, addr, from, key, within)
	return client, err
}

func dial(ctx context.Context, addr string, from net.IP, key ssh.Signer, within time.Duration) (*ssh.Client, *counted, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var dialer net.Dialer
	if from != nil {
		dialer.LocalAddr = &net.TCPAddr{IP: from}
	}
	c, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	until, _ := ctx.Deadline()
	_ = c.SetDeadline(until) // fails only on a closed connection
	config := &ssh.ClientConfig{
		User: "anybody", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), //nolint:gosec // it is this machine's own, and nothing secret is said
	}
	wire := &counted{Conn: c}
	conn, channels, requests, err := ssh.NewClientConn(wire, addr, config)
	if err != nil {
		return nil, nil, errors.Join(err, c.Close())
	}
	_ = c.SetDeadline(time.Time{}) // fails only on a closed connection
	return ssh.NewClient(conn, channels, requests), wire, nil
}

// SignIn connects and asks for a screen, and returns when the phrase is on it, or, where it is not known what will be, when
// nothing more is drawn.
func (m *Member) SignIn(ctx context.Context, addr, phrase string) (err error) {
	if m.client, m.wire, err = dial(ctx, addr, Source(m.Number), m.Key, Patience); err != nil {
		return err
	}
	if m.session, err = m.client.NewSession(); err != nil {
		return err
	}
	if m.stdin, err = m.session.StdinPipe(); err != nil {
		return err
	}
	m.session.Stdout = &m.Screen
	if err := m.session.RequestPty("xterm-256color", m.rows(), m.columns(), ssh.TerminalModes{}); err != nil {
		return err
	}
	if phrase == "" {
		if err := m.session.Shell(); err != nil {
			return err
		}
		_, err := m.drawn(ctx, time.Now(), 300*time.Millisecond)
		return err
	}
	shown := m.Screen.Expect(phrase)
	if err := m.session.Shell(); err != nil {
		return err
	}
	if err := wait(ctx, shown); err != nil {
		return fmt.Errorf("no first screen: %w; %s", err, m.instead())
	}
	return nil
}

// widen makes the member's window a large one.
func (m *Member) widen() error {
	m.Wide = true
	return m.session.WindowChange(m.rows(), m.columns())
}

func (m *Member) columns() int {
	if m.Wide {
		return 200
	}
	return 80
}

func (m *Member) rows() int {
	if m.Wide {
		return 50
	}
	return 24
}

// Press sends keys, and returns when the phrase was drawn.
func (m *Member) Press(ctx context.Context, keys, phrase string) error {
	shown := m.Screen.Expect(phrase)
	if _, err := io.WriteString(m.stdin, keys); err != nil {
		return fmt.Errorf("press a key: %w", err)
	}
	if err := wait(ctx, shown); err != nil {
		return errors.Join(errNothing, err)
	}
	return nil
}

// errNothing means that nothing was drawn after a key.
var errNothing = errors.New("nothing came of a key")

// Step presses keys that change the screen in some way, and answers how long that took, to the last byte.
func (m *Member) Step(ctx context.Context, keys string) (time.Duration, error) {
	pressed := time.Now()
	if _, err := io.WriteString(m.stdin, keys); err != nil {
		return 0, fmt.Errorf("press a key: %w", err)
	}
	return m.drawn(ctx, pressed, 30*time.Millisecond)
}

// drawn waits until something is drawn, and then so long no more. It answers when the last of it came, counted from then.
func (m *Member) drawn(ctx context.Context, from time.Time, quiet time.Duration) (time.Duration, error) {
	for late := from.Add(Patience); ; {
		at, some := m.Screen.drawnSince(from)
		switch now := time.Now(); {
		case some && now.Sub(at) >= quiet:
			return at.Sub(from), nil
		case now.After(late):
			return now.Sub(from), errNothing
		}
		if err := pause(ctx, quiet/6); err != nil {
			return 0, err
		}
	}
}

// Timed presses keys and answers how long the phrase took to the screen.
func (m *Member) Timed(ctx context.Context, keys, phrase string) (time.Duration, error) {
	pressed := time.Now()
	err := m.Press(ctx, keys, phrase)
	return time.Since(pressed), err
}

func wait(ctx context.Context, shown <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	select {
	case <-shown:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run runs a command beside the screen.
func (m *Member) Run(command string) (string, error) { return m.RunWith(command, "") }

// RunWith runs a command that reads a text.
func (m *Member) RunWith(command, text string) (string, error) {
	session, err := m.client.NewSession()
	if err != nil {
		return "", err
	}
	defer session.Close()
	session.Stdin = strings.NewReader(text)
	out, err := session.Output(command)
	return string(out), err
}

// Leave ends the connection, if there is one.
func (m *Member) Leave() {
	if m.client != nil {
		_ = m.client.Close() // it may have ended
		m.client = nil
	}
}

// Each does something for all members, a few at a time, until it fails for one.
func Each(ctx context.Context, members []*Member, do func(context.Context, *Member) error) error {
	return parallelBy(ctx, 8, len(members), func(ctx context.Context, i int) error {
		if err := do(ctx, members[i]); err != nil {
			return fmt.Errorf("member %d: %w", members[i].Number, err)
		}
		return nil
	})
}
