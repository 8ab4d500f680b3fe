package store

import (
	"context"
	"sync"
)

// watchBuffer is how many changes may wait for a watcher before they are replaced by one Reload.
const watchBuffer = 16

// notice is a change on its way, and to whom.
type notice struct {
	to         []int64
	except     *Access // the session that made the change, where it need not be told
	credential int64   // for SignedOut: only sessions that came in with it; 0 for all
	change     Change
}

// hub hands changes to watchers. Nothing in it waits for a watcher: a full channel is emptied and gets one Reload.
type hub struct {
	announcing sync.Mutex // taken before mu; held over one announcement

	mu       sync.Mutex
	closed   bool
	readOnly bool                            // nothing can be written, as was told last
	watchers map[int64]map[*watcher]struct{} // by person
	here     map[int64]bool                  // who was last announced as here
	left     sync.WaitGroup                  // goroutines of watches whose ctx ended
}

type watcher struct {
	access  *Access
	changes chan Change
	stop    func() bool // keeps the end of ctx from being acted on
}

func newHub() *hub {
	return &hub{watchers: map[int64]map[*watcher]struct{}{}, here: map[int64]bool{}}
}

// Watch tells what changes until ctx ends, the store closes, or SignedOut was told; then the channel is closed. A watcher
// who does not keep up hears one Reload instead of what was missed. While a person watches they are here, unless they
// hide it. Where nothing can be written at the moment, StorageChanged comes first.
func (a *Access) Watch(ctx context.Context) (<-chan Change, error) {
	w := &watcher{access: a, changes: make(chan Change, watchBuffer)}
	if !a.store.hub.add(ctx, w) {
		return nil, ErrSignedOut
	}
	// Checked after joining: whoever is signed out from here on is told so.
	if err := a.read(ctx, "watch", func(*tx, self) error { return nil }); err != nil {
		a.store.hub.remove(w)
		a.store.announce(a.who.person) // another session's announcement may have counted this one
		return nil, err
	}
	a.store.announce(a.who.person)
	return w.changes, nil
}

// Type tells the other members that the person is writing, or has stopped, unless they hide it.
func (a *Access) Type(ctx context.Context, thread int64, on bool) error {
	return a.read(ctx, "tell of writing", func(t *tx, me self) error {
		if err := t.inRoom(ctx, me, thread); err != nil {
			return err
		}
		who, settings, err := t.profile(ctx, me.id)
		if err != nil || settings.HideTyping {
			return err
		}
		others, err := t.ids(ctx, `SELECT person FROM member WHERE thread = ? AND person <> ? AND left_at IS NULL`, thread, me.id)
		t.tell(notice{to: others, change: Change{Kind: Typing, Thread: thread, Who: who, On: on}})
		return err
	})
}

// add registers a watcher; false if the store is closed.
func (h *hub) add(ctx context.Context, w *watcher) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	person := w.access.who.person
	if h.watchers[person] == nil {
		h.watchers[person] = map[*watcher]struct{}{}
	}
	h.watchers[person][w] = struct{}{}
	if h.readOnly {
		w.changes <- Change{Kind: StorageChanged} // there is room: nothing was told before
	}
	h.left.Add(1)
	w.stop = context.AfterFunc(ctx, func() {
		defer h.left.Done()
		h.remove(w)
		w.access.store.announce(person)
	})
	return true
}

// remove ends a watch. It may be called twice.
func (h *hub) remove(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.end(w)
}

// end takes a watcher out and closes its channel. The caller holds mu.
func (h *hub) end(w *watcher) {
	person := w.access.who.person
	if _, ok := h.watchers[person][w]; !ok {
		return
	}
	delete(h.watchers[person], w)
	if len(h.watchers[person]) == 0 {
		delete(h.watchers, person)
	}
	close(w.changes)
	if w.stop() {
		h.left.Done()
	}
}

// close ends all watches and waits for what ended ones still do.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	for _, watchers := range h.watchers {
		for w := range watchers {
			h.end(w)
		}
	}
	h.mu.Unlock()
	h.left.Wait()
}

// publish hands out changes in their order. Who is signed out by one is told nothing after it.
func (h *hub) publish(notices []notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range notices {
		for _, person := range n.to {
			for w := range h.watchers[person] {
				if n.change.Kind != SignedOut {
					h.give(w, n)
				} else if n.credential == 0 || n.credential == w.access.who.credential {
					h.give(w, n)
					h.end(w)
				}
			}
		}
	}
}

// storage tells everybody whether all can be written, if that is news.
func (h *hub) storage(on bool) (news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readOnly == !on {
		return false
	}
	h.readOnly = !on
	for _, watchers := range h.watchers {
		for w := range watchers {
			h.give(w, notice{change: Change{Kind: StorageChanged, On: on}})
		}
	}
	return true
}

// give puts a change into a watcher's channel, in which the hub alone writes, and only under mu.
func (h *hub) give(w *watcher, n notice) {
	if n.except != nil && n.except == w.access {
		return
	}
	select {
	case w.changes <- n.change:
		return
	default:
	}
	storage := n.change.Kind == StorageChanged
	for len(w.changes) > 0 {
		select {
		case missed := <-w.changes:
			storage = storage || missed.Kind == StorageChanged
		default: // the watcher took it
		}
	}
	if n.change.Kind == SignedOut {
		w.changes <- n.change
		return
	}
	w.changes <- Change{Kind: Reload}
	if storage { // which nobody can read anew
		w.changes <- Change{Kind: StorageChanged, On: !h.readOnly}
	}
}

// watched says whether a person has a watch.
func (h *hub) watched(person int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watchers[person]) > 0
}

// presence tells an audience whether a person is here, if that is news. The caller holds announcing.
func (h *hub) presence(person int64, who Person, hidden bool, audience []int64) {
	here := !hidden && h.watched(person)
	if h.here[person] == here {
		return
	}
	if here {
		h.here[person] = true
	} else {
		delete(h.here, person)
	}
	h.publish([]notice{{to: audience, change: Change{Kind: PresenceChanged, Who: who, On: here}}})
}
