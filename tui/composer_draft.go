package tui

import (
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
	"alcove/store/safetext"
)

// Drafts. A text is saved a second after the last key, and while somebody types on, a second after the first key that is
// not saved; one save is under way at a time. The store keeps one draft for all of a person's devices: when another one was quicker,
// both texts are kept, theirs first.

const (
	saveAfter  = time.Second // after the last key
	saveAtMost = time.Second // after the first unsaved key
	tryAgain   = 10 * time.Second
)

// writing is one text under way, with what the store is known to hold of it.
type writing struct {
	entry    int64 // the entry being edited, 0 for a new one
	revision int   // of it, that the edit is of
	at       time.Time
	original string // its text

	ed        *editor
	stored    store.Draft // as the store has it
	savedSeq  uint64      // the editor's text that is stored
	changedAt time.Time   // the last key
	dirtyAt   time.Time   // the first key that no save has taken; zero if there is none
	ticking   bool        // a tick will come
	saving    bool
	sending   bool
	next      func() tea.Cmd // to be done when the save that is under way has come to an end
	trouble   string         // why it could not be saved or sent, until a key
	told      bool           // the person knows that saving fails
	trail     *trail         // what is under way, and what came of it
	epoch     int            // counts what is known of the store's draft: what was read before the last change is stale
}

func newWriting(entry int64) *writing {
	return &writing{entry: entry, ed: newEditor(), trail: &trail{}}
}

// dirty says that the store does not hold the text.
func (w *writing) dirty() bool { return w.ed.seq != w.savedSeq }

// is makes the text that of a draft the store holds.
func (w *writing) is(d store.Draft) {
	w.ed.Adopt(d.Text)
	w.stores(d, w.ed.seq)
}

// stores says that the store holds a draft, which is the editor's text of that count.
func (w *writing) stores(d store.Draft, seq uint64) {
	w.stored, w.savedSeq = d, seq
	w.epoch++
}

func (w *writing) draft(thread int64) store.Draft {
	return store.Draft{Thread: thread, Entry: w.entry, Text: w.ed.Text(), Version: w.stored.Version}
}

type (
	draftTickMsg struct {
		w   *writing
		seq uint64
	}
	draftSavedMsg struct {
		w     *writing
		way   *errand
		seq   uint64
		draft store.Draft
		err   error
	}
	draftReadMsg struct {
		w     *writing
		epoch int
		draft store.Draft
		err   error
	}
)

// take takes in the results of the composer's own Cmds.
func (c *composer) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case draftTickMsg:
		if c.has(msg.w) {
			return c.tick(msg)
		}
	case draftSavedMsg:
		if c.has(msg.w) {
			return c.saved(msg)
		}
	default:
		return c.takeRare(msg)
	}
	return nil
}

// takeRare takes in what does not come each second. It stands apart because the larger messages would take a KB of the stack
// of each goroutine that has saved a draft, which would have to grow for it.
func (c *composer) takeRare(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case draftReadMsg:
		c.opened = c.opened || msg.w == c.reply
		if c.has(msg.w) {
			return c.draftIs(msg)
		}
	case editReadMsg:
		if msg.c == c {
			return c.editIs(msg)
		}
	case loneMsg:
		return c.loneIs(msg)
	case takeBackOverMsg:
		if msg.c == c && msg.entry == c.sent.Number {
			c.sent = store.Entry{}
		}
	}
	return nil
}

// has says that a result is for a text of this composer.
func (c *composer) has(w *writing) bool { return w == c.reply || c.edits[w.entry] == w }

// open reads the draft of the new entry.
func (c *composer) open() tea.Cmd { return c.read(0) }

// read reads a draft that another device may have changed.
func (c *composer) read(entry int64) tea.Cmd {
	w := c.edits[entry]
	if entry == 0 {
		w = c.reply
	}
	if w == nil {
		return nil
	}
	j, ctx, thread, epoch := c.s.journal, c.s.ctx, c.thread, w.epoch
	turn := c.s.desk.turn(thread, entry) // a page that showed the thread before may be saving still
	return func() tea.Msg {
		await(ctx, turn)
		d, err := j.Draft(ctx, thread, entry)
		return draftReadMsg{w, epoch, cleaned(d), err}
	}
}

func (c *composer) reread() tea.Cmd {
	var cmds []tea.Cmd
	for _, w := range c.all() {
		cmds = append(cmds, c.read(w.entry))
	}
	return tea.Batch(cmds...)
}

// draftIs takes in what the store holds. A text that nobody has touched since it was saved follows it; one that has been
// is saved over it soon, and finds out then.
func (c *composer) draftIs(msg draftReadMsg) tea.Cmd {
	w := msg.w
	switch {
	case msg.err != nil:
		return c.s.failed(msg.err)
	case w.saving || w.sending || msg.draft.Version == w.stored.Version:
		return nil // a save finds out by itself, and a send reads again
	case msg.epoch != w.epoch:
		return c.read(w.entry)
	case w.dirty():
		return c.merge(w, msg.draft)
	}
	if w.entry != 0 && msg.draft.Version == 0 {
		msg.draft.Text = w.original
	}
	untouched := w.ed.size == 0
	w.is(msg.draft)
	if untouched {
		w.ed.Reset(msg.draft.Text)
		w.savedSeq = w.ed.seq
	}
	return nil
}

// merge keeps both texts, and saves them.
func (c *composer) merge(w *writing, theirs store.Draft) tea.Cmd {
	ours := w.ed.Text()
	both := mergeTexts(theirs.Text, ours)
	if len(both) > store.MaxEntry { // ours stays in the editor, theirs in the store: the person has to shorten one
		w.trouble = fmt.Sprintf(c.s.words.Thread.Composer.NotSaved, c.s.words.Error.TooLong)
		return fail(w.trouble)
	}
	w.stores(theirs, w.savedSeq)
	w.ed.Adopt(both)
	if both == theirs.Text {
		w.savedSeq = w.ed.seq
		return nil
	}
	cmd := c.save(w)
	if both == ours {
		return cmd
	}
	return tea.Batch(cmd, say(c.s.words.Thread.Composer.Merged))
}

// arm sees to it that the text will be saved.
func (c *composer) arm(w *writing) tea.Cmd {
	if !w.dirty() {
		return nil
	}
	if w.dirtyAt.IsZero() {
		w.dirtyAt = w.changedAt
	}
	if w.ticking {
		return nil
	}
	return w.tickIn(saveAfter)
}

// pause is how long the hand must rest until the line above the composer says that all is saved. While somebody types it
// would else say one thing and the other by turns, every second.
func (c *composer) pause(w *writing) time.Duration { return saveAfter - c.s.now().Sub(w.changedAt) }

func (w *writing) tickIn(d time.Duration) tea.Cmd {
	w.ticking = true
	seq := w.ed.seq
	return tea.Tick(d, func(time.Time) tea.Msg { return draftTickMsg{w, seq} })
}

// tick saves, unless the person typed on: then it waits for the rest of their second, but not for ever. If all is saved, it
// has the line say so.
func (c *composer) tick(msg draftTickMsg) tea.Cmd {
	w := msg.w
	w.ticking = false
	if w.saving || w.sending {
		return nil // what is under way arms again if it has to
	}
	wait := c.pause(w)
	if w.dirty() {
		wait = min(wait, saveAtMost-c.s.now().Sub(w.dirtyAt))
	}
	if msg.seq != w.ed.seq && wait > 0 {
		return w.tickIn(wait)
	}
	return c.save(w)
}

// save stores the text, if the store does not hold it yet.
func (c *composer) save(w *writing) tea.Cmd {
	if !w.dirty() || w.saving || w.sending {
		return nil
	}
	w.dirtyAt = time.Time{}
	if w.ed.size == 0 && w.stored.Version == 0 {
		w.savedSeq = w.ed.seq
		return nil
	}
	w.saving = true
	j, ctx, d, seq := c.s.journal, c.s.ctx, w.draft(c.thread), w.ed.seq
	way := c.s.desk.begin(d, w.trail)
	return func() tea.Msg {
		var stored store.Draft
		err := way.run(ctx, d, func(d store.Draft, _ bool) (_ leaves, err error) {
			stored, err = j.SaveDraft(ctx, d)
			return savedAs(d.Text, stored), err
		})
		return draftSavedMsg{w, way, seq, cleaned(stored), err}
	}
}

// saved takes in how a save went.
func (c *composer) saved(msg draftSavedMsg) tea.Cmd {
	w := msg.w
	w.saving = false
	w.trail.took(msg.way)
	next := w.next
	w.next = nil
	switch {
	case errors.Is(msg.err, store.ErrConflict):
		before := w.ed.seq
		cmd := c.merge(w, msg.draft)
		if next == nil || w.ed.seq != before { // the person has to see the other text before anything is done with it
			return cmd
		}
		return tea.Batch(cmd, w.afterSave(next))
	case msg.err != nil:
		w.trouble = fmt.Sprintf(c.s.words.Thread.Composer.NotSaved, c.s.words.explainUnsaved(msg.err))
		cmd := w.tickIn(tryAgain)
		if !w.told {
			w.told = true
			cmd = tea.Batch(cmd, c.s.unsaved(msg.err))
		}
		if next != nil {
			return tea.Batch(cmd, next())
		}
		return cmd
	}
	w.stores(msg.draft, msg.seq)
	if w.told {
		w.told, w.trouble = false, ""
	}
	if next != nil {
		return next()
	}
	if pause := c.pause(w); !w.dirty() && pause > 0 && !w.ticking {
		return w.tickIn(pause)
	}
	return c.arm(w)
}

// afterSave does something when no save is under way any more, so that the store's version of the draft is known.
func (w *writing) afterSave(do func() tea.Cmd) tea.Cmd {
	if w.saving {
		w.next = do
		return nil
	}
	return do()
}

// cleaned is a draft from the store, as it may be drawn.
func cleaned(d store.Draft) store.Draft {
	d.Text = safetext.Text(d.Text)
	return d
}

// unsaved is what the store does not hold, as far as is known.
func (c *composer) unsaved() (drafts []unsaved) {
	for _, w := range c.all() {
		if w.dirty() {
			drafts = append(drafts, unsaved{w.draft(c.thread), w.trail})
		}
	}
	return drafts
}
