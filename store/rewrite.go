package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// This file has what authors may do to their own entries. An entry of somebody else answers ErrNotFound, like one that is
// not there.

// own finds an entry that the person wrote; ErrNotFound for any other. The text is not opened.
func (t *tx) own(ctx context.Context, me self, r room, number int64) (entryRow, error) {
	var w entryRow
	err := t.one(ctx, w.fields(), `SELECT `+entryColumns+entryFrom+`WHERE e.thread = ? AND e.number = ? AND e.author = ?`,
		r.number, number, me.id)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return w, err
}

// lifting takes the text of an entry out of its segment: lift or liftOrLose.
type lifting func(t *tx, ctx context.Context, r room, w *entryRow) error

// rewrite changes the person's own entry in one commit.
func (a *Access) rewrite(ctx context.Context, doing string, thread, entry int64, lift lifting, change func(*tx, self, room, entryRow) error) error {
	segment := int64(0)
	err := a.write(ctx, doing, func(t *tx, me self) error {
		r, err := t.room(ctx, me, thread)
		if err != nil {
			return err
		}
		w, err := t.own(ctx, me, r, entry)
		if err != nil {
			return err
		}
		segment = w.segment
		if err := lift(t, ctx, r, &w); err != nil {
			return err
		}
		return change(t, me, r, w)
	})
	if err == nil && segment != 0 {
		a.store.traces.forget(segment)
	}
	return err
}

// Edit replaces the text of the person's own entry, if it still has that revision and was not withdrawn, else ErrConflict;
// the old text is kept as a revision. The edit's draft goes as in Write. ErrDamaged if the old text stands in a segment that does
// not open.
func (a *Access) Edit(ctx context.Context, thread, entry int64, revision int, text string, draftVersion int64) (edited Entry, err error) {
	if text, err = cleanText(text); err != nil {
		return Entry{}, fmt.Errorf("edit an entry: %w", err)
	}
	err = a.rewrite(ctx, "edit an entry", thread, entry, (*tx).lift, func(t *tx, me self, r room, w entryRow) (err error) {
		if w.entry.Revision != revision || !w.entry.WithdrawnAt.IsZero() {
			return ErrConflict
		}
		if err := t.pace(me); err != nil {
			return err
		}
		err = t.exec(ctx, `
			INSERT INTO revision (thread, number, revision, at, body)
			SELECT thread, number, revision, coalesce(edited_at, at), body FROM entry WHERE thread = ? AND number = ?`, thread, entry)
		if err != nil {
			return err
		}
		key, err := r.keys.of(ctx, me.id)
		if err != nil {
			return err
		}
		body := key.Seal(nil, atBody(thread, entry, me.id, int64(revision+1)), []byte(text))
		if err := t.charge(ctx, me.id, int64(len(body))); err != nil { // the old text stays too
			return err
		}
		err = t.exec(ctx, `UPDATE entry SET body = ?, revision = ?, edited_at = ? WHERE thread = ? AND number = ?`,
			body, revision+1, moment(t.now), thread, entry)
		if err != nil {
			return err
		}
		if err := t.dropDraft(ctx, me, thread, entry, draftVersion); err != nil {
			return err
		}
		if err := t.tellMembers(ctx, EntryChanged, thread, entry, t.store.reveal(w.author)); err != nil {
			return err
		}
		edited, err = t.entry(ctx, me, r, entry)
		return err
	})
	return edited, err
}

// Withdraw deletes the text, the revisions and the edit's draft of the person's own entry; a marker stays. Doing it again
// changes nothing. A text that is damaged can be withdrawn as any other.
func (a *Access) Withdraw(ctx context.Context, thread, entry int64) (marker Entry, err error) {
	err = a.rewrite(ctx, "withdraw an entry", thread, entry, (*tx).liftOrLose, func(t *tx, me self, r room, w entryRow) (err error) {
		if w.entry.WithdrawnAt.IsZero() {
			if err := t.clearEntry(ctx, me, thread, w); err != nil {
				return err
			}
			err = t.exec(ctx, `UPDATE entry SET body = NULL, withdrawn_at = ? WHERE thread = ? AND number = ?`, moment(t.now), thread, entry)
			if err == nil {
				err = t.replace(ctx, thread)
			}
			if err != nil {
				return err
			}
			if err := t.tellMembers(ctx, EntryChanged, thread, entry, t.store.reveal(w.author)); err != nil {
				return err
			}
		}
		marker, err = t.entry(ctx, me, r, entry)
		return err
	})
	if err == nil {
		a.store.emptyLog(ctx)
	}
	return marker, err
}

// TakeBack undoes a Write within TakeBackFor, and two seconds' grace: the entry is gone and its text stands in the draft
// again, before whatever the draft held. It answers ErrTooLate afterwards, ErrConflict if the entry was withdrawn, and
// ErrTooLong if both texts do not fit into one draft.
func (a *Access) TakeBack(ctx context.Context, thread, entry int64) (draft Draft, err error) {
	err = a.rewrite(ctx, "take back an entry", thread, entry, (*tx).lift, func(t *tx, me self, r room, w entryRow) (err error) {
		if !w.entry.WithdrawnAt.IsZero() {
			return ErrConflict
		}
		if age := t.now.Sub(w.entry.At); age > TakeBackFor+takeBackGrace || age < -takeBackGrace {
			return ErrTooLate // or the clock was set back, and nobody knows how long ago it was
		}
		if err := t.clearEntry(ctx, me, thread, w); err != nil {
			return err
		}
		if draft, err = t.redraft(ctx, me, r, w); err != nil {
			return err
		}
		if err := t.exec(ctx, `DELETE FROM entry WHERE thread = ? AND number = ?`, thread, entry); err != nil {
			return err
		}
		if err := t.leaveGap(ctx, me, thread, entry); err != nil {
			return err
		}
		return t.tellMembers(ctx, EntryChanged, thread, entry, t.store.reveal(w.author))
	})
	if err == nil {
		a.store.emptyLog(ctx)
	}
	return draft, err
}

// redraft puts an entry's text before what the draft of a new entry holds.
func (t *tx) redraft(ctx context.Context, me self, r room, w entryRow) (Draft, error) {
	taken, err := t.shown(ctx, w, r, me)
	if err != nil {
		return Draft{}, err
	}
	text := taken.Text
	stored, err := t.draft(ctx, me, r, 0)
	if err != nil {
		return Draft{}, err
	}
	_, _, size, err := t.roomAndDraft(ctx, me, r.number, 0)
	if err != nil {
		return Draft{}, err
	}
	if stored.Text != "" {
		text += "\n\n" + stored.Text
	}
	if len(text) > MaxEntry {
		return Draft{}, ErrTooLong
	}
	return t.putDraft(ctx, me, r, 0, text, size)
}

// clearEntry deletes what hangs on an entry besides its text, which the caller deletes.
func (t *tx) clearEntry(ctx context.Context, me self, thread int64, w entryRow) error {
	entry := w.entry.Number
	if err := t.charge(ctx, me.id, -int64(len(w.body))); err != nil {
		return err
	}
	_, err := t.release(ctx, me.id, `DELETE FROM revision WHERE thread = ? AND number = ? RETURNING length(body)`, thread, entry)
	if err != nil {
		return err
	}
	deleted, err := t.release(ctx, me.id, `DELETE FROM draft WHERE person = ? AND thread = ? AND entry = ? RETURNING length(body)`,
		me.id, thread, entry)
	if deleted > 0 {
		t.tellDraft(me, thread, entry)
	}
	return err
}
