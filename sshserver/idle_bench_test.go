package sshserver

import (
	"bytes"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// BenchmarkIdleSessions holds sessions that sit on Home beside those of a bare x/crypto server that echoes. Each figure has
// the client's part in it, which is the same in both.
func BenchmarkIdleSessions(b *testing.B) {
	const sessions = 300
	for _, of := range []string{"floor", "home"} {
		b.Run(of, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				idle(b, of, sessions)
				b.StartTimer()
			}
		})
	}
}

func idle(b *testing.B, of string, sessions int) {
	p := newPractice(b, func(s *Server) {
		s.limits.PerPerson, s.limits.PersonSessions, s.limits.Members = 2*sessions, 2*sessions, 2*sessions
	})
	p.thread("The tax letter", "Text")
	addr, shows := p.addr, "The tax letter"
	if of == "floor" {
		addr, shows = echo(b, p.hostKey), "x"
	}
	opened := func() *console {
		c, err := gossh.Dial("tcp", addr, p.clientConfig("x", gossh.PublicKeys(p.keys["anna"])))
		must(b, err)
		b.Cleanup(func() { _ = c.Close() })
		x := open(b, c, "xterm-256color", 80, 24)
		x.emu = nil
		return x
	}
	opened()
	before, was := inUse(), runtime.NumGoroutine()
	all := make([]*console, sessions)
	for i := range all {
		all[i] = opened()
	}
	for _, x := range all {
		eventually(b, shows, func() bool { return strings.Contains(x.out.String(), shows) })
		x.out.mu.Lock()
		x.out.buf = bytes.Buffer{}
		x.out.mu.Unlock()
	}
	b.ReportMetric(float64(inUse()-before)/float64(sessions), "B/session")
	b.ReportMetric(float64(runtime.NumGoroutine()-was)/float64(sessions), "goroutines/session")
}

// inUse is how much memory is in use.
func inUse() int64 {
	for range 3 {
		runtime.GC() // stacks shrink by half at each
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// echo is a server of x/crypto alone.
func echo(b *testing.B, key gossh.Signer) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	b.Cleanup(func() { _ = l.Close() })
	cfg := &gossh.ServerConfig{NoClientAuth: true}
	cfg.AddHostKey(key)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go echoes(c, cfg)
		}
	}()
	return l.Addr().String()
}

func echoes(c net.Conn, cfg *gossh.ServerConfig) {
	conn, chans, reqs, err := gossh.NewServerConn(c, cfg)
	if err != nil {
		return
	}
	defer conn.Close()
	go gossh.DiscardRequests(reqs)
	for n := range chans {
		ch, reqs, err := n.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range reqs {
				_ = r.Reply(true, nil)
			}
		}()
		_, _ = ch.Write([]byte("x"))
		_, _ = io.CopyBuffer(struct{ io.Writer }{ch}, struct{ io.Reader }{ch}, make([]byte, 1<<10)) // as small as ours
	}
}
