package tui

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"alcove/store"
	"alcove/store/safetext"
)

// What a person does in the linear mode to an entry of a thread, and beside the threads: inviting and settings.

// errNotSaid is that the person named an entry that was not said to them, or none.
var errNotSaid = errors.New("no entry of that number was said")

// pick asks for an entry by the number that it was said with.
func (l *linear) pick(thread int64, h *heard) (store.Entry, error) {
	line, err := l.ask(l.words.Chrome.Linear.AskEntry)
	if err != nil {
		return store.Entry{}, err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line))
	number, ok := h.said[n]
	if !ok {
		if strings.TrimSpace(line) != "" {
			l.sayf("%s", l.words.Error.NotFound)
		}
		return store.Entry{}, errNotSaid
	}
	return l.journal.Entry(l.ctx, thread, number)
}

// act does what a verb says to an entry that the person picks. Only its author edits or withdraws it.
func (l *linear) act(verb string, thread int64, h *heard) error {
	e, err := l.pick(thread, h)
	words := l.words.Thread.Act
	switch {
	case errors.Is(err, errNotSaid):
	case err != nil:
		return err
	case !e.WithdrawnAt.IsZero():
		l.sayf("%s", words.Gone)
	case verb == verbHistory:
		return l.history(thread, e)
	case !e.Mine:
		l.sayf("%s", words.NotYours)
	case verb == verbEdit:
		return l.edit(thread, e)
	case verb == verbWithdraw:
		return l.withdraw(thread, e)
	}
	return nil
}

// edit takes the entry's new text, all of it, for a line that was said cannot be changed.
func (l *linear) edit(thread int64, e store.Entry) error {
	l.sayf("%s", l.words.Chrome.Linear.EditWhole)
	l.quote(e.Text)
	_, err := l.write(thread, e)
	return err
}

func (l *linear) withdraw(thread int64, e store.Entry) error {
	line, err := l.ask(l.words.Thread.Act.AskWithdraw + ": ")
	if err != nil || !strings.EqualFold(strings.TrimSpace(line), l.words.Chrome.Keys.YesKey) {
		return err
	}
	if _, err = l.journal.Withdraw(l.ctx, thread, e.Number); err != nil {
		return fmt.Errorf("withdraw an entry: %w", err)
	}
	l.sayf("%s", l.words.Chrome.Linear.Withdrawn)
	return nil
}

// takeBack takes back what the person has just sent; it is a draft again.
func (l *linear) takeBack(thread int64, h *heard) error {
	if h.sent == 0 {
		l.sayf("%s", l.words.Chrome.Linear.NothingSent)
		return nil
	}
	if _, err := l.journal.TakeBack(l.ctx, thread, h.sent); err != nil {
		return fmt.Errorf("take an entry back: %w", err)
	}
	h.sent = 0
	l.sayf("%s %s", l.words.Thread.Composer.TakenBack, l.words.Chrome.Linear.DraftKept)
	return nil
}

// history says an entry's earlier texts, oldest first, and the present one.
func (l *linear) history(thread int64, e store.Entry) error {
	if e.EditedAt.IsZero() {
		l.sayf("%s", l.words.Thread.Act.NeverEdited)
		return nil
	}
	revisions, err := l.journal.Revisions(l.ctx, thread, e.Number)
	if err != nil {
		return fmt.Errorf("read an entry's history: %w", err)
	}
	for _, r := range append(revisions, store.Revision{Revision: e.Revision, At: e.EditedAt, Text: e.Text, Damaged: e.Damaged}) {
		l.sayf(l.words.Thread.Act.Version+":", r.Revision, Spoken(r.At, l.now(), l.zone, l.words))
		if r.Damaged {
			l.sayf("%s", l.words.Thread.Reader.Damaged)
			continue
		}
		l.quote(r.Text)
	}
	return nil
}

// invite asks for a name and a handle, and says the card to pass on.
func (l *linear) invite() error {
	w := l.words.Chrome
	l.sayf("%s", w.People.AboutInvite)
	name, err := l.ask(w.People.Name + ": ")
	if name = strings.TrimSpace(safetext.Line(name)); err != nil || name == "" {
		return err
	}
	people, err := l.journal.People(l.ctx)
	if err != nil {
		return err
	}
	taken := []string{l.me.Handle}
	for _, p := range people {
		taken = append(taken, p.Handle)
	}
	proposed := proposeHandle(name, taken)
	handle, err := l.ask(fmt.Sprintf(w.Linear.AskHandle, proposed))
	if err != nil {
		return err
	}
	inv, err := l.journal.Invite(l.ctx, cmp.Or(strings.TrimSpace(handle), proposed), name)
	if err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	inv.ExpiresAt = inv.ExpiresAt.In(l.zone)
	l.sayf("%s", w.Linear.CardOnce)
	l.sayf("%s", strings.TrimSuffix(ConnectCard(l.words, l.place, inv), "\n"))
	return nil
}

// settings says the settings that matter without a screen, and changes one, or says who opened one's threads.
func (l *linear) settings() error {
	rows := slices.DeleteFunc(newSettings(l.session).rows, func(r settingRow) bool {
		return !slices.Contains([]string{"language", "presence", "typing"}, r.id)
	})
	for i, r := range rows {
		l.sayf("%d. %s: %s", i+1, r.label, r.value)
	}
	l.sayf("%d. %s", len(rows)+1, l.words.Chrome.Settings.Openings)
	factor := newSettings(l.session).factorRow()
	l.sayf("%d. %s: %s", len(rows)+2, factor.label, factor.value)
	if u, err := l.journal.Usage(l.ctx); err == nil && u.NearStored() { // said here however often it was said
		l.sayf("%s", l.words.storage(l.words.Near.Storage, u))
	}
	number, err := l.choose(len(rows) + 2)
	switch {
	case err != nil || number == 0:
		return err
	case number == len(rows)+1:
		return l.openings()
	case number > len(rows):
		return l.factor()
	}
	row, set := rows[number-1], l.me.Settings
	if row.toggle != nil {
		row.toggle(&set)
	} else {
		for i, o := range row.options {
			l.sayf("%d. %s", i+1, o.name)
		}
		if number, err = l.choose(len(row.options)); err != nil || number == 0 {
			return err
		}
		row.options[number-1].set(&set)
	}
	if err = l.journal.SaveSettings(l.ctx, set); err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	l.me.Settings = set
	l.words = WordsFor(cmp.Or(set.Language, l.lang))
	l.sayf("%s", l.words.Chrome.Settings.Saved)
	return nil
}

// openings says who opened the person's threads last.
func (l *linear) openings() error {
	found, err := l.journal.Openings(l.ctx, 0, openingsPage)
	if err != nil {
		return fmt.Errorf("list openings: %w", err)
	}
	if len(found) == 0 {
		l.sayf("%s", l.words.Chrome.Settings.Unopened)
	}
	for _, o := range found {
		who, what := l.opened(o, Spoken)
		l.sayf("%s: %s", who, what)
	}
	return nil
}

// choose asks for a number, or answers 0 for none.
func (l *linear) choose(numbers int) (number int, err error) {
	verbs := []string{verbBack}
	_, number, err = l.command(fmt.Sprintf(l.words.Chrome.Linear.Choose, numbers, l.verbNames(verbs)), numbers, verbs...)
	return number, err
}
