package tui

import (
	"slices"

	"alcove/store"
)

// What a reader holds of its thread, and how that changes.

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
func (r *reader) wantsEarlier() bool { return r.earlier > 0 && r.top.item < ahead }

func (r *reader) wantsLater() bool {
	_, last := r.span()
	return r.later > 0 && last >= len(r.items)-ahead
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
	_, last := r.span()
	for len(r.items) > last+2*ahead && r.heavy() {
		r.items[len(r.items)-1] = nil
		r.items = r.items[:len(r.items)-1]
		r.later++
	}
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
	for r.top.item > 2*ahead && r.heavy() {
		r.items[0] = nil
		r.items = r.items[1:]
		r.earlier++
		r.top.item--
	}
	r.settle()
}

// heavy says that more is held than should be.
func (r *reader) heavy() bool {
	bytes := 0
	for _, it := range r.items {
		bytes += len(it.entry.Text)
	}
	return len(r.items) > maxHeld || bytes > maxBytes
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
