package tui

import (
	"slices"
	"strings"

	"alcove/store"
)

// What a reader holds of its thread, and how that changes: what is on the screen and a margin, however long the thread is.

const (
	stretch = 24 // entries fetched at a time

	// The margin on each side, in screens: more is fetched below the first, and let go above the second.
	wanted = 1
	kept   = 3
)

// rows is about how many lines an entry takes, for it is not drawn to be counted.
func (r *reader) rows(it *item) int {
	return 3 + strings.Count(it.entry.Text, "\n") + len(it.entry.Text)/max(minText, min(r.width, measure))
}

// margin counts the rows of items.
func (r *reader) margin(items []*item) (rows int) {
	for _, it := range items {
		rows += r.rows(it)
	}
	return rows
}

// trim lets go of what is far from the screen, and of the lines of what is not next to it.
func (r *reader) trim() {
	if len(r.items) == 0 || r.height <= 0 {
		return
	}
	first, last := r.span()
	from, to := first, last+1
	for rows := 0; from > 0 && rows < kept*r.height; from-- {
		rows += r.rows(r.items[from-1])
	}
	for rows := 0; to < len(r.items) && rows < kept*r.height; to++ {
		rows += r.rows(r.items[to])
	}
	for i, it := range r.items {
		if i < first-1 || i > last+1 {
			it.forget()
		}
	}
	if n := len(r.items); from > 0 || to < n {
		r.items = slices.Clone(r.items[from:to])
		r.earlier, r.later, r.top.item = r.earlier+from, r.later+n-to, r.top.item-from
	}
}

func newItems(entries []store.Entry) []*item {
	items := make([]*item, len(entries))
	for i, e := range entries {
		items[i] = &item{entry: e}
	}
	return items
}

// put replaces all that is held. The entry at the top of the screen stays there if it is still held.
func (r *reader) put(page store.Page) {
	var at int64
	line := r.top.line
	if r.top.item < len(r.items) {
		at = r.items[r.top.item].entry.Number
	}
	r.items, r.earlier, r.later = newItems(page.Entries), page.Earlier, page.Later
	i := slices.IndexFunc(r.items, func(it *item) bool { return it.entry.Number >= at })
	switch {
	case i < 0:
		r.top = spot{max(0, len(r.items)-1), 0}
	case r.items[i].entry.Number == at:
		r.top = spot{i, line}
	default:
		r.top = spot{i, 0}
	}
	r.settle()
}

// wantsEarlier and wantsLater say that the screen is near the edge of what is held, and there is more.
func (r *reader) wantsEarlier() bool {
	return r.earlier > 0 && r.margin(r.items[:min(r.top.item, len(r.items))]) < wanted*r.height
}

func (r *reader) wantsLater() bool {
	_, last := r.span()
	return r.later > 0 && r.margin(r.items[min(last+1, len(r.items)):]) < wanted*r.height
}

func (r *reader) first() int64 {
	if len(r.items) == 0 {
		return 0
	}
	return r.items[0].entry.Number
}

func (r *reader) last() int64 {
	if len(r.items) == 0 {
		return 0
	}
	return r.items[len(r.items)-1].entry.Number
}

// putEarlier adds what lies before. The screen stays as it is.
func (r *reader) putEarlier(page store.Page) {
	entries := page.Entries
	for len(entries) > 0 && entries[len(entries)-1].Number >= r.first() {
		entries = entries[:len(entries)-1]
	}
	r.items = append(newItems(entries), r.items...)
	r.earlier = page.Earlier
	r.top.item += len(entries)
	r.settle()
}

// putLater adds what lies behind. If the end was on the screen it stays there, but what is new is never scrolled past.
func (r *reader) putLater(page store.Page) {
	entries := page.Entries
	for len(entries) > 0 && entries[0].Number <= r.last() {
		entries = entries[1:]
	}
	atEnd, next := r.follow, len(r.items)
	r.items = append(r.items, newItems(entries)...)
	r.later = page.Later
	if atEnd && len(entries) > 0 {
		r.settle()
		if first := (spot{next, 0}); first.before(r.top) {
			r.top, r.follow = first, false
		}
	}
	r.settle()
}

// append adds an entry that the person has just written; false when what lies before it is not held.
func (r *reader) append(e store.Entry) bool {
	switch {
	case r.index(e.Number) >= 0:
		return true
	case r.later > 0 || e.Number < r.last():
		return false
	}
	r.items = append(r.items, &item{entry: e})
	return true
}

// change puts an entry in the place of what was held of it.
func (r *reader) change(e store.Entry) {
	if i := r.index(e.Number); i >= 0 {
		r.items[i] = &item{entry: e}
		r.settle()
	}
}

// remove drops an entry that was taken back.
func (r *reader) remove(number int64) {
	i := r.index(number)
	switch {
	case i >= 0:
		r.items = slices.Delete(r.items, i, i+1)
		if i < r.top.item || r.top.item >= len(r.items) {
			r.top.item = max(0, r.top.item-1)
		}
		r.settle()
	case number > r.last() && r.later > 0:
		r.later--
	}
}
