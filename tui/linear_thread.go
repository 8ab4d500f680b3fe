package tui

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"alcove/store"
	"alcove/store/safetext"
)

// The acts of the linear mode: reading a thread, opening one, searching, people. Writing has linear_write.go.

// How many entries are said at once, and how many of those that were read before as context of the unread ones.
const (
	linearEntries = 10
	linearContext = 2
)

// heard is the stretch of a thread that was said; zeros before anything was. What the person has just sent need not be
// said to them.
type heard struct {
	first, last, sent int64
	said              map[int]int64 // the entries by the numbers that they were said with
}

// thread says what is unread in a thread, or its end, and does what the person says there.
func (l *linear) thread(number int64) error {
	t, err := l.journal.Thread(l.ctx, number)
	if err != nil {
		return err
	}
	w := l.words.Chrome.Linear
	l.sayf(w.Title, l.title(t))
	if others := l.others(t); others != "" {
		l.sayf(w.Readers, others)
	} else {
		l.sayf("%s", w.OnlyReader)
	}
	h := heard{said: map[int]int64{}}
	switch {
	case t.Entries == 0:
		l.sayf("%s", w.Empty)
	case t.ReadMark > 0 && t.Unread > 0:
		err = l.sayBefore(number, &h, store.Span{Before: t.ReadMark + 1, Limit: linearContext}, t.ReadMark)
		h.last = t.ReadMark
	case t.ReadMark > 0:
		err = l.sayBefore(number, &h, store.Span{Limit: linearEntries}, t.ReadMark)
	}
	if err != nil {
		return err
	}
	verbs := []string{verbWrite, verbEdit, verbWithdraw, verbUndo, verbHistory, verbEarlier, verbBack, verbHelp, verbQuit}
	for {
		if err = l.sayNew(number, &h, t.ReadMark); err != nil {
			return err
		}
		verb, _, err := l.command(fmt.Sprintf(w.InThread, l.verbNames(verbs)), 0, verbs...)
		if err != nil {
			return err
		}
		if verb == verbBack {
			return nil
		}
		if err = l.explainTo(l.doInThread(verb, t, &h)); err != nil {
			return err
		}
	}
}

func (l *linear) doInThread(verb string, t store.Thread, h *heard) (err error) {
	switch verb {
	case verbWrite:
		h.sent, err = l.write(t.Number, store.Entry{})
	case verbEdit, verbWithdraw, verbHistory:
		return l.act(verb, t.Number, h)
	case verbUndo:
		return l.takeBack(t.Number, h)
	case verbEarlier:
		if h.first > 0 {
			return l.sayBefore(t.Number, h, store.Span{Before: h.first, Limit: linearEntries}, t.ReadMark)
		}
	case verbHelp:
		for _, text := range l.words.Chrome.Linear.HelpThread {
			l.sayf("%s", text)
		}
	case verbQuit:
		return errQuit
	}
	return err
}

// sayPage says entries, those behind the mark as new ones; not the one that the person has just sent.
func (l *linear) sayPage(page store.Page, mark int64, h *heard) {
	w := l.words.Chrome.Linear
	total := page.Earlier + len(page.Entries) + page.Later
	for i, e := range page.Entries {
		h.said[page.Earlier+i+1] = e.Number
		if e.Number == h.sent {
			continue
		}
		label := fmt.Sprintf(w.Entry, page.Earlier+i+1, total, givenName(e.Author), Spoken(e.At, l.now(), l.zone, l.words))
		if !e.EditedAt.IsZero() {
			label += ", " + w.Edited
		}
		if e.Number > mark && !e.Mine {
			label += ", " + w.NewMark
		}
		l.sayf("%s:", label)
		if e.WithdrawnAt.IsZero() {
			l.quote(e.Text)
		} else {
			l.sayf("%s", w.Withdrawn)
		}
	}
}

// sayBefore says a stretch of entries before what was heard.
func (l *linear) sayBefore(number int64, h *heard, span store.Span, mark int64) error {
	page, err := l.journal.Entries(l.ctx, number, span)
	if err != nil || len(page.Entries) == 0 {
		return err
	}
	if page.Earlier > 0 {
		l.sayf("%s", l.words.Chrome.Linear.Earlier.N(page.Earlier))
	}
	l.sayPage(page, mark, h)
	h.first = page.Entries[0].Number
	h.last = max(h.last, page.Entries[len(page.Entries)-1].Number)
	return nil
}

// sayNew says the entries after the last one that was heard, page by page as the person wants, and marks them as read
// once they are said.
func (l *linear) sayNew(number int64, h *heard, mark int64) error {
	for {
		span := store.Span{After: h.last, Limit: linearEntries}
		if h.last == 0 {
			span.After = store.FromStart
		}
		page, err := l.journal.Entries(l.ctx, number, span)
		if err != nil || len(page.Entries) == 0 {
			return err
		}
		if h.first == 0 {
			h.first = page.Entries[0].Number
			if page.Earlier > 0 {
				l.sayf("%s", l.words.Chrome.Linear.Earlier.N(page.Earlier))
			}
		}
		l.sayPage(page, mark, h)
		h.last = page.Entries[len(page.Entries)-1].Number
		err = l.journal.MarkRead(l.ctx, number, h.last)
		if errors.Is(err, store.ErrReadOnly) { // marked or not, all can be read
			err = nil
		}
		if err != nil || page.Later == 0 {
			return err
		}
		if line, err := l.ask(l.words.Chrome.Linear.More); err != nil || strings.TrimSpace(line) != "" {
			return err
		}
	}
}

func (l *linear) newThread() error {
	w := l.words.Chrome.Linear
	title, err := l.ask(w.AskTitle)
	if err != nil || strings.TrimSpace(title) == "" {
		return err
	}
	people, err := l.journal.People(l.ctx)
	if err != nil {
		return err
	}
	var with []store.Acquaintance
	for _, p := range people {
		if p.MayWrite {
			with = append(with, p)
			l.sayf(w.Person, len(with), fullName(p.Person), l.words.role(p.Role))
		}
	}
	numbers, err := l.ask(w.AskWith)
	if err != nil {
		return err
	}
	var handles []string
	for _, field := range strings.FieldsFunc(numbers, func(r rune) bool { return r == ' ' || r == ',' }) {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 || n > len(with) {
			return store.ErrNotFound
		}
		handles = append(handles, with[n-1].Handle)
	}
	t, err := l.journal.NewThread(l.ctx, safetext.Line(title), handles, "")
	if err != nil {
		return err
	}
	l.sayf("%s", w.Opened)
	return l.thread(t.Number)
}

// linearHits is how many finds are said.
const linearHits = 50

var errHitsEnough = errors.New("enough found")

// search says what it finds; a number opens the thread.
func (l *linear) search() error {
	w := l.words.Chrome.Linear
	words, err := l.ask(w.AskWords)
	if err != nil || strings.TrimSpace(words) == "" {
		return err
	}
	var hits []store.Hit
	err = l.journal.Search(l.ctx, words, func(h store.Hit) error {
		hits = append(hits, h)
		l.sayf(w.Hit, len(hits), safetext.Line(h.Title), safetext.Line(h.Before+h.Match+h.Behind))
		if len(hits) == linearHits {
			return errHitsEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errHitsEnough) {
		return err
	}
	if len(hits) == 0 {
		l.sayf("%s", w.NoHits)
		return nil
	}
	verbs := []string{verbBack}
	_, number, err := l.command(fmt.Sprintf(w.Choose, len(hits), l.verbNames(verbs)), len(hits), verbs...)
	if err != nil || number == 0 {
		return err
	}
	return l.thread(hits[number-1].Thread)
}

func (l *linear) people() error {
	people, err := l.journal.People(l.ctx)
	if err != nil {
		return err
	}
	w := l.words.Chrome
	for i, p := range people {
		state := w.People.Joined
		switch {
		case p.Disabled:
			state = w.People.Disabled
		case p.Here:
			state = w.People.Here
		case !p.Joined:
			state = w.People.NotJoined
		}
		l.sayf(w.Linear.Person, i+1, fullName(p.Person)+", "+l.words.role(p.Role), state)
	}
	return nil
}
