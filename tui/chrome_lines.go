package tui

import (
	"slices"
	"strings"
)

// The two lines of the frame that nearly every screen has, as they follow from what they are made of.

// headline is what the header's line is made of.
type headline struct {
	Header

	width     int
	crumb     string
	key, does string // at the right end
	styles    *Styles
}

func (h headline) same(other headline) bool { return h == other }

// line shortens what does not fit from the right end, but who can read a page keeps up to half of the line.
func (h headline) line() string {
	st := h.styles
	tail := strings.TrimRight(h.key+" "+h.does, " ") + " "
	room := h.width - 1 - cells(h.crumb) - cells(tail) - 3
	right := h.readers(max(room/2-2, room-cells(h.Title)-2, min(leastReaders, room-leastReaders-1)))
	apart := 0
	if right != "" {
		apart = 2
	}
	title := clip(h.Title, room-cells(right)-apart)
	gap := strings.Repeat(" ", max(room-cells(title)-cells(right), 0))
	return " " + st.Muted.Render(h.crumb) + st.Heading.Render(title) + gap + st.Text.Render(right) + "   " + st.Muted.Render(tail)
}

// leastReaders is how many cells are kept for who can read a page, if as many and one are left for its title.
const leastReaders = 5

// readers is the longest way to say who can read a page that has room.
func (h Header) readers(room int) string {
	right := h.Right
	for _, shorter := range h.Shorter {
		if shorter == "" || cells(right) <= room {
			break
		}
		right = shorter
	}
	return clip(right, room)
}

// footline is what the footer is made of.
type footline struct {
	width     int
	hints     []Hint
	key, does string // for all the others
	styles    *Styles
}

func (f footline) same(other footline) bool {
	return f.width == other.width && f.key == other.key && f.does == other.does && f.styles == other.styles &&
		slices.Equal(f.hints, other.hints)
}

// line shows the hints that fit, the first ones first.
func (f footline) line() string {
	const gap = 3
	all := Hint{Key: f.key, Does: f.does}
	room := f.width - 2 - hintWidth(all) - gap
	var out strings.Builder
	out.Grow(4 * f.width)
	for _, h := range f.hints {
		if width := hintWidth(h) + gap; width-gap <= room {
			f.hint(&out, h)
			out.WriteString("  ") // with the next one's, the gap
			room -= width
		}
	}
	f.hint(&out, all)
	return strings.Clone(out.String()) // it is kept
}

func hintWidth(h Hint) int { return cells(h.Key) + 1 + cells(h.Does) }

// hint adds a key and what it does, one cell apart from what stands before.
func (f footline) hint(out *strings.Builder, h Hint) {
	out.WriteString(" ")
	f.styles.Accent.renderTo(out, h.Key)
	out.WriteString(" ")
	f.styles.Muted.renderTo(out, h.Does)
}
