package store

import (
	"context"
	"errors"
	"fmt"
	"io"

	"alcove/store/seal"
)

// A second factor is what somebody shows after their key or words, and never in their place: the code of an app, or one of
// the recovery codes that were given with it. Whoever has one is half signed in until then: their Identity is owing, and
// opens nothing (Access.check). Whoever must have one and has none reaches only the verbs that set it up.

// SpareCodes is how many recovery codes somebody gets; each is good once.
const SpareCodes = 10

// Like ErrQuota, these are nothing that the operator's commands can meet.
var (
	ErrFactorDue = errors.New("a second factor is to be set up first") // the practice demands one
	ErrManyCodes = errors.New("too many wrong codes")                  // of one person, wherever they came from
)

// SecondFactor is how it stands with a person's.
type SecondFactor struct {
	On    bool
	Due   bool // the practice demands one, and there is none
	Spare int  // recovery codes that are left
}

// FactorSecret is what an authenticator app is to know. It prints as "[secret]"; Reveal is the only way to show it.
type FactorSecret struct{ text string }

// NewFactorSecret is for tests of screens; the store draws its own.
func NewFactorSecret(text string) FactorSecret { return FactorSecret{text} }

// Reveal is the secret in base32, to be shown to the person it is for.
func (s FactorSecret) Reveal() string { return s.text }

// Format keeps the secret out of every format verb.
func (FactorSecret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// factorOn says whether p has a second factor.
const factorOn = `EXISTS (SELECT 1 FROM second_factor f WHERE f.person = p.id AND f.since IS NOT NULL)`

// BeginSecondFactor draws the secret of a new second factor, which counts once ConfirmSecondFactor has seen a code of it. One
// begun before is forgotten. ErrConflict if there is one already.
func (a *Access) BeginSecondFactor(ctx context.Context) (secret FactorSecret, err error) {
	err = a.writeAnyhow(ctx, "begin a second factor", func(t *tx, me self) error {
		if me.factor.On {
			return ErrConflict
		}
		key, err := t.personKey(ctx, me.id)
		if err != nil {
			return err
		}
		drawn := seal.NewTOTP()
		defer drawn.Wipe()
		plain := drawn.Bytes()
		defer clear(plain)
		secret = FactorSecret{drawn.Reveal()}
		return t.exec(ctx, `
			INSERT INTO second_factor (person, secret, begun_at) VALUES (?, ?, ?)
			ON CONFLICT (person) DO UPDATE SET secret = excluded.secret, begun_at = excluded.begun_at, last_step = 0 WHERE since IS NULL`,
			me.id, key.Seal(nil, atFactor(me.id), plain), moment(t.now))
	})
	if err != nil {
		return FactorSecret{}, err
	}
	return secret, nil
}

// ConfirmSecondFactor makes the second factor count that was begun, for a code of it, and answers the recovery codes, to be
// shown this once. ErrWrongCode for another code, ErrManyCodes after too many, ErrConflict if it counts already, ErrNotFound
// if none was begun.
func (a *Access) ConfirmSecondFactor(ctx context.Context, code string) (spare []string, err error) {
	err = a.writeAnyhow(ctx, "confirm a second factor", func(t *tx, me self) error {
		if me.factor.On {
			return ErrConflict
		}
		if err := t.takeDigits(ctx, me.id, code); err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE second_factor SET since = ? WHERE person = ?`, moment(t.now), me.id); err != nil {
			return err
		}
		if spare, err = t.drawSpare(ctx, me.id); err != nil {
			return err
		}
		t.tellSettings(me.id, me.session)
		return t.audit(ctx, act{kind: AuditFactorOn, actor: me.id})
	})
	if err != nil {
		return nil, err
	}
	return spare, nil
}

// EndSecondFactor ends the person's second factor, for a code of it or a recovery code. ErrWrongCode and ErrManyCodes as
// above; ErrNotFound if there is none.
func (a *Access) EndSecondFactor(ctx context.Context, code string) error {
	return a.write(ctx, "end a second factor", func(t *tx, me self) error {
		if !me.factor.On {
			return ErrNotFound
		}
		if err := t.takeCode(ctx, me.id, code); err != nil {
			return err
		}
		if err := t.forgetFactor(ctx, me.id); err != nil {
			return err
		}
		t.tellSettings(me.id, me.session)
		return t.audit(ctx, act{kind: AuditFactorOff, actor: me.id})
	})
}

// ResetSecondFactor takes the second factor from somebody who has lost it; where there is none it does nothing. They sign
// in with their key or words alone until they set up another. ErrNotFound if nobody has the handle.
func (o *Operator) ResetSecondFactor(ctx context.Context, handle string) error {
	return o.store.write(ctx, "reset a second factor", func(t *tx) error {
		p, _, err := t.account(ctx, handle)
		if err != nil {
			return err
		}
		on, err := t.exists(ctx, `SELECT 1 FROM person p WHERE p.id = ? AND `+factorOn, p.id)
		if err != nil || !on {
			return err
		}
		if err := t.forgetFactor(ctx, p.id); err != nil {
			return err
		}
		t.tellSettings(p.id, nil)
		return t.audit(ctx, act{kind: AuditFactorReset, subject: p.id})
	})
}

// NeedsSecondFactor says that the person has proved a key or words and is to show their second factor.
func (who Identity) NeedsSecondFactor() bool { return who.owing != "" }

// CheckSecondFactor is for the code that somebody typed whose Identity needs a second factor, and answers one that does not.
// ErrWrongCode for a wrong code and for one that was used already, ErrManyCodes after too many of a person's, from wherever
// they came, and ErrSignedOut if the account was disabled meanwhile. While nothing can be written an app's code is taken
// and remembered here alone; a recovery code answers ErrReadOnly.
func (s *Store) CheckSecondFactor(ctx context.Context, who Identity, code string) (Identity, error) {
	in := Identity{person: who.person, credential: who.credential}
	if who.owing == "" {
		return Identity{}, fmt.Errorf("check a second factor: %w", ErrSignedOut)
	}
	err := s.write(ctx, "check a second factor", func(t *tx) error {
		if _, err := t.check(ctx, in); err != nil {
			return err
		}
		if err := t.takeCode(ctx, in.person, code); err != nil {
			return err
		}
		return t.signIn(ctx, in, who.owing)
	})
	if errors.Is(err, ErrReadOnly) {
		err = s.checkUnwritten(ctx, in, code)
	}
	if err != nil {
		return Identity{}, err
	}
	return in, nil
}

// checkUnwritten lets somebody in by an app's code though that cannot be kept, for a full disk must not close their journal
// to them.
func (s *Store) checkUnwritten(ctx context.Context, who Identity, code string) error {
	err := s.read(ctx, "check a second factor", func(t *tx) error {
		if _, err := t.check(ctx, who); err != nil {
			return err
		}
		if _, err := seal.ParseCode(code); err == nil {
			return ErrReadOnly
		}
		step, err := t.stepOf(ctx, who.person, code)
		if err == nil && !s.factors.spend(who.person, step) {
			err = ErrWrongCode
		}
		return err
	})
	if err == nil {
		s.warnUnrecorded(ErrReadOnly)
	}
	return err
}

// tellSettings has a person's other sessions read anew how it stands with them.
func (t *tx) tellSettings(person int64, except *Access) {
	t.tell(notice{to: []int64{person}, except: except, change: Change{Kind: SettingsChanged}})
}

// owe notes what is still to be shown by somebody who has proved a key or words; how is what the log will say of it.
func (t *tx) owe(ctx context.Context, who *Identity, how string) error {
	on, err := t.exists(ctx, `SELECT 1 FROM person p WHERE p.id = ? AND `+factorOn, who.person)
	if on {
		who.owing = how
	}
	return err
}
