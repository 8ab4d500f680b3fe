package store

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

func (h *house) invite(t *testing.T, in NewInvitation) Invitation {
	t.Helper()
	return must(h.store.Operator().Invite(t.Context(), in))(t)
}

func TestCodes(t *testing.T) {
	h := newHouse(t)
	anna := NewInvitation{Role: RoleClient, Handle: "Anna", Name: "Anna K.", Expires: time.Hour}
	first := h.invite(t, anna)
	if who := must(h.store.CheckCode(t.Context(), strings.ToLower(first.Code)))(t); who != (Person{"anna", "Anna K.", RoleClient}) {
		t.Errorf("the code is for %+v", who)
	}
	voided := first
	used := h.invite(t, anna)
	must(h.store.Redeem(t.Context(), used.Code, anyKey()))(t)
	old := h.invite(t, NewInvitation{Role: RoleCoach, Handle: "jonas", Name: "Jonas", Expires: time.Hour})
	h.clock.pass(time.Hour)
	shut := h.invite(t, NewInvitation{Role: RoleClient, Handle: "dora", Name: "Dora"})
	if err := h.store.Operator().Disable(t.Context(), "dora"); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	h.store.log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelWarn}))
	for code, want := range map[string]error{
		"":                    ErrWrongCode,
		"hello":               ErrWrongCode,
		"0000-0000-0000-0000": ErrWrongCode,
		voided.Code:           ErrOldCode,
		used.Code:             ErrUsedCode,
		old.Code:              ErrOldCode,
		shut.Code:             ErrWrongCode,
	} {
		_, err := h.store.CheckCode(t.Context(), code)
		wantErr(t, err, want)
		_, err = h.store.Redeem(t.Context(), code, anyKey())
		wantErr(t, err, want)
	}
	if said.Len() > 0 {
		t.Errorf("a code that is not good alarms the operator:\n%s", said.String())
	}
}

func TestOneOfTwoWhoRedeemAtOnceWins(t *testing.T) {
	h := newHouse(t)
	inv := h.invite(t, NewInvitation{Role: RoleCoach, Handle: "jonas", Name: "Jonas"})
	const many = 8
	errs := make([]error, many)
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() { _, errs[i] = h.store.Redeem(t.Context(), inv.Code, anyKey()) })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wantErr(t, err, ErrUsedCode)
		}
	}
	if account := must(h.store.Operator().Person(t.Context(), "jonas"))(t); won != 1 || len(account.Keys) != 1 {
		t.Errorf("%d won, %d keys", won, len(account.Keys))
	}
}

func TestTheLastUseIsKept(t *testing.T) {
	h := newHouse(t)
	key := anyKey()
	inv := h.invite(t, NewInvitation{Role: RoleClient, Handle: "anna", Name: "Anna"})
	anna := h.store.As(must(h.store.Redeem(t.Context(), inv.Code, key))(t))
	lastUsed := func() time.Time { return must(anna.Keys(t.Context()))(t)[0].LastUsed }
	before := lastUsed()
	h.clock.pass(time.Minute)
	must(h.store.SignInKey(t.Context(), key.Blob))(t)
	if later := lastUsed(); later.Sub(before) < time.Minute || h.clock.Now().Sub(later) > time.Second {
		t.Errorf("kept %v after %v", later, before)
	}
}

func TestKeys(t *testing.T) {
	h := newHouse(t)
	jonas := h.coach("jonas")
	key, other := anyKey(), anyKey()
	inv := h.invite(t, NewInvitation{Role: RoleClient, Handle: "anna", Name: "Anna"})
	anna := h.store.As(must(h.store.Redeem(t.Context(), inv.Code, key))(t))

	again := h.invite(t, NewInvitation{Handle: "jonas"})
	_, err := h.store.Redeem(t.Context(), again.Code, key)
	wantErr(t, err, ErrTaken)
	must(h.store.CheckCode(t.Context(), again.Code))(t) // still good
	wantErr(t, jonas.AddKey(t.Context(), PublicKey{Type: "ssh-ed25519"}), ErrEmpty)

	wantErr(t, anna.RemoveKey(t.Context(), key.Fingerprint()), ErrLast)
	for range 2 { // the second time it is theirs already
		if err := anna.AddKey(t.Context(), other); err != nil {
			t.Fatal(err)
		}
	}
	keys := must(anna.Keys(t.Context()))(t)
	if len(keys) != 2 || !keys[0].Current || keys[1].Current || keys[1].Comment != "a key" || keys[1].Fingerprint != other.Fingerprint() {
		t.Errorf("keys: %+v", keys)
	}
	must(h.store.ConfirmKey(t.Context(), "anna", other.Blob))(t)
	phone := h.store.As(must(h.store.SignInKey(t.Context(), other.Blob))(t))
	if keys := must(phone.Keys(t.Context()))(t); keys[1].LastUsed.IsZero() || !keys[1].Current || keys[1].Pending {
		t.Errorf("keys after the sign-in: %+v", keys)
	}
	if err := phone.RemoveKey(t.Context(), key.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	wantErr(t, second(anna.Me(t.Context())), ErrSignedOut)
	_, err = h.store.SignInKey(t.Context(), key.Blob)
	wantErr(t, err, ErrNotFound)

	// The key is free again, but a session that came in with it before stays out.
	must(h.store.Redeem(t.Context(), again.Code, key))(t)
	wantErr(t, second(anna.Me(t.Context())), ErrSignedOut)

	if err := h.store.Operator().Disable(t.Context(), "anna"); err != nil {
		t.Fatal(err)
	}
	_, err = h.store.SignInKey(t.Context(), other.Blob)
	wantErr(t, err, ErrSignedOut)
	if err := h.store.Operator().Enable(t.Context(), "anna"); err != nil {
		t.Fatal(err)
	}
	must(phone.Me(t.Context()))(t)
}

// TestAKeyThatIsAddedCountsOnceItsHolderHasSigned is about keys that somebody found, on GitHub say.
func TestAKeyThatIsAddedCountsOnceItsHolderHasSigned(t *testing.T) {
	h := newHouse(t)
	jonas, anna := h.coach("jonas"), h.client("anna")
	key := anyKey()
	for _, a := range []*Access{jonas, anna, anna} { // none hears of another
		if err := a.AddKey(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	keys := must(anna.Keys(t.Context()))(t)
	if len(keys) != 2 || keys[0].Pending || !keys[1].Pending {
		t.Errorf("keys: %+v", keys)
	}
	if account := must(h.store.Operator().Person(t.Context(), "anna"))(t); len(account.Keys) != 1 {
		t.Errorf("the operator sees %+v", account.Keys)
	}
	_, err := h.store.SignInKey(t.Context(), key.Blob)
	wantErr(t, err, ErrNotFound)
	wantErr(t, anna.RemoveKey(t.Context(), keys[0].Fingerprint), ErrLast)
	for _, handle := range []string{"dora", "", "join"} {
		_, err = h.store.ConfirmKey(t.Context(), handle, key.Blob)
		wantErr(t, err, ErrNotFound)
	}

	// Its holder joins, and the others have nothing of it.
	dora := h.invite(t, NewInvitation{Role: RoleClient, Handle: "dora", Name: "Dora"})
	who := must(h.store.Redeem(t.Context(), dora.Code, key))(t)
	if in := must(h.store.SignInKey(t.Context(), key.Blob))(t); in != who {
		t.Error("the key signs in another than who redeemed with it")
	}
	_, err = h.store.ConfirmKey(t.Context(), "anna", key.Blob)
	wantErr(t, err, ErrNotFound)

	// Of two who have added a key, the first to sign with it has it.
	both := anyKey()
	for _, a := range []*Access{jonas, anna} {
		if err := a.AddKey(t.Context(), both); err != nil {
			t.Fatal(err)
		}
	}
	if in := must(h.store.ConfirmKey(t.Context(), " Anna", both.Blob))(t); in.person != anna.who.person {
		t.Error("confirmed for somebody else")
	}
	_, err = h.store.ConfirmKey(t.Context(), "jonas", both.Blob)
	wantErr(t, err, ErrNotFound)
	if err := anna.AddKey(t.Context(), both); err != nil { // stays as it is
		t.Fatal(err)
	}
	must(h.store.SignInKey(t.Context(), both.Blob))(t)

	// A code makes a key that is pending one's own at once; a disabled account confirms nothing.
	third := anyKey()
	if err := anna.AddKey(t.Context(), third); err != nil {
		t.Fatal(err)
	}
	must(h.store.Redeem(t.Context(), h.invite(t, NewInvitation{Handle: "anna"}).Code, third))(t)
	must(h.store.SignInKey(t.Context(), third.Blob))(t)
	fourth := anyKey()
	if err := jonas.AddKey(t.Context(), fourth); err != nil {
		t.Fatal(err)
	}
	if err := h.store.Operator().Disable(t.Context(), "jonas"); err != nil {
		t.Fatal(err)
	}
	_, err = h.store.ConfirmKey(t.Context(), "jonas", fourth.Blob)
	wantErr(t, err, ErrNotFound)
}

func TestSignInWords(t *testing.T) {
	h := newHouse(t)
	inv := h.invite(t, NewInvitation{Role: RoleClient, Handle: "anna", Name: "Anna"})
	words := must(h.store.NewWords(t.Context()))(t)
	if shown := fmt.Sprintf("%v %+v %#v %s %q", words, words, words, words, words); strings.Contains(shown, words.Reveal()) || strings.Contains(shown, "argon2") {
		t.Error("the words print")
	}
	_, err := h.store.RedeemWithWords(t.Context(), inv.Code, SignInWords{})
	wantErr(t, err, ErrEmpty)
	first := h.store.As(must(h.store.RedeemWithWords(t.Context(), inv.Code, words))(t))
	if keys := must(first.Keys(t.Context()))(t); len(keys) != 1 || keys[0].Type != "words" || keys[0].Fingerprint != "" || !keys[0].Current {
		t.Errorf("keys: %+v", keys)
	}
	who := must(h.store.SignInWords(t.Context(), " ANNA", strings.ToUpper(words.Reveal())))(t)
	if who != first.who {
		t.Error("another identity")
	}
	for handle, typed := range map[string]string{"anna": "six wrong words", "nobody": words.Reveal(), "": ""} {
		_, err := h.store.SignInWords(t.Context(), handle, typed)
		wantErr(t, err, ErrNotFound)
	}
	wantErr(t, first.RemoveKey(t.Context(), "words"), ErrLast)

	// New words take the place of the old ones.
	onDesk, _ := watch(t, first)
	again := h.invite(t, NewInvitation{Handle: "anna"})
	anew := must(h.store.NewWords(t.Context()))(t)
	second := h.store.As(must(h.store.RedeemWithWords(t.Context(), again.Code, anew))(t))
	wantEnded(t, onDesk)
	_, err = h.store.SignInWords(t.Context(), "anna", words.Reveal())
	wantErr(t, err, ErrNotFound)
	if keys := must(second.Keys(t.Context()))(t); len(keys) != 1 {
		t.Errorf("keys: %+v", keys)
	}
	key := anyKey()
	if err := second.AddKey(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	wantErr(t, second.RemoveKey(t.Context(), "words"), ErrLast) // the key is not confirmed yet
	must(h.store.ConfirmKey(t.Context(), "anna", key.Blob))(t)
	if err := second.RemoveKey(t.Context(), "words"); err != nil {
		t.Error("words beside a key:", err)
	}
	if err := h.store.Operator().Disable(t.Context(), "anna"); err != nil {
		t.Fatal(err)
	}
}

func TestTheDemoLetsInOnlyInADemo(t *testing.T) {
	h := newHouse(t)
	h.coach("jonas")
	_, err := h.store.SignInDemo(t.Context(), "jonas")
	wantErr(t, err, ErrNotFound)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := h.config()
	cfg.Demo = true
	h.store = must(Open(t.Context(), h.dir, cfg))(t)
	must(h.store.As(must(h.store.SignInDemo(t.Context(), "jonas"))(t)).Me(t.Context()))(t)
	_, err = h.store.SignInDemo(t.Context(), "nobody")
	wantErr(t, err, ErrNotFound)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSettings(t *testing.T) {
	h := newHouse(t)
	jonas := h.coach("jonas")
	want := Settings{Language: "de", Theme: "ink", TimeZone: "Europe/Berlin", EnterSends: true, NoColor: true}
	if err := jonas.SaveSettings(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []Settings{{Language: "xx"}, {TimeZone: "Mars/Base"}, {TimeZone: "Local"}, {TimeZone: "../etc/passwd"}, {Theme: "a b"}, {Theme: strings.Repeat("x", 99)}} {
		wantErr(t, jonas.SaveSettings(t.Context(), bad), ErrBadSetting)
	}
	if me := must(jonas.Me(t.Context()))(t); me.Settings != want || me.Handle != "jonas" || me.Name != "Name of jonas" {
		t.Errorf("me: %+v", me)
	}
}

func TestErrorsCarryNoText(t *testing.T) {
	h := newHouse(t)
	jonas := h.coach("jonas")
	var all []error
	_, err := jonas.NewThread(t.Context(), "canary", []string{"canary"}, "canary")
	all = append(all, err)
	_, err = jonas.Invite(t.Context(), "canary canary", "canary")
	all = append(all, err, jonas.SaveSettings(t.Context(), Settings{Theme: "CANARY"}))
	_, err = h.store.CheckCode(t.Context(), "canary")
	all = append(all, err)
	_, err = h.store.Operator().Person(t.Context(), "canary")
	all = append(all, err)
	if err := errors.Join(all...); err == nil || canaries.MatchString(err.Error()) {
		t.Error(err)
	}
}
