package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
)

// wordsKey is the type of sign-in words among keys, and what RemoveKey calls them.
const wordsKey = "words"

const (
	maxComment = 120      // characters of a key's comment
	maxBlob    = 16 << 10 // bytes of a public key
)

// MaxPending is how many keys one person may have waiting for their holder to sign in.
const MaxPending = 8

// ErrPending is answered to who adds more keys than MaxPending without confirming one.
var ErrPending = errors.New("too many keys that are not confirmed")

// A key that somebody hands in may be another's, for public keys are public. So it is pending until its holder has signed
// with it (Store.ConfirmKey): until then it signs nobody in, keeps nobody else from it, and is told to its adder alone.

// PublicKey is an SSH public key whose possession was proved, or that somebody handed in. Which types are good enough is
// decided where keys are parsed.
type PublicKey struct {
	Type    string // "ssh-ed25519", …
	Comment string
	Blob    []byte // as the wire has it (ssh.PublicKey.Marshal)
}

// Fingerprint is "SHA256:…" as OpenSSH prints it.
func (k PublicKey) Fingerprint() string {
	sum := sha256.Sum256(k.Blob)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// Keys lists the ways the person signs in, those not confirmed yet among them, the oldest first.
func (a *Access) Keys(ctx context.Context) (keys []Key, err error) {
	err = a.read(ctx, "list keys", func(t *tx, me self) error {
		keys, err = t.keysOf(ctx, me.id, a.who.credential)
		return err
	})
	return keys, err
}

// keysOf lists a person's keys. The pending ones are for those who came in with one of the others, the current.
func (t *tx) keysOf(ctx context.Context, person, current int64) (keys []Key, err error) {
	err = t.each(ctx, func(rows *sql.Rows) error {
		var id int64
		var key Key
		var wrapped, comment []byte
		err := rows.Scan(&id, &key.Pending, &key.Fingerprint, &key.Type, &wrapped, &comment, (*moment)(&key.AddedAt), (*moment)(&key.LastUsed))
		if err != nil {
			return err
		}
		if comment != nil {
			key.Comment, _ = t.store.openListed(ofPerson(person), wrapped, atComment(person, id), comment)
		}
		key.Current = id == current
		keys = append(keys, key)
		return nil
	}, `
		SELECT c.id, c.pending, coalesce(c.fingerprint, ''), c.type, `+keyOfPerson+`, c.comment, c.added_at, c.last_used_at
		FROM person p JOIN credential c ON c.person = p.id
		WHERE p.id = ?1 AND (c.pending = 0 OR ?2 <> 0) ORDER BY c.added_at, c.id`, person, current)
	return keys, err
}

// AddKey adds a key that becomes one of those the person signs in with when its holder confirms it; one that is theirs
// already stays as it is. Whether others have it makes no difference here. ErrPending if too many wait for that.
func (a *Access) AddKey(ctx context.Context, key PublicKey) error {
	comment, err := key.check()
	if err != nil {
		return fmt.Errorf("add a key: %w", err)
	}
	return a.write(ctx, "add a key", func(t *tx, me self) error {
		theirs, err := t.exists(ctx, `SELECT 1 FROM credential WHERE person = ? AND fingerprint = ?`, me.id, key.Fingerprint())
		if err != nil || theirs {
			return err
		}
		full, err := t.exists(ctx, `
			SELECT 1 FROM credential WHERE person = ?1 AND pending = 1 GROUP BY person HAVING count(*) >= ?2`, me.id, MaxPending)
		if err == nil && full {
			err = ErrPending
		}
		if err != nil {
			return err
		}
		if _, err = t.insertKey(ctx, me.id, true, key, comment); err != nil {
			return err
		}
		return t.audit(ctx, act{kind: AuditKeyAdded, actor: me.id, detail: key.Fingerprint()})
	})
}

// check answers the comment as it is to be stored.
func (k PublicKey) check() (comment string, err error) {
	if len(k.Blob) == 0 || k.Type == "" {
		return "", fmt.Errorf("public key: %w", ErrEmpty)
	}
	if len(k.Blob) > maxBlob {
		return "", fmt.Errorf("public key: %w", ErrTooLong)
	}
	return cleanLine(k.Comment, maxComment)
}

// bindKey answers the credential of a person's key whose possession was proved, which it makes if need be. ErrTaken if the
// key is somebody else's. The caller has checked the key.
func (t *tx) bindKey(ctx context.Context, person int64, key PublicKey, comment string) (credential int64, err error) {
	if err := t.freeFor(ctx, person, key.Fingerprint()); err != nil {
		return 0, err
	}
	return t.insertKey(ctx, person, false, key, comment)
}

// freeFor answers ErrTaken if a key signs in somebody else than this person.
func (t *tx) freeFor(ctx context.Context, person int64, fingerprint string) error {
	taken, err := t.exists(ctx, `SELECT 1 FROM credential WHERE fingerprint = ? AND pending = 0 AND person <> ?`, fingerprint, person)
	if err == nil && taken {
		err = ErrTaken
	}
	return err
}

// insertKey answers the credential of a person's key, which it makes if need be. One that is there is never made pending.
func (t *tx) insertKey(ctx context.Context, person int64, pending bool, key PublicKey, comment string) (credential int64, err error) {
	credential = newID()
	var sealed []byte
	if comment != "" {
		own, err := t.personKey(ctx, person)
		if err != nil {
			return 0, err
		}
		sealed = own.Seal(nil, atComment(person, credential), []byte(comment))
	}
	err = t.one(ctx, []any{&credential}, `
		INSERT INTO credential (id, person, kind, pending, fingerprint, type, blob, comment, added_at) VALUES (?, ?, 'key', ?, ?, ?, ?, ?, ?)
		ON CONFLICT (person, fingerprint) DO UPDATE SET pending = credential.pending * excluded.pending RETURNING id`,
		credential, person, pending, key.Fingerprint(), key.Type, key.Blob, sealed, moment(t.now))
	return credential, err
}

// addWords gives a person sign-in words in the place of any they had, whose sessions end.
func (t *tx) addWords(ctx context.Context, person int64, words SignInWords) (credential int64, err error) {
	old, err := t.ids(ctx, `DELETE FROM credential WHERE person = ? AND kind = 'words' RETURNING id`, person)
	if err != nil {
		return 0, err
	}
	t.tellSignedOut(person, old)
	if len(old) > 0 {
		if err := t.audit(ctx, act{kind: AuditWordsChanged, actor: person}); err != nil {
			return 0, err
		}
	}
	credential = newID()
	err = t.exec(ctx, `INSERT INTO credential (id, person, kind, type, words, added_at) VALUES (?, ?, 'words', ?, ?, ?)`,
		credential, person, wordsKey, words.hash, moment(t.now))
	return credential, err
}

// RemoveKey removes the key with that fingerprint, or the sign-in words by the name "words", from those that the person
// signs in with. Sessions that came in with it end. ErrLast for the last one that signs in; ErrNotFound for one that is not
// theirs.
func (a *Access) RemoveKey(ctx context.Context, fingerprint string) error {
	var person int64
	err := a.write(ctx, "remove a key", func(t *tx, me self) error {
		person = me.id
		removed, err := t.ids(ctx, `
			DELETE FROM credential WHERE person = ?1 AND (fingerprint = ?2 OR (kind = 'words' AND ?2 = ?3)) RETURNING id`,
			me.id, fingerprint, wordsKey)
		if err != nil {
			return err
		}
		if len(removed) == 0 {
			return ErrNotFound
		}
		left, err := t.exists(ctx, `SELECT 1 FROM credential WHERE person = ? AND pending = 0`, me.id)
		if err != nil {
			return err
		}
		if !left {
			return ErrLast
		}
		t.tellSignedOut(me.id, removed)
		return t.audit(ctx, act{kind: AuditKeyRemoved, actor: me.id, detail: fingerprint})
	})
	if err == nil {
		a.store.announce(person)
	}
	return err
}

// tellSignedOut ends the sessions that came in with one of a person's credentials.
func (t *tx) tellSignedOut(person int64, credentials []int64) {
	for _, credential := range credentials {
		t.tell(notice{to: []int64{person}, credential: credential, change: Change{Kind: SignedOut}})
	}
}
