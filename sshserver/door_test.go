package sshserver

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// clock stands still until it is moved.
type clock struct{ nanos atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanos.Store(time.Now().UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.nanos.Load()) }
func (c *clock) forward(d time.Duration) { c.nanos.Add(int64(d)) }

// strict is a practice that penalises loopback too, on a clock of its own.
func strict(t *testing.T, change ...func(*Server)) (*practice, *clock) {
	c := newClock()
	return newPractice(t, append([]func(*Server){func(s *Server) {
		s.Now = c.now
		s.limits.Exempt = nil
	}}, change...)...), c
}

// logged waits for a piece of a line.
func (p *practice) logged(piece string) {
	p.t.Helper()
	eventually(p.t, "in the log: "+piece, func() bool { return strings.Contains(p.log.String(), piece) })
}

// waits is a stranger who was greeted and says nothing.
func (p *practice) waits(local string) (c net.Conn, greeted bool) {
	c = p.from(local)
	must(p.t, c.SetReadDeadline(time.Now().Add(patient)))
	_, err := bufio.NewReader(c).ReadString('\n')
	if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
		p.t.Fatal("neither greeted nor closed")
	}
	return c, err == nil
}

func TestEachFaultHasItsPenalty(t *testing.T) {
	for why, act := range map[string]func(t *testing.T, p *practice, c net.Conn){
		"noauth": func(t *testing.T, _ *practice, c net.Conn) { must(t, c.Close()) },
		"late":   func(t *testing.T, _ *practice, c net.Conn) { closes(t, c) },
		"invalid": func(t *testing.T, _ *practice, c net.Conn) {
			_, _ = io.WriteString(c, strings.Repeat("GET / HTTP/1.1 ", 100))
			closes(t, c)
		},
		"authfail": func(t *testing.T, p *practice, c net.Conn) {
			if _, err := p.over(c, "anna", gossh.PublicKeys(newKey(t))); err == nil {
				t.Error("let in")
			}
		},
	} {
		t.Run(why, func(t *testing.T) {
			p, clock := strict(t, func(s *Server) {
				s.limits.Threshold = time.Second
				if s.limits.Hello = 5 * time.Second; why == "late" {
					s.limits.Hello = 100 * time.Millisecond
				}
			})
			act(t, p, p.from("127.0.0.2"))
			p.logged("msg=penalty addr=127.0.0.2 why=" + why)
			if c, greeted := p.waits("127.0.0.2"); greeted {
				t.Errorf("not shut out")
			} else {
				_ = c.Close()
			}
			p.logged("msg=refused addr=127.0.0.2 why=penalty")
			clock.forward(time.Minute)
			if _, greeted := p.waits("127.0.0.2"); !greeted {
				t.Error("shut out when the penalty has run off")
			}
			if _, greeted := p.waits("127.0.0.3"); !greeted {
				t.Error("a neighbour is shut out")
			}
		})
	}
}

func TestWhoIsWelcomeGathersNoPenalty(t *testing.T) {
	p, _ := strict(t, func(s *Server) { s.limits.PerPerson = 1 })
	anna := gossh.PublicKeys(newKey(t), p.keys["anna"]) // the first is not known
	first, err := p.over(p.from("127.0.0.2"), "anna", anna)
	must(t, err)
	for range 5 { // known, and no room for them
		if _, err := p.over(p.from("127.0.0.2"), "anna", anna); err == nil {
			t.Fatal("let in twice")
		}
	}
	must(t, first.Close())
	p.logged("signed out")
	if strings.Contains(p.log.String(), "msg=penalty") {
		t.Errorf("penalised:\n%s", p.log.String())
	}
}

func TestLoopbackIsExempt(t *testing.T) {
	p := newPractice(t)
	for range 5 {
		_, err := p.dial("anna", gossh.PublicKeys(newKey(t)))
		if err == nil {
			t.Fatal("let in")
		}
	}
	p.client("anna")
	if strings.Contains(p.log.String(), "msg=penalty") {
		t.Error("penalised")
	}
}

// A flood from some networks leaves room for others, and most for those that members come from.
func TestRoomIsKept(t *testing.T) {
	p, _ := strict(t, func(s *Server) {
		s.limits.Strangers, s.limits.Kept, s.limits.PerAddress, s.limits.PerNetwork = 12, 4, 2, 3
	})
	c, err := p.over(p.from("127.0.1.1"), "anna", gossh.PublicKeys(p.keys["anna"]))
	must(t, err)
	must(t, c.Close())
	in := func(local string) bool { _, ok := p.waits(local); return ok }
	var got []bool
	for _, local := range []string{
		"127.0.2.1", "127.0.2.1", "127.0.2.1", // a third of one address
		"127.0.2.2", "127.0.2.3", // a fourth of one network
		"127.0.3.1", "127.0.3.2", "127.0.3.3", "127.0.4.1", "127.0.4.2", // a second of one network where none would be left
		"127.0.5.1", "127.0.6.1", // a ninth where eight may be
		"127.0.1.9", "127.0.1.8", "127.0.1.7", // a third where one would be left of all
	} {
		got = append(got, in(local))
	}
	want := "[true true false true false true true true true false true false true true false]"
	if fmt.Sprint(got) != want {
		t.Errorf("let in:\n%v\nwant:\n%s", got, want)
	}
	for _, why := range []string{"address", "network", "full"} {
		p.logged(" why=" + why + " ")
	}
}

func TestRefusalsDoNotFillTheLog(t *testing.T) {
	p, clock := strict(t, func(s *Server) { s.limits.Strangers, s.limits.Kept = 1, 0 })
	p.waits("127.0.0.2")
	for range 100 {
		closes(t, p.from("127.0.0.3"))
	}
	if n := strings.Count(p.log.String(), "msg=refused"); n != refusalsLogged {
		t.Errorf("%d lines, want %d", n, refusalsLogged)
	}
	clock.forward(time.Second)
	closes(t, p.from("127.0.0.3"))
	p.logged(fmt.Sprintf("msg=refused addr=127.0.0.3 why=full unsaid=%d", 100-refusalsLogged))
}

// The filter for fail2ban in docs/operator.md reads these lines.
func TestLinesForFilters(t *testing.T) {
	filter := regexp.MustCompile(`level=INFO msg=(penalty|refused) addr=([0-9a-f.:]+) why=[a-z]+ `)
	p, _ := strict(t)
	must(t, p.from("127.0.0.2").Close())
	eventually(t, "a line", func() bool {
		m := filter.FindStringSubmatch(p.log.String())
		return m != nil && m[2] == "127.0.0.2"
	})
}

func TestLimitsAreSetByName(t *testing.T) {
	l, def := Limits{}, DefaultLimits()
	for _, row := range def.Rows() {
		must(t, l.Set(row[0], row[1])) // what is printed can be read
	}
	if !reflect.DeepEqual(l, def) {
		t.Errorf("printed and read, the defaults are %+v", l)
	}
	must(t, l.Set("proxies", "192.0.2.1, 2001:db8::/32"))
	if want := []netip.Prefix{prefix("192.0.2.1/32"), prefix("2001:db8::/32")}; fmt.Sprint(l.Proxies) != fmt.Sprint(want) {
		t.Errorf("proxies are %v", l.Proxies)
	}
	must(t, l.Set("exempt", ""))
	if len(l.Exempt) != 0 {
		t.Errorf("exempt are %v", l.Exempt)
	}
	for _, bad := range [][2]string{
		{"hello", "20"}, {"hello", "-1s"}, {"hello", "48h"}, {"strangers", "-1"}, {"strangers", "many"}, {"strangers", "99999999"},
		{"proxies", "example.com"}, {"proxies", "192.0.2.1,"}, {"nothing", "1"},
	} {
		before := fmt.Sprint(l)
		if err := l.Set(bad[0], bad[1]); !errors.Is(err, ErrLimit) || fmt.Sprint(l) != before {
			t.Errorf("%v: %v", bad, err)
		}
	}
	must(t, l.Check())
	for _, bad := range [][2]string{{"hello", "0s"}, {"handshake", "1s"}, {"kept", "512"}, {"per-network", "0"}, {"ceiling", "1s"}} {
		l := DefaultLimits()
		must(t, l.Set(bad[0], bad[1]))
		if err := l.Check(); !errors.Is(err, ErrLimit) || !strings.Contains(err.Error(), bad[0]) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// Nobody's time runs out here: it is the bytes that end it.
func TestAStrangerMaySendLittle(t *testing.T) {
	p := newPractice(t, func(s *Server) { s.limits.Hello, s.limits.Handshake = time.Hour, time.Hour })
	early := p.from("127.0.0.2")
	_, _ = io.WriteString(early, strings.Repeat(strings.Repeat("x", 249)+"\n", 300))
	closes(t, early)
	late := rawDial(t, p.addr)
	ignored := append([]byte{2}, gossh.Marshal(struct{ Data string }{strings.Repeat("x", 30<<10)})...)
	for sent := 0; sent < 2*maxSignIn; sent += len(ignored) {
		if late.write(ignored) != nil {
			break
		}
	}
	closes(t, late.Conn)
	c := p.client("anna") // a member may
	for range 2 * maxSignIn / len(ignored) {
		_, _, err := c.SendRequest("x", true, ignored)
		must(t, err)
	}
}
