package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
)

// This file turns a proof into an Identity: a key that has signed, sign-in words, or an invitation's code together with
// one of them. Who calls it must have seen the proof.

// Identity is a person who has signed in, and with what. It comes only from the methods in this file, and is good only
// for Store.As. One that NeedsSecondFactor opens nothing before CheckSecondFactor.
type Identity struct {
	person, credential int64
	owing              string // how they came in, as the log will say once the second factor was shown; empty if none is to be
}

// Person is the same number for every sign-in of one person, and tells nothing else of them.
func (who Identity) Person() int64 { return who.person }

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
// nobody has or that is only pending, and ErrSignedOut if the account is disabled.
func (s *Store) SignInKey(ctx context.Context, blob []byte) (who Identity, err error) {
	err = s.read(ctx, "sign in by key", func(t *tx) error {
		if who, err = t.byKey(ctx, blob); err != nil {
			return err
		}
		return t.owe(ctx, &who, PublicKey{Blob: blob}.Fingerprint())
	})
	if err != nil {
		return Identity{}, err
	}
	return who, s.signedIn(ctx, who, PublicKey{Blob: blob}.Fingerprint())
}

func (t *tx) byKey(ctx context.Context, blob []byte) (who Identity, err error) {
	var stored []byte
	var disabled bool
	err = t.one(ctx, []any{&who.credential, &who.person, &stored, &disabled}, `
		SELECT c.id, c.person, c.blob, p.disabled_at IS NOT NULL
		FROM credential c JOIN person p ON p.id = c.person WHERE c.fingerprint = ? AND c.pending = 0`,
		PublicKey{Blob: blob}.Fingerprint())
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Identity{}, ErrNotFound
	case err != nil:
		return Identity{}, err
	case !bytes.Equal(stored, blob):
		return Identity{}, ErrDamaged
	case disabled:
		return Identity{}, ErrSignedOut
	}
	return who, nil
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
			if err := t.exec(ctx, `UPDATE credential SET pending = 0 WHERE id = ?`, who.credential); err != nil {
				return err
			}
			if err := t.audit(ctx, act{kind: AuditKeyConfirmed, actor: who.person, detail: fingerprint}); err != nil {
				return err
			}
			if err := t.owe(ctx, &who, fingerprint); err != nil {
				return err
			}
			return t.signIn(ctx, who, fingerprint)
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
	var disabled bool
	err = s.read(ctx, "look for sign-in words", func(t *tx) error {
		err := t.one(ctx, []any{&who.credential, &who.person, &hash, &disabled}, `
			SELECT c.id, c.person, c.words, p.disabled_at IS NOT NULL
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
	err = s.read(ctx, "look for a second factor", func(t *tx) error { return t.owe(ctx, &who, byWords) })
	if err != nil {
		return Identity{}, err
	}
	return who, s.signedIn(ctx, who, byWords)
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
	if err != nil {
		return Identity{}, err
	}
	return who, s.signedIn(ctx, who, byDemo)
}

// signedIn keeps that somebody signed in, wholly.
func (s *Store) signedIn(ctx context.Context, who Identity, how string) error {
	if who.owing != "" {
		return nil
	}
	err := s.write(ctx, "keep a sign-in", func(t *tx) error { return t.signIn(ctx, who, how) })
	return s.orUnrecorded(ctx, err)
}

// signIn keeps that a credential signed somebody in, now; nothing of who is to show a second factor yet.
func (t *tx) signIn(ctx context.Context, who Identity, how string) error {
	if who.owing != "" {
		return nil
	}
	if err := t.exec(ctx, `UPDATE credential SET last_used_at = ? WHERE id = ?`, moment(t.now), who.credential); err != nil {
		return err
	}
	return t.audit(ctx, act{kind: AuditSignedIn, actor: who.person, detail: how})
}
