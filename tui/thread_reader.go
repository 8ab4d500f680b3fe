package tui

import (
	"slices"

	"alcove/store"
)

// reader is the upper part of a thread's screen: a window onto its entries, and how far it is scrolled. It does no I/O:
// the page asks it what is missing, fetches that, and puts it in.
//
// It holds a stretch of the thread without gaps, with the counts of what lies on either side of it. An entry is drawn when it
// comes near the screen, and its lines go when it leaves. An entry's lines begin with a blank one, so that there is one
// between two entries and none below the last.
type reader struct {
	items          []*item
	earlier, later int
	ruleAt         int64 // the entry that was the first unread one when the thread was opened; the rule stands above it
	chosen         int64 // the entry that keys act on
	newBelow       int   // entries of others that came while the person was reading further up
	top            spot  // the first line on the screen
	follow         bool  // the end is on the screen, and is to stay there
	width, height  int
	draw           func(e store.Entry, rule bool, width int) (head []string, body *drawnText)
}

// item is an entry and its lines: those of ours, and those that show what was written. It is not drawn while it has no body.
type item struct {
	entry store.Entry
	head  []string
	body  *drawnText
}

func (it *item) line(n int) string {
	if n < len(it.head) {
		return it.head[n]
	}
	return it.body.lines[n-len(it.head)]
}

func (it *item) forget() { it.head, it.body = nil, nil }

// spot is a line on the screen: an item and which of its lines.
type spot struct{ item, line int }

func (r spot) before(q spot) bool { return r.item < q.item || r.item == q.item && r.line < q.line }

const measure = 96 // cells of a line that are still read with ease

// drawn is an item with its lines.
func (r *reader) drawn(i int) *item {
	it := r.items[i]
	if it.body == nil {
		it.head, it.body = r.draw(it.entry, it.entry.Number == r.ruleAt, r.width)
		if it.body.text != "" {
			it.entry.Text = it.body.text // one copy for all who see it
		}
	}
	return it
}

// tall is how many lines an item has.
func (r *reader) tall(i int) int {
	it := r.drawn(i)
	return len(it.head) + len(it.body.lines)
}

// head is the line of an entry that names its author.
func (r *reader) head(i int) int {
	if r.items[i].entry.Number == r.ruleAt {
		return 2
	}
	return 1
}

// restyle drops all that was drawn.
func (r *reader) restyle() {
	for _, it := range r.items {
		it.forget()
	}
	r.settle()
}

// resize gives the reader its room. The end stays on the screen if it was there, else the first line does.
func (r *reader) resize(width, height int) {
	if width != r.width {
		r.width = width
		for _, it := range r.items {
			it.forget()
		}
	}
	if height != r.height || r.follow {
		r.height = height
		r.settle()
	}
}

// settle brings the scroll position back into the thread after anything changed.
func (r *reader) settle() {
	if len(r.items) == 0 || r.height <= 0 {
		return
	}
	switch {
	case r.top.before(spot{0, 1}):
		r.top = spot{0, 1}
	case r.top.item < len(r.items):
		r.top.line = min(r.top.line, r.tall(r.top.item)-1)
	}
	if r.follow || r.left() < r.height {
		r.top = r.lastTop()
	}
	r.follow = r.later == 0 && r.left() <= r.height
	if r.follow {
		r.newBelow = 0
	}
	r.keepChosen()
}

// left counts the lines from the top of the screen to the end of what is held, and stops behind the screen.
func (r *reader) left() int {
	lines := -r.top.line
	for i := r.top.item; i < len(r.items) && lines <= r.height; i++ {
		lines += r.tall(i)
	}
	return lines
}

// lastTop is the highest line that leaves no room below the last entry.
func (r *reader) lastTop() spot {
	room := r.height
	for i := len(r.items) - 1; i >= 0; i-- {
		n := r.tall(i)
		if n >= room {
			return spot{i, n - room}
		}
		room -= n
	}
	return spot{0, 1} // the blank line before the first entry is never shown
}

// scroll moves by lines.
func (r *reader) scroll(n int) {
	if len(r.items) == 0 {
		return
	}
	for ; n > 0; n-- {
		if r.top.line++; r.top.line >= r.tall(r.top.item) {
			if r.top.item+1 == len(r.items) {
				break
			}
			r.top = spot{r.top.item + 1, 0}
		}
	}
	for ; n < 0; n++ {
		if r.top.line--; r.top.line < 0 {
			if r.top.item == 0 {
				r.top.line = 0
				break
			}
			r.top = spot{r.top.item - 1, r.tall(r.top.item-1) - 1}
		}
	}
	r.follow = false
	r.settle()
}

func (r *reader) toStart() {
	r.top, r.follow = spot{0, 1}, false
	if len(r.items) > 0 {
		r.chosen = r.items[0].entry.Number
	}
	r.settle()
}

func (r *reader) toEnd() {
	r.follow = true
	if n := len(r.items); n > 0 {
		r.chosen = r.items[n-1].entry.Number
	}
	r.settle()
}

// show scrolls an entry to the top of the screen, and chooses it.
func (r *reader) show(number int64) {
	if i := r.index(number); i >= 0 {
		r.top, r.follow, r.chosen = spot{i, 0}, false, number
		r.settle()
		r.chosen = number
	}
}

// screen calls yield for each line on the screen.
func (r *reader) screen(yield func(y int, at spot)) {
	at := r.top
	for y := 0; y < r.height && at.item < len(r.items); y++ {
		yield(y, at)
		if at.line++; at.line >= r.tall(at.item) {
			at = spot{at.item + 1, 0}
		}
	}
}

// newestShown is the number of the last entry whose first line of text is on the screen, and whether oldest is.
func (r *reader) newestShown(oldest int64) (newest int64, oldestToo bool) {
	r.screen(func(_ int, at spot) {
		if it := r.items[at.item]; at.line == len(it.head) {
			newest = it.entry.Number
			oldestToo = oldestToo || newest == oldest
		}
	})
	return newest, oldestToo
}

// span are the first and the last item of which something is on the screen, more than the blank line.
func (r *reader) span() (first, last int) {
	first, last = r.top.item, r.top.item
	r.screen(func(_ int, at spot) {
		if at.line > 0 {
			last = at.item
		}
	})
	return first, last
}

// position is how many entries there are up to the last one on the screen, and how many in all.
func (r *reader) position() (at, of int) {
	_, last := r.span()
	return r.earlier + min(last+1, len(r.items)), r.earlier + len(r.items) + r.later
}

func (r *reader) index(number int64) int {
	return slices.IndexFunc(r.items, func(it *item) bool { return it.entry.Number == number })
}

// entry is the one that keys act on.
func (r *reader) entry() (store.Entry, bool) {
	if i := r.index(r.chosen); i >= 0 {
		return r.items[i].entry, true
	}
	return store.Entry{}, false
}

// keepChosen keeps the chosen entry among those on the screen.
func (r *reader) keepChosen() {
	first, last := r.span()
	switch i := r.index(r.chosen); {
	case i < 0 || i > last:
		r.chosen = r.items[last].entry.Number
	case i < first:
		r.chosen = r.items[first].entry.Number
	}
}

// choose moves to the next entry or the one before, and scrolls as little as it takes to show its first line.
func (r *reader) choose(by int) {
	if len(r.items) == 0 {
		return
	}
	i := max(0, min(r.index(r.chosen)+by, len(r.items)-1))
	number := r.items[i].entry.Number
	first, last := r.span()
	switch {
	case i < first || i == first && r.top.line > 1:
		r.show(number)
	case i >= last:
		high := r.back(spot{i, r.tall(i) - 1}, r.height-1) // the highest line that leaves room for all of it
		if head := (spot{i, 0}); head.before(high) {
			high = head
		}
		if r.top.before(high) {
			r.top, r.follow = high, false
		}
		r.settle()
	}
	r.chosen = number
}

// back is the line n lines above another, or the first.
func (r *reader) back(at spot, n int) spot {
	for ; n > 0; n-- {
		if at.line--; at.line < 0 {
			if at.item == 0 {
				return spot{0, 0}
			}
			at = spot{at.item - 1, r.tall(at.item-1) - 1}
		}
	}
	return at
}

// chooseRow chooses the entry that is on a line of the screen.
func (r *reader) chooseRow(y int) {
	r.screen(func(n int, at spot) {
		if n == y {
			r.chosen = r.items[at.item].entry.Number
		}
	})
}
