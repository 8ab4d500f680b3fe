package seal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTOTPVectors(t *testing.T) {
	secret, err := TOTPOf([]byte("12345678901234567890"))
	must(t, err)
	for _, v := range vectors[struct {
		Seconds int64
		Code    string
	}](t, "rfc6238_sha1.json") {
		step := v.Seconds / totpPeriod
		if got := secret.code(step, 8); got != v.Code {
			t.Errorf("at %d: %s, want %s", v.Seconds, got, v.Code)
		}
		if got, ok := secret.Check(v.Code[2:], time.Unix(v.Seconds, 0), 0); !ok || got != step {
			t.Errorf("at %d: step %d, %v", v.Seconds, got, ok)
		}
	}
}

func TestTOTPCodesHoldForAWhileAndOnce(t *testing.T) {
	secret := NewTOTP()
	now := time.Unix(1_800_000_000, 0)
	step := now.Unix() / totpPeriod
	for off := int64(-3); off <= 3; off++ {
		got, ok := secret.Check(secret.code(step+off, totpDigits), now, 0)
		if want := -totpWindow <= off && off <= totpWindow; ok != want || ok && got != step+off {
			t.Errorf("%d steps off: step %d, %v", off, got, ok)
		}
	}
	code := secret.code(step, totpDigits)
	for typed, want := range map[string]bool{
		code: true, " " + code[:3] + " " + code[3:] + "\n": true, code[:3] + "-" + code[3:]: true, "": false, code + "0": false,
		code[1:]: false, "abcdef": false,
	} {
		if _, ok := secret.Check(typed, now, 0); ok != want {
			t.Errorf("%q: %v", typed, ok)
		}
	}
	if _, ok := secret.Check(code, now, step); ok {
		t.Error("taken twice")
	}
	if _, ok := secret.Check(secret.code(step-1, totpDigits), now, step); ok {
		t.Error("an older one taken after a newer")
	}
	if _, ok := NewTOTP().Check(code, now, 0); ok {
		t.Error("another's code taken")
	}
}

func TestTOTPSecretsAreNotPrinted(t *testing.T) {
	secret := NewTOTP()
	again, err := TOTPOf(secret.Bytes())
	must(t, err)
	if again.Reveal() != secret.Reveal() || len(secret.Reveal()) != 32 || secret.Reveal() == NewTOTP().Reveal() {
		t.Error("not what it was")
	}
	if shown := fmt.Sprintf("%v %+v %#v %s %x", secret, secret, *secret, secret, secret); strings.Trim(shown, "key[] ") != "" {
		t.Errorf("printed as %s", shown)
	}
	if _, err := TOTPOf([]byte("short")); err == nil {
		t.Error("a short one taken")
	}
	secret.Wipe()
	if !bytes.Equal(secret.Bytes(), make([]byte, totpSecret)) {
		t.Error("not wiped")
	}
}

func TestSpareHashesAreOfOnePersonAndKey(t *testing.T) {
	instance := NewInstance()
	keys, err := (&Master{secret: [keySize]byte{1}}).Keys(instance)
	must(t, err)
	others, err := (&Master{secret: [keySize]byte{2}}).Keys(instance)
	must(t, err)
	code := NewCode()
	hash := keys.SpareHash(1, code)
	if !bytes.Equal(hash, keys.SpareHash(1, code)) {
		t.Error("not the same twice")
	}
	for what, other := range map[string][]byte{
		"another person": keys.SpareHash(2, code), "another code": keys.SpareHash(1, NewCode()),
		"another key": others.SpareHash(1, code), "an invitation": keys.CodeHash(code),
	} {
		if bytes.Equal(hash, other) {
			t.Errorf("the same for %s", what)
		}
	}
}
