package store

import (
	"crypto/hmac"
	"crypto/sha1" // RFC 6238
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"alcove/store/seal"
)

// app is somebody's authenticator.
type app struct {
	house *house
	spare []string
	text  string
}

// factor gives a person a second factor.
func (h *house) factor(a *Access) *app {
	h.t.Helper()
	f := &app{house: h, text: must(a.BeginSecondFactor(h.ctx()))(h.t).Reveal()}
	f.spare = must(a.ConfirmSecondFactor(h.ctx(), f.code(0)))(h.t)
	return f
}

// code is what the app shows so many steps from now.
func (f *app) code(steps int) string {
	f.house.t.Helper()
	secret := must(base32.StdEncoding.DecodeString(f.text))(f.house.t)
	return totpOf(secret, f.house.clock.Now().Add(time.Duration(steps)*30*time.Second))
}

// signer is a person with a key and what it takes to sign in.
func (h *house) signer(role Role, handle string) (*Access, PublicKey) {
	h.t.Helper()
	key := anyKey()
	inv := h.invite(h.t.(*testing.T), NewInvitation{Role: role, Handle: handle, Name: "Name of " + handle})
	return h.store.As(must(h.store.Redeem(h.ctx(), inv.Code, key))(h.t)), key
}

func (h *house) kinds() (kinds []AuditKind) {
	for _, r := range must(h.store.Operator().Audit(h.ctx(), AuditQuery{}))(h.t) {
		kinds = append(kinds, r.Kind)
	}
	return kinds
}

func TestASecondFactorComesAfterTheKey(t *testing.T) {
	h := newHouse(t)
	anna, key := h.signer(RoleClient, "anna")
	if must(h.store.SignInKey(t.Context(), key.Blob))(t).NeedsSecondFactor() {
		t.Error("asked of who has none")
	}
	phone := h.factor(anna)
	if len(phone.spare) != SpareCodes {
		t.Errorf("%d recovery codes", len(phone.spare))
	}
	if me := must(anna.Me(t.Context()))(t); me.Factor != (SecondFactor{On: true, Spare: SpareCodes}) {
		t.Errorf("anna is told %+v", me.Factor)
	}
	h.clock.pass(time.Minute)
	before := len(h.kinds())
	half := must(h.store.SignInKey(t.Context(), key.Blob))(t)
	if !half.NeedsSecondFactor() || len(h.kinds()) != before {
		t.Error("let in, or said to be, by the key alone")
	}
	_, err := h.store.As(half).Threads(t.Context())
	wantErr(t, err, ErrSignedOut)
	_, err = h.store.As(half).Me(t.Context())
	wantErr(t, err, ErrSignedOut)
	wantErr(t, h.store.As(half).EndSecondFactor(t.Context(), phone.code(0)), ErrSignedOut)
	_, err = h.store.CheckSecondFactor(t.Context(), half, "000000")
	wantErr(t, err, ErrWrongCode)
	code := phone.code(0)
	whole := must(h.store.CheckSecondFactor(t.Context(), half, code))(t)
	if whole.NeedsSecondFactor() || whole.Person() != half.Person() {
		t.Error("not the person who came, or not wholly in")
	}
	must(h.store.As(whole).Threads(t.Context()))(t)
	log := must(h.store.Operator().Audit(t.Context(), AuditQuery{}))(t)
	if last := log[len(log)-1]; last.Kind != AuditSignedIn || last.Detail != key.Fingerprint() {
		t.Errorf("the log says %+v", last)
	}
	_, err = h.store.CheckSecondFactor(t.Context(), half, code)
	wantErr(t, err, ErrWrongCode) // once
	_, err = h.store.CheckSecondFactor(t.Context(), half, phone.code(-1))
	wantErr(t, err, ErrWrongCode)
	must(h.store.CheckSecondFactor(t.Context(), half, phone.code(1)))(t)
	_, err = h.store.CheckSecondFactor(t.Context(), whole, phone.code(0))
	wantErr(t, err, ErrSignedOut) // nothing was proved
}

// A code that confirmed the app is spent, too.
func TestACodeIsTakenOnceOfManyAtOnce(t *testing.T) {
	h := newHouse(t)
	anna, key := h.signer(RoleClient, "anna")
	phone := h.factor(anna)
	half := must(h.store.SignInKey(t.Context(), key.Blob))(t)
	_, err := h.store.CheckSecondFactor(t.Context(), half, phone.code(0))
	wantErr(t, err, ErrWrongCode)
	h.clock.pass(time.Minute)
	for _, code := range []string{phone.code(0), strings.ToLower(phone.spare[3])} { // the app's, and a recovery code
		errs := make([]error, 4)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { _, errs[i] = h.store.CheckSecondFactor(t.Context(), half, code) })
		}
		all.Wait()
		taken := 0
		for _, err := range errs {
			if err == nil {
				taken++
			} else {
				wantErr(t, err, ErrWrongCode)
			}
		}
		if taken != 1 {
			t.Errorf("taken %d times", taken)
		}
		h.clock.pass(2 * time.Hour) // wrong ones are forgotten
	}
	if me := must(anna.Me(t.Context()))(t); me.Factor.Spare != SpareCodes-1 || !slices.Contains(h.kinds(), AuditSpareUsed) {
		t.Errorf("left: %d; the log: %v", me.Factor.Spare, h.kinds())
	}
}

func TestEveryWayInAsksForTheSecondFactor(t *testing.T) {
	h := newHouse(t)
	anna, _ := h.signer(RoleClient, "anna")
	phone := h.factor(anna)
	pending := anyKey()
	if err := anna.AddKey(t.Context(), pending); err != nil {
		t.Fatal(err)
	}
	again := func() string { return h.invite(t, NewInvitation{Handle: "anna"}).Code }
	words := must(h.store.NewWords(t.Context()))(t)
	for _, way := range []struct {
		name string
		in   func() (Identity, error)
	}{
		{"a key confirmed", func() (Identity, error) { return h.store.ConfirmKey(t.Context(), "anna", pending.Blob) }},
		{"a new key by invitation", func() (Identity, error) { return h.store.Redeem(t.Context(), again(), anyKey()) }},
		{"new words by invitation", func() (Identity, error) { return h.store.RedeemWithWords(t.Context(), again(), words) }},
		{"words", func() (Identity, error) { return h.store.SignInWords(t.Context(), "anna", words.Reveal()) }},
	} {
		who, err := way.in()
		if err != nil || !who.NeedsSecondFactor() {
			t.Errorf("%s: %v, asked %v", way.name, err, who.NeedsSecondFactor())
		}
		_, err = h.store.As(who).Threads(t.Context())
		wantErr(t, err, ErrSignedOut)
		h.clock.pass(time.Minute)
		must(h.store.CheckSecondFactor(t.Context(), who, phone.code(0)))(t)
	}
}

func TestWrongCodesOfAPersonAreFew(t *testing.T) {
	h := newHouse(t)
	anna, key := h.signer(RoleClient, "anna")
	phone := h.factor(anna)
	piet, pietsKey := h.signer(RoleClient, "piet")
	pietsPhone := h.factor(piet)
	h.clock.pass(time.Minute)
	half := must(h.store.SignInKey(t.Context(), key.Blob))(t)
	for i := range wrongCodesAtOnce {
		switch i % 3 {
		case 0:
			_, err := h.store.CheckSecondFactor(t.Context(), half, "12345")
			wantErr(t, err, ErrWrongCode)
		case 1:
			_, err := h.store.CheckSecondFactor(t.Context(), half, pietsPhone.spare[0])
			wantErr(t, err, ErrWrongCode)
		case 2:
			wantErr(t, anna.EndSecondFactor(t.Context(), pietsPhone.code(0)), ErrWrongCode)
		}
	}
	for _, code := range []string{phone.code(0), phone.spare[0]} {
		_, err := h.store.CheckSecondFactor(t.Context(), half, code)
		wantErr(t, err, ErrManyCodes)
		wantErr(t, anna.EndSecondFactor(t.Context(), code), ErrManyCodes)
	}
	other := must(h.store.SignInKey(t.Context(), pietsKey.Blob))(t)
	must(h.store.CheckSecondFactor(t.Context(), other, pietsPhone.code(0)))(t)
	h.clock.pass(wrongCodeEach)
	must(h.store.CheckSecondFactor(t.Context(), half, phone.spare[0]))(t)
}

func TestASecondFactorBeginsAndEnds(t *testing.T) {
	h := newHouse(t)
	anna, key := h.signer(RoleClient, "anna")
	first := &app{house: h, text: must(anna.BeginSecondFactor(t.Context()))(t).Reveal()}
	if must(h.store.SignInKey(t.Context(), key.Blob))(t).NeedsSecondFactor() {
		t.Error("asked for what was not confirmed")
	}
	second := &app{house: h, text: must(anna.BeginSecondFactor(t.Context()))(t).Reveal()}
	_, err := anna.ConfirmSecondFactor(t.Context(), first.code(0))
	wantErr(t, err, ErrWrongCode)
	second.spare = must(anna.ConfirmSecondFactor(t.Context(), second.code(0)))(t)
	_, err = anna.ConfirmSecondFactor(t.Context(), second.code(1))
	wantErr(t, err, ErrConflict)
	_, err = anna.BeginSecondFactor(t.Context())
	wantErr(t, err, ErrConflict)
	wantErr(t, anna.EndSecondFactor(t.Context(), "000000"), ErrWrongCode)
	if err := anna.EndSecondFactor(t.Context(), second.spare[9]); err != nil {
		t.Fatal(err)
	}
	third := h.factor(anna)
	half := must(h.store.SignInKey(t.Context(), key.Blob))(t)
	_, err = h.store.CheckSecondFactor(t.Context(), half, second.spare[0])
	wantErr(t, err, ErrWrongCode)
	if err := errors.Join(h.store.Operator().ResetSecondFactor(t.Context(), "Anna"), h.store.Operator().ResetSecondFactor(t.Context(), "anna")); err != nil {
		t.Fatal(err)
	}
	wantErr(t, h.store.Operator().ResetSecondFactor(t.Context(), "nobody"), ErrNotFound)
	if must(h.store.SignInKey(t.Context(), key.Blob))(t).NeedsSecondFactor() {
		t.Error("asked for what was reset")
	}
	_, err = h.store.CheckSecondFactor(t.Context(), half, third.code(1))
	wantErr(t, err, ErrNotFound)
	want := []AuditKind{AuditFactorOn, AuditSpareUsed, AuditFactorOff, AuditFactorOn, AuditFactorReset, AuditSignedIn}
	if got := h.kinds(); !slices.Equal(got[len(got)-len(want):], want) {
		t.Errorf("the log: %v", got)
	}
}

// A disk that is full must not keep anybody out, and yet no code is good twice.
func TestAFullDiskKeepsNobodyOutForTheSecondFactor(t *testing.T) {
	h := newHouse(t)
	anna, key := h.signer(RoleClient, "anna")
	phone := h.factor(anna)
	h.clock.pass(time.Minute)
	half := must(h.store.SignInKey(t.Context(), key.Blob))(t)
	h.fault(broken)
	must(h.store.CheckSecondFactor(t.Context(), half, phone.code(0)))(t)
	_, err := h.store.CheckSecondFactor(t.Context(), half, phone.code(0))
	wantErr(t, err, ErrWrongCode)
	_, err = h.store.CheckSecondFactor(t.Context(), half, phone.spare[0])
	wantErr(t, err, ErrReadOnly)
	h.fault(mended)
	_, err = h.store.CheckSecondFactor(t.Context(), half, phone.code(0))
	wantErr(t, err, ErrWrongCode)
	must(h.store.CheckSecondFactor(t.Context(), half, phone.spare[0]))(t)
}

func TestWhoMustHaveASecondFactorReachesNothingBefore(t *testing.T) {
	h := newHouse(t)
	h.signer(RoleClient, "anna")
	_, key := h.signer(RoleCoach, "jonas")
	h.store.factorFor = RoleCoach
	jonas := h.store.As(must(h.store.SignInKey(t.Context(), key.Blob))(t))
	s := &scene{house: h, who: map[string]*Access{otherClient: jonas, author: jonas}, thread: 1, entry: 1}
	free := []string{"Me", "BeginSecondFactor", "ConfirmSecondFactor"}
	for name, v := range verbs {
		_, err := v.call(t.Context(), jonas, s)
		if got := errors.Is(err, ErrFactorDue); got == slices.Contains(free, name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if me := must(jonas.Me(t.Context()))(t); !me.Factor.Due {
		t.Error("he is not told")
	}
	h.factor(jonas)
	if me := must(jonas.Me(t.Context()))(t); me.Factor.Due {
		t.Error("it is due for ever")
	}
	must(jonas.Threads(t.Context()))(t)
	inv := h.invite(t, NewInvitation{Handle: "anna"})
	anna := h.store.As(must(h.store.Redeem(t.Context(), inv.Code, anyKey()))(t))
	must(anna.Threads(t.Context()))(t) // a client
}

func TestTheSecretOfASecondFactorIsNeverPrinted(t *testing.T) {
	secret := FactorSecret{"CANARY"}
	if shown := fmt.Sprintf("%v %+v %#v %s", secret, secret, secret, secret); containsCanary(shown) {
		t.Error(shown)
	}
	h := newHouse(t)
	phone := h.factor(h.client("anna"))
	dump := strings.Join(h.dump(), "\n")
	for _, text := range append(phone.spare, phone.text) {
		if strings.Contains(dump, text) {
			t.Error("it stands in the database")
		}
	}
	if _, err := seal.ParseCode(phone.spare[0]); err != nil {
		t.Error(err)
	}
}

// totpOf is RFC 6238 once more, as an app has it.
func totpOf(secret []byte, at time.Time) string {
	h := hmac.New(sha1.New, secret)
	_ = binary.Write(h, binary.BigEndian, at.Unix()/30)
	sum := h.Sum(nil)
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[sum[19]&15:])&(1<<31-1))%1_000_000)
}
