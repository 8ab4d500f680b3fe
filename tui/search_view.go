package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"alcove/store"
	"alcove/store/safetext"
)

// How the search is drawn. All of a hit is another person's text: it is cleaned before it is drawn.

// View draws the words, what became of them, and the list.
func (p *searchPage) View(width, _ int) Body {
	st, w := p.s.styles, p.s.words.Thread.Search
	prompt := " " + w.Prompt + " "
	field, caret := p.words.view(st, max(1, min(width, measure)-cells(prompt)-1))
	b := p.list.view(st, width, p.drawHit)
	if !p.onList || b.Cursor == nil {
		b.Cursor = tea.NewCursor(cells(prompt)+caret, 0)
	} else {
		b.Cursor.Y += p.head
	}
	b.Cursor.Blink = false
	head := []string{st.Muted.Render(prompt) + field, ""}
	if len(p.hits) == 0 {
		b.Lines = append(head, paragraph(p.status(), width)...)
		return b
	}
	head = append(head, " "+st.Muted.Render(clip(p.status(), width-1)))
	b.Lines = append(head[:p.head], b.Lines...)
	return b
}

// status is what has become of the query.
func (p *searchPage) status() string {
	w := p.s.words.Thread.Search
	switch {
	case p.asked == "":
		return w.Hint
	case p.failed != nil:
		return p.s.words.Explain(p.failed)
	case p.many:
		return w.Many.N(len(p.hits))
	case p.cancel != nil && len(p.hits) == 0:
		return w.Searching
	case p.cancel != nil:
		return w.Found.N(len(p.hits)) + ", " + w.Searching
	case len(p.hits) == 0:
		return w.None
	}
	return w.Found.N(len(p.hits))
}

// drawHit is a find in two lines: which thread, who and when; and the match among the words around it.
func (p *searchPage) drawHit(i, width int, chosen bool) []string {
	h, s := p.hits[i], p.s
	style := s.styles.Text
	if chosen {
		style = s.styles.Selection
	}
	if h.Entry == 0 {
		return []string{p.drawMatch(h, style, width-1), s.styles.Muted.Render(s.words.Thread.Search.InTitle)}
	}
	where := givenName(h.Author) + ", " + Full(h.At, s.now(), s.zone, s.words)
	title := clip(titleOf(h.Title), max(width/3, width-cells(where)-4))
	head := style.Render(title) + s.styles.Muted.Render("  "+clip(where, width-cells(title)-3))
	return []string{head, p.drawMatch(h, s.styles.Text, width-1)}
}

// drawMatch shows the match in the middle of what stands around it, underlined as well as coloured. What is cut, by the
// store or to fit, has a sign for it.
func (p *searchPage) drawMatch(h store.Hit, style Style, width int) string {
	before, match, behind := lineOf(h.Before), clip(lineOf(h.Match), width), lineOf(h.Behind)
	room := max(0, width-cells(match))
	before = lastWords(before, max(room/2, room-cells(behind)))
	behind = firstWords(behind, room-cells(before))
	return style.Render(before) + p.s.styles.Unread.With(attrUnderline).Render(match) + style.Render(behind)
}

// lastWords is the end of a text that fits, with a sign if it had to be cut. It begins with a whole word if there is one.
func lastWords(text string, width int) string {
	if cells(text) <= width {
		return text
	}
	for text != "" && cells(text) > max(width-1, 0) {
		text = text[firstCluster(text):]
	}
	if _, whole, ok := strings.Cut(text, " "); ok && strings.TrimSpace(whole) != "" {
		text = whole
	}
	return clip("…"+text, width)
}

// firstWords is the beginning of a text that fits, in the same way.
func firstWords(text string, width int) string {
	if cells(text) <= width {
		return text
	}
	text = ansi.Truncate(text, max(width-1, 0), "")
	if end := strings.LastIndexByte(text, ' '); end >= 0 && strings.TrimSpace(text[:end]) != "" {
		text = text[:end]
	}
	return clip(text+"…", width)
}

// lineOf is a text of another person as one line with single spaces; one at its end, which belongs between the parts of a
// find, stays.
func lineOf(text string) string {
	line := strings.Join(strings.Fields(safetext.Line(text)), " ")
	if line == "" {
		return ""
	}
	if strings.TrimLeft(text, " \t\n") != text {
		line = " " + line
	}
	if strings.TrimRight(text, " \t\n") != text {
		line += " "
	}
	return line
}

// Header is the page's name.
func (p *searchPage) Header() Header { return Header{Title: p.s.words.Thread.Search.Title} }

// Hints are the keys of the part that has them.
func (p *searchPage) Hints() []Hint {
	k, w := p.s.keys, p.s.words.Thread.Search
	switch {
	case p.onList:
		return []Hint{k.Up.Hint(), k.Open.doing(w.Open).Hint(), k.Next.doing(w.Words).Hint(), k.Back.Hint()}
	case len(p.hits) > 0:
		return []Hint{k.Open.doing(w.Open).Hint(), k.Next.doing(w.List).Hint(), k.Back.Hint()}
	}
	return []Hint{k.Back.Hint()}
}

// Typing says that letters go into the words.
func (p *searchPage) Typing() bool { return !p.onList }

// Unsaved is nothing: a query is not kept.
func (p *searchPage) Unsaved() []unsaved { return nil }
