package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"alcove/store/seal"
)

// Invite makes a client's account, connected to the person, who must be a coach (else ErrBadRole), and the invitation to
// it. For a client whom they have invited themselves and who has not joined yet, a new invitation replaces the old, and the
// name is what is now given; every other handle that exists is ErrTaken.
func (a *Access) Invite(ctx context.Context, handle, name string) (inv Invitation, err error) {
	handle, err = newHandle(handle)
	if err == nil {
		name, err = cleanTitle(name, MaxName)
	}
	if err != nil {
		return Invitation{}, fmt.Errorf("invite a client: %w", err)
	}
	err = a.write(ctx, "invite a client", func(t *tx, me self) error {
		if me.role != RoleCoach {
			return ErrBadRole
		}
		if err := t.pace(me); err != nil {
			return err
		}
		client, err := t.addPerson(ctx, me.id, RoleClient, handle, name)
		if errors.Is(err, ErrTaken) {
			client, err = t.renameInvited(ctx, me, handle, name)
		}
		if err != nil {
			return err
		}
		if err := t.connect(ctx, me.id, client.id, me.id); err != nil {
			return err
		}
		inv, err = t.invite(ctx, me.id, client, DefaultInvite)
		return err
	})
	return inv, err
}

// renameInvited finds a client whose account the coach made, who is connected with them, not disabled and has not joined,
// and gives them the name; ErrTaken for any other handle. Whoever holds a code can become the person and read what others
// have written to them already, so a colleague's client is the colleague's, and the operator's, to invite.
func (t *tx) renameInvited(ctx context.Context, me self, handle, name string) (somebody, error) {
	var p somebody
	err := t.one(ctx, p.fields(), `
		SELECT `+somebodyColumns+` FROM person p JOIN connection c ON c.client = p.id
		WHERE p.handle = ?1 AND p.invited_by = ?2 AND c.coach = ?2 AND c.ended_at IS NULL AND p.joined_at IS NULL AND p.disabled_at IS NULL`,
		handle, me.id)
	if errors.Is(err, sql.ErrNoRows) {
		return somebody{}, ErrTaken
	}
	if err != nil {
		return somebody{}, err
	}
	key, err := t.store.dataKey(ofPerson(p.id), p.key)
	if err != nil {
		return somebody{}, err
	}
	p.name = key.Seal(nil, atName(p.id), []byte(name))
	err = t.exec(ctx, `UPDATE person SET name = ? WHERE id = ?`, p.name, p.id)
	return p, err
}

// invite draws a code for a person, for a coach or for the operator (0). An open invitation of theirs is void from now on.
func (t *tx) invite(ctx context.Context, coach int64, p somebody, holds time.Duration) (Invitation, error) {
	voided, err := t.voidInvitation(ctx, p.id)
	if err != nil {
		return Invitation{}, err
	}
	made := act{kind: AuditInvited, actor: coach, subject: p.id}
	if voided {
		made.kind = AuditInvitedAnew
	}
	if err := t.audit(ctx, made); err != nil {
		return Invitation{}, err
	}
	code := seal.NewCode()
	inv := Invitation{Code: code.Reveal(), Person: t.store.reveal(p), ExpiresAt: t.now.Add(holds)}
	err = t.exec(ctx, `INSERT INTO invitation (code_hash, person, made_at, expires_at) VALUES (?, ?, ?, ?)`,
		t.store.keys.CodeHash(code), p.id, moment(t.now), moment(inv.ExpiresAt))
	return inv, err
}

// voidInvitation ends the open invitation of a person, and says if there was one.
func (t *tx) voidInvitation(ctx context.Context, person int64) (voided bool, err error) {
	changed, err := t.change(ctx, `UPDATE invitation SET voided_at = ? WHERE person = ? AND redeemed_at IS NULL AND voided_at IS NULL`,
		moment(t.now), person)
	return changed > 0, err
}

// CheckCode says whom a code, as typed, would let in, and changes nothing. It answers ErrWrongCode for a code that was
// never given or whose account is disabled, ErrUsedCode for one that was redeemed, and ErrOldCode for one that ran out or
// was replaced by a newer.
func (s *Store) CheckCode(ctx context.Context, code string) (who Person, err error) {
	err = s.read(ctx, "check a code", func(t *tx) error {
		p, _, err := t.byCode(ctx, code)
		if err == nil { // of nobody there is no name, and the log must not call it damaged
			who = s.reveal(p)
		}
		return err
	})
	if err != nil {
		return Person{}, err
	}
	return who, nil
}

// Redeem uses up a code: the key, whose possession was proved, becomes one of the invited person's, who is signed in with
// it. It answers what CheckCode answers, and ErrTaken if the key is somebody else's; then the code stays good. Of two who
// redeem a code at once, one gets ErrUsedCode.
func (s *Store) Redeem(ctx context.Context, code string, key PublicKey) (Identity, error) {
	comment, err := key.check()
	if err != nil {
		return Identity{}, fmt.Errorf("redeem a code: %w", err)
	}
	return s.redeem(ctx, code, key.Fingerprint(), func(t *tx, person int64) (int64, error) {
		return t.bindKey(ctx, person, key, comment)
	})
}

// RedeemWithWords is Redeem for a person without a key, who was shown these words. Words they had before stop working.
func (s *Store) RedeemWithWords(ctx context.Context, code string, words SignInWords) (Identity, error) {
	if words.hash == "" {
		return Identity{}, fmt.Errorf("redeem a code: words: %w", ErrEmpty)
	}
	return s.redeem(ctx, code, byWords, func(t *tx, person int64) (int64, error) {
		return t.addWords(ctx, person, words)
	})
}

// redeem signs in the person whom a code invites with the credential that bind makes for them. How is what the log says of it.
func (s *Store) redeem(ctx context.Context, code, how string, bind func(t *tx, person int64) (int64, error)) (who Identity, err error) {
	err = s.write(ctx, "redeem a code", func(t *tx) error {
		p, hash, err := t.byCode(ctx, code)
		if err != nil {
			return err
		}
		who.person = p.id
		if who.credential, err = bind(t, p.id); err != nil {
			return err
		}
		if err := t.audit(ctx, act{kind: AuditRedeemed, actor: p.id, detail: how}); err != nil {
			return err
		}
		if err := t.owe(ctx, &who, how); err != nil {
			return err
		}
		if err := t.signIn(ctx, who, how); err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE invitation SET redeemed_at = ? WHERE code_hash = ?`, moment(t.now), hash); err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE person SET joined_at = coalesce(joined_at, ?) WHERE id = ?`, moment(t.now), p.id); err != nil {
			return err
		}
		audience, err := t.audience(ctx, p.id)
		t.tell(notice{to: audience, change: Change{Kind: PeopleChanged}})
		return err
	})
	if err != nil {
		return Identity{}, err
	}
	s.announce(who.person) // new words may have ended sessions
	return who, nil
}

// byCode finds the person whom a code invites. The code is looked up by its keyed hash, so the time it takes tells nothing.
func (t *tx) byCode(ctx context.Context, typed string) (p somebody, hash []byte, err error) {
	code, err := seal.ParseCode(typed)
	if err != nil {
		return somebody{}, nil, ErrWrongCode
	}
	hash = t.store.keys.CodeHash(code)
	var expires moment
	var used, voided, disabled bool
	err = t.one(ctx, p.fields(&expires, &used, &voided, &disabled), `
		SELECT `+somebodyColumns+`, i.expires_at, i.redeemed_at IS NOT NULL, i.voided_at IS NOT NULL, p.disabled_at IS NOT NULL
		FROM invitation i JOIN person p ON p.id = i.person WHERE i.code_hash = ?`,
		hash)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && disabled:
		return somebody{}, nil, ErrWrongCode
	case err != nil:
		return somebody{}, nil, err
	case used:
		return somebody{}, nil, ErrUsedCode
	case voided || !t.now.Before(time.Time(expires)):
		return somebody{}, nil, ErrOldCode
	}
	return p, hash, nil
}
