package tui

import (
	tea "charm.land/bubbletea/v2"

	"alcove/store/safetext"
)

// View draws the settings, or the options of one.
func (p *settings) View(width, _ int) Body {
	switch {
	case p.zone != nil:
		return p.viewZone(width)
	case p.choices != nil:
		return p.viewChoices(width)
	}
	return p.list.view(p.s.styles, width, p.drawRow)
}

func (p *settings) drawRow(i, width int, chosen bool) []string {
	r, st := p.rows[i], p.s.styles
	style := st.Text
	switch {
	case r.id == "" && r.value == "":
		return []string{st.Heading.Render(clip(r.label, width))}
	case r.id == "":
		return []string{st.Muted.Render(clip(r.label+" "+r.value, width))}
	case chosen:
		style = st.Selection
	}
	value := st.Muted.Render(clip(safetext.Line(r.value), width-2))
	if p.list.tall == 2 {
		return []string{style.Render(clip(r.label, width)), "  " + value}
	}
	const labelWidth = 26
	return []string{style.Render(fit(r.label, labelWidth)) + "  " + st.Muted.Render(clip(safetext.Line(r.value), width-labelWidth-2))}
}

func (p *settings) viewZone(width int) Body {
	w, st := p.s.words.Chrome.Settings, p.s.styles
	field, caret := p.zone.view(st, min(width-3, 40))
	lines := []string{" " + st.Heading.Render(w.Zone), "  " + field, ""}
	for _, line := range paragraph(w.AboutZone, width) {
		lines = append(lines, st.Muted.Render(line))
	}
	return Body{Lines: lines, Cursor: tea.NewCursor(2+caret, 1)}
}

// minSample is how many lines it takes for a sample of a theme to be shown below the list.
const minSample = 8

// choicesHeight is the room for options, between the label and the sample.
func (p *settings) choicesHeight() int {
	if p.height < minSample {
		return max(p.height-1, 1)
	}
	return p.height - 4
}

func (p *settings) viewChoices(width int) Body {
	c, st, w := p.choices, p.s.styles, p.s.words.Chrome.Settings
	b := c.list.view(st, width, func(i, width int, chosen bool) []string {
		style := st.Text
		if chosen {
			style = st.Selection
		}
		return []string{style.Render(clip(c.row.options[i].name, width))}
	})
	b.Lines = append([]string{" " + st.Heading.Render(c.row.label)}, b.Lines...)
	if b.Cursor != nil {
		b.Cursor.Y++
	}
	if c.row.id == rowTheme && p.height >= minSample {
		b.Lines = append(b.Lines, "", clip(" "+st.Other.Render("Jonas")+" "+st.Muted.Render("10:15")+" "+st.Text.Render(w.Sample)+" "+
			st.Unread.Render(w.SampleNew)+" "+st.Draft.Render(w.SampleDraft)+" "+st.Good.Render("+")+" "+st.Bad.Render("!"), width))
	}
	return b
}

// Header names the page.
func (p *settings) Header() Header { return Header{Title: p.s.words.Chrome.Settings.Heading} }

// Hints are the page's keys.
func (p *settings) Hints() []Hint {
	k := p.s.keys
	take, asBefore := k.Open.doing(p.s.words.Chrome.Keys.Pick).Hint(), k.Back.doing(p.s.words.Chrome.Keys.AsBefore).Hint()
	switch {
	case p.zone != nil:
		return []Hint{take, asBefore}
	case p.choices != nil:
		return []Hint{take, k.Up.Hint(), asBefore}
	}
	return []Hint{k.Open.doing(p.s.words.Chrome.Keys.Change).Hint(), k.Up.Hint(), k.Back.Hint()}
}

// Typing is in the time zone.
func (p *settings) Typing() bool { return p.zone != nil }
