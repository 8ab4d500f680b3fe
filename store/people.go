package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"
)

// somebodyColumns are what a Person is made of; they are scanned by somebody.fields.
const somebodyColumns = `p.id, p.handle, p.role, p.name, ` + keyOfPerson

// visible selects the ids of those whom ?1 may see, and as often themselves: the ones they are connected with, other
// coaches for a coach, and whoever shares a thread with them. It holds in both directions: who sees me is whom I see.
const visible = `
	SELECT client FROM connection WHERE coach = ?1 AND ended_at IS NULL
	UNION SELECT coach FROM connection WHERE client = ?1 AND ended_at IS NULL
	UNION SELECT id FROM person WHERE role = 'coach' AND (SELECT role FROM person WHERE id = ?1) = 'coach'
	UNION SELECT o.person FROM member m JOIN member o ON o.thread = m.thread
		WHERE m.person = ?1 AND m.left_at IS NULL AND o.left_at IS NULL`

// mayWrite says whether ?1 may open a thread with p: coaches with each other, and those who are connected. Nobody writes
// to a disabled account; who has not joined yet will find the thread when they do.
const mayWrite = `(p.id <> ?1 AND p.disabled_at IS NULL AND (
	(p.role = 'coach' AND (SELECT role FROM person WHERE id = ?1) = 'coach')
	OR EXISTS (SELECT 1 FROM connection WHERE client = ?1 AND coach = p.id AND ended_at IS NULL)
	OR EXISTS (SELECT 1 FROM connection WHERE client = p.id AND coach = ?1 AND ended_at IS NULL)))`

// peopleQuery reads whom ?1 may see, with how many threads each shares with them.
const peopleQuery = `
	WITH shared AS (
		SELECT o.person, count(*) AS threads FROM member m CROSS JOIN member o
		WHERE o.thread = m.thread AND m.person = ?1 AND m.left_at IS NULL AND o.left_at IS NULL GROUP BY o.person)
	SELECT ` + somebodyColumns + `, p.settings, p.joined_at IS NOT NULL, p.disabled_at IS NOT NULL, ` + mayWrite + `,
		coalesce(shared.threads, 0)
	FROM person p LEFT JOIN shared ON shared.person = p.id
	WHERE p.id IN (` + visible + `) AND p.id <> ?1`

// People lists whom the person may see, by name. Clients are not told of disabled accounts.
func (a *Access) People(ctx context.Context) (people []Acquaintance, err error) {
	err = a.read(ctx, "list people", func(t *tx, me self) error {
		return t.each(ctx, func(rows *sql.Rows) error {
			var p somebody
			var stored string
			var who Acquaintance
			if err := rows.Scan(p.fields(&stored, &who.Joined, &who.Disabled, &who.MayWrite, &who.Threads)...); err != nil {
				return err
			}
			if who.Disabled && me.role != RoleCoach {
				return nil
			}
			settings, err := parseSettings(stored)
			if err != nil {
				return err
			}
			who.Person = a.store.reveal(p)
			who.Here = !settings.HidePresence && a.store.hub.watched(p.id)
			people = append(people, who)
			return nil
		}, peopleQuery, me.id)
	})
	slices.SortFunc(people, func(a, b Acquaintance) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Handle, b.Handle))
	})
	return people, err
}

// announce tells those who may see a person whether the person is here, if that has changed. It is called after whatever
// changes it, and calls wait for each other; so what is told last is how it is.
func (s *Store) announce(person int64) {
	ctx, cancel := context.WithTimeout(context.Background(), announceTimeout)
	defer cancel()
	s.hub.announcing.Lock()
	defer s.hub.announcing.Unlock()
	var who Person
	var hidden bool
	var audience []int64
	err := s.read(ctx, "announce a person", func(t *tx) error {
		var settings Settings
		var err error
		if who, settings, err = t.profile(ctx, person); err != nil {
			return err
		}
		hidden = settings.HidePresence
		audience, err = t.present(ctx, person, who.Role) // nobody else hears of it
		return err
	})
	if errors.Is(err, sql.ErrNoRows) { // erased, and whoever saw them has been told
		s.hub.presence(person, Person{}, true, nil)
		return
	}
	if err != nil {
		s.log.Warn("who is here could not be told", "error", err)
		return
	}
	s.hub.presence(person, who, hidden, audience)
}

// announceTimeout bounds a read that no session waits for.
const announceTimeout = 10 * time.Second

// audience is who may see a person, without themselves.
func (t *tx) audience(ctx context.Context, person int64) ([]int64, error) {
	return t.ids(ctx, `SELECT p.id FROM person p WHERE p.id IN (`+visible+`) AND p.id <> ?1`, person)
}

// account finds a person by handle for the operator and for sign-in, who may know of everybody; ErrNotFound if nobody
// has it. disabled is set for accounts that are closed.
func (t *tx) account(ctx context.Context, handle string) (p somebody, disabled bool, err error) {
	err = t.one(ctx, p.fields(&disabled), `SELECT `+somebodyColumns+`, p.disabled_at IS NOT NULL FROM person p WHERE p.handle = ?`,
		oldHandle(handle))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return p, disabled, err
}

// addPerson makes an account, for a coach or for the operator (0); ErrTaken if somebody has the handle, or had it and was
// erased.
func (t *tx) addPerson(ctx context.Context, coach int64, role Role, handle, name string) (somebody, error) {
	gone, err := t.exists(ctx, `SELECT 1 FROM erasure WHERE handle_hash = ?`, t.store.keys.HandleHash(handle))
	if err == nil && gone {
		err = ErrTaken
	}
	if err != nil {
		return somebody{}, err
	}
	id := newID()
	key, wrapped, err := t.drawKey(ctx, ofPerson(id))
	if err != nil {
		return somebody{}, err
	}
	sealed := key.Seal(nil, atName(id), []byte(name))
	added, err := t.change(ctx, `
		INSERT INTO person (id, handle, role, name, invited_by, added_at) VALUES (?, ?, ?, ?, nullif(?, 0), ?)
		ON CONFLICT (handle) DO NOTHING`,
		id, handle, string(role), sealed, coach, moment(t.now))
	if err == nil && added == 0 {
		err = ErrTaken
	}
	return somebody{id: id, handle: handle, role: role, name: sealed, key: wrapped}, err
}

// connect lets a client and a coach see and write with each other, for a coach or for the operator (0).
func (t *tx) connect(ctx context.Context, actor, client, coach int64) error {
	connected, err := t.change(ctx, `
		INSERT INTO connection (client, coach, since) VALUES (?, ?, ?)
		ON CONFLICT (client, coach) DO UPDATE SET since = excluded.since, ended_at = NULL WHERE connection.ended_at IS NOT NULL`,
		client, coach, moment(t.now))
	if err != nil || connected == 0 {
		return err
	}
	t.tell(notice{to: []int64{client, coach}, change: Change{Kind: PeopleChanged}})
	return t.audit(ctx, act{kind: AuditConnected, actor: actor, subject: client, peer: coach})
}

// somebody is a Person as a row has them.
type somebody struct {
	id     int64
	handle string
	role   Role
	name   []byte // sealed
	key    []byte // wrapped
}

// fields are where to scan somebodyColumns, and what follows them.
func (p *somebody) fields(more ...any) []any {
	return append([]any{&p.id, &p.handle, &p.role, &p.name, &p.key}, more...)
}

// profile is who a person is for others, and what they chose; sql.ErrNoRows if they are gone.
func (t *tx) profile(ctx context.Context, person int64) (who Person, settings Settings, err error) {
	var p somebody
	var stored string
	err = t.one(ctx, p.fields(&stored), `SELECT `+somebodyColumns+`, p.settings FROM person p WHERE p.id = ?`, person)
	if err == nil {
		settings, err = parseSettings(stored)
	}
	if err != nil {
		return Person{}, Settings{}, err
	}
	return t.store.reveal(p), settings, nil
}

// reveal opens a person's name. The handle stands in for a name that does not open.
func (s *Store) reveal(p somebody) Person {
	name, err := s.openShared(ofPerson(p.id), p.key, atName(p.id), p.name)
	if err != nil {
		s.log.Error("a person's name does not open", "person", p.id)
		name = p.handle
	}
	return Person{Handle: p.handle, Name: name, Role: p.role}
}
