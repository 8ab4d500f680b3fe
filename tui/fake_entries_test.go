package tui

import (
	"context"
	"slices"
	"strings"

	"alcove/store"
)

// The verbs of fakeJournal that concern entries, drafts and search.

func (j *fakeJournal) append(t *fakeThread, text string) store.Entry {
	number := int64(1)
	if n := len(t.entries); n > 0 {
		number = t.entries[n-1].Number + 1
	}
	e := store.Entry{Thread: t.Number, Number: number, Kind: store.KindText, Author: j.me.Person, At: j.p.clock, Text: text, Revision: 1}
	t.entries = append(t.entries, e)
	j.p.tell(t, store.Change{Kind: store.EntryWritten, Thread: t.Number, Entry: number, Who: j.me.Person}, "")
	e.Mine = true
	return e
}

func (j *fakeJournal) Entries(ctx context.Context, thread int64, span store.Span) (store.Page, error) {
	unlock, err := j.do(ctx, "Entries")
	defer unlock()
	if err != nil {
		return store.Page{}, err
	}
	t, err := j.find(thread)
	if err != nil {
		return store.Page{}, err
	}
	limit := span.Limit
	if limit == 0 {
		limit = 50
	}
	from, to := 0, len(t.entries)
	switch {
	case span.After != 0: // store.FromStart is below every number
		from = slices.IndexFunc(t.entries, func(e store.Entry) bool { return e.Number > span.After })
		if from < 0 {
			from = len(t.entries)
		}
		to = min(from+limit, len(t.entries))
	case span.Before > 0:
		if i := slices.IndexFunc(t.entries, func(e store.Entry) bool { return e.Number >= span.Before }); i >= 0 {
			to = i
		}
		from = max(0, to-limit)
	default:
		from = max(0, to-limit)
	}
	page := store.Page{Entries: slices.Clone(t.entries[from:to]), Earlier: from, Later: len(t.entries) - to}
	for i := range page.Entries {
		page.Entries[i].Mine = page.Entries[i].Author.Handle == j.me.Handle
	}
	return page, nil
}

// entry finds an entry, and for change only the person's own.
func (j *fakeJournal) entry(thread, entry int64, change bool) (*fakeThread, *store.Entry, error) {
	t, err := j.find(thread)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(t.entries, func(e store.Entry) bool { return e.Number == entry })
	if i < 0 || change && t.entries[i].Author.Handle != j.me.Handle {
		return nil, nil, store.ErrNotFound
	}
	return t, &t.entries[i], nil
}

// mine is an entry as its reader sees it.
func (j *fakeJournal) mine(e store.Entry) store.Entry {
	e.Mine = e.Author.Handle == j.me.Handle
	return e
}

func (j *fakeJournal) Entry(ctx context.Context, thread, entry int64) (store.Entry, error) {
	unlock, err := j.do(ctx, "Entry")
	defer unlock()
	if err != nil {
		return store.Entry{}, err
	}
	_, e, err := j.entry(thread, entry, false)
	if err != nil {
		return store.Entry{}, err
	}
	return j.mine(*e), nil
}

func (j *fakeJournal) Revisions(ctx context.Context, thread, entry int64) ([]store.Revision, error) {
	unlock, err := j.do(ctx, "Revisions")
	defer unlock()
	if err != nil {
		return nil, err
	}
	t, _, err := j.entry(thread, entry, false)
	if err != nil {
		return nil, err
	}
	return slices.Clone(t.revisions[entry]), nil
}

func (j *fakeJournal) MarkRead(ctx context.Context, thread, entry int64) error {
	defer j.answer("MarkRead")
	unlock, err := j.do(ctx, "MarkRead")
	defer unlock()
	if err != nil {
		return err
	}
	t, err := j.find(thread)
	if err != nil {
		return err
	}
	if entry > t.marks[j.me.Handle] {
		t.marks[j.me.Handle] = entry
		j.tellOthers(store.Change{Kind: store.ReadMarkMoved, Thread: thread})
	}
	return nil
}

func (j *fakeJournal) Write(ctx context.Context, thread int64, text string, draftVersion int64) (store.Entry, error) {
	defer j.answer("Write")
	unlock, err := j.do(ctx, "Write")
	defer unlock()
	if err != nil {
		return store.Entry{}, err
	}
	t, err := j.find(thread)
	if err != nil {
		return store.Entry{}, err
	}
	if strings.TrimSpace(text) == "" {
		return store.Entry{}, store.ErrEmpty
	}
	if len(text) > store.MaxEntry {
		return store.Entry{}, store.ErrTooLong
	}
	j.dropDraft(thread, 0, draftVersion)
	return j.append(t, text), nil
}

func (j *fakeJournal) Edit(ctx context.Context, thread, entry int64, revision int, text string, draftVersion int64) (store.Entry, error) {
	defer j.answer("Edit")
	unlock, err := j.do(ctx, "Edit")
	defer unlock()
	if err != nil {
		return store.Entry{}, err
	}
	t, e, err := j.entry(thread, entry, true)
	switch {
	case err != nil:
		return store.Entry{}, err
	case e.Revision != revision:
		return store.Entry{}, store.ErrConflict
	case strings.TrimSpace(text) == "":
		return store.Entry{}, store.ErrEmpty
	}
	t.revisions[entry] = append(t.revisions[entry], store.Revision{Revision: e.Revision, At: e.At, Text: e.Text})
	e.Text, e.EditedAt, e.Revision = text, j.p.clock, e.Revision+1
	j.dropDraft(thread, entry, draftVersion)
	j.p.tell(t, store.Change{Kind: store.EntryChanged, Thread: thread, Entry: entry, Who: j.me.Person}, "")
	return j.mine(*e), nil
}

func (j *fakeJournal) Withdraw(ctx context.Context, thread, entry int64) (store.Entry, error) {
	unlock, err := j.do(ctx, "Withdraw")
	defer unlock()
	if err != nil {
		return store.Entry{}, err
	}
	t, e, err := j.entry(thread, entry, true)
	if err != nil {
		return store.Entry{}, err
	}
	e.Text, e.WithdrawnAt = "", j.p.clock
	delete(t.revisions, entry)
	j.p.tell(t, store.Change{Kind: store.EntryChanged, Thread: thread, Entry: entry, Who: j.me.Person}, "")
	return j.mine(*e), nil
}

func (j *fakeJournal) TakeBack(ctx context.Context, thread, entry int64) (store.Draft, error) {
	unlock, err := j.do(ctx, "TakeBack")
	defer unlock()
	if err != nil {
		return store.Draft{}, err
	}
	t, e, err := j.entry(thread, entry, true)
	if err != nil {
		return store.Draft{}, err
	}
	if j.p.clock.Sub(e.At) > store.TakeBackFor {
		return store.Draft{}, store.ErrTooLate
	}
	key, text := [2]int64{thread, 0}, e.Text
	t.entries = slices.DeleteFunc(t.entries, func(o store.Entry) bool { return o.Number == entry })
	if held := j.me.drafts[key].Text; held != "" {
		text += "\n\n" + held
	}
	j.p.version++
	d := store.Draft{Thread: thread, Text: text, Version: j.p.version, SavedAt: j.p.clock}
	j.me.drafts[key] = d
	j.p.tell(t, store.Change{Kind: store.EntryChanged, Thread: thread, Entry: entry, Who: j.me.Person}, "")
	return d, nil
}

func (j *fakeJournal) dropDraft(thread, entry, version int64) {
	key := [2]int64{thread, entry}
	if d, ok := j.me.drafts[key]; ok && d.Version == version {
		delete(j.me.drafts, key)
	}
}

func (j *fakeJournal) Draft(ctx context.Context, thread, entry int64) (store.Draft, error) {
	unlock, err := j.do(ctx, "Draft")
	defer unlock()
	if err != nil {
		return store.Draft{}, err
	}
	if _, err := j.find(thread); err != nil {
		return store.Draft{}, err
	}
	if d, ok := j.me.drafts[[2]int64{thread, entry}]; ok {
		return d, nil
	}
	return store.Draft{Thread: thread, Entry: entry}, nil
}

func (j *fakeJournal) SaveDraft(ctx context.Context, d store.Draft) (store.Draft, error) {
	defer j.answer("SaveDraft")
	unlock, err := j.do(ctx, "SaveDraft")
	defer unlock()
	if err != nil {
		return store.Draft{}, err
	}
	if _, err := j.find(d.Thread); err != nil {
		return store.Draft{}, err
	}
	key := [2]int64{d.Thread, d.Entry}
	if stored := j.me.drafts[key]; stored.Version != d.Version {
		stored.Thread, stored.Entry = d.Thread, d.Entry
		return stored, store.ErrConflict
	}
	if d.Text == "" {
		delete(j.me.drafts, key)
		return store.Draft{Thread: d.Thread, Entry: d.Entry}, nil
	}
	j.p.version++
	d.Version, d.SavedAt = j.p.version, j.p.clock
	j.me.drafts[key] = d
	j.tellOthers(store.Change{Kind: store.DraftChanged, Thread: d.Thread, Entry: d.Entry})
	return d, nil
}

func (j *fakeJournal) Search(ctx context.Context, words string, found func(store.Hit) error) error {
	unlock, err := j.do(ctx, "Search")
	if err != nil {
		return err
	}
	var hits []store.Hit
	for _, t := range j.p.threads {
		if !t.has(j.me.Handle) {
			continue
		}
		for _, e := range slices.Backward(t.entries) {
			at := strings.Index(strings.ToLower(e.Text), strings.ToLower(words))
			if at >= 0 {
				hits = append(hits, store.Hit{Thread: t.Number, Title: t.Title, Entry: e.Number, Author: e.Author, At: e.At,
					Before: e.Text[:at], Match: e.Text[at : at+len(words)], Behind: e.Text[at+len(words):]})
			}
		}
		if strings.Contains(strings.ToLower(t.Title), strings.ToLower(words)) {
			hits = append([]store.Hit{{Thread: t.Number, Title: t.Title, At: t.CreatedAt, Match: t.Title}}, hits...)
		}
	}
	unlock()
	for _, h := range hits {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := found(h); err != nil {
			return err
		}
	}
	return nil
}
