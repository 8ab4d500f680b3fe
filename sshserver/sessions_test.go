package sshserver

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
)

// refusedWith is the sentence by which a session is refused, "" if it is not.
func refusedWith(t *testing.T, c *gossh.Client) string {
	t.Helper()
	s, err := c.NewSession()
	var refused *gossh.OpenChannelError
	switch {
	case err == nil:
		must(t, s.Close())
		return ""
	case errors.As(err, &refused):
		return refused.Message
	}
	t.Fatal(err)
	return ""
}

// sessionWhenFree opens a session as soon as those that ended are counted out.
func sessionWhenFree(t *testing.T, c *gossh.Client) (s *gossh.Session) {
	t.Helper()
	eventually(t, "room for a session", func() bool {
		var err error
		s, err = c.NewSession()
		return err == nil
	})
	return s
}

func TestManyConnectionsAreTold(t *testing.T) {
	p := newPractice(t, func(s *Server) { s.limits.PerPerson = 5 })
	for n := 1; n <= 5; n++ {
		r := runOn(t, p.client("anna"), "whoami", "")
		told := fmt.Sprintf("You have %d of 5 connections open.", n)
		if r.code != exitOK || strings.Contains(r.err, told) != (n >= 4) || strings.Contains(r.out, "open") {
			t.Errorf("%d connections: %+v", n, r)
		}
	}
	if _, err := p.dial("x", gossh.PublicKeys(p.keys["anna"])); err == nil {
		t.Error("a sixth connection signed in")
	}
	if r := p.run("jonas", "whoami", ""); r.err != "" {
		t.Errorf("somebody else is told %q", r.err)
	}
}

func TestManyChannelsAreTold(t *testing.T) {
	p := newPractice(t, func(s *Server) { s.limits.Sessions = 5 })
	c := p.client("anna")
	var screens []*console
	for n := 1; n <= 5; n++ {
		x := open(t, c, "xterm", 160, 24)
		eventually(t, "Home", func() bool { return strings.Contains(x.out.String(), "Hello") })
		told := fmt.Sprintf("%d of 5 sessions open in this connection", n)
		if n >= 4 {
			eventually(t, "the notice", func() bool { return strings.Contains(x.out.String(), told) })
		}
		if n < 4 && strings.Contains(x.out.String(), "open in this connection") {
			t.Errorf("told at %d", n)
		}
		screens = append(screens, x)
	}
	if said := refusedWith(t, c); !strings.Contains(said, "all of its 5 sessions open. Close one") || !strings.Contains(said, "Alle 5 Sitzungen") {
		t.Errorf("the sixth: %q", said)
	}
	must(t, screens[0].Close())
	eventually(t, "room again", func() bool { return refusedWith(t, c) == "" })
}

func TestManySessionsOfOnePersonAreTold(t *testing.T) {
	p := newPractice(t, func(s *Server) { s.limits.Sessions, s.limits.PersonSessions = 5, 5 })
	first, second := p.client("anna"), p.client("anna")
	var lines []*gossh.Session
	for n := 1; n <= 4; n++ {
		s, err := first.NewSession()
		must(t, err)
		_, err = s.StdinPipe()
		must(t, err)
		out := &safeBuffer{}
		s.Stdout = out
		must(t, s.Shell())
		eventually(t, "the greeting", func() bool { return strings.Contains(out.String(), "Hello") })
		eventually(t, "what is to be said first", func() bool {
			return strings.Contains(out.String(), "4 of 5 sessions open, all connections together") == (n == 4)
		})
		lines = append(lines, s)
	}
	for lang, told := range map[string]string{"en": "5 of 5 sessions open, all connections together", "de_DE.UTF-8": "5 von 5 Sitzungen offen"} {
		fifth, errs := sessionWhenFree(t, second), &safeBuffer{}
		fifth.Stderr = errs
		must(t, fifth.Setenv("LANG", lang))
		must(t, fifth.Run("whoami"))
		if !strings.Contains(errs.String(), told) {
			t.Errorf("the fifth: %q", errs.String())
		}
	}
	s := sessionWhenFree(t, second)
	if said := refusedWith(t, second); !strings.Contains(said, "all of your 5 sessions open. Close one") {
		t.Errorf("the sixth: %q", said)
	}
	if said := refusedWith(t, p.client("jonas")); said != "" {
		t.Errorf("somebody else's: %q", said)
	}
	must(t, s.Close())
	must(t, lines[0].Close())
	eventually(t, "room again", func() bool { return refusedWith(t, second) == "" })
}

func TestCommandsTellHowNearThePersonIs(t *testing.T) {
	const most, long = 1 << 20, 200 << 10
	now := time.Now() // stands still: else a little is made up for while the test runs
	p := newPracticeOf(t, store.Config{Now: func() time.Time { return now }, Caps: store.Caps{Stored: most, PerMinute: 5}})
	n := p.thread("Diary").Number // the first of the minute's
	write := fmt.Sprintf("write %d", n)
	const pace, stored = "that one person may write in a minute", "of the 1 MiB that one person may keep here"
	for _, step := range []struct {
		who, command, text string
		code               int
		says               string // the whole of stderr, or the piece of it that counts
	}{
		{"anna", write, "text", exitOK, ""},
		{"anna", write, "text", exitOK, ""},
		{"anna", write, "text", exitOK, "You have written 4 of the 5 entries " + pace},
		{"anna", "new Another", "", exitOK, "You have written 5 of the 5 entries " + pace},
		{"anna", write, "text", exitFailed, "You write faster than one person may here, so it was not stored."},
		{"jonas", write, strings.Repeat("x", long), exitOK, ""},
		{"jonas", write, strings.Repeat("x", 3*long/2), exitFailed, "This is too long."},
		{"jonas", write, strings.Repeat("x", long), exitOK, ""},
		{"jonas", write, strings.Repeat("x", long), exitOK, ""},
		{"jonas", write, strings.Repeat("x", 5*long/4), exitOK, stored},
		{"jonas", write, strings.Repeat("x", long), exitFailed, "That is more than one person may keep here, so it was not stored."},
	} {
		r := p.run(step.who, step.command, step.text)
		if r.code != step.code || !strings.Contains(r.err, step.says) || (step.says == "") != (r.err == "") || (r.code == exitOK) != (r.out != "") {
			t.Errorf("%s, %s, %d bytes: exit %d, %q on stderr, want %d, %q", step.who, step.command, len(step.text), r.code, r.err, step.code, step.says)
		}
	}
}

// What a client sends ahead of being read is bounded by each session's window, and so by the number of sessions.
func TestBytesInFlightAreBounded(t *testing.T) {
	p := newPractice(t, func(s *Server) { s.limits.Stall = patient })
	p.thread("The tax letter", "Text")
	p.bears(t, func() {
		r := rawMember(t, p)
		const window, packet = 2 << 20, 32 << 10
		data := func(channel uint32) error {
			return r.write(gossh.Marshal(struct {
				Channel uint32 `sshtype:"94"`
				Data    []byte
			}{channel, make([]byte, packet)}))
		}
		for channel := range uint32(8) {
			if !r.exec(t, 0, packet, "threads") { // whose output finds no room, so nothing is read
				t.Fatal("not opened")
			}
			for range window / packet {
				must(t, data(channel))
			}
		}
		for range 4 { // and more than it may
			if data(0) != nil {
				break
			}
		}
		closes(t, r.Conn)
	})
}
