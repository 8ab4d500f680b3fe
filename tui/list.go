package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// list is a window onto rows, one of which is chosen. It knows the rows by their ids, so that the choice follows its row
// when the rows change places; it draws only those that fit, and says how many are above and below. Digits stand before
// the first nine rows that are shown.
//
// The page tells it the rows by set and its height whenever that changes; the window follows from the choice and the
// height alone, so that what a digit chooses is what the screen shows beside it.
type list struct {
	ids    []string // one per row; a heading, which cannot be chosen, has none
	tall   int      // lines of a row, 1 if zero; a heading has one
	height int      // lines of the window
	chosen int
	idle   bool // something else has the keys: no row looks chosen

	earlier, later int // how many more there are before these rows and behind them
}

// set gives the list its rows. The choice stays on its row; if that is gone, on the row that took its place.
func (l *list) set(ids []string) {
	id := l.id()
	l.ids = ids
	for i := range ids {
		if id != "" && ids[i] == id {
			l.chosen = i
			return
		}
	}
	l.chosen = min(l.chosen, max(len(ids)-1, 0))
	if l.id() == "" && !l.step(1) {
		l.step(-1)
	}
}

// id is that of the chosen row, "" when there is none.
func (l *list) id() string {
	if l.chosen < len(l.ids) {
		return l.ids[l.chosen]
	}
	return ""
}

// choose moves the choice to a row by its id.
func (l *list) choose(id string) {
	for i := range l.ids {
		if l.ids[i] == id && id != "" {
			l.chosen = i
		}
	}
}

// step moves the choice to the next row in a direction that can be chosen.
func (l *list) step(by int) bool {
	for i := l.chosen + by; i >= 0 && i < len(l.ids); i += by {
		if l.ids[i] != "" {
			l.chosen = i
			return true
		}
	}
	return false
}

func (l *list) steps(n, by int) {
	for range n {
		if !l.step(by) {
			return
		}
	}
}

// key moves the choice, if the key is one that does.
func (l *list) key(k *Keys, msg tea.KeyPressMsg) bool {
	page := max(l.height/max(l.tall, 1)-1, 1)
	switch {
	case k.Up.Has(msg):
		l.step(-1)
	case k.Down.Has(msg):
		l.step(1)
	case k.PageUp.Has(msg):
		l.steps(page, -1)
	case k.PageDown.Has(msg):
		l.steps(page, 1)
	case k.Top.Has(msg):
		l.steps(len(l.ids), -1)
	case k.Bottom.Has(msg):
		l.steps(len(l.ids), 1)
	default:
		return false
	}
	return true
}

// digit chooses the row that has this number on the screen.
func (l *list) digit(n int) bool {
	rows, _, _ := l.window()
	for _, r := range rows {
		if r.number == n && n > 0 {
			l.chosen = r.index
			return true
		}
	}
	return false
}

// mouse scrolls by the wheel and chooses by a click. It reports a click on the row that is chosen already, which does what
// enter does. Y counts from the list's first line.
func (l *list) mouse(msg tea.Msg, y int) (enter bool) {
	switch msg := msg.(type) {
	case tea.MouseWheelMsg:
		if msg.Button == tea.MouseWheelUp {
			l.step(-1)
		} else {
			l.step(1)
		}
	case tea.MouseClickMsg:
		rows, _, _ := l.window()
		for _, r := range rows {
			if y >= r.line && y < r.line+r.tall && l.ids[r.index] != "" {
				enter = l.chosen == r.index
				l.chosen = r.index
				return enter
			}
		}
	}
	return false
}

// shownRow is a row in the window: its index, its first line there, its lines, and its digit or 0.
type shownRow struct{ index, line, tall, number int }

func (l *list) tallness(i int) int {
	if l.ids[i] == "" {
		return 1
	}
	return max(l.tall, 1)
}

// window lists the rows that are shown: all, or as many as fit around the chosen one, with a line each that tells how many
// are above and below. Where there is hardly room, two rows are worth more than those lines, and nothing is told.
func (l *list) window() (rows []shownRow, above, below int) {
	if len(l.ids) == 0 {
		return nil, 0, 0
	}
	from, to := l.span(l.height)
	for told, fits := 0, l.height >= 2*max(l.tall, 1)+2; fits; from, to = l.span(l.height - told) {
		above, below = l.earlier+l.choosable(0, from), l.later+l.choosable(to, len(l.ids))
		signs := min(above, 1) + min(below, 1)
		if signs <= told {
			break
		}
		told = signs
	}
	line, number := min(above, 1), 0
	for i := from; i < to; i++ {
		r := shownRow{index: i, line: line, tall: l.tallness(i)}
		if l.ids[i] != "" && number < 9 {
			number++
			r.number = number
		}
		line += r.tall
		rows = append(rows, r)
	}
	return rows, above, below
}

// span is the stretch of rows around the chosen one that fits in so many lines.
func (l *list) span(height int) (from, to int) {
	from, to = l.chosen, l.chosen+1
	used := l.tallness(l.chosen)
	for grown := true; grown; {
		grown = false
		if from > 0 && used+l.tallness(from-1) <= height {
			from--
			used += l.tallness(from)
			grown = true
		}
		if to < len(l.ids) && used+l.tallness(to) <= height {
			used += l.tallness(to)
			to++
			grown = true
		}
	}
	return from, to
}

// choosable counts the rows of a stretch without its headings.
func (l *list) choosable(from, to int) (n int) {
	for _, id := range l.ids[from:to] {
		if id != "" {
			n++
		}
	}
	return n
}

// lines is how many lines all the rows would take.
func (l *list) lines() (n int) {
	n = (l.earlier + l.later) * max(l.tall, 1)
	for i := range l.ids {
		n += l.tallness(i)
	}
	return n
}

// view draws the window. draw gives the lines of a row, each at most width cells. The cursor stands on the mark of the
// chosen row; it is nil when none looks chosen.
func (l *list) view(st *Styles, width int, draw func(i, width int, chosen bool) []string) Body {
	var b Body
	rows, above, below := l.window()
	if above > 0 {
		b.Lines = append(b.Lines, st.Muted.Render(clip(fmt.Sprintf("   ↑ %d", above), width)))
	}
	for _, r := range rows {
		chosen := r.index == l.chosen && l.ids[r.index] != "" && !l.idle
		lead := l.lead(width, r, chosen)
		if chosen {
			b.Cursor = tea.NewCursor(min(1, width-1), r.line)
			lead = st.Accent.Render(lead)
		} else {
			lead = st.Muted.Render(lead)
		}
		if l.ids[r.index] == "" {
			lead = " "
		}
		indent := cells(lead)
		for i, line := range draw(r.index, width-indent, chosen) {
			if i > 0 {
				lead = strings.Repeat(" ", indent)
			}
			b.Lines = append(b.Lines, lead+line)
		}
	}
	if below > 0 {
		b.Lines = append(b.Lines, st.Muted.Render(clip(fmt.Sprintf("   ↓ %d", below), width)))
	}
	return b
}

// lead is what stands before a row: " > 1  ", or "> 1 " where there is little room.
func (l *list) lead(width int, r shownRow, chosen bool) string {
	mark, number := ' ', " "
	if chosen {
		mark = '>'
	}
	if r.number > 0 {
		number = fmt.Sprint(r.number)
	}
	if width < 60 {
		return fmt.Sprintf("%c %s ", mark, number)
	}
	return fmt.Sprintf(" %c %s  ", mark, number)
}

// fit clips or pads to exactly a width.
func fit(s string, width int) string {
	s = clip(s, width)
	return s + strings.Repeat(" ", max(width-cells(s), 0))
}
