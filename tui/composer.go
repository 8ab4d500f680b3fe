package tui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
	"alcove/store/safetext"
)

// composer is where a person writes in a thread: one new entry, or for a while an edit of an old one.
//
// composer.go is typing and drawing, composer_draft.go keeps what is typed, composer_send.go sends it. Nothing typed is
// ever lost: a text leaves the editor when the store has acknowledged it as an entry, and not before.
type composer struct {
	s      *session
	thread int64
	alone  bool               // nobody else reads the thread
	reply  *writing           // the new entry
	edits  map[int64]*writing // those that were begun while the page is open
	edit   *writing           // the one in the composer, nil while the reply is

	opened  bool  // the draft of the new entry has been asked for and answered
	opening int64 // the entry to edit that is being read, 0 if none is
	preview preview
	said    time.Time // when the others were last told that the person is writing; zero when they have stopped
	sent    store.Entry
	alike   uint64 // the editor's text that is a lone z, which may be meant to take back; 0 if there is none
	height  int    // rows it has
	last    keptLine[ruleline]
}

// preview is the text as it will look.
type preview struct {
	on    bool
	top   int
	lines []string
	of    *writing // what the lines were drawn of
	seq   uint64
	width int
}

// key scrolls the preview.
func (p *preview) key(k string, height int) bool {
	by, ok := map[string]int{"up": -1, "down": 1, "pgup": 1 - height, "pgdown": height - 1, "home": -p.top, "end": len(p.lines)}[k]
	p.top += by // the layout keeps it in bounds
	return ok
}

func newComposer(s *session, thread int64) *composer {
	return &composer{s: s, thread: thread, reply: newWriting(0), edits: map[int64]*writing{}}
}

// now is what stands in the composer.
func (c *composer) now() *writing {
	if c.edit != nil {
		return c.edit
	}
	return c.reply
}

func (c *composer) all() []*writing {
	all := make([]*writing, 0, 1+len(c.edits))
	all = append(all, c.reply)
	for _, w := range c.edits {
		all = append(all, w)
	}
	return all
}

// Keys closer together than this come from a paste.
const burst = 15 * time.Millisecond

// key takes a key that the page does not want for itself. pasted says that it came in a burst.
func (c *composer) key(msg tea.KeyPressMsg, pasted bool) tea.Cmd {
	k, text := msg.String(), msg.Text
	if msg.Mod&(tea.ModCtrl|tea.ModAlt) != 0 {
		text = ""
	}
	switch {
	case text != "":
	case k == "enter" && (pasted || !c.s.me.Settings.EnterSends), k == "ctrl+j", k == "shift+enter", k == "alt+enter":
		text = "\n"
	case k == "enter":
		return c.send()
	case k == "tab":
		text = "    " // only in a burst: else it is the page's
	}
	w := c.now()
	before := w.ed.seq
	switch {
	case c.preview.on && text == "" && c.preview.key(k, c.height):
		return nil
	case text != "":
		if !w.ed.Type(text, pasted) {
			return fail(c.s.words.Thread.Composer.Full)
		}
	case !w.ed.Key(k, c.height):
		return nil
	}
	if w.ed.seq == before {
		return nil
	}
	c.preview.on = false
	return c.changed(w)
}

// paste puts a text at the caret, all of it or nothing.
func (c *composer) paste(text string) tea.Cmd {
	w := c.now()
	text = safetext.Text(text)
	if text == "" {
		return nil
	}
	w.ed.past.closed = true
	if !w.ed.Type(text, false) {
		return fail(c.s.words.Thread.Composer.Full)
	}
	w.ed.past.closed = true
	c.preview.on = false
	return c.changed(w)
}

// changed is called after every change of a text by the person.
func (c *composer) changed(w *writing) tea.Cmd {
	w.trouble = ""
	w.changedAt = c.s.now()
	return tea.Batch(c.arm(w), c.tellWriting(w))
}

// sayAgain is how often the others are told that the person is still writing: it is a look into the store.
const sayAgain = 5 * time.Second

// tellWriting tells the others that the person is writing, now and then.
func (c *composer) tellWriting(w *writing) tea.Cmd {
	now := c.s.now()
	if w != c.reply || c.alone || c.s.me.Settings.HideTyping || !c.said.IsZero() && now.Sub(c.said) < sayAgain {
		return nil
	}
	c.said = now
	return c.tell(true)
}

// hush tells the others that the person has stopped.
func (c *composer) hush() tea.Cmd {
	if c.said.IsZero() {
		return nil
	}
	c.said = time.Time{}
	return c.tell(false)
}

func (c *composer) tell(on bool) tea.Cmd {
	j, ctx, thread := c.s.journal, c.s.ctx, c.thread
	return func() tea.Msg {
		_ = j.Type(ctx, thread, on) // a courtesy: nobody is told when it fails
		return nil
	}
}

// rows is how many rows the composer would like.
func (c *composer) rows(width, most int) int {
	if c.preview.on {
		c.drawPreview(width)
		return min(len(c.preview.lines), most)
	}
	w := c.now()
	w.ed.Resize(min(width-2, measure))
	return w.ed.Rows(most)
}

// layOut gives the composer its room, without the rule above it.
func (c *composer) layOut(width, height int) {
	c.height = height
	w := c.now()
	w.ed.Resize(min(width-2, measure))
	w.ed.Follow(height)
	if c.preview.on {
		c.drawPreview(width)
		c.preview.top = max(0, min(c.preview.top, len(c.preview.lines)-height))
	}
}

// drawPreview draws what is written, once for each text and width.
func (c *composer) drawPreview(width int) {
	p, w := &c.preview, c.now()
	if p.lines != nil && p.of == w && p.seq == w.ed.seq && p.width == width {
		return
	}
	p.of, p.seq, p.width = w, w.ed.seq, width
	p.lines = RenderText(w.ed.Text(), 1, min(width, measure), c.s.styles, c.s.words)
}

// view draws the rows, and says where the caret is among them.
func (c *composer) view() (lines []string, x, y int) {
	if c.preview.on {
		p := c.preview
		return p.lines[p.top:min(p.top+c.height, len(p.lines))], 0, 0
	}
	rows, x, y := c.now().ed.View(c.height)
	for i := range rows {
		rows[i] = c.s.styles.Text.indented(rows[i])
	}
	return rows, x + 1, y
}

// rule is the line above the composer: what is written here, and what has become of it.
func (c *composer) rule(width int) string {
	words := &c.s.words.Thread.Composer
	now := ruleline{width: width, name: words.Reply, advice: c.advice(), editing: c.edit != nil, styles: c.s.styles, words: c.s.words}
	switch {
	case c.preview.on:
		now.name = words.Preview
	case c.edit != nil:
		now.name = fmt.Sprintf(words.Edit, Full(c.edit.at, c.s.now(), c.s.zone, c.s.words))
	case c.alone:
		now.name = words.Write
	}
	c.state(&now)
	return c.last.lineOf(now)
}

// state is what has become of the writing, and how that looks.
func (c *composer) state(now *ruleline) {
	w, st, words := c.now(), c.s.styles, &c.s.words.Thread.Composer
	switch {
	case w.sending:
		now.state, now.style = words.Sending, st.Draft
	case w.trouble != "":
		now.state, now.style = w.trouble, st.Bad
	case w.dirty() && w.stored.Version == 0:
		now.state, now.style = words.Saving, st.Draft
	case c.sent.Number != 0 && w == c.reply && w.ed.size == 0 && !w.dirty():
		now.state, now.style = words.Sent, st.Good
	case w.stored.Version != 0:
		now.saved, now.dirty, now.style = w.stored.SavedAt.In(c.s.zone), w.dirty() || c.pause(w) > 0, st.Draft
	}
}

// advice is what to do here, said where there is room.
func (c *composer) advice() string {
	switch words := &c.s.words.Thread.Composer; {
	case c.preview.on:
		return words.PreviewKeys
	case c.edit != nil:
		return words.EditKeys
	}
	return ""
}
