package tui

import (
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
	"alcove/store/safetext"
)

// Sending, editing, taking back. While a text is on its way a second send does nothing; it leaves the editor when the
// store has acknowledged it.

type (
	entrySentMsg struct {
		c     *composer
		way   *errand
		text  string
		entry store.Entry
		err   error
	}
	entryEditedMsg struct {
		c     *composer
		w     *writing
		way   *errand
		text  string
		entry store.Entry
		err   error
	}
	editReadMsg struct { // an entry with the draft of its edit; again when it was being edited already
		c     *composer
		entry store.Entry
		draft store.Draft
		again bool
		err   error
	}
	entryTakenBackMsg struct {
		c     *composer
		way   *errand
		entry store.Entry
		draft store.Draft
		err   error
	}
	loneMsg struct {
		c     *composer
		alike uint64
	}
	takeBackOverMsg struct {
		c     *composer
		entry int64
	}
)

// send sends what stands in the composer.
func (c *composer) send() tea.Cmd {
	w := c.now()
	switch {
	case w.sending || w.next != nil:
		return nil
	case w.ed.Blank():
		return fail(c.s.words.Error.Empty)
	}
	c.preview.on = false
	w.trouble = ""
	return tea.Batch(c.hush(), w.afterSave(func() tea.Cmd { return c.sendNow(w) }))
}

func (c *composer) sendNow(w *writing) tea.Cmd {
	j, ctx, thread, d := c.s.journal, c.s.ctx, c.thread, w.draft(c.thread)
	text, entry, revision := d.Text, w.entry, w.revision
	if entry != 0 && text == w.original {
		return c.dropEdit(w)
	}
	w.sending = true
	way := c.s.desk.begin(d, w.trail)
	way.sends = true
	return func() (msg tea.Msg) {
		var e store.Entry
		err := way.run(ctx, d, func(d store.Draft, _ bool) (_ leaves, err error) {
			if entry == 0 {
				e, err = j.Write(ctx, thread, text, d.Version)
				return sentAs(text), err
			}
			e, err = j.Edit(ctx, thread, entry, revision, text, d.Version)
			return editedAs(text), err
		})
		if entry == 0 {
			return entrySentMsg{c, way, text, e, err}
		}
		return entryEditedMsg{c, w, way, text, e, err}
	}
}

// sentIs takes in how sending the new entry went. What was typed meanwhile stays in the editor.
func (c *composer) sentIs(msg entrySentMsg) tea.Cmd {
	w := c.reply
	w.sending = false
	w.trail.took(msg.way)
	if msg.err != nil {
		return c.notSent(w, msg.err)
	}
	rest := restOf(w.ed.Text(), msg.text)
	w.stores(store.Draft{Thread: c.thread}, w.savedSeq)
	if rest == "" {
		w.ed.Reset("")
		w.savedSeq = w.ed.seq
	} else {
		w.ed.Adopt(rest)
		w.changedAt = c.s.now()
	}
	c.sent = msg.entry
	entry := msg.entry.Number
	over := tea.Tick(store.TakeBackFor, func(time.Time) tea.Msg { return takeBackOverMsg{c, entry} })
	return tea.Batch(over, c.arm(w), c.s.readUsage(), c.read(0)) // another device may have left a draft of its own
}

// notSent keeps the text and says why it stays.
func (c *composer) notSent(w *writing, err error) tea.Cmd {
	w.trouble = fmt.Sprintf(c.s.words.Thread.Composer.NotSent, c.s.words.explainUnsaved(err))
	w.changedAt = c.s.now()
	return tea.Batch(c.s.unsaved(err), c.arm(w))
}

// beginEdit reads an entry and the draft of its edit, if there is one from before.
func (c *composer) beginEdit(entry int64, again bool) tea.Cmd {
	j, ctx, thread := c.s.journal, c.s.ctx, c.thread
	turn := c.s.desk.turn(thread, entry)
	return func() tea.Msg {
		await(ctx, turn)
		e, err := j.Entry(ctx, thread, entry)
		if err != nil {
			return editReadMsg{c: c, again: again, err: err}
		}
		e.Text = safetext.Text(e.Text)
		d, err := j.Draft(ctx, thread, entry)
		return editReadMsg{c, e, cleaned(d), again, err}
	}
}

// editIs puts an entry into the composer. The reply waits as it is.
func (c *composer) editIs(msg editReadMsg) tea.Cmd {
	if !msg.again {
		c.opening = 0
	}
	if msg.err != nil {
		return c.s.failed(msg.err)
	}
	w := c.edits[msg.entry.Number]
	if w == nil {
		w = newWriting(msg.entry.Number)
		c.edits[w.entry] = w
	}
	w.revision, w.at, w.original = msg.entry.Revision, msg.entry.At, msg.entry.Text
	if msg.again {
		return nil
	}
	c.edit = w
	c.preview.on = false
	if w.dirty() || w.saving {
		return nil
	}
	text := msg.entry.Text
	if msg.draft.Version != 0 {
		text = msg.draft.Text
	}
	w.ed.Reset(text)
	w.stores(msg.draft, w.ed.seq)
	return nil
}

// leaveEdit puts the edit aside as a draft; the reply comes back.
func (c *composer) leaveEdit() tea.Cmd {
	w := c.edit
	c.edit = nil
	return c.save(w)
}

// keeps says that an edit of the entry was begun here and put aside.
func (c *composer) keeps(e store.Entry) bool {
	w := c.edits[e.Number]
	return w != nil && w != c.edit && e.WithdrawnAt.IsZero() && w.ed.size > 0 && w.ed.Text() != w.original
}

// discardEdit drops an edit with its draft.
func (c *composer) discardEdit() tea.Cmd {
	w := c.edit
	if w == nil || w.sending || w.next != nil {
		return nil
	}
	c.edit, c.preview.on = nil, false
	return w.afterSave(func() tea.Cmd { return c.dropEdit(w) })
}

// dropEdit ends an edit that is to change nothing.
func (c *composer) dropEdit(w *writing) tea.Cmd {
	if c.edit == w {
		c.edit = nil
	}
	if w.stored.Version == 0 {
		delete(c.edits, w.entry)
		return nil
	}
	w.ed.Reset("")
	return c.save(w)
}

// editedIs takes in how saving an edit went. When the entry was changed elsewhere the text stays, now as an edit of what
// stands there: who sends it again knows.
func (c *composer) editedIs(msg entryEditedMsg) tea.Cmd {
	w := msg.w
	w.sending = false
	w.trail.took(msg.way)
	switch {
	case errors.Is(msg.err, store.ErrConflict):
		w.trouble = c.s.words.Thread.Composer.Conflict
		return tea.Batch(fail(w.trouble), c.beginEdit(w.entry, true), c.arm(w))
	case msg.err != nil:
		return c.notSent(w, msg.err)
	case w.ed.Text() != msg.text: // typed on meanwhile: an edit of the new text
		w.stores(store.Draft{Thread: c.thread, Entry: w.entry}, w.savedSeq)
		w.original, w.revision = msg.text, msg.entry.Revision
		return c.arm(w)
	}
	delete(c.edits, w.entry)
	if c.edit == w {
		c.edit = nil
	}
	if c.sent.Number == w.entry {
		c.sent.Text = msg.entry.Text // as it would come back
	}
	return tea.Sequence(say(c.s.words.Thread.Act.EntryEdited), c.s.readUsage())
}

// canTakeBack says that z would take the last entry back.
func (c *composer) canTakeBack() bool { return c.sent.Number != 0 && c.edit == nil }

// A z in the empty composer is a letter if another key comes within this time, and takes back if none does.
const loneAfter = 600 * time.Millisecond

// maybeTakeBack writes a z that may be the key that takes back.
func (c *composer) maybeTakeBack() tea.Cmd {
	w := c.reply
	w.ed.Type("z", false)
	w.changedAt, c.alike = c.s.now(), w.ed.seq
	alike := c.alike
	return tea.Batch(c.arm(w), tea.Tick(loneAfter, func(time.Time) tea.Msg { return loneMsg{c, alike} }))
}

// loneIs takes the z away again and the last entry back, if nothing came behind it.
func (c *composer) loneIs(msg loneMsg) tea.Cmd {
	w := c.reply
	if msg.c != c || c.alike != msg.alike || w.ed.seq != msg.alike || !c.canTakeBack() {
		return nil
	}
	c.alike = 0
	w.ed.Reset("")
	return c.takeBack()
}

// takeBack asks for the last entry back. The draft is stored first, so that the store puts both together.
func (c *composer) takeBack() tea.Cmd {
	w, sent := c.reply, c.sent
	if w.sending || w.next != nil {
		return nil
	}
	c.sent = store.Entry{}
	w.sending = false
	j, ctx, thread := c.s.journal, c.s.ctx, c.thread
	ask := func() tea.Cmd {
		w.sending = true // nothing else may touch the draft meanwhile
		d := w.draft(thread)
		way := c.s.desk.begin(d, w.trail)
		return func() tea.Msg {
			err := way.run(ctx, d, func(store.Draft, bool) (_ leaves, err error) {
				d, err = j.TakeBack(ctx, thread, sent.Number)
				d = cleaned(d)
				return takenBackAs(d), err
			})
			return entryTakenBackMsg{c, way, sent, d, err}
		}
	}
	return tea.Batch(c.save(w), w.afterSave(ask))
}

// takenBackIs puts the text into the composer again, with the caret at its end.
func (c *composer) takenBackIs(msg entryTakenBackMsg) tea.Cmd {
	w := c.reply
	w.sending = false
	w.trail.took(msg.way)
	if msg.err != nil {
		return c.s.failed(msg.err)
	}
	typed := w.dirty()
	ours := w.ed.Text()
	w.is(msg.draft)
	if strings.HasPrefix(msg.draft.Text, msg.entry.Text) {
		w.ed.MoveTo(len(msg.entry.Text))
	}
	if typed && !strings.Contains(msg.draft.Text, ours) { // in the moment since
		w.ed.Adopt(mergeTexts(msg.draft.Text, ours))
		w.changedAt = c.s.now()
	}
	return tea.Batch(c.arm(w), say(c.s.words.Thread.Composer.TakenBack))
}
