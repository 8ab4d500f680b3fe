package sshserver

// What members do to hurt: one test for each line of the list of bad inputs "after sign-in", named after it, over real
// connections, each with what it costs. The finer points of the same lines stand in abuse_test.go, which lists them.

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
)

func TestAfterSignIn(t *testing.T) {
	for line, does := range map[string]func(t *testing.T, p *practice, c *gossh.Client){
		"window 0x0, 2^32-1, clamped":                                oddWindows,
		"10^5 window changes a second, coalesced":                    manyWindows,
		"TERM of 200 kB or dots, plain":                              oddTerm,
		"10^4 env, capped":                                           manyEnv,
		"500 channels, capped at 8":                                  manyChannels,
		"channel closed, connection kept, no spin, no leak":          closedChannels,
		"forwarding of every kind, refused":                          forwardings,
		"peer that stops reading a large export, ended":              stopsReading,
		"exec with quotes, NUL, 256 kB, unknown verb, usage, exit 2": oddCommands,
		"exec with and without a pty, sanitised alike":               withAndWithoutPty,
		"stdin cut in the middle, nothing written":                   cutStdin,
		"invalid UTF-8, over the size limit, clear error; CRLF":      oddEntries,
		"an ESC at a chunk's edge, neutral":                          escapeAtAnEdge,
	} {
		t.Run(line, func(t *testing.T) {
			p := newPractice(t, func(s *Server) { s.limits.Stall = time.Second })
			th := p.thread("The tax letter", "Text\x1b[31m \u202e")
			for range 12 { // some megabytes
				_, err := p.as("anna").Write(context.Background(), th.Number, strings.Repeat("word ", 50_000), 0)
				must(t, err)
			}
			_, err := p.as("anna").Write(context.Background(), th.Number, "the last", 0)
			must(t, err)
			p.run("anna", "export", "") // what is remembered of it is
			before := p.diary(t).Entries
			p.bears(t, func() {
				c, err := p.dial("x", gossh.PublicKeys(p.keys["anna"]))
				must(t, err)
				does(t, p, c)
				_ = c.Close()
			}) // and waits until all that served them has ended
			if after := p.diary(t).Entries; after > before && strings.Contains(line, "nothing written") {
				t.Error("something was written")
			}
		})
	}
}

// home waits until a screen is drawn.
func (x *console) home(t *testing.T) {
	t.Helper()
	eventually(t, "a screen", func() bool { return len(x.out.String()) > 0 })
}

func oddWindows(t *testing.T, _ *practice, c *gossh.Client) {
	for _, size := range []int{0, 1<<32 - 1} {
		x := open(t, c, "xterm", size, size)
		x.home(t)
		for _, again := range []int{1<<32 - 1, 0, 1000} {
			must(t, x.WindowChange(again, again))
		}
		x.typeKeys(t, "q")
		must(t, x.wait(t))
	}
}

func manyWindows(t *testing.T, _ *practice, c *gossh.Client) {
	x := open(t, c, "xterm", 80, 24)
	x.home(t)
	for i := range 100_000 {
		must(t, x.WindowChange(20+i%7, 80))
	}
	must(t, x.WindowChange(24, 80))
	x.typeKeys(t, "q")
	must(t, x.wait(t))
	if drawn := len(x.out.String()); drawn > 10<<20 {
		t.Errorf("%d bytes were drawn", drawn)
	}
}

func oddTerm(t *testing.T, _ *practice, c *gossh.Client) {
	for _, name := range []string{strings.Repeat("x", 200<<10), "../x"} {
		x := open(t, c, name, 80, 24)
		eventually(t, "lines", func() bool { return strings.Contains(x.out.String(), "The tax letter") })
		if strings.Contains(x.out.String(), "\x1b") {
			t.Errorf("TERM of %d bytes is sent sequences", len(name))
		}
		x.typeKeys(t, "quit\r")
		must(t, x.wait(t))
	}
}

func manyEnv(t *testing.T, _ *practice, c *gossh.Client) {
	s, err := c.NewSession()
	must(t, err)
	value := strings.Repeat("x", 3<<10)
	for i := range 10_000 {
		_, err := s.SendRequest("env", false, gossh.Marshal(struct{ Name, Value string }{fmt.Sprint("LC_", i), value}))
		must(t, err)
	}
	must(t, s.Run("whoami"))
}

func manyChannels(t *testing.T, _ *practice, c *gossh.Client) {
	var taken int
	for range 500 {
		if _, reqs, err := c.OpenChannel("session", nil); err == nil {
			taken++
			go gossh.DiscardRequests(reqs)
		}
	}
	if taken != DefaultLimits().Sessions {
		t.Errorf("%d sessions were opened", taken)
	}
}

func closedChannels(t *testing.T, _ *practice, c *gossh.Client) {
	for range 50 {
		x := open(t, c, "xterm", 80, 24)
		x.home(t)
		must(t, x.Close())
	}
	whoIs(t, c)
}

func forwardings(t *testing.T, _ *practice, c *gossh.Client) {
	for range 100 {
		if _, err := c.Dial("tcp", "127.0.0.1:1"); err == nil {
			t.Fatal("-L works")
		}
		if _, err := c.Listen("tcp", "127.0.0.1:0"); err == nil {
			t.Fatal("-R works")
		}
	}
}

func stopsReading(t *testing.T, _ *practice, c *gossh.Client) {
	ch, reqs, err := c.OpenChannel("session", nil) // nobody reads: its window stays as it is
	must(t, err)
	go gossh.DiscardRequests(reqs)
	_, err = ch.SendRequest("exec", true, gossh.Marshal(struct{ Command string }{"export"}))
	must(t, err)
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case <-ended:
	case <-time.After(patient):
		t.Error("the connection stays")
	}
}

func oddCommands(t *testing.T, _ *practice, c *gossh.Client) {
	for _, command := range []string{`read "1`, "whoami\x00", strings.Repeat("a", 255<<10), "frobnicate", "`whoami`", "\xff"} {
		if r := runOn(t, c, command, ""); r.code != exitUsage || r.out != "" || !strings.Contains(r.err, "Usage:") {
			t.Errorf("%.20q: exit %d, %d bytes on stdout, %.80q", command, r.code, len(r.out), r.err)
		}
	}
}

func withAndWithoutPty(t *testing.T, p *practice, c *gossh.Client) {
	command := fmt.Sprintf("read %d", p.diary(t).Number)
	bare := runOn(t, c, command, "")
	s, err := c.NewSession()
	must(t, err)
	must(t, s.RequestPty("xterm", 24, 80, gossh.TerminalModes{}))
	out, err := s.Output(command)
	must(t, err)
	if typed := strings.ReplaceAll(string(out), "\r\n", "\n"); typed != bare.out || strings.ContainsAny(bare.out, "\x1b\u202e") {
		t.Errorf("%d bytes without a pty, %d with one", len(bare.out), len(typed))
	}
}

func cutStdin(t *testing.T, p *practice, c *gossh.Client) {
	s, err := c.NewSession()
	must(t, err)
	in, err := s.StdinPipe()
	must(t, err)
	must(t, s.Start(fmt.Sprintf("write %d", p.diary(t).Number)))
	_, err = io.WriteString(in, strings.Repeat("half a text ", 1000))
	must(t, err)
	must(t, c.Close())
}

// diary is the one thread there is.
func (p *practice) diary(t *testing.T) store.Thread {
	t.Helper()
	threads, err := p.as("anna").Threads(context.Background())
	must(t, err)
	return threads[0]
}

// escapeAtAnEdge sends what is only together a sequence in two pieces.
func escapeAtAnEdge(t *testing.T, p *practice, c *gossh.Client) {
	n := p.diary(t).Number
	s, err := c.NewSession()
	must(t, err)
	in, err := s.StdinPipe()
	must(t, err)
	must(t, s.Start(fmt.Sprintf("write %d", n)))
	for _, piece := range []string{"before\x1b", "]52;c;AAAA\x07 \xe2\x80", "\xae after"} { // U+202E too
		_, err = io.WriteString(in, piece)
		must(t, err)
	}
	must(t, in.Close())
	must(t, s.Wait())
	r := runOn(t, c, fmt.Sprintf("read %d --json --since 13", n), "")
	if !strings.Contains(r.out, "before") || !strings.Contains(r.out, " after") || strings.ContainsAny(r.out, "\x1b\u202e\a") || strings.Contains(r.out, `\u001b`) {
		t.Errorf("read: %+v", r)
	}
}

func oddEntries(t *testing.T, p *practice, c *gossh.Client) {
	n := p.diary(t).Number
	for text, say := range map[string]string{
		"a\xff": "not text", strings.Repeat("a", store.MaxEntry+1): "too long", strings.Repeat("a", 8*store.MaxEntry): "too long",
	} {
		if r := runOn(t, c, fmt.Sprintf("write %d", n), text); r.code != exitFailed || r.out != "" || !strings.Contains(r.err, say) {
			t.Errorf("%d bytes: %+v", len(text), r)
		}
	}
	r := runOn(t, c, fmt.Sprintf("write %d", n), "one\r\ntwo\rthree\r\n")
	var number int64
	_, err := fmt.Sscan(r.out, &number)
	must(t, err)
	e, err := p.as("anna").Entry(context.Background(), n, number)
	must(t, err)
	if e.Text != "one\ntwo\nthree" {
		t.Errorf("line ends came out as %q", e.Text)
	}
}
