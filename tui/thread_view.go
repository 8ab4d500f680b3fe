package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
	"alcove/store/safetext"
)

// How a thread is drawn: the entries, a line that says where in the thread they are, a rule, the composer.

// tiny is a page so low that it has room for one part only: the one that has the keys.
const tiny = 5

// layOut gives both parts their room: the composer grows with its text up to half of the page, and gives way where there
// is little room.
func (p *threadPage) layOut() {
	width, height := p.size.Width, p.size.Height
	p.write.alone = p.known && len(p.thread.Members) < 2
	if height < tiny {
		p.write.layOut(width, max(1, height-1))
		if !p.reading {
			height = 0
		}
		p.reader.resize(width, height)
		return
	}
	least := 3
	if height < 14 {
		least = 1
	}
	rows := max(least, p.write.rows(width, max(least, height/2)))
	rows = min(rows, height-3) // the rule, the line above it, and one line to read
	p.write.layOut(width, rows)
	p.reader.resize(width, height-rows-2)
}

// View draws the page. The cursor is the caret, or stands on the chosen entry.
func (p *threadPage) View(width, height int) Body {
	switch {
	case p.problem != nil:
		return Body{Lines: paragraph(p.s.words.Explain(p.problem), width), Cursor: tea.NewCursor(0, 0)}
	case !p.known:
		return Body{Lines: []string{" " + p.s.styles.Muted.Render(p.s.words.Thread.Reader.Opening)}}
	}
	lines, cursor := p.entryLines()
	cursor.Blink = false
	if height < tiny && p.reading {
		if p.asking != nothingAsked {
			lines = append(lines[:max(0, len(lines)-1)], p.statusLine(width))
		}
		return Body{Lines: lines, Cursor: cursor}
	}
	for len(lines) < p.reader.height {
		lines = append(lines, "")
	}
	if height >= tiny {
		lines = append(lines[:p.reader.height], p.statusLine(width))
	} else {
		lines = nil
	}
	lines = append(lines, p.write.rule(width))
	written, x, y := p.write.view()
	if !p.reading {
		cursor.X, cursor.Y = x, len(lines)+y
	}
	return Body{Lines: append(lines, written...), Cursor: cursor}
}

// authorSign stands in the first column before a line of ours: an entry's author, a version's time. What people wrote never
// gets there, so that no heading of theirs can pass for one, in colour or without.
const authorSign = "▌"

// entryLines are the lines of the reader, with the sign before each author, and another before the chosen entry while the
// reader has the keys.
func (p *threadPage) entryLines() ([]string, *tea.Cursor) {
	r, cursor := p.reader, tea.NewCursor(0, 0)
	if len(r.items) == 0 {
		return paragraph(p.s.words.Thread.Reader.Empty, r.width), cursor
	}
	lines := make([]string, 0, r.height+2)
	marked := false
	r.screen(func(y int, at spot) {
		line := r.drawn(at.item).line(at.line)
		chosen := p.reading && !marked && r.items[at.item].entry.Number == r.chosen
		switch bare, found := strings.CutPrefix(line, " "); {
		case !found:
		case chosen:
			marked = true
			line = p.s.styles.Accent.Render(">") + bare
			cursor.Y = y
		case at.line == r.head(at.item):
			line = p.author(r.items[at.item].entry).Render(authorSign) + bare
		}
		if at.line == r.head(at.item) && p.write.keeps(r.items[at.item].entry) {
			line += p.s.styles.Draft.Render(clip(p.s.words.Thread.Reader.EditKept, r.width-cells(line)))
		}
		lines = append(lines, line)
	})
	return lines, cursor
}

// statusLine says what is going on at the left, and at the right where in the thread the screen is.
func (p *threadPage) statusLine(width int) string {
	now := statusline{width: width, left: p.writingNow(), style: p.s.styles.Muted, styles: p.s.styles, words: p.s.words}
	now.at, now.of = p.reader.position()
	now.end = p.reader.follow && now.at == now.of
	switch {
	case p.asking != nothingAsked:
		now.left, now.style = p.asked(), p.s.styles.Warning
	case p.reader.newBelow > 0:
		now.left, now.style = p.s.words.Thread.Reader.NewBelow.N(p.reader.newBelow), p.s.styles.Unread
	}
	if r := p.reader; p.reading && r.index(r.chosen) >= 0 {
		now.chosen = r.chosen
	}
	return p.last.lineOf(now)
}

// statusline is what the line between the reader and the composer is made of.
type statusline struct {
	width  int
	left   string
	style  Style
	at, of int   // entries
	end    bool  // of the thread
	chosen int64 // the entry that has the keys; 0 if none has
	styles *Styles
	words  *Words
}

func (s statusline) same(other statusline) bool { return s == other }

func (s statusline) line() string {
	words, left, right := &s.words.Thread.Reader, s.left, ""
	if s.of > 0 {
		right = fmt.Sprintf(words.Position, s.at, s.of)
		if s.end {
			right += words.End
		}
	}
	room := s.width - 4 - cells(left)
	if s.chosen != 0 {
		if numbered := fmt.Sprintf(words.Chosen, s.chosen) + right; cells(numbered) <= room {
			right = numbered
		}
	}
	if cells(right) > room && left != "" {
		right = ""
	}
	left, right = clip(left, s.width-2), clip(right, s.width-2)
	gap := s.width - cells(left) - cells(right) - 2
	return " " + s.style.Render(left) + strings.Repeat(" ", max(0, gap)) + s.styles.Muted.Render(right)
}

// drawEntry draws an entry: a blank line, the rule above what is new, the author, and the text. Every line of the text
// is indented, so that none can pass for an author's; the author's own has room for a sign.
func (p *threadPage) drawEntry(e store.Entry, rule bool, width int) (head []string, body *drawnText) {
	s, words := p.s, &p.s.words.Thread.Reader
	head = append(make([]string, 0, 3), "")
	if rule {
		head = append(head, ruleWith(s.styles, clip(fmt.Sprintf(words.NewSince, p.when(e)), width-4), width))
	}
	name := clip(p.callName(e.Author), width/2)
	if !e.WithdrawnAt.IsZero() {
		gone := fmt.Sprintf(words.Withdrew, name, Full(e.WithdrawnAt, s.now(), s.zone, s.words))
		return head, &drawnText{lines: []string{" " + s.styles.Muted.Render(clip(gone, width-1))}}
	}
	when := ", " + p.when(e)
	if !e.EditedAt.IsZero() {
		when += words.Edited
	}
	head = append(head, " "+p.author(e).Render(name)+s.styles.Muted.Render(clip(when, width-1-cells(name))))
	return head, p.drawText(e.Text, e.Damaged, width)
}

// author is how an entry's author looks.
func (p *threadPage) author(e store.Entry) Style {
	if e.Mine {
		return p.s.styles.Mine
	}
	return p.s.styles.Other
}

// drawText draws an entry's text.
func (p *threadPage) drawText(text string, damaged bool, width int) *drawnText {
	s := p.s
	if damaged {
		return &drawnText{lines: []string{"   " + s.styles.Bad.Render(clip(s.words.Thread.Reader.Damaged, width-3))}}
	}
	return s.shared.drawn.of(text, 3, min(width, measure), s.styles, s.words)
}

func (p *threadPage) when(e store.Entry) string { return Full(e.At, p.s.now(), p.s.zone, p.s.words) }

// title is a thread's title as it may be drawn, or what stands in its place if it was erased.
func (s *session) title(t store.Thread) string {
	if t.TitleGone {
		return s.words.Chrome.Home.Erased
	}
	return titleOf(t.Title)
}

// titleOf is a title as it may be drawn.
func titleOf(title string) string { return safetext.Line(title) }
