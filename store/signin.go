package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"
)

// This file turns a proof into an Identity: a key that has signed, sign-in words, or an invitation's code together with
// one of them. Who calls it must have seen the proof.

// Identity is a person who has signed in, and with what. It comes only from the methods in this file, and is good only
// for Store.As.
type Identity struct{ person, credential int64 }

// Person is the same number for every sign-in of one person, and tells nothing else of them.
func (who Identity) Person() int64 { return who.person }

// lastUsedStep is how exactly it is kept when a key last signed in: a sign-in so soon after the one that is kept is not.
// Otherwise a script that comes every few seconds would cost a synced write each time.
const lastUsedStep = 5 * time.Minute

// SignInWords are six generated words that stand in for a key, as NewWords drew them; nobody can choose their own. They
// print as "[words]"; Reveal is the only way to show them.
type SignInWords struct{ text, hash string }

// Reveal is the words, to be shown once to the person they are for.
func (w SignInWords) Reveal() string { return w.text }

// Format keeps the words out of every format verb.
func (SignInWords) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[words]") }

// NewWords draws sign-in words, to be shown and then given to RedeemWithWords. It is slow on purpose: call it after
// CheckCode only.
func (s *Store) NewWords(ctx context.Context) (SignInWords, error) {
	text, hash, err := s.words.New(ctx)
	if err != nil {
		return SignInWords{}, fmt.Errorf("draw sign-in words: %w", err)
	}
	return SignInWords{text: text, hash: hash}, nil
}

// SignInKey is for a public key, as the wire has it, whose possession was proved. It answers ErrNotFound for a key that
// nobody has or that is only pending, ErrSignedOut if the account is disabled, and keeps when it was used (lastUsedStep) if
// that can be written.
func (s *Store) SignInKey(ctx context.Context, blob []byte) (who Identity, err error) {
	var stale bool
	err = s.read(ctx, "sign in by key", func(t *tx) error {
		who, stale, err = t.byKey(ctx, blob)
		return err
	})
	if err != nil {
		return Identity{}, err
	}
	s.used(ctx, who, stale)
	return who, nil
}

func (t *tx) byKey(ctx context.Context, blob []byte) (who Identity, stale bool, err error) {
	var stored []byte
	var disabled bool
	var last moment
	err = t.one(ctx, []any{&who.credential, &who.person, &stored, &last, &disabled}, `
		SELECT c.id, c.person, c.blob, c.last_used_at, p.disabled_at IS NOT NULL
		FROM credential c JOIN person p ON p.id = c.person WHERE c.fingerprint = ? AND c.pending = 0`,
		PublicKey{Blob: blob}.Fingerprint())
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Identity{}, false, ErrNotFound
	case err != nil:
		return Identity{}, false, err
	case !bytes.Equal(stored, blob):
		return Identity{}, false, ErrDamaged
	case disabled:
		return Identity{}, false, ErrSignedOut
	}
	return who, t.stale(last), nil
}

// ConfirmKey is for a public key whose possession was proved by somebody who came under a handle. If the person with that
// handle has added the key, and it is nobody else's, it is pending no more and signs them in. Anything else is ErrNotFound.
func (s *Store) ConfirmKey(ctx context.Context, handle string, blob []byte) (who Identity, err error) {
	fingerprint := PublicKey{Blob: blob}.Fingerprint()
	find := func(t *tx) error {
		err := t.one(ctx, []any{&who.credential, &who.person}, `
			SELECT c.id, p.id FROM person p JOIN credential c ON c.person = p.id
			WHERE p.handle = ? AND p.disabled_at IS NULL AND c.fingerprint = ? AND c.pending = 1 AND c.blob = ?`,
			oldHandle(handle), fingerprint, blob)
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrNotFound
		}
		return err
	}
	err = s.read(ctx, "look for a pending key", find) // so that strangers do not take turns at writing
	if err == nil {
		err = s.write(ctx, "confirm a key", func(t *tx) error {
			if err := find(t); err != nil {
				return err
			}
			err := t.freeFor(ctx, who.person, fingerprint)
			if errors.Is(err, ErrTaken) {
				return ErrNotFound // that it is somebody's is not for them to know
			}
			if err != nil {
				return err
			}
			return t.exec(ctx, `UPDATE credential SET pending = 0, last_used_at = ? WHERE id = ?`, moment(t.now), who.credential)
		})
	}
	if err != nil {
		return Identity{}, err
	}
	return who, nil
}

// SignInWords is for a handle and the words its owner typed. It answers ErrNotFound for wrong words and for a handle that
// nobody has, at the same cost; only who knows the words is told ErrSignedOut for a disabled account. It is slow on
// purpose: do the cheap checks first.
func (s *Store) SignInWords(ctx context.Context, handle, words string) (who Identity, err error) {
	var hash string
	var last moment
	var disabled bool
	err = s.read(ctx, "look for sign-in words", func(t *tx) error {
		err := t.one(ctx, []any{&who.credential, &who.person, &hash, &last, &disabled}, `
			SELECT c.id, c.person, c.words, c.last_used_at, p.disabled_at IS NOT NULL
			FROM person p JOIN credential c ON c.person = p.id AND c.kind = 'words' WHERE p.handle = ?`,
			oldHandle(handle))
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return err
	})
	if err != nil {
		return Identity{}, err
	}
	right := false
	if hash == "" {
		err = s.words.DummyVerify(ctx, words)
	} else {
		right, err = s.words.Verify(ctx, hash, words)
	}
	switch {
	case err != nil:
		return Identity{}, fmt.Errorf("sign in by words: %w", err)
	case !right:
		return Identity{}, fmt.Errorf("sign in by words: %w", ErrNotFound)
	case disabled:
		return Identity{}, fmt.Errorf("sign in by words: %w", ErrSignedOut)
	}
	s.used(ctx, who, (&tx{now: s.now()}).stale(last))
	return who, nil
}

// HasHandle says whether somebody has a handle. It is for the operator's log: no client may learn the answer.
func (s *Store) HasHandle(ctx context.Context, handle string) (found bool, err error) {
	err = s.read(ctx, "look for a handle", func(t *tx) error {
		found, err = t.exists(ctx, `SELECT 1 FROM person WHERE handle = ?`, oldHandle(handle))
		return err
	})
	return found, err
}

// SignInDemo lets anybody in as the person with that handle, who must have redeemed an invitation. It works only in a
// store that was opened with Config.Demo, and answers ErrNotFound otherwise.
func (s *Store) SignInDemo(ctx context.Context, handle string) (who Identity, err error) {
	err = s.read(ctx, "sign in to the demo", func(t *tx) error {
		if !s.demo {
			return ErrNotFound
		}
		err := t.one(ctx, []any{&who.credential, &who.person}, `
			SELECT c.id, p.id FROM person p JOIN credential c ON c.person = p.id
			WHERE p.handle = ? AND p.disabled_at IS NULL AND c.pending = 0 ORDER BY c.added_at, c.id LIMIT 1`,
			oldHandle(handle))
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrNotFound
		}
		return err
	})
	return who, err
}

func (t *tx) stale(last moment) bool { return t.now.Sub(time.Time(last)) >= lastUsedStep }

// used keeps when a credential was used, if what is kept is stale. Where that cannot be written the person comes in all the
// same: they can read.
func (s *Store) used(ctx context.Context, who Identity, stale bool) {
	if !stale {
		return
	}
	err := s.write(ctx, "keep the last use", func(t *tx) error {
		return t.exec(ctx, `UPDATE credential SET last_used_at = ? WHERE id = ?`, moment(t.now), who.credential)
	})
	if err != nil && !errors.Is(err, ErrReadOnly) { // which is told once for all
		s.log.Warn("when somebody signed in could not be kept", "err", err)
	}
}
