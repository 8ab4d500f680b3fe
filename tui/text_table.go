package tui

import (
	"math"
	"strings"

	extast "github.com/yuin/goldmark/extension/ast"
)

const (
	columnGap = 2  // cells between two columns
	maxLabel  = 24 // cells of a column's name, to be repeated before each of its cells
)

// table draws a table in columns if it fits the line, else row by row with one cell to a line.
func (r *textRenderer) table(t *extast.Table, base Style) {
	var rows [][]*row
	for n := t.FirstChild(); n != nil; n = n.NextSibling() {
		style := base
		if len(rows) == 0 {
			style = base.With(r.styles.Strong)
		}
		var cells []*row
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			cells = append(cells, wrapWords(r.inline(c, style), math.MaxInt)[0])
		}
		rows = append(rows, cells)
	}
	widths := make([]int, len(t.Alignments))
	total := columnGap * (len(widths) - 1)
	for i := range widths {
		for _, cells := range rows {
			if i < len(cells) {
				widths[i] = max(widths[i], cells[i].cells)
			}
		}
		total += widths[i]
	}
	if total <= r.room() {
		r.columns(t, rows, widths)
		return
	}
	r.records(rows, base)
}

func (r *textRenderer) columns(t *extast.Table, rows [][]*row, widths []int) {
	for i, cells := range rows {
		var line row
		for c, cell := range cells {
			free := widths[c] - cell.cells
			left := 0
			switch t.Alignments[c] {
			case extast.AlignRight:
				left = free
			case extast.AlignCenter:
				left = free / 2
			}
			line.add(strings.Repeat(" ", left), "")
			line.join(cell)
			line.add(strings.Repeat(" ", free-left+columnGap), "")
		}
		line.trim()
		r.emit(&line)
		if i == 0 {
			r.emit(underlines(widths, r.styles.Muted))
		}
	}
}

// underlines part the head of a table from its rows.
func underlines(widths []int, style Style) *row {
	var line row
	for _, n := range widths {
		line.add(strings.Repeat("-", n), style)
		line.add(strings.Repeat(" ", columnGap), "")
	}
	line.trim()
	return &line
}

// records draws each row as an item with its cells below each other, named by their column where the name is short.
func (r *textRenderer) records(rows [][]*row, base Style) {
	for i, cells := range rows {
		r.within(&linePrefix{first: "- ", rest: "  ", style: base}, func() {
			for c, cell := range cells {
				var words []span
				if name := rows[0][c]; i > 0 && name.cells > 0 && name.cells <= maxLabel {
					words = append(name.spans(), span{": ", base})
				}
				r.paragraph(append(words, cell.spans()...))
			}
		})
	}
}

// spans are the row as words to be wrapped again.
func (r *row) spans() []span {
	out := make([]span, 0, len(r.looks))
	from := 0
	for _, l := range r.looks {
		out = append(out, span{string(r.text[from : from+l.bytes]), l.style})
		from += l.bytes
	}
	return out
}
