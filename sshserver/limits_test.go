package sshserver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// closes waits for the other side to close a connection.
func closes(t *testing.T, c net.Conn) {
	t.Helper()
	must(t, c.SetReadDeadline(time.Now().Add(patient)))
	if _, err := io.Copy(io.Discard, c); err != nil {
		if ne, ok := err.(net.Error); ok && ne.Timeout() { //nolint:errorlint // it comes bare
			t.Fatal("the connection stays open")
		}
	}
}

// watchedConn tells when reading from it ends.
type watchedConn struct {
	net.Conn
	once  sync.Once
	ended chan struct{}
}

func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.once.Do(func() { close(c.ended) })
	}
	return n, err
}

func TestStrangersHaveLittleTime(t *testing.T) {
	p := newPractice(t, func(s *Server) {
		s.limits.Hello, s.limits.Handshake = 200*time.Millisecond, 400*time.Millisecond
	})
	t.Run("never types the code", func(t *testing.T) {
		asked := make(chan struct{})
		defer close(asked)
		forever := gossh.KeyboardInteractive(func(string, string, []string, []bool) ([]string, error) {
			<-asked
			return nil, io.EOF
		})
		c, err := net.Dial("tcp", p.addr)
		must(t, err)
		watched := &watchedConn{Conn: c, ended: make(chan struct{})}
		go func() { _, _, _, _ = gossh.NewClientConn(watched, p.addr, p.clientConfig("join", forever)) }()
		select {
		case <-watched.ended:
		case <-time.After(patient):
			t.Error("the connection stays open")
		}
	})
	t.Run("signed in, then quiet", func(t *testing.T) {
		c := p.client("anna")
		<-time.After(600 * time.Millisecond) // longer than any stranger has
		if got := whoIs(t, c); got != "anna" {
			t.Errorf("got %q", got)
		}
	})
}

func TestStrangersFillOnlyTheirOwnRoom(t *testing.T) {
	p := newPractice(t, func(s *Server) { s.limits.Strangers, s.limits.Kept, s.limits.PerAddress = 3, 0, 2 })
	for range 5 {
		p.client("anna") // those who are known take no room
	}
	var silent []net.Conn
	for range 2 {
		c, err := net.Dial("tcp", p.addr)
		must(t, err)
		_, err = bufio.NewReader(c).ReadString('\n')
		must(t, err)
		silent = append(silent, c)
	}
	c, err := net.Dial("tcp", p.addr)
	must(t, err)
	closes(t, c) // a third
	for _, c := range silent {
		must(t, c.Close())
	}
	eventually(t, "room again", func() bool {
		c, err := p.dial("x", gossh.PublicKeys(p.keys["anna"]))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

func TestForwardingOfEveryKindIsRefused(t *testing.T) {
	p := newPractice(t)
	c := p.client("anna")
	if _, err := c.Dial("tcp", "127.0.0.1:1"); err == nil {
		t.Error("-L works")
	}
	if _, err := c.Dial("unix", "/tmp/socket"); err == nil {
		t.Error("-L to a socket works")
	}
	if _, err := c.Listen("tcp", "127.0.0.1:0"); err == nil {
		t.Error("-R works")
	}
	if _, err := c.ListenUnix("/tmp/socket"); err == nil {
		t.Error("-R of a socket works")
	}
	if ok, _, err := c.SendRequest("something@example.com", true, nil); ok || err != nil {
		t.Errorf("a global request was granted (%v)", err)
	}
	for _, kind := range []string{"x11", "auth-agent@openssh.com", "tun@openssh.com", "direct-tcpip"} {
		if _, _, err := c.OpenChannel(kind, nil); err == nil {
			t.Errorf("a channel %q was opened", kind)
		}
	}
	s, err := c.NewSession()
	must(t, err)
	for _, kind := range []string{"auth-agent-req@openssh.com", "x11-req", "subsystem", "break", "signal", "xon-xoff"} {
		if ok, err := s.SendRequest(kind, true, gossh.Marshal(struct{ Name string }{"sftp"})); ok || err != nil {
			t.Errorf("%s was granted (%v)", kind, err)
		}
	}
}

func TestTheEnvironmentIsShort(t *testing.T) {
	c := &channel{}
	set := func(name, value string) bool {
		return c.setEnv(gossh.Marshal(struct{ Name, Value string }{name, value}))
	}
	for name, want := range map[string]bool{
		"LANG": true, "LC_ALL": true, "TERM": true, "COLORTERM": true, "NO_COLOR": true, "TZ": true,
		"PATH": false, "LD_PRELOAD": false, "TERM_PROGRAM": false, "": false, "LANG=": false,
	} {
		if got := set(name, "x"); got != want {
			t.Errorf("%s: taken %v, want %v", name, got, want)
		}
	}
	if set("LANG", strings.Repeat("x", 200<<10)) || set("LANG", "a\x00b") {
		t.Error("a huge or odd value was taken")
	}
	for range 10_000 {
		set("LC_ALL", "de_DE.UTF-8")
	}
	if len(c.env) != maxEnv || c.lang() != "de_DE.UTF-8" {
		t.Errorf("%d variables, language %q", len(c.env), c.lang())
	}
}

func TestAFloodOfEnvRequestsIsBorne(t *testing.T) {
	p := newPractice(t)
	s, err := p.client("anna").NewSession()
	must(t, err)
	for i := range 3000 {
		if err := s.Setenv(fmt.Sprintf("LC_%d", i), strings.Repeat("x", 20<<10)); err == nil {
			t.Fatal("a value of 20 kB was taken")
		}
	}
	must(t, s.Run("whoami"))
}

func TestSessionsOfOneConnectionAreCounted(t *testing.T) {
	var made <-chan *page
	p := newPractice(t, func(s *Server) { made = pages(s) })
	c := p.client("anna")
	var opened []*console
	for range 8 {
		opened = append(opened, open(t, c, "xterm", 80, 24))
		next(t, made)
	}
	for range 500 {
		if _, _, err := c.OpenChannel("session", nil); err == nil {
			t.Fatal("a ninth session was opened")
		}
	}
	opened[0].typeKeys(t, "Q")
	must(t, opened[0].wait(t))
	eventually(t, "room for another", func() bool {
		_, _, err := c.OpenChannel("session", nil)
		return err == nil
	})
}

func TestAClientThatReadsNothingIsCutAndBlocksNobody(t *testing.T) {
	p := newPractice(t, func(s *Server) { s.limits.Stall = time.Second })
	th := p.thread("Large")
	for range 20 {
		_, err := p.as("anna").Write(context.Background(), th.Number, strings.Repeat("word ", 50_000), 0)
		must(t, err)
	}
	c := p.client("anna")
	ch, reqs, err := c.OpenChannel("session", nil) // nobody reads: its window stays as it is
	must(t, err)
	go gossh.DiscardRequests(reqs)
	_, err = ch.SendRequest("exec", true, gossh.Marshal(struct{ Command string }{"export"}))
	must(t, err)
	if r := p.run("jonas", "threads", ""); r.code != 0 {
		t.Errorf("somebody else: %+v", r)
	}
	cut := make(chan error, 1)
	go func() { cut <- c.Wait() }()
	select {
	case <-cut:
	case <-time.After(patient):
		t.Error("the connection stays")
	}
}

// TestNothingStaysBehind opens and ends 200 sessions in each way and counts goroutines.
func TestNothingStaysBehind(t *testing.T) {
	var made <-chan *page
	p := newPractice(t, func(s *Server) {
		made = pages(s)
		s.limits.PerPerson, s.limits.PersonSessions = 1000, 1000 // those that were closed may not be gone yet
	})
	kept := p.client("jonas")
	whoIs(t, kept) // now all that serves a connection runs
	shared := func(t *testing.T) (*gossh.Client, func()) { return kept, func() {} }
	own := func(t *testing.T) (*gossh.Client, func()) {
		c, err := p.dial("x", gossh.PublicKeys(p.keys["anna"]))
		must(t, err)
		return c, func() { _ = c.Close() }
	}
	for name, way := range map[string]struct {
		client func(*testing.T) (*gossh.Client, func())
		end    func(t *testing.T, c *gossh.Client, x *console)
	}{
		"quit with keys in the packet": {own, func(t *testing.T, _ *gossh.Client, x *console) {
			x.typeKeys(t, "Q"+strings.Repeat("more keys", 100))
			_ = x.wait(t)
		}},
		"connection killed":               {own, func(_ *testing.T, c *gossh.Client, _ *console) { _ = c.Close() }},
		"channel closed, connection kept": {shared, func(_ *testing.T, _ *gossh.Client, x *console) { _ = x.Close() }},
		"quit, connection kept": {shared, func(t *testing.T, _ *gossh.Client, x *console) {
			x.typeKeys(t, "Q")
			_ = x.wait(t)
		}},
		"closed among size changes": {shared, func(t *testing.T, _ *gossh.Client, x *console) {
			for i := range 20 {
				must(t, x.WindowChange(20+i, 80))
			}
			_ = x.Close()
			_ = x.WindowChange(30, 90) // after the end
		}},
	} {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			for range 200 {
				c, done := way.client(t)
				x := open(t, c, "xterm", 80, 24)
				next(t, made)
				way.end(t, c, x)
				done()
			}
			eventually(t, "no more goroutines than before", func() bool { return runtime.NumGoroutine() <= before })
		})
	}
}

// TestASessionThatWasClosedTakesNoTime keeps the connection, as ControlMaster does, and looks at what the processor did.
func TestASessionThatWasClosedTakesNoTime(t *testing.T) {
	p := newPractice(t)
	p.thread("The tax letter", "Text")
	kept := p.client("anna")
	whoIs(t, kept) // now all that serves a connection runs
	before := runtime.NumGoroutine()
	for range 4 {
		x := open(t, kept, "xterm", 80, 24)
		eventually(t, "Home", func() bool { return strings.Contains(x.out.String(), "The tax letter") })
		must(t, x.Close())
	}
	eventually(t, "no more goroutines than before", func() bool { return runtime.NumGoroutine() <= before })
	const watched = 500 * time.Millisecond
	begun := busy()
	<-time.After(watched)
	if took := busy() - begun; took > watched.Seconds()/4 {
		t.Errorf("took %.2f s of %v", took, watched)
	}
	if got := whoIs(t, kept); got != "anna" {
		t.Errorf("the connection is not kept: %q", got)
	}
}

// busy is how many seconds of a processor this program has used for itself.
func busy() float64 {
	runtime.GC() // only then it is counted anew
	sample := []metrics.Sample{{Name: "/cpu/classes/user:cpu-seconds"}}
	metrics.Read(sample)
	return sample[0].Value.Float64()
}

func TestPlaces(t *testing.T) {
	for one, other := range map[string]string{
		"192.0.2.1:1": "192.0.2.1:2", "[2001:db8::1]:1": "[2001:db8::ffff:2]:2", "[::ffff:192.0.2.1]:1": "192.0.2.1:9",
		"[fe80::1%eth0]:1": "[fe80::2]:3",
	} {
		if placeOf(addr(one)) != placeOf(addr(other)) {
			t.Errorf("%s and %s count apart", one, other)
		}
	}
	if placeOf(addr("192.0.2.1:1")) == placeOf(addr("192.0.2.2:1")) {
		t.Error("two addresses count as one")
	}
}
