package sshserver

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // RFC 6238
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
)

// app is somebody's authenticator, with their recovery codes.
type app struct {
	t      *testing.T
	secret []byte
	spare  []string
}

// factor gives a person a second factor, by the code before the present one, so that the present one is still good.
func (p *practice) factor(t *testing.T, handle string) *app {
	t.Helper()
	ctx, who := context.Background(), p.as(handle)
	drawn, err := who.BeginSecondFactor(ctx)
	must(t, err)
	a := &app{t: t}
	a.secret, err = base32.StdEncoding.DecodeString(drawn.Reveal())
	must(t, err)
	if a.spare, err = who.ConfirmSecondFactor(ctx, a.code(-1)); errors.Is(err, store.ErrWrongCode) { // the next half minute began meanwhile
		a.spare, err = who.ConfirmSecondFactor(ctx, a.code(-1))
	}
	must(t, err)
	return a
}

// code is what the app shows so many steps from now.
func (a *app) code(steps int64) string {
	h := hmac.New(sha1.New, a.secret)
	must(a.t, binary.Write(h, binary.BigEndian, time.Now().Unix()/30+steps))
	sum := h.Sum(nil)
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[sum[19]&15:])&(1<<31-1))%1_000_000)
}

// left is how many recovery codes a person has.
func (p *practice) left(t *testing.T, handle string) int {
	t.Helper()
	me, err := p.as(handle).Me(context.Background())
	must(t, err)
	return me.Factor.Spare
}

func TestASecondFactorIsAskedAfterAKey(t *testing.T) {
	p := newPractice(t)
	phone := p.factor(t, "anna")
	code := phone.code(0)
	typed := typing("not it", code[:3]+" "+code[3:])
	c, said, err := p.told("whoever", gossh.PublicKeys(newKey(t), p.keys["anna"]), typed.method())
	must(t, err)
	if got := whoIs(t, c); got != "anna" || len(typed.shown) != 2 || typed.echo[0] {
		t.Errorf("signed in as %q, asked %q, echo %v", got, typed.shown, typed.echo)
	}
	if first := typed.shown[0]; strings.Contains(first, "\n") || strings.ContainsFunc(first, func(r rune) bool { return r > '~' }) ||
		!strings.Contains(first, "recovery code") || !strings.Contains(first, "Ersatzcode") || len(first) > 78 || !strings.Contains(typed.shown[1], "not right") {
		t.Errorf("asked %q", typed.shown)
	}
	if last := said[len(said)-1]; !strings.Contains(last, "BatchMode") || !strings.Contains(last, "zweiten Faktor") {
		t.Errorf("told %q", said)
	}
	if _, err := p.dial("anna", gossh.PublicKeys(p.keys["anna"]), typing(code).method()); err == nil {
		t.Error("let in by the same code again")
	}
	c, _, err = p.told("anna", gossh.PublicKeys(p.keys["anna"]), typing(strings.ToLower(phone.spare[0])).method())
	must(t, err)
	if got := whoIs(t, c); got != "anna" || p.left(t, "anna") != store.SpareCodes-1 {
		t.Errorf("by a recovery code: %q, %d left", got, p.left(t, "anna"))
	}
	if _, err := p.dial("anna", gossh.PublicKeys(p.keys["anna"]), typing(phone.spare[0]).method()); err == nil {
		t.Error("let in by the same recovery code again")
	}
	if _, err := p.dial("anna", gossh.PublicKeys(p.keys["anna"])); err == nil {
		t.Error("let in without a code")
	}
	typed = typing()
	if c, _, err := p.told("piet", gossh.PublicKeys(p.keys["piet"]), typed.method()); err != nil || whoIs(t, c) != "piet" || len(typed.shown) != 0 {
		t.Errorf("who has none was asked %q: %v", typed.shown, err)
	}
	log := p.log.String()
	for _, secret := range append(phone.spare, code) {
		if strings.Contains(log, secret) {
			t.Error("a code is in the log")
		}
	}
}

func TestASecondFactorIsAskedAfterWordsAndInvitations(t *testing.T) {
	p := newPractice(t)
	phone := p.factor(t, "anna")
	again := func() string {
		inv, err := p.store.Operator().Invite(context.Background(), store.NewInvitation{Handle: "anna"})
		must(t, err)
		return inv.Code
	}
	key := newKey(t)
	typed := typing(again(), phone.spare[0])
	c, _, err := p.told("join", gossh.PublicKeys(key), typed.method())
	must(t, err)
	if got := whoIs(t, c); got != "anna" || len(typed.shown) != 2 {
		t.Errorf("joined as %q, asked %q", got, typed.shown)
	}
	if _, err := p.dial("anna", gossh.PublicKeys(key)); err == nil {
		t.Error("the new key lets in alone")
	}

	ctx := context.Background()
	words, err := p.store.NewWords(ctx)
	must(t, err)
	_, err = p.store.RedeemWithWords(ctx, again(), words)
	must(t, err)
	typed = typing("six wrong words to begin with", words.Reveal(), "wrong", "wrong", phone.spare[1])
	c, _, err = p.told("anna", typed.method())
	must(t, err)
	if got := whoIs(t, c); got != "anna" || len(typed.shown) != 5 {
		t.Errorf("signed in as %q, asked %q", got, typed.shown)
	}
	if _, err := p.dial("anna", typing(words.Reveal()).method()); err == nil {
		t.Error("the words let in alone")
	}
}

// No client may ask to be asked, and a code is nothing without what comes before it.
func TestASecondFactorIsNoWayIn(t *testing.T) {
	p := newPractice(t)
	phone := p.factor(t, "anna")
	for _, user := range []string{"anna", "join"} {
		typed := typing(phone.spare[0], phone.code(0), phone.spare[1])
		if _, err := p.dial(user, typed.method()); err == nil {
			t.Errorf("%s is let in by codes alone", user)
		}
		typed2 := typing(phone.spare[0], phone.code(0), phone.spare[1])
		if _, err := p.dial(user, gossh.PublicKeys(newKey(t)), typed2.method()); err == nil {
			t.Errorf("%s is let in by a strange key and codes", user)
		}
		if all := strings.Join(append(typed.shown, typed2.shown...), ""); strings.Contains(all, "recovery code") {
			t.Errorf("%s was asked %q", user, all)
		}
	}
	if got := p.left(t, "anna"); got != store.SpareCodes {
		t.Errorf("%d recovery codes are left", got)
	}
}

func TestASecondFactorIsThatOfTheKey(t *testing.T) {
	p := newPractice(t)
	annas, jonass := p.factor(t, "anna"), p.factor(t, "jonas")
	typed := typing(jonass.spare[0], jonass.code(0), jonass.spare[1], annas.spare[0])
	if _, err := p.dial("jonas", gossh.PublicKeys(p.keys["anna"]), gossh.RetryableAuthMethod(typed.method(), 5)); err == nil || len(typed.shown) != 3 {
		t.Errorf("anna's key and jonas's codes: %v, asked %d times", err, len(typed.shown))
	}
	for _, handle := range []string{"anna", "jonas"} {
		if got := p.left(t, handle); got != store.SpareCodes {
			t.Errorf("%s has %d recovery codes", handle, got)
		}
	}
	if got := len(p.server.guesses.places); got != 1 {
		t.Errorf("wrong codes counted for %d places", got)
	}
}

// A library's client never does these.
func TestNothingElseGoesOnAfterAKeyThatNeedsASecondFactor(t *testing.T) {
	p := newPractice(t)
	p.factor(t, "anna")
	half := func(t *testing.T) *rawClient {
		r := rawDial(t, p.addr)
		reply, err := r.try("anna", "publickey", r.prove("anna", p.keys["anna"]))
		must(t, err)
		var answer struct {
			Methods []string `sshtype:"51"`
			Partial bool
		}
		must(t, gossh.Unmarshal(reply, &answer))
		if !answer.Partial || strings.Join(answer.Methods, " ") != "keyboard-interactive" {
			t.Fatalf("answered %+v", answer)
		}
		return r
	}
	ask := gossh.Marshal(struct{ Lang, Sub string }{})
	for name, try := range map[string]func(r *rawClient) ([]byte, error){
		"another user": func(r *rawClient) ([]byte, error) { return r.try("jonas", "keyboard-interactive", ask) },
		"another user's key": func(r *rawClient) ([]byte, error) {
			return r.try("jonas", "publickey", r.prove("jonas", p.keys["jonas"]))
		},
		"another's key": func(r *rawClient) ([]byte, error) {
			return r.try("anna", "publickey", r.prove("anna", p.keys["jonas"]))
		},
		"the key again": func(r *rawClient) ([]byte, error) { return r.try("anna", "publickey", r.prove("anna", p.keys["anna"])) },
		"a query": func(r *rawClient) ([]byte, error) {
			return r.try("anna", "publickey", query(p.keys["jonas"].PublicKey()))
		},
		"none":           func(r *rawClient) ([]byte, error) { return r.try("anna", "none", nil) },
		"a user of none": func(r *rawClient) ([]byte, error) { return r.try("join", "keyboard-interactive", ask) },
	} {
		t.Run(name, func(t *testing.T) {
			reply, err := try(half(t))
			if err == nil && reply[0] != authFailed {
				t.Errorf("answered with %d", reply[0])
			}
			if strings.HasPrefix(name, "a") && strings.Contains(name, "user") && err == nil {
				t.Error("the connection goes on under another name")
			}
		})
	}
}

func TestWrongCodesOfASecondFactorAreFew(t *testing.T) {
	p := newPractice(t)
	phone := p.factor(t, "anna")
	tries := 0
	for connection := 1; ; connection++ {
		typed := typing("wrong", "wrong", "wrong", "wrong")
		_, said, err := p.told("anna", gossh.PublicKeys(p.keys["anna"]), gossh.RetryableAuthMethod(typed.method(), 5))
		if err == nil || connection > maxWrong {
			t.Fatalf("connection %d: %v, told %q", connection, err, said)
		}
		tries += len(typed.shown)
		if strings.Contains(said[len(said)-1], "too many wrong codes for this account") {
			break
		}
		if len(typed.shown) != maxTries || !strings.Contains(said[len(said)-1], "Three codes were not right") {
			t.Fatalf("asked %d times, told %q", len(typed.shown), said)
		}
	}
	if tries < maxTries || tries > maxWrong {
		t.Errorf("after %d tries", tries)
	}
	if _, err := p.dial("anna", gossh.PublicKeys(p.keys["anna"]), typing(phone.spare[0]).method()); err == nil {
		t.Error("a right one is looked at")
	}
	c := p.client("piet") // neighbours keep working
	if got := whoIs(t, c); got != "piet" {
		t.Errorf("signed in as %q", got)
	}
}

func TestNothingTypedIsNoWrongCode(t *testing.T) {
	p := newPractice(t)
	phone := p.factor(t, "anna")
	for range maxWrong {
		typed := typing()
		_, said, err := p.told("anna", gossh.PublicKeys(p.keys["anna"]), gossh.RetryableAuthMethod(typed.method(), 3))
		if err == nil || len(typed.shown) != 1 || !strings.Contains(strings.Join(said, ""), "Nothing was typed") {
			t.Fatalf("error %v, asked %d times, told %q", err, len(typed.shown), said)
		}
	}
	c, _, err := p.told("anna", gossh.PublicKeys(p.keys["anna"]), typing(phone.spare[0]).method())
	must(t, err)
	if got := whoIs(t, c); got != "anna" || len(p.server.guesses.places) != 0 {
		t.Errorf("signed in as %q, counted %v", got, p.server.guesses.places)
	}
}

func TestADisabledAccountIsToldAfterItsSecondFactorToo(t *testing.T) {
	p := newPractice(t)
	phone := p.factor(t, "anna")
	typed := &answers{say: func(string) string {
		must(t, p.store.Operator().Disable(context.Background(), "anna"))
		return phone.spare[0]
	}}
	_, said, err := p.told("anna", gossh.PublicKeys(p.keys["anna"]), typed.method())
	if err == nil || !strings.Contains(said[len(said)-1], "disabled") {
		t.Errorf("error %v, told %q", err, said)
	}
}
