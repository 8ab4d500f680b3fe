package tui

import (
	"errors"
	"fmt"
	"strings"

	"alcove/store"
	"alcove/store/safetext"
)

// Writing in the linear mode, line by line.

// spoken is a text under way.
type spoken struct {
	of      store.Entry // the one to edit, zero for a new one
	draft   store.Draft
	unsaved bool // the store does not hold the draft as it is here
	warned  bool // the person knows that leaving loses it
}

// write takes lines until a single dot, which sends, or dot q, which keeps them as a draft. Each line is stored as it
// comes, so that a lost connection loses none; what cannot be stored is kept here, and nobody gets out without being told.
// of is the entry to edit, and zero for a new one. It answers the number of the new entry, or 0.
func (l *linear) write(number int64, of store.Entry) (sent int64, err error) {
	w := l.words.Chrome.Linear
	d, err := l.journal.Draft(l.ctx, number, of.Number)
	if err != nil {
		return 0, err
	}
	if d.Text != "" {
		l.sayf("%s", w.DraftFound)
		l.quote(d.Text)
	}
	l.sayUsage()
	l.sayf("%s", w.WriteNow)
	t := &spoken{of: of, draft: d}
	for done := false; !done && err == nil; {
		line, ended := l.line()
		if ended != nil {
			return 0, ended
		}
		switch line {
		case ".q":
			done, err = l.putAside(t)
		case ".":
			sent, done, err = l.sendSpoken(t)
		case "..": // the one line that could not be written else
			err = l.add(t, ".")
		default:
			err = l.add(t, line)
		}
	}
	return sent, err
}

// putAside leaves the text as a draft. Where it cannot be stored, only a second dot q leaves it, and loses it.
func (l *linear) putAside(t *spoken) (done bool, err error) {
	if t.unsaved {
		t.draft, err = l.saveLines(t.draft)
		t.unsaved = err != nil
	}
	switch {
	case !t.unsaved:
		l.sayf("%s", l.words.Chrome.Linear.DraftKept)
		return true, nil
	case t.warned:
		return true, nil
	}
	t.warned = true
	l.sayf("%s", l.words.Chrome.Linear.LeaveUnsaved)
	return false, l.explainKept(err)
}

// sendSpoken sends the text. One that could not be sent and is no draft stays here.
func (l *linear) sendSpoken(t *spoken) (sent int64, done bool, err error) {
	w, d, e := l.words.Chrome.Linear, t.draft, store.Entry{}
	if strings.TrimSpace(d.Text) == "" {
		l.sayf("%s", w.NothingSent)
		return 0, true, nil
	}
	if t.of.Number == 0 {
		e, err = l.journal.Write(l.ctx, d.Thread, d.Text, d.Version)
	} else {
		_, err = l.journal.Edit(l.ctx, d.Thread, t.of.Number, t.of.Revision, d.Text, d.Version)
	}
	switch {
	case err != nil && t.unsaved:
		return 0, false, l.explainKept(err)
	case err != nil:
		l.sayf("%s", w.NotSent)
	case t.of.Number != 0:
		l.sayf("%s", l.words.Thread.Act.EntryEdited)
		l.sayUsage()
	default:
		l.sayf("%s", w.Sent)
		l.sayUsage()
	}
	return e.Number, true, err
}

// add puts a line behind the text and stores it, unless it is too much for an entry.
func (l *linear) add(t *spoken, line string) (err error) {
	next := t.draft
	if next.Text != "" {
		next.Text += "\n"
	}
	next.Text += safetext.Text(line)
	if len(next.Text) > store.MaxEntry {
		return l.explainTo(store.ErrTooLong)
	}
	before := t.unsaved
	t.draft, err = l.saveLines(next)
	t.unsaved, t.warned = err != nil, false
	if before && errors.Is(err, store.ErrReadOnly) {
		return nil // which they were told at the first line
	}
	return l.explainKept(err)
}

// saveLines stores a draft. What another session stored meanwhile is kept before it. It answers the draft with its version,
// or what is to be stored still.
func (l *linear) saveLines(d store.Draft) (store.Draft, error) {
	for range mergeTries {
		stored, err := l.journal.SaveDraft(l.ctx, d)
		switch {
		case err == nil:
			return stored, nil
		case !errors.Is(err, store.ErrConflict):
			return d, fmt.Errorf("save draft: %w", err)
		}
		d.Text, d.Version = mergeTexts(stored.Text, d.Text), stored.Version
	}
	return d, store.ErrConflict
}

// explainKept is explainTo for words that were not stored and are kept here.
func (l *linear) explainKept(err error) error {
	if errors.Is(err, store.ErrReadOnly) {
		l.sayf("%s", l.words.Thread.Composer.KeptHere)
		return nil
	}
	return l.explainTo(err)
}
