//go:build e2e

package main

import (
	"regexp"
	"strings"
	"testing"
)

// TestE2ESecondFactor sets one up on a real screen, and signs in with OpenSSH by a key and a code, and by a recovery code.
func TestE2ESecondFactor(t *testing.T) {
	e := newE2E(t)
	key := e.coach("ed25519")
	setUp := e.screen("set-up", key)
	setUp.expect("Hello Jonas")
	setUp.keys("s")
	setUp.expect("Second factor")
	setUp.keys(strings.Fields(strings.Repeat("Down ", 9))...)
	setUp.keys("Enter")
	setUp.expect("Scan this with an authenticator app")
	found := regexp.MustCompile(`(?:[A-Z2-7]{4} ){3}[A-Z2-7]{4}`).FindAllString(setUp.screen(), -1)
	if len(found) != 2 {
		t.Fatalf("no key on the screen:\n%s", framed(setUp.screen()))
	}
	secret := strings.Join(found, "")
	code := func(steps int64) string {
		shown, err := totp(secret, steps)
		if err != nil {
			t.Fatal(err)
		}
		return shown
	}
	setUp.write(code(0))
	setUp.keys("Enter")
	setUp.expect("shown this once")
	spare := regexp.MustCompile(`(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}`).FindAllString(setUp.screen(), -1)
	if len(spare) != 10 {
		t.Fatalf("%d recovery codes", len(spare))
	}
	setUp.keys("Enter")
	setUp.expect("on, 10 recovery codes left")

	for name, answer := range map[string]func() string{"app": func() string { return code(1) }, "spare": func() string { return spare[4] }} {
		p := e.screen(name, key)
		p.expect("App code or recovery code")
		p.write("000000")
		p.keys("Enter")
		p.expect("That code is not right")
		p.write(answer())
		p.keys("Enter")
		p.expect("Hello Jonas")
	}

	batch := e.ssh(key, "jonas", "whoami")
	batch.Args = append([]string{"ssh", "-o", "BatchMode=yes"}, batch.Args[1:]...)
	if out, err := batch.CombinedOutput(); err == nil || !strings.Contains(string(out), "BatchMode cannot do that") {
		t.Errorf("in BatchMode: %v, %s", err, out)
	}
}
