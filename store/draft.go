package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Draft reads the draft of a new entry (entry 0) or of an edit of the person's own; a zero Version means there is none.
func (a *Access) Draft(ctx context.Context, thread, entry int64) (draft Draft, err error) {
	err = a.read(ctx, "read a draft", func(t *tx, me self) error {
		r, err := t.room(ctx, me, thread)
		if err != nil {
			return err
		}
		if err := t.editable(ctx, me, r, entry); err != nil {
			return err
		}
		draft, err = t.draft(ctx, me, r, entry)
		return err
	})
	return draft, err
}

// SaveDraft stores d over the version it was based on and answers it with its new Version and SavedAt; an empty text
// deletes it. If another version is stored, it answers that one with ErrConflict and writes nothing. ErrQuota.
func (a *Access) SaveDraft(ctx context.Context, d Draft) (saved Draft, err error) {
	text, err := cleanDraft(d.Text)
	if err != nil {
		return Draft{}, fmt.Errorf("save a draft: %w", err)
	}
	err = a.write(ctx, "save a draft", func(t *tx, me self) error {
		r, version, size, err := t.roomAndDraft(ctx, me, d.Thread, d.Entry)
		if err != nil {
			return err
		}
		if err := t.editable(ctx, me, r, d.Entry); err != nil {
			return err
		}
		if version != 0 && version != d.Version {
			saved, err = t.draft(ctx, me, r, d.Entry)
			if err == nil {
				return ErrConflict
			}
			if !errors.Is(err, ErrDamaged) {
				return err
			}
			// A draft that nobody can read must not keep new words from being saved.
		}
		if text == "" {
			saved = Draft{Thread: d.Thread, Entry: d.Entry}
			return t.dropDraft(ctx, me, d.Thread, d.Entry, version)
		}
		saved, err = t.putDraft(ctx, me, r, d.Entry, text, size)
		return err
	})
	return saved, err
}

// Drafts lists all that the person has not sent, the newest first.
func (a *Access) Drafts(ctx context.Context) (drafts []Draft, err error) {
	err = a.read(ctx, "list drafts", func(t *tx, me self) error {
		return t.each(ctx, func(rows *sql.Rows) error {
			var d Draft
			var wrapped, body []byte
			if err := rows.Scan(&d.Thread, &d.Entry, &d.Version, (*moment)(&d.SavedAt), &body, &wrapped); err != nil {
				return err
			}
			d.Text, d.Damaged = a.store.openListed(ofMember(d.Thread, me.id), wrapped, atDraft(d.Thread, d.Entry, me.id, d.Version), body)
			drafts = append(drafts, d)
			return nil
		}, `
			SELECT d.thread, d.entry, d.version, d.saved_at, d.body, `+keyOfDraft+`
			FROM draft d JOIN member m ON m.thread = d.thread AND m.person = d.person
			WHERE d.person = ? AND m.left_at IS NULL
			ORDER BY d.saved_at DESC, d.thread, d.entry`, me.id)
	})
	return drafts, err
}

// editable answers nil for a new entry (0) and for one that the person wrote and did not withdraw, else ErrNotFound.
func (t *tx) editable(ctx context.Context, me self, r room, entry int64) error {
	if entry == 0 {
		return nil
	}
	w, err := t.own(ctx, me, r, entry)
	if err == nil && !w.entry.WithdrawnAt.IsZero() {
		err = ErrNotFound
	}
	return err
}

// roomAndDraft is room for the verb that is called most of all, with the version of the draft that is stored and how many
// bytes it takes, 0 if there is none. The room does not know how far it goes.
func (t *tx) roomAndDraft(ctx context.Context, me self, thread, entry int64) (r room, version, size int64, err error) {
	r = t.roomOf(me, thread)
	var own []byte
	err = t.one(ctx, []any{&own, &version, &size}, `
		SELECT `+keyOfMember+`, coalesce(d.version, 0), coalesce(length(d.body), 0)
		FROM member m LEFT JOIN draft d ON d.person = m.person AND d.thread = m.thread AND d.entry = ?3
		WHERE m.thread = ?1 AND m.person = ?2 AND m.left_at IS NULL`, thread, me.id, entry)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	r.keys.found[me.id] = own
	return r, version, size, err
}

func (t *tx) draft(ctx context.Context, me self, r room, entry int64) (Draft, error) {
	d := Draft{Thread: r.number, Entry: entry}
	var body []byte
	err := t.one(ctx, []any{&d.Version, &body, (*moment)(&d.SavedAt)}, `
		SELECT version, body, saved_at FROM draft WHERE person = ? AND thread = ? AND entry = ?`, me.id, r.number, entry)
	if errors.Is(err, sql.ErrNoRows) {
		return d, nil
	}
	if err != nil {
		return Draft{}, err
	}
	d.Text, err = r.keys.open(ctx, me.id, atDraft(r.number, entry, me.id, d.Version), body)
	return d, err
}

// putDraft stores a draft, in the place of one that takes so many bytes.
func (t *tx) putDraft(ctx context.Context, me self, r room, entry int64, text string, before int64) (Draft, error) {
	d := Draft{Thread: r.number, Entry: entry, Text: text, Version: newID(), SavedAt: t.now}
	key, err := r.keys.of(ctx, me.id)
	if err != nil {
		return Draft{}, err
	}
	body := key.Seal(nil, atDraft(r.number, entry, me.id, d.Version), []byte(text))
	if err := t.charge(ctx, me.id, int64(len(body))-before); err != nil {
		return Draft{}, err
	}
	err = t.exec(ctx, `
		INSERT INTO draft (person, thread, entry, version, body, saved_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (person, thread, entry) DO UPDATE
		SET version = excluded.version, body = excluded.body, saved_at = excluded.saved_at`,
		me.id, r.number, entry, d.Version, body, moment(d.SavedAt))
	t.tellDraft(me, r.number, entry)
	return d, err
}

// dropDraft deletes a draft if it still has that version; 0 is that of none.
func (t *tx) dropDraft(ctx context.Context, me self, thread, entry, version int64) error {
	if version == 0 {
		return nil
	}
	deleted, err := t.release(ctx, me.id, `
		DELETE FROM draft WHERE person = ? AND thread = ? AND entry = ? AND version = ? RETURNING length(body)`,
		me.id, thread, entry, version)
	if deleted > 0 {
		t.tellDraft(me, thread, entry)
	}
	return err
}

// tellDraft tells the person's other sessions.
func (t *tx) tellDraft(me self, thread, entry int64) {
	t.tell(notice{to: []int64{me.id}, except: me.session, change: Change{Kind: DraftChanged, Thread: thread, Entry: entry}})
}
