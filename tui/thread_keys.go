package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
)

// threadKeys are the bindings of a thread, in one language, made once with its words. The composer has letters for text, so its keys are the ones
// with ctrl; the editing keys are editor_move.go's.
type threadKeys struct {
	send, saveEdit, newLine, enterSends, newLineJ, preview, keepDraft, keepEdit, read, newest, undo, redo, discard, readers, writeOn Binding // composer
	write, scroll, ends, nextEntry, lastEntry, edit, withdraw, history, copy, unread, takeBack, leave, back                          Binding // reader
	no                                                                                                                               Binding // question

	// The hints of each part, which nobody changes: each frame looks at some.
	closed, asked, before, after, previewsEdit, previews, edits, sends, writes []Hint
}

func newThreadKeys(w *Words) *threadKeys {
	house, k := w.keys, w.Thread.Keys
	t := &threadKeys{
		send: w.bind(k.Send, "ctrl+s"), saveEdit: w.bind(k.SaveEdit, "ctrl+s"), newLine: w.bind(k.NewLine, "enter"),
		enterSends: w.bind(k.Send, "enter"), newLineJ: w.bind(k.NewLine, "ctrl+j"), preview: w.bind(k.Preview, "ctrl+o"), writeOn: w.bind(k.WriteOn, "ctrl+o", "esc"),
		keepDraft: w.bind(k.KeepDraft, "esc"), keepEdit: w.bind(k.KeepEdit, "esc"), read: w.bind(k.Read, "tab"),
		newest: w.bind(k.Newest, "ctrl+g"), undo: w.bind(k.Undo, "ctrl+z"), redo: w.bind(k.Redo, "ctrl+y", "alt+z"),
		write: w.bind(k.Write, "tab", "enter", "i"), scroll: house.Up.doing(k.Scroll), ends: house.Top.doing(k.Ends),
		nextEntry: w.bind(k.NextEntry, "]", "J"), lastEntry: w.bind(k.LastEntry, "[", "K"),
		edit: w.bind(k.Edit, "e"), withdraw: w.bind(k.Withdraw, "w"), history: w.bind(k.History, "h"), copy: w.bind(k.Copy, "c"),
		unread: w.bind(k.NextUnread, "u"), takeBack: w.bind(k.TakeBack, "z"), back: w.bind(k.Back, "esc"),
		no: w.bind(k.No, "esc"), discard: w.bind(k.Discard, "ctrl+x"), leave: w.bind(k.Leave, "ctrl+t"),
		readers: w.bind(k.Readers, "ctrl+r"),
	}
	t.closed, t.asked = hintsOf(&t.back, &house.Again), hintsOf(&house.Yes, &t.no)
	t.before, t.after = hintsOf(&t.write, &t.back, &t.nextEntry, &t.lastEntry), hintsOf(&t.unread, &t.ends, &t.scroll, &t.readers, &t.leave)
	t.previewsEdit = hintsOf(&t.saveEdit, &t.writeOn, &t.scroll, &t.discard, &t.read)
	t.previews = hintsOf(&t.send, &t.writeOn, &t.scroll, &t.read, &t.newest, &t.readers, &t.leave)
	t.edits = hintsOf(&t.saveEdit, &t.keepEdit, &t.discard, &t.preview, &t.read, &t.undo, &t.redo, &t.readers)
	t.sends = hintsOf(&t.enterSends, &t.newLineJ, &t.preview, &t.keepDraft, &t.read, &t.newest, &t.undo, &t.redo, &t.readers, &t.leave)
	t.writes = hintsOf(&t.send, &t.newLine, &t.preview, &t.keepDraft, &t.read, &t.newest, &t.undo, &t.redo, &t.readers, &t.leave)
	return t
}

// Hints are the keys of the part that has them.
func (p *threadPage) Hints() []Hint {
	k, c := p.keys, p.write
	var all []Hint
	switch {
	case p.problem != nil:
		all = k.closed
	case p.asking != nothingAsked:
		return k.asked
	case p.reading:
		all = slices.Concat(k.before, p.entryHints(), k.after)
	case c.preview.on && c.edit != nil:
		all = k.previewsEdit
	case c.preview.on:
		all = k.previews
	case c.edit != nil:
		all = k.edits
	case p.s.me.Settings.EnterSends:
		all = k.sends
	default:
		all = k.writes
	}
	if c.canTakeBack() && (p.reading || c.reply.ed.size == 0) {
		all = append(hintsOf(&k.takeBack), all...)
	}
	return all
}

// entryHints are the keys that would act on the chosen entry.
func (p *threadPage) entryHints() []Hint {
	e, ok := p.reader.entry()
	if !ok || !e.WithdrawnAt.IsZero() {
		return nil
	}
	k, keys := p.keys, make([]*Binding, 0, 4)
	if e.Mine {
		keys = append(keys, &k.edit, &k.withdraw)
	}
	if !e.EditedAt.IsZero() {
		keys = append(keys, &k.history)
	}
	return hintsOf(append(keys, &k.copy)...)
}

// key takes one key, or keeps it for later.
func (p *threadPage) key(msg tea.KeyPressMsg) tea.Cmd {
	if p.waits() {
		return p.keep(msg, p.s.now())
	}
	return p.keyAt(msg, p.s.now())
}

// keyAt takes one key that came at that time.
func (p *threadPage) keyAt(msg tea.KeyPressMsg, now time.Time) tea.Cmd {
	p.write.alike = 0
	pasted := !p.lastKey.IsZero() && now.Sub(p.lastKey) < burst
	p.lastKey = now
	p.write.now().trouble = ""
	p.tryAgain()
	switch {
	case p.problem != nil:
		return p.closedKey(msg)
	case p.asking != nothingAsked:
		return p.answer(p.s.keys.Yes.Has(msg) && !pasted)
	case p.keys.send.Has(msg):
		return p.write.send()
	case p.keys.preview.Has(msg):
		p.reading = false
		p.write.preview.on = !p.write.preview.on
		p.write.preview.top = 0
		return nil
	case p.keys.newest.Has(msg):
		return p.jump(toEnd)
	case p.keys.readers.Has(msg):
		return open(newReadersPage(p))
	case p.keys.leave.Has(msg):
		return p.askToLeave()
	case p.keys.discard.Has(msg) && p.write.edit != nil:
		return p.ask(askDiscard, p.s.words.Thread.Act.DiscardMeans)
	case p.reading:
		return p.readerKey(msg)
	}
	return p.composerKey(msg, pasted)
}

// closedKey is a key while there is nothing to read: the thread could not be opened.
func (p *threadPage) closedKey(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case p.keys.back.Has(msg):
		return back
	case p.s.keys.Again.Has(msg):
		return tea.Batch(p.open(), p.write.open(), p.readPeople())
	}
	return nil
}

// tryAgain lets what failed be asked for once more.
func (p *threadPage) tryAgain() {
	if p.loading.failed {
		p.loading.earlier, p.loading.later, p.loading.failed = false, false, false
	}
	if p.marks.failed {
		p.marks.sent, p.marks.failed = 0, false
	}
}

// composerKey is a key while the composer has them. Where a key means nothing to a short text, it scrolls the reader.
func (p *threadPage) composerKey(msg tea.KeyPressMsg, pasted bool) tea.Cmd {
	c, name := p.write, msg.String()
	short := !c.preview.on && c.now().ed.Rows(c.height+1) <= c.height
	empty := !c.preview.on && c.now().ed.size == 0
	switch {
	case name == "esc":
		return p.leaveComposer()
	case p.keys.read.Has(msg) && !pasted:
		p.reading = true
		return nil
	case p.keys.takeBack.Has(msg) && !pasted && empty && c.canTakeBack():
		return c.maybeTakeBack()
	case name == "up" && empty:
		p.reader.scroll(-1)
	case name == "down" && empty:
		p.reader.scroll(1)
	case name == "pgup" && short:
		p.reader.scroll(1 - p.reader.height)
	case name == "pgdown" && short:
		p.reader.scroll(p.reader.height - 1)
	default:
		return c.key(msg, pasted)
	}
	return nil
}

// leaveComposer is esc: out of the preview, out of an edit, and then to the reader. What was written is kept.
func (p *threadPage) leaveComposer() tea.Cmd {
	c := p.write
	if c.preview.on {
		c.preview.on = false
		return nil
	}
	p.reading = true
	if c.edit != nil {
		return c.leaveEdit()
	}
	return tea.Batch(c.save(c.reply), c.hush())
}

// readerKey is a key while the reader has them.
func (p *threadPage) readerKey(msg tea.KeyPressMsg) tea.Cmd {
	r, k, house := p.reader, p.keys, p.s.keys
	switch {
	case k.back.Has(msg):
		return tea.Batch(p.write.hush(), back)
	case k.write.Has(msg):
		p.reading = false
	case house.Up.Has(msg):
		r.scroll(-1)
	case house.Down.Has(msg):
		r.scroll(1)
	case house.PageUp.Has(msg):
		r.scroll(1 - r.height)
	case house.PageDown.Has(msg):
		r.scroll(r.height - 1)
	case house.Top.Has(msg):
		return p.jump(fromStart)
	case house.Bottom.Has(msg):
		return p.jump(toEnd)
	case k.nextEntry.Has(msg):
		r.choose(1)
	case k.lastEntry.Has(msg):
		r.choose(-1)
	case k.unread.Has(msg):
		return nextUnread(p.number)
	case k.takeBack.Has(msg) && p.write.canTakeBack():
		p.reading = false
		return p.write.takeBack()
	default:
		return p.entryKey(msg)
	}
	return nil
}

// paste puts text into the composer, wherever the keys are.
func (p *threadPage) paste(text string) tea.Cmd {
	if !p.known || p.asking != nothingAsked {
		return nil
	}
	p.reading = false
	return p.write.paste(text)
}

// mouse scrolls by the wheel; a click gives the keys to the part it is in.
func (p *threadPage) mouse(msg tea.MouseMsg) tea.Cmd {
	switch m := msg.(type) {
	case tea.MouseWheelMsg:
		if m.Button == tea.MouseWheelUp {
			p.reader.scroll(-3)
		} else {
			p.reader.scroll(3)
		}
	case tea.MouseClickMsg:
		p.reading = m.Y < p.reader.height
		if p.reading {
			p.reader.chooseRow(m.Y)
		}
	}
	return nil
}
