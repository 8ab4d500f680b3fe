// The second factor: six digits that an authenticator app shows, new every half minute (RFC 6238 on RFC 4226), made of 20
// random bytes with HMAC-SHA-1 and counted from 1970, for that is what all apps take for granted. SHA-1's weakness is that
// of collisions, which HMAC does not rest on.

package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // see above: RFC 6238, and HMAC does not need it free of collisions
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

const (
	totpSecret = 20 // bytes, as RFC 4226 recommends
	totpDigits = 6
	totpPeriod = 30 // seconds
	totpWindow = 1  // steps that a clock may be off, before and after
)

// TOTP is the secret of somebody's authenticator app. It prints as "[key]"; Reveal is the only way to show it.
type TOTP struct {
	hidden
	secret [totpSecret]byte
}

// NewTOTP draws a secret.
func NewTOTP() *TOTP {
	t := &TOTP{}
	_, _ = rand.Read(t.secret[:]) // never fails
	return t
}

// TOTPOf is the secret with these bytes, as Bytes gave them to be sealed.
func TOTPOf(secret []byte) (*TOTP, error) {
	t := &TOTP{}
	if len(secret) != len(t.secret) {
		return nil, errors.New("not the secret of a second factor")
	}
	copy(t.secret[:], secret)
	return t, nil
}

// Bytes are the secret's, to be sealed and to be cleared then.
func (t *TOTP) Bytes() []byte { return append([]byte(nil), t.secret[:]...) }

// Reveal writes the secret out as apps take it: 32 letters and digits of base32 (RFC 4648). It is to be shown once.
func (t *TOTP) Reveal() string { return base32.StdEncoding.EncodeToString(t.secret[:]) }

// Wipe clears the secret.
func (t *TOTP) Wipe() { clear(t.secret[:]) }

// Check says whether digits, as typed, are the code of now or of a step beside it, and of which step. Codes of the step
// after or before it are taken for no code, so that none is taken twice: give the step that Check answered last. How long
// it takes tells nothing of the code.
func (t *TOTP) Check(typed string, now time.Time, after int64) (step int64, ok bool) {
	given := []byte(plainCode(typed))
	at := now.Unix() / totpPeriod
	for candidate := at - totpWindow; candidate <= at+totpWindow; candidate++ {
		same := subtle.ConstantTimeCompare(given, []byte(t.code(candidate, totpDigits)))
		if same == 1 && candidate > after {
			step, ok = candidate, true
		}
	}
	return step, ok
}

// plainCode takes out the spaces and dashes by which apps and people part a code.
func plainCode(typed string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, typed)
}

// code is that of a step, with so many digits.
func (t *TOTP) code(step int64, digits int) string {
	h := hmac.New(sha1.New, t.secret[:])
	_ = binary.Write(h, binary.BigEndian, step) // a hash takes all
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	value := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	power := uint32(1)
	for range digits {
		power *= 10
	}
	return fmt.Sprintf("%0*d", digits, value%power)
}

// SpareHash is what the database keeps of one of a person's recovery codes: HMAC-SHA-256 of the person's id and the code
// under the sub-key "alcove/second-factor". It is keyed for the reasons that CodeHash is, and no other person's row.
func (k *Keys) SpareHash(person int64, code Code) []byte {
	h := hmac.New(sha256.New, k.factors)
	_ = binary.Write(h, binary.BigEndian, person) // a hash takes all
	h.Write(code.bits[:])
	return h.Sum(nil)
}
