package sshserver

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
)

// told signs in or fails, and answers what was said meanwhile.
func (p *practice) told(user string, auth ...gossh.AuthMethod) (c *gossh.Client, said []string, err error) {
	p.t.Helper()
	config := p.clientConfig(user, auth...)
	config.BannerCallback = func(m string) error { said = append(said, m); return nil }
	c, err = gossh.Dial("tcp", p.addr, config)
	if err == nil {
		p.t.Cleanup(func() { _ = c.Close() })
	}
	return c, said, err
}

// Public keys are public: to add somebody's must not sign them in as another, nor swallow their invitation.
func TestAKeySomebodyElseAddedIsNobodys(t *testing.T) {
	p := newPractice(t)
	dora := newKey(t)
	if r := p.run("anna", "keys add", string(gossh.MarshalAuthorizedKey(dora.PublicKey()))); r.code != 0 {
		t.Fatalf("add: %+v", r)
	}
	for _, user := range []string{"dora", "root", "jonas", ""} {
		if _, said, err := p.told(user, gossh.PublicKeys(dora)); err == nil || len(said) != 1 || !strings.Contains(said[0], "not known here") {
			t.Errorf("as %q: error %v, told %q", user, err, said)
		}
	}
	code := p.invite("dora", store.RoleClient, "Dora", "jonas")
	typed := typing(code)
	c, _, err := p.told("join", gossh.PublicKeys(dora), typed.method())
	must(t, err)
	if got := whoIs(t, c); got != "dora" || len(typed.shown) != 1 {
		t.Errorf("joined as %q after %d questions", got, len(typed.shown))
	}
	c, _, err = p.told("anna", gossh.PublicKeys(dora)) // too late to confirm it
	must(t, err)
	if got := whoIs(t, c); got != "dora" {
		t.Errorf("signed in as %q", got)
	}
}

// ssh in BatchMode asks nobody, and tells of no code by itself.
func TestAProvedKeyIsToldThatACodeIsToCome(t *testing.T) {
	p := newPractice(t)
	_, said, err := p.told("join", gossh.PublicKeys(newKey(t)))
	if err == nil || len(said) != 1 || !strings.Contains(said[0], "BatchMode") || !strings.Contains(said[0], "Einladungscode") {
		t.Errorf("error %v, told %q", err, said)
	}
}

func TestWhoHasNoKeyIsNotToldOfOne(t *testing.T) {
	p := newPractice(t)
	for _, test := range []struct {
		auth           []gossh.AuthMethod
		refused, asked bool // told of the key, and of the words
	}{
		{nil, false, true},
		{[]gossh.AuthMethod{gossh.PublicKeys(newKey(t))}, true, false},
	} {
		typed := typing("")
		_, said, err := p.told("anna", append(test.auth, typed.method())...)
		if err == nil || len(typed.shown) != 1 {
			t.Fatalf("error %v, asked %q", err, typed.shown)
		}
		all := strings.Join(append(said, typed.shown...), "")
		if strings.Count(all, "not known here") > 1 || strings.Contains(all, "not known here") != test.refused ||
			strings.Contains(typed.shown[0], "Type your sign-in words") != test.asked || !strings.Contains(all, "ssh -p 2222 join@practice.example") {
			t.Errorf("told %q", all)
		}
	}
}

// ssh without a terminal answers for the person, with nothing.
func TestNothingIsNoGuess(t *testing.T) {
	p := newPractice(t)
	for _, user := range []string{"anna", "join"} {
		for range maxWrong {
			typed := typing()
			_, said, err := p.told(user, gossh.RetryableAuthMethod(typed.method(), 3))
			if err == nil || len(typed.shown) != 1 || len(said) != 1 || !strings.Contains(said[0], "Nothing was typed") {
				t.Fatalf("as %s: error %v, asked %d times, told %q", user, err, len(typed.shown), said)
			}
		}
	}
	if len(p.server.guesses.places) != 0 {
		t.Errorf("counted: %v", p.server.guesses.places)
	}
}

func TestUnconfirmedKeysAreFew(t *testing.T) {
	p := newPractice(t)
	c := p.client("anna")
	for range store.MaxPending {
		if r := runOn(t, c, "keys add", string(gossh.MarshalAuthorizedKey(newKey(t).PublicKey()))); r.code != 0 {
			t.Fatalf("add: %+v", r)
		}
	}
	if r := runOn(t, c, "keys add", string(gossh.MarshalAuthorizedKey(newKey(t).PublicKey()))); r.code != 1 || !strings.Contains(r.err, "8 keys that are not confirmed") {
		t.Errorf("one more: %+v", r)
	}
}

func TestAKeyBoundWhileTheCodeIsTyped(t *testing.T) {
	p := newPractice(t)
	code, other := p.invite("karla", store.RoleClient, "Karla", "jonas"), p.invite("dora", store.RoleClient, "Dora", "jonas")
	key := newKey(t)
	typed := &answers{say: func(string) string {
		_, err := p.store.Redeem(context.Background(), other, publicKey(key))
		must(t, err)
		return code
	}}
	_, said, err := p.told("join", gossh.PublicKeys(key), typed.method())
	if err == nil || len(said) != 2 || !strings.Contains(said[1], "still good") || len(typed.shown) != 1 {
		t.Errorf("error %v, asked %d times, told %q", err, len(typed.shown), said)
	}
	if _, err := p.store.CheckCode(context.Background(), code); err != nil {
		t.Errorf("the code is not good: %v", err)
	}
}

// What a stranger is told of a key that nobody has proved tells nothing of whose it is.
func TestAWeakKeyIsAnsweredAlikeWhoeverHasIt(t *testing.T) {
	p := newPractice(t)
	weak := func() gossh.Signer {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		must(t, err)
		s, err := gossh.NewSignerFromKey(private)
		must(t, err)
		return s
	}
	annas, another := weak(), weak()
	for range 2 {
		_, said, err := p.told("x", gossh.PublicKeys(annas, another, p.keys["anna"]))
		must(t, err)
		if len(said) != 1 || !strings.Contains(said[0], "3072") {
			t.Errorf("with two weak keys in the agent told %q", said)
		}
	}
	_, hers, _ := p.told("x", gossh.PublicKeys(annas))
	_, nobodys, _ := p.told("x", gossh.PublicKeys(weak()))
	if len(hers) != 1 || len(nobodys) != 1 || hers[0] != nobodys[0] {
		t.Errorf("of a member's key told %q, of nobody's %q", hers, nobodys)
	}
}

// Some type their code in the place of the user name.
func TestACodeNeverReachesTheLog(t *testing.T) {
	p := newPractice(t)
	code := p.invite("karla", store.RoleClient, "Karla", "jonas")
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	signer, err := gossh.NewSignerFromKey(weak)
	must(t, err)
	for _, key := range []gossh.Signer{newKey(t), signer} {
		for _, user := range []string{code, strings.ToLower(code), "anna", "join"} {
			if _, _, err := p.told(user, gossh.PublicKeys(key), typing(code, code, code).method()); err == nil && user != "join" {
				t.Fatal("let in")
			}
		}
	}
	log := p.log.String()
	if strings.Contains(strings.ToLower(log), strings.ToLower(code)) {
		t.Errorf("the code is in the log:\n%s", log)
	}
	for _, part := range []string{"user=join", "user=anna", fmt.Sprintf("user_length=%d", len(code))} {
		if !strings.Contains(log, part) {
			t.Errorf("the log lacks %q", part)
		}
	}
}

// All are asked before any answers, so that none was barred when asked.
func TestOneAddressCannotHaveManyWordsLookedAtAtOnce(t *testing.T) {
	now := time.Now() // stands still: on a slow machine the first ones would be half forgotten
	p := newPractice(t, func(s *Server) {
		s.guesses.now = func() time.Time { return now }
		s.limits.Handshake = time.Hour // the last of them wait long for their turn there
	})
	const many = 2 * maxWrong
	var asked, ended sync.WaitGroup
	asked.Add(many)
	for range many {
		typed, once := &answers{}, sync.OnceFunc(asked.Done)
		typed.say = func(string) string { once(); asked.Wait(); return "six wrong words" }
		ended.Go(func() { _, _ = p.dial("anna", typed.method()) })
	}
	ended.Wait()
	if n := strings.Count(p.log.String(), "wrong code or words"); n != maxWrong {
		t.Errorf("%d were looked at, want %d", n, maxWrong)
	}
}

func TestATurnAtATime(t *testing.T) {
	g := newGuesses(time.Now)
	here, there := placeOf(addr("192.0.2.1:5")), placeOf(addr("192.0.2.2:5"))
	done, err := g.turn(context.Background(), here)
	must(t, err)
	elsewhere, err := g.turn(context.Background(), there) // waits for nobody
	must(t, err)
	elsewhere()
	short, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := g.turn(short, here); err == nil {
		t.Error("two turns at a time")
	}
	next := make(chan error, 1)
	go func() {
		done, err := g.turn(context.Background(), here)
		if err == nil {
			done()
		}
		next <- err
	}()
	done()
	select {
	case err := <-next:
		must(t, err)
	case <-time.After(patient):
		t.Fatal("the turn never comes")
	}
	if len(g.turns) != 0 {
		t.Errorf("%d turns were kept", len(g.turns))
	}
}

func TestMembersAreCounted(t *testing.T) {
	for name, test := range map[string]struct {
		members, perPerson int
		others             bool // may come in when there is no room for anna
		say                string
	}{
		"of one person": {100, 2, true, "You have 2 connections open already"},
		"of all":        {2, 100, false, "too many connections to this practice"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPractice(t, func(s *Server) { s.limits.Members, s.limits.PerPerson = test.members, test.perPerson })
			anna := gossh.PublicKeys(p.keys["anna"])
			first, _, err := p.told("x", anna)
			must(t, err)
			p.client("anna")
			typed := typing("words")
			_, said, err := p.told("x", anna, typed.method())
			if err == nil || len(said) != 1 || !strings.Contains(said[0], test.say) || len(typed.shown) != 0 {
				t.Errorf("error %v, told %q, asked %q", err, said, typed.shown)
			}
			if _, err := p.dial("x", gossh.PublicKeys(p.keys["jonas"])); (err == nil) != test.others {
				t.Errorf("somebody else: %v", err)
			}
			_ = first.Close()
			eventually(t, "room again", func() bool {
				_, _, err := p.told("x", anna)
				return err == nil
			})
		})
	}
}

func TestARoomIsNotTakenByWhoIsGone(t *testing.T) {
	l := newListener(nil, &Limits{Strangers: 1, PerAddress: 1, Members: 1, PerPerson: 1}, time.Now, nil, new(calm))
	gone := &conn{home: l}
	if err := l.known(gone, 1, func() { t.Error("left twice") }); err == nil || l.members != 0 || len(l.persons) != 0 {
		t.Errorf("error %v, %d members", err, l.members)
	}
}
