package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"alcove/store"
)

// The members of a flood. They come from networks of their own, 127.1.N.1, and each has one thread with the coach.

const (
	maxFloodMembers = 250
	floodPatience   = 30 * time.Second       // for what must happen, however slowly
	floodPace       = 200 * time.Millisecond // between two keys, which is 60 words a minute
	floodTitle      = "Flooded"
)

// floodMember is a member with a client of their own.
type floodMember struct {
	number int
	key    ssh.Signer
	client *ssh.Client
	stdin  io.Writer
	screen floodScreen
	typed  []rune
}

// seedFlood makes a coach and so many clients, who each have a thread with them.
func seedFlood(ctx context.Context, st *store.Store, count int) ([]*floodMember, error) {
	coach, _, err := joinFlood(ctx, st, store.NewInvitation{Role: store.RoleCoach, Handle: "coach", Name: "Coach"})
	if err != nil {
		return nil, err
	}
	members := make([]*floodMember, count)
	for i := range members {
		handle := fmt.Sprintf("member%d", i+1)
		_, key, err := joinFlood(ctx, st, store.NewInvitation{Role: store.RoleClient, Handle: handle, Name: handle, With: []string{"coach"}})
		if err != nil {
			return nil, err
		}
		if _, err := st.As(coach).NewThread(ctx, floodTitle, []string{handle}, "How is it?"); err != nil {
			return nil, err
		}
		members[i] = &floodMember{number: i + 1, key: key}
	}
	return members, nil
}

func joinFlood(ctx context.Context, st *store.Store, who store.NewInvitation) (store.Identity, ssh.Signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return store.Identity{}, nil, fmt.Errorf("make a key: %w", err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return store.Identity{}, nil, fmt.Errorf("make a key: %w", err)
	}
	inv, err := st.Operator().Invite(ctx, who)
	if err != nil {
		return store.Identity{}, nil, err
	}
	in, err := st.Redeem(ctx, inv.Code, store.PublicKey{Type: key.PublicKey().Type(), Blob: key.PublicKey().Marshal()})
	return in, key, err
}

// dialFlood signs in from an address on loopback.
func dialFlood(ctx context.Context, addr string, from net.IP, key ssh.Signer, within time.Duration) (*ssh.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	until, _ := ctx.Deadline()
	_ = c.SetDeadline(until) // fails only on a closed connection
	config := &ssh.ClientConfig{
		User: "anybody", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), //nolint:gosec // it is this machine's own, and nothing secret is said
	}
	conn, channels, requests, err := ssh.NewClientConn(c, addr, config)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	_ = c.SetDeadline(time.Time{}) // fails only on a closed connection
	return ssh.NewClient(conn, channels, requests), nil
}

// enter signs in, and opens the thread so that what is typed stands in its composer.
func (m *floodMember) enter(ctx context.Context, addr string) (err error) {
	if m.client, err = dialFlood(ctx, addr, net.IPv4(127, 1, byte(m.number), 1), m.key, floodPatience); err != nil {
		return err
	}
	session, err := m.client.NewSession()
	if err != nil {
		return err
	}
	if m.stdin, err = session.StdinPipe(); err != nil {
		return err
	}
	session.Stdout = &m.screen
	if err := session.RequestPty("xterm-256color", 24, 80, ssh.TerminalModes{}); err != nil {
		return err
	}
	home := m.screen.expect(floodTitle)
	if err := session.Shell(); err != nil {
		return err
	}
	if err := floodWait(ctx, home); err != nil {
		return fmt.Errorf("no Home: %w", err)
	}
	thread := m.screen.expect("thread") // under its last entry stands "end of thread"
	if _, err := io.WriteString(m.stdin, "1"); err != nil {
		return err
	}
	if err := floodWait(ctx, thread); err != nil {
		return fmt.Errorf("no thread: %w", err)
	}
	return nil
}

func floodWait(ctx context.Context, shown <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, floodPatience)
	defer cancel()
	select {
	case <-shown:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// typeAll lets all members type at once and answers how long each letter took to the screen.
func typeAll(ctx context.Context, members []*floodMember, span time.Duration) ([]time.Duration, error) {
	var wait sync.WaitGroup
	failed := make([]error, len(members))
	begin := time.Now()
	for i, m := range members {
		wait.Go(func() { // not all in the same moment
			failed[i] = m.typeUntil(ctx, begin.Add(floodPace*time.Duration(i)/time.Duration(len(members))), begin.Add(span))
		})
	}
	wait.Wait()
	var took []time.Duration
	for i, m := range members {
		took = append(took, m.screen.results()...)
		if failed[i] != nil {
			failed[i] = fmt.Errorf("member %d: %w", m.number, failed[i])
		}
	}
	return took, errors.Join(failed...)
}

// typeUntil types on time, whether or not the key before is on the screen, and waits for the last of them.
func (m *floodMember) typeUntil(ctx context.Context, next, end time.Time) error {
	for ; next.Before(end); next = next.Add(floodPace) {
		select {
		case <-time.After(time.Until(next)):
		case <-ctx.Done():
			return ctx.Err()
		}
		r := floodLetter(len(m.typed))
		m.typed = append(m.typed, r)
		if r != ' ' {
			m.screen.await(r)
		}
		if _, err := io.WriteString(m.stdin, string(r)); err != nil {
			return fmt.Errorf("type: %w", err)
		}
	}
	for late := time.Now().Add(floodPatience); m.screen.missing() > 0; {
		if time.Now().After(late) || ctx.Err() != nil {
			return fmt.Errorf("%d keys did not come to the screen", m.screen.missing())
		}
		<-time.After(time.Millisecond)
	}
	return nil
}

// floodLetter is the n-th key. The letters are such as stand nowhere else on the screens, and return late enough that the
// one before is not drawn again.
func floodLetter(n int) rune {
	const first, letters = 'Ѐ', 128
	if n%8 == 7 {
		return ' '
	}
	return first + rune(n%letters)
}

// send sends what was typed, and looks whether all of it is there.
func (m *floodMember) send(ctx context.Context) error {
	if _, err := io.WriteString(m.stdin, "\x13"); err != nil { // ctrl+s
		return fmt.Errorf("member %d: send: %w", m.number, err)
	}
	want := strings.TrimSpace(string(m.typed))
	for late := time.Now().Add(floodPatience); ; {
		all, err := m.run("export --format json")
		if err != nil {
			return fmt.Errorf("member %d: %w", m.number, err)
		}
		if strings.Contains(all, want) {
			return nil
		}
		if time.Now().After(late) || ctx.Err() != nil {
			return fmt.Errorf("member %d: what was sent is not what was typed", m.number)
		}
		<-time.After(100 * time.Millisecond)
	}
}

// run runs a command beside the screen.
func (m *floodMember) run(command string) (string, error) {
	session, err := m.client.NewSession()
	if err != nil {
		return "", err
	}
	defer session.Close()
	out, err := session.Output(command)
	return string(out), err
}

func (m *floodMember) leave() {
	if m.client != nil {
		_ = m.client.Close() // it may have ended
	}
}
