package tui

import (
	"slices"

	"alcove/store"
)

// reader is the upper part of a thread's screen: a window onto its entries, and how far it is scrolled. It does no I/O:
// the page asks it what is missing, fetches that, and puts it in.
//
// It holds a stretch of the thread without gaps, with the counts of what lies on either side of it. An entry is drawn
// once for a width and a style, when it comes near the screen, and kept as long as the entry is held. An entry's lines
// begin with a blank one, so that there is one between two entries and none below the last.
type reader struct {
	items          []*item
	earlier, later int
	ruleAt         int64 // the entry that was the first unread one when the thread was opened; the rule stands above it
	chosen         int64 // the entry that keys act on
	newBelow       int   // entries of others that came while the person was reading further up
	top            spot  // the first line on the screen
	follow         bool  // the end is on the screen, and is to stay there
	width, height  int
	draw           func(e store.Entry, rule bool, width int) (lines []string, text int)
}

// item is an entry and its lines. text is the first of them that shows what was written.
type item struct {
	entry store.Entry
	lines []string
	text  int
}

// spot is a line on the screen: an item and which of its lines.
type spot struct{ item, line int }

func (r spot) before(q spot) bool { return r.item < q.item || r.item == q.item && r.line < q.line }

const (
	stretch  = 50      // entries fetched at a time
	ahead    = 8       // entries from the edge of what is held at which more is fetched
	maxHeld  = 200     // entries held
	maxBytes = 1 << 20 // of their texts
	measure  = 96      // cells of a line that are still read with ease
)

func (r *reader) lines(i int) []string {
	it := r.items[i]
	if it.lines == nil {
		it.lines, it.text = r.draw(it.entry, it.entry.Number == r.ruleAt, r.width)
	}
	return it.lines
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
		it.lines = nil
	}
	r.settle()
}

// resize gives the reader its room. The end stays on the screen if it was there, else the first line does.
func (r *reader) resize(width, height int) {
	if width != r.width {
		r.width = width
		for _, it := range r.items {
			it.lines = nil
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
	last := r.lastTop()
	switch {
	case r.follow || last.before(r.top):
		r.top = last
	case r.top.before(spot{0, 1}):
		r.top = spot{0, 1}
	case r.top.line >= len(r.lines(r.top.item)):
		r.top.line = len(r.items[r.top.item].lines) - 1
	}
	r.follow = r.later == 0 && !r.top.before(last)
	if r.follow {
		r.newBelow = 0
	}
	r.keepChosen()
}

// lastTop is the highest line that leaves no room below the last entry.
func (r *reader) lastTop() spot {
	room := r.height
	for i := len(r.items) - 1; i >= 0; i-- {
		n := len(r.lines(i))
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
		if r.top.line++; r.top.line >= len(r.lines(r.top.item)) {
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
			r.top = spot{r.top.item - 1, len(r.lines(r.top.item-1)) - 1}
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

// rows calls yield for each line on the screen.
func (r *reader) rows(yield func(y int, at spot)) {
	at := r.top
	for y := 0; y < r.height && at.item < len(r.items); y++ {
		yield(y, at)
		if at.line++; at.line >= len(r.lines(at.item)) {
			at = spot{at.item + 1, 0}
		}
	}
}

// newestShown is the number of the last entry whose first line of text is on the screen, and whether oldest is.
func (r *reader) newestShown(oldest int64) (newest int64, oldestToo bool) {
	r.rows(func(_ int, at spot) {
		if it := r.items[at.item]; at.line == it.text {
			newest = it.entry.Number
			oldestToo = oldestToo || newest == oldest
		}
	})
	return newest, oldestToo
}

// span are the first and the last item of which something is on the screen, more than the blank line.
func (r *reader) span() (first, last int) {
	first, last = r.top.item, r.top.item
	r.rows(func(_ int, at spot) {
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
		high := r.back(spot{i, len(r.lines(i)) - 1}, r.height-1) // the highest line that leaves room for all of it
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
			at = spot{at.item - 1, len(r.lines(at.item-1)) - 1}
		}
	}
	return at
}

// chooseRow chooses the entry that is on a line of the screen.
func (r *reader) chooseRow(y int) {
	r.rows(func(n int, at spot) {
		if n == y {
			r.chosen = r.items[at.item].entry.Number
		}
	})
}
