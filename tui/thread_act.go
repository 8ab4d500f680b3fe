package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
	"alcove/store/safetext"
)

// What a person does to one entry: edit, withdraw, read its history, copy it; and what sending does to the page.

type revisionsReadMsg struct {
	p         *threadPage
	entry     store.Entry
	revisions []store.Revision
	err       error
}

// entryKey is a key that acts on the chosen entry.
func (p *threadPage) entryKey(msg tea.KeyPressMsg) tea.Cmd {
	e, ok := p.reader.entry()
	if !ok {
		return nil
	}
	k, words := p.keys, p.s.words.Thread.Act
	own := k.edit.Has(msg) || k.withdraw.Has(msg)
	switch {
	case !own && !k.history.Has(msg) && !k.copy.Has(msg):
		return nil
	case !e.WithdrawnAt.IsZero():
		return fail(words.Gone)
	case own && !e.Mine:
		return fail(words.NotYours)
	case k.edit.Has(msg):
		p.reading, p.write.opening = false, e.Number
		return p.write.beginEdit(e.Number, false)
	case k.withdraw.Has(msg):
		p.about = e.Number
		return p.ask(askWithdraw, "")
	case k.history.Has(msg) && e.EditedAt.IsZero():
		return fail(words.NeverEdited)
	case k.history.Has(msg):
		return p.readRevisions(e)
	case k.copy.Has(msg):
		text := safetext.Text(e.Text)
		show := func(width int) []string { return plainRows(text, width) }
		return tea.Batch(tea.SetClipboard(text), open(newTextPage(p.s, words.PlainText, p.Header().Right, words.Copied, show)))
	}
	return nil
}

func (p *threadPage) readRevisions(e store.Entry) tea.Cmd {
	j, ctx, thread := p.s.journal, p.s.ctx, p.number
	return func() tea.Msg {
		revisions, err := j.Revisions(ctx, thread, e.Number)
		return revisionsReadMsg{p, e, revisions, err}
	}
}

// revisionsAre shows an entry's earlier texts, oldest first, and the present one.
func (p *threadPage) revisionsAre(msg revisionsReadMsg) tea.Cmd {
	if msg.p != p {
		return nil
	}
	if msg.err != nil {
		return p.s.failed(msg.err)
	}
	s, e := p.s, msg.entry
	texts := append(msg.revisions, store.Revision{Revision: e.Revision, At: e.EditedAt, Text: e.Text, Damaged: e.Damaged})
	show := func(width int) (lines []string) {
		for i, r := range texts {
			if i > 0 {
				lines = append(lines, "")
			}
			head := fmt.Sprintf(s.words.Thread.Act.Version, r.Revision, Full(r.At, s.now(), s.zone, s.words))
			lines = append(lines, s.styles.Heading.Render(authorSign+head))
			lines = append(lines, p.drawText(r.Text, r.Damaged, width).lines...)
		}
		return lines
	}
	return open(newTextPage(s, s.words.Thread.Act.History, p.Header().Right, "", show))
}

// sent shows a new entry of the person's own, wherever they were reading.
func (p *threadPage) sent(msg entrySentMsg) tea.Cmd {
	if msg.c != p.write {
		return nil
	}
	cmd := p.write.sentIs(msg)
	if msg.err != nil {
		return cmd
	}
	p.reader.append(msg.entry)
	return tea.Batch(cmd, p.jump(toEnd))
}

func (p *threadPage) takenBack(msg entryTakenBackMsg) tea.Cmd {
	if msg.c != p.write {
		return nil
	}
	if msg.err == nil {
		p.reader.remove(msg.entry.Number)
		p.reading = false
	}
	return p.write.takenBackIs(msg)
}

func (p *threadPage) edited(msg entryEditedMsg) tea.Cmd {
	if msg.c != p.write {
		return nil
	}
	if msg.err == nil {
		p.reader.change(msg.entry)
	}
	cmd := p.write.editedIs(msg)
	if msg.err == nil && p.write.edit == nil {
		p.reading = true // it was chosen there
	}
	return cmd
}

// uncover is told when another page is put on top, and when it is gone: a covered page has its draft stored.
func (p *threadPage) uncover(covered bool) tea.Cmd {
	if !covered {
		return nil
	}
	return tea.Batch(p.write.save(p.write.now()), p.write.hush())
}
