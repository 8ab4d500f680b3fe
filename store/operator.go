package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Operator is what the command line on the server may do: accounts, and whom they are connected with. It reads no thread.
type Operator struct{ store *Store }

// NewInvitation is what an operator asks for.
type NewInvitation struct {
	Role    Role   // may be empty for a handle that exists
	Handle  string // a new one, or that of somebody who needs another way to sign in
	Name    string // may be empty for a handle that exists
	With    []string
	Expires time.Duration // from now; 0 is DefaultInvite
}

// Account is a person as the operator sees them.
type Account struct {
	Person
	AddedAt    time.Time
	JoinedAt   time.Time // zero until an invitation is redeemed
	DisabledAt time.Time // zero unless disabled
	With       []Person  // connected now
	Keys       []Key
	Threads    int // that they are in now

	SecondFactor bool // they have one
}

// Invite makes an account, connects it with those named in With, and answers the invitation to it. For a handle that
// exists it gives a new code, by which its owner adds a key or gets new words; the old code is void. It answers ErrTaken if
// the handle's name is another, ErrBadRole for a role that contradicts or a pair that cannot be connected, ErrNotFound if
// nobody has a handle in With, and ErrSignedOut for a disabled account.
func (o *Operator) Invite(ctx context.Context, in NewInvitation) (inv Invitation, err error) {
	name, err := cleanLine(in.Name, MaxName)
	if err != nil {
		return Invitation{}, fmt.Errorf("invite: name: %w", err)
	}
	if in.Role != "" && in.Role != RoleCoach && in.Role != RoleClient {
		return Invitation{}, fmt.Errorf("invite: %w", ErrBadRole)
	}
	if in.Expires <= 0 {
		in.Expires = DefaultInvite
	}
	err = o.store.write(ctx, "invite", func(t *tx) error {
		known, err := t.exists(ctx, `SELECT 1 FROM person WHERE handle = ?`, oldHandle(in.Handle))
		if err != nil {
			return err
		}
		var p somebody
		if known {
			p, err = t.inviteAgain(ctx, in, name)
		} else {
			p, err = t.inviteNew(ctx, in, name)
		}
		if err != nil {
			return err
		}
		for _, other := range in.With {
			if err := t.connectHandles(ctx, p.handle, other); err != nil {
				return err
			}
		}
		inv, err = t.invite(ctx, 0, p, in.Expires)
		return err
	})
	return inv, err
}

func (t *tx) inviteNew(ctx context.Context, in NewInvitation, name string) (somebody, error) {
	handle, err := newHandle(in.Handle)
	if err != nil {
		return somebody{}, err
	}
	if in.Role == "" {
		return somebody{}, ErrBadRole
	}
	if name == "" {
		return somebody{}, fmt.Errorf("name: %w", ErrEmpty)
	}
	p, err := t.addPerson(ctx, 0, in.Role, handle, name)
	if err != nil {
		return somebody{}, err
	}
	audience, err := t.audience(ctx, p.id) // a new coach is seen by the other coaches
	t.tell(notice{to: audience, change: Change{Kind: PeopleChanged}})
	return p, err
}

func (t *tx) inviteAgain(ctx context.Context, in NewInvitation, name string) (somebody, error) {
	p, disabled, err := t.account(ctx, in.Handle)
	switch {
	case err != nil:
		return somebody{}, err
	case disabled:
		return somebody{}, ErrSignedOut
	case in.Role != "" && in.Role != p.role:
		return somebody{}, ErrBadRole
	case name != "" && name != t.store.reveal(p).Name:
		return somebody{}, ErrTaken
	}
	return p, nil
}

// Persons lists all accounts by handle, without their connections and keys.
func (o *Operator) Persons(ctx context.Context) (accounts []Account, err error) {
	err = o.store.read(ctx, "list accounts", func(t *tx) error {
		return t.each(ctx, func(rows *sql.Rows) error {
			account, err := t.scanAccount(rows.Scan)
			accounts = append(accounts, account)
			return err
		}, accountQuery+` ORDER BY p.handle`)
	})
	return accounts, err
}

// Person is one account; ErrNotFound if nobody has the handle.
func (o *Operator) Person(ctx context.Context, handle string) (account Account, err error) {
	err = o.store.read(ctx, "read an account", func(t *tx) error {
		p, _, err := t.account(ctx, handle)
		if err != nil {
			return err
		}
		account, err = t.scanAccount(func(into ...any) error {
			return t.one(ctx, into, accountQuery+` WHERE p.id = ?`, p.id)
		})
		if err != nil {
			return err
		}
		if account.Keys, err = t.keysOf(ctx, p.id, 0); err != nil {
			return err
		}
		return t.each(ctx, func(rows *sql.Rows) error {
			var other somebody
			err := rows.Scan(other.fields()...)
			account.With = append(account.With, o.store.reveal(other))
			return err
		}, `
			SELECT `+somebodyColumns+` FROM connection c JOIN person p ON p.id = c.coach WHERE c.client = ?1 AND c.ended_at IS NULL
			UNION ALL
			SELECT `+somebodyColumns+` FROM connection c JOIN person p ON p.id = c.client WHERE c.coach = ?1 AND c.ended_at IS NULL
			ORDER BY 2`, p.id)
	})
	return account, err
}

const accountQuery = `
	SELECT ` + somebodyColumns + `, p.added_at, p.joined_at, p.disabled_at,
		(SELECT count(*) FROM member m WHERE m.person = p.id AND m.left_at IS NULL),
		` + factorOn + `
	FROM person p`

func (t *tx) scanAccount(scan func(...any) error) (account Account, err error) {
	var p somebody
	err = scan(p.fields((*moment)(&account.AddedAt), (*moment)(&account.JoinedAt), (*moment)(&account.DisabledAt), &account.Threads, &account.SecondFactor)...)
	if err != nil {
		return Account{}, err
	}
	account.Person = t.store.reveal(p)
	return account, nil
}

// Disable closes an account: it can no longer sign in, its sessions end, its invitations are worth nothing. What it wrote
// stays. ErrNotFound if nobody has the handle.
func (o *Operator) Disable(ctx context.Context, handle string) error {
	return o.setDisabled(ctx, "disable an account", handle, true)
}

// Enable opens an account again; its keys work as before.
func (o *Operator) Enable(ctx context.Context, handle string) error {
	return o.setDisabled(ctx, "enable an account", handle, false)
}

func (o *Operator) setDisabled(ctx context.Context, doing, handle string, disable bool) error {
	var person int64
	err := o.store.write(ctx, doing, func(t *tx) error {
		p, disabled, err := t.account(ctx, handle)
		if err != nil || disabled == disable {
			return err
		}
		person = p.id
		var at moment
		kind := AuditEnabled
		if disable {
			at, kind = moment(t.now), AuditDisabled
			if _, err := t.voidInvitation(ctx, p.id); err != nil { // Enable is not to bring it back
				return err
			}
			t.tell(notice{to: []int64{p.id}, change: Change{Kind: SignedOut}})
		}
		if err := t.exec(ctx, `UPDATE person SET disabled_at = ? WHERE id = ?`, at, p.id); err != nil {
			return err
		}
		if err := t.audit(ctx, act{kind: kind, subject: p.id}); err != nil {
			return err
		}
		audience, err := t.audience(ctx, p.id)
		t.tell(notice{to: audience, change: Change{Kind: PeopleChanged}})
		return err
	})
	if err == nil && person != 0 {
		o.store.announce(person)
	}
	return err
}

// Connect lets a client and a coach see each other and open threads together. ErrNotFound if nobody has one of the
// handles, ErrBadRole if they are not a client and a coach; their order does not matter.
func (o *Operator) Connect(ctx context.Context, client, coach string) error {
	return o.store.write(ctx, "connect", func(t *tx) error { return t.connectHandles(ctx, client, coach) })
}

// Disconnect stops new threads between a client and a coach; the old ones stay. ErrNotFound if they are not connected.
func (o *Operator) Disconnect(ctx context.Context, client, coach string) error {
	return o.store.write(ctx, "disconnect", func(t *tx) error {
		clientID, coachID, err := t.pair(ctx, client, coach)
		if err != nil {
			return err
		}
		ended, err := t.change(ctx, `UPDATE connection SET ended_at = ? WHERE client = ? AND coach = ? AND ended_at IS NULL`,
			moment(t.now), clientID, coachID)
		if err == nil && ended == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		t.tell(notice{to: []int64{clientID, coachID}, change: Change{Kind: PeopleChanged}})
		return t.audit(ctx, act{kind: AuditDisconnected, subject: clientID, peer: coachID})
	})
}

func (t *tx) connectHandles(ctx context.Context, client, coach string) error {
	clientID, coachID, err := t.pair(ctx, client, coach)
	if err != nil {
		return err
	}
	return t.connect(ctx, 0, clientID, coachID)
}

// pair finds a client and a coach, in whichever order they are named.
func (t *tx) pair(ctx context.Context, one, other string) (client, coach int64, err error) {
	a, _, err := t.account(ctx, one)
	if err != nil {
		return 0, 0, err
	}
	b, _, err := t.account(ctx, other)
	if err != nil {
		return 0, 0, err
	}
	switch {
	case a.role == RoleClient && b.role == RoleCoach:
		return a.id, b.id, nil
	case a.role == RoleCoach && b.role == RoleClient:
		return b.id, a.id, nil
	}
	return 0, 0, ErrBadRole
}
