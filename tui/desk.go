package tui

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"alcove/store"
)

// What is on its way to the store. A Cmd's result may come when the page that asked is closed or the program has ended,
// so it cannot be left to messages alone to say what the store holds. Every act that touches a stored draft is an errand:
// the errands of one draft are done one after the other, in the order in which Update began them, and each leaves a note
// of what it did. Whoever stores a text later reads the notes that its page has not taken in, and neither sends nor
// merges anything twice.

// desk is the errands of one session. Update alone touches it, and Flush after the program's end.
type desk struct{ last map[draftKey]*errand }

type draftKey struct{ thread, entry int64 }

// trail is the errands of one text whose outcome its page has not taken in.
type trail struct{ ways []*errand }

// unsaved is writing that the store may not hold yet.
type unsaved struct {
	store.Draft
	trail *trail
}

// leaves says what of a text is still to be stored once an errand is done, and over which version.
type leaves func(store.Draft) (rest store.Draft, unsaved bool)

// errand is one act on a draft.
type errand struct {
	sends  bool            // an entry, or an edit of one
	turn   <-chan struct{} // closed when it may begin; nil when it may at once
	known  []*errand       // of the same text, before this one
	taken  atomic.Bool     // by the Cmd that does it, or by one who sees to it that it is never done
	over   chan struct{}   // closed when it has ended; what stands below is fixed then
	leaves leaves          // nil if it changed nothing
	err    error
}

// begin says that something will be done with a draft.
func (k *desk) begin(d store.Draft, t *trail) *errand {
	e := &errand{turn: k.turn(d.Thread, d.Entry), known: slices.Clone(t.ways), over: make(chan struct{})}
	maps.DeleteFunc(k.last, func(_ draftKey, e *errand) bool { return e.isOver() })
	k.last[draftKey{d.Thread, d.Entry}] = e
	t.ways = append(t.ways, e)
	return e
}

// turn is closed when all that was begun with a draft is over; it is nil when nothing is under way.
func (k *desk) turn(thread, entry int64) <-chan struct{} {
	if e := k.last[draftKey{thread, entry}]; e != nil {
		return e.over
	}
	return nil
}

// await waits for a turn, or for the end of ctx.
func await(ctx context.Context, turn <-chan struct{}) {
	if turn == nil {
		return
	}
	select {
	case <-turn:
	case <-ctx.Done():
	}
}

// run does an errand when its turn has come, unless it was dropped. do is given what is left of the draft, and whether
// that is anything to store.
func (e *errand) run(ctx context.Context, d store.Draft, do func(d store.Draft, unsaved bool) (leaves, error)) error {
	await(ctx, e.turn)
	if !e.taken.CompareAndSwap(false, true) {
		return context.Canceled
	}
	defer close(e.over)
	if e.err = ctx.Err(); e.err != nil { // perhaps before its turn
		return e.err
	}
	d, left := remains(e.known, d)
	e.known = nil
	var then leaves
	if then, e.err = do(d, left); e.err == nil {
		e.leaves = then
	}
	return e.err
}

// settle sees to it that an errand is over: one that nobody has begun never will be.
func (e *errand) settle(ctx context.Context) {
	if e.taken.CompareAndSwap(false, true) {
		close(e.over)
		return
	}
	await(ctx, e.over)
}

func (e *errand) isOver() bool {
	select {
	case <-e.over:
		return true
	default:
		return false
	}
}

// remains is what errands have left of a draft.
func remains(ways []*errand, d store.Draft) (rest store.Draft, unsaved bool) {
	unsaved = true
	for _, e := range ways {
		if e.isOver() && e.leaves != nil {
			d, unsaved = e.leaves(d)
		}
	}
	return d, unsaved
}

// took says that the page knows how an errand went, and those before it.
func (t *trail) took(e *errand) {
	if i := slices.Index(t.ways, e); i >= 0 {
		t.ways = slices.Clone(t.ways[i+1:])
	}
}

// notSent is why the last of some sendings failed.
func notSent(ways []*errand) (err error) {
	for _, e := range ways {
		if e.sends && e.isOver() {
			err = e.err
		}
	}
	return err
}

// savedAs is what saving leaves. Where another device's text was put before ours, the store's version stays unknown, so
// that nothing overwrites that text.
func savedAs(text string, stored store.Draft) leaves {
	return func(d store.Draft) (store.Draft, bool) {
		if stored.Text == text {
			d.Version = stored.Version
		}
		return d, d.Text != text
	}
}

// sentAs is what sending a text leaves: what was typed behind it since.
func sentAs(text string) leaves {
	return func(d store.Draft) (store.Draft, bool) {
		d.Text, d.Version = restOf(d.Text, text), 0
		return d, d.Text != ""
	}
}

// editedAs is what an edit leaves: nothing, or an edit of the new text.
func editedAs(text string) leaves {
	return func(d store.Draft) (store.Draft, bool) {
		d.Version = 0
		return d, d.Text != text
	}
}

// takenBackAs is what taking an entry back leaves.
func takenBackAs(stored store.Draft) leaves {
	return func(d store.Draft) (store.Draft, bool) {
		d.Text, d.Version = mergeTexts(stored.Text, d.Text), stored.Version
		return d, d.Text != stored.Text
	}
}

// restOf is what stands in an editor when a text of it was sent.
func restOf(text, sent string) string {
	rest, ok := strings.CutPrefix(text, sent)
	if !ok {
		return text
	}
	return strings.TrimLeft(rest, "\n")
}
