//go:build e2e

package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// The first five minutes with clients that are not OpenSSH: PuTTY's plink and Dropbear's dbclient, each on a terminal, with a
// key of its own format and without any.

// otherClient is how one of them is used.
type otherClient struct {
	tools   []string
	newKey  func(path string) *exec.Cmd
	connect func(port, key, user string) []string // key may be ""
	ask     string                                // before an unknown host key is taken
	begin   func(p *pane)                         // after the sign-in, what the client itself wants
}

var otherClients = map[string]otherClient{
	"plink": {
		tools: []string{"plink", "puttygen"},
		newKey: func(path string) *exec.Cmd {
			return exec.Command("puttygen", "-q", "-t", "ed25519", "-o", path, "--new-passphrase", "/dev/null")
		},
		connect: func(port, key, user string) []string {
			args := []string{"plink", "-ssh", "-P", port}
			if key != "" {
				args = append(args, "-i", key)
			}
			return append(args, user+"@127.0.0.1")
		},
		ask:   "Store key in cache?",
		begin: func(p *pane) { p.expect("Press Return to begin session"); p.keys("Enter") },
	},
	"dbclient": {
		tools:  []string{"dbclient", "dropbearkey"},
		newKey: func(path string) *exec.Cmd { return exec.Command("dropbearkey", "-t", "ed25519", "-f", path) },
		connect: func(port, key, user string) []string {
			args := []string{"dbclient", "-p", port}
			if key != "" {
				args = append(args, "-i", key)
			}
			return append(args, user+"@127.0.0.1")
		},
		ask:   "Do you want to continue connecting?",
		begin: func(*pane) {},
	},
}

// foreigner is somebody who uses such a client, with a home of their own.
type foreigner struct {
	otherClient
	e         *e2e
	home, key string
}

func (e *e2e) foreigner(name string, c otherClient, withKey bool) *foreigner {
	e.t.Helper()
	for _, tool := range c.tools {
		if _, err := exec.LookPath(tool); err != nil {
			e.t.Fatalf("%s is needed: %v", tool, err)
		}
	}
	f := &foreigner{otherClient: c, e: e, home: e.path(name)}
	if err := os.Mkdir(f.home, 0o700); err != nil {
		e.t.Fatal(err)
	}
	if withKey {
		f.key = e.path(name + ".key")
		e.must(c.newKey(f.key))
	}
	return f
}

// open connects; the first time the client shows the server's fingerprint, which is that of the card.
// plink keeps what it knows of servers where the password database says that home is, unless PUTTYDIR is set.
func (f *foreigner) open(pane, user, fingerprint string) *pane {
	f.e.t.Helper()
	p := f.e.open(pane, append([]string{"env", "HOME=" + f.home, "PUTTYDIR=" + f.home}, f.connect(f.e.port, f.key, user)...)...)
	if fingerprint != "" {
		p.expect(f.ask)
		p.expect(fingerprint)
		p.write("y")
		p.keys("Enter")
	}
	return p
}

func TestE2EOtherClients(t *testing.T) {
	for name, client := range otherClients {
		for _, withKey := range []bool{true, false} {
			how := map[bool]string{true: "key", false: "words"}[withKey]
			t.Run(name+" with "+how, func(t *testing.T) { firstFiveMinutes(t, client, withKey) })
		}
	}
}

func firstFiveMinutes(t *testing.T, client otherClient, withKey bool) {
	e := newE2E(t)
	jonas := e.coach("ed25519")
	code := e.invite("--role", "client", "--handle", "anna", "--name", "Anna Klein", "--with", "jonas")
	opened := e.ssh(jonas, "jonas", "new", "'The tax letter'", "--with", "anna")
	opened.Stdin = strings.NewReader("How did the two-minute start feel?")
	e.must(opened)
	fingerprint := strings.Fields(e.must(exec.Command("ssh-keygen", "-lf", e.path("known_hosts"))))[1]

	// She joins, and mistypes the code once.
	anna := e.foreigner("anna", client, withKey)
	p := anna.open("join", "join", fingerprint)
	p.expect("Invitation code")
	p.write("AAAA-BBBB")
	p.keys("Enter")
	p.expect("not right")
	p.write(code)
	p.keys("Enter")
	words := ""
	if !withKey {
		words = p.confirmWords()
	}
	client.begin(p)

	// She reads, writes, and leaves.
	p.expect("Hello Anna")
	if strings.Contains(p.screen(), code) {
		t.Error("the code shows on the screen")
	}
	p.expect("The tax letter")
	p.keys("1")
	p.expect("How did the two-minute start feel?")
	p.expect("end of thread")
	p.write("Better than I thought, even on Tuesday.")
	p.keys("C-s")
	p.expect("Sent.")
	p.keys("Escape") // out of the composer
	p.expect("esc back")
	p.keys("Escape")
	p.expect("Hello Anna")
	p.keys("q")
	p.ended()
	if out := e.must(e.ssh(jonas, "jonas", "export")); !strings.Contains(out, "Better than I thought, even on Tuesday.") {
		t.Errorf("it did not arrive:\n%s", out)
	}

	// She comes back, by her key whatever she calls herself, or by her handle and her words.
	user := "whoever"
	if !withKey {
		user = "anna"
	}
	p = anna.open("again", user, "")
	if !withKey {
		p.expect("Sign-in words")
		p.write(words)
		p.keys("Enter")
	}
	client.begin(p)
	p.expect("Hello Anna")
	p.keys("1")
	p.expect("Better than I thought, even on Tuesday.")
}

// confirmWords reads the sign-in words that are shown, and types back the one that is asked for.
func (p *pane) confirmWords() string {
	p.e.t.Helper()
	p.expect("Word ")
	find := func(pattern string) string {
		found := regexp.MustCompile(pattern).FindStringSubmatch(p.screen())
		if found == nil {
			p.e.t.Fatalf("no %s on the screen:\n%s", pattern, framed(p.screen()))
		}
		return found[1]
	}
	words := find(`(?m)^[| ]*([a-z]+ [a-z]+ [a-z]+ [a-z]+ [a-z]+ [a-z]+)\s*$`) // plink draws a bar at the left of what the server says
	which := find(`Word (\d)`)
	p.write(strings.Fields(words)[which[0]-'1'])
	p.keys("Enter")
	return words
}
