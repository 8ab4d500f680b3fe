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

// PublicKey is an SSH public key whose possession was proved, or that its owner handed in. Which types are good enough is
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

// Keys lists the ways the person signs in, the oldest first.
func (a *Access) Keys(ctx context.Context) (keys []Key, err error) {
	err = a.read(ctx, "list keys", func(t *tx, me self) error {
		keys, err = t.keysOf(ctx, me.id, a.who.credential)
		return err
	})
	return keys, err
}

func (t *tx) keysOf(ctx context.Context, person, current int64) (keys []Key, err error) {
	err = t.each(ctx, func(rows *sql.Rows) error {
		var id int64
		var key Key
		var comment []byte
		if err := rows.Scan(&id, &key.Fingerprint, &key.Type, &comment, (*moment)(&key.AddedAt), (*moment)(&key.LastUsed)); err != nil {
			return err
		}
		if comment != nil {
			key.Comment, _ = t.store.openListed(t.store.keys.People(), atComment(person, id), comment)
		}
		key.Current = id == current
		keys = append(keys, key)
		return nil
	}, `
		SELECT id, coalesce(fingerprint, ''), type, comment, added_at, last_used_at
		FROM credential WHERE person = ? ORDER BY added_at, id`, person)
	return keys, err
}

// AddKey adds a key to those that the person signs in with; one that is theirs already stays as it is. ErrTaken if it is
// somebody else's.
func (a *Access) AddKey(ctx context.Context, key PublicKey) error {
	comment, err := key.check()
	if err != nil {
		return fmt.Errorf("add a key: %w", err)
	}
	return a.write(ctx, "add a key", func(t *tx, me self) error {
		_, err := t.addKey(ctx, me.id, key, comment)
		return err
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

// addKey answers the credential of a person's key, which it makes if need be. The caller has checked the key.
func (t *tx) addKey(ctx context.Context, person int64, key PublicKey, comment string) (credential int64, err error) {
	var owner int64
	err = t.one(ctx, []any{&credential, &owner}, `SELECT id, person FROM credential WHERE fingerprint = ?`, key.Fingerprint())
	if err == nil && owner != person {
		return 0, ErrTaken
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return credential, err
	}
	credential = newID()
	var sealed []byte
	if comment != "" {
		sealed = t.store.keys.People().Seal(nil, atComment(person, credential), []byte(comment))
	}
	err = t.exec(ctx, `
		INSERT INTO credential (id, person, kind, fingerprint, type, blob, comment, added_at) VALUES (?, ?, 'key', ?, ?, ?, ?, ?)`,
		credential, person, key.Fingerprint(), key.Type, key.Blob, sealed, moment(t.now))
	return credential, err
}

// addWords gives a person sign-in words in the place of any they had, whose sessions end.
func (t *tx) addWords(ctx context.Context, person int64, words SignInWords) (credential int64, err error) {
	old, err := t.ids(ctx, `DELETE FROM credential WHERE person = ? AND kind = 'words' RETURNING id`, person)
	if err != nil {
		return 0, err
	}
	t.tellSignedOut(person, old)
	credential = newID()
	err = t.exec(ctx, `INSERT INTO credential (id, person, kind, type, words, added_at) VALUES (?, ?, 'words', ?, ?, ?)`,
		credential, person, wordsKey, words.hash, moment(t.now))
	return credential, err
}

// RemoveKey removes the key with that fingerprint, or the sign-in words by the name "words", from those that the person
// signs in with. Sessions that came in with it end. ErrLast for the last one; ErrNotFound for one that is not theirs.
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
		left, err := t.exists(ctx, `SELECT 1 FROM credential WHERE person = ?`, me.id)
		if err != nil {
			return err
		}
		if !left {
			return ErrLast
		}
		t.tellSignedOut(me.id, removed)
		return nil
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
