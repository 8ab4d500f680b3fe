package tui

// What Home reads, and what becomes of it. The messages stand in home.go.

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// homeEnd is an end of Home.
type homeEnd uint8

const (
	homeHere homeEnd = iota // around the choice
	homeTop
	homeBottom
)

// load reads a stretch, and once more if something changes while that is under way; and who is here.
func (h *home) load() tea.Cmd {
	if h.loading {
		h.again = true
		return nil
	}
	h.loading = true
	s, span, jump := h.s, h.span(), h.jump
	h.jump = homeHere
	return tea.Batch(func() tea.Msg {
		page, err := s.journal.Home(s.ctx, span)
		return homeMsg{page, span, jump, err}
	}, func() tea.Msg {
		here, err := s.journal.Here(s.ctx)
		return homeHereMsg{here, err}
	})
}

// span is the stretch to read: what the screen shows and half as much on either side of it, around the choice or, should
// that be gone, its neighbours.
func (h *home) span() store.HomeSpan {
	span := store.HomeSpan{Limit: min(max(2*h.height, 40), 200), End: h.jump == homeBottom}
	if !h.moved || h.jump != homeHere {
		return span
	}
	chosen := h.chosenIndex()
	for _, i := range []int{chosen, chosen + 1, chosen - 1} {
		if i >= 0 && i < len(h.threads) {
			span.Around = append(span.Around, h.threads[i].Number)
		}
	}
	return span
}

func (h *home) chosenIndex() int {
	chosen := h.chosenThread()
	return slices.IndexFunc(h.threads, func(t store.Thread) bool { return t.Number == chosen })
}

// follow reads on when the choice comes near an end of the stretch behind which there is more.
func (h *home) follow() tea.Cmd {
	near, at := min(h.height, 80)/2, h.chosenIndex()
	if !h.loading && (h.list.earlier > 0 && at < near || h.list.later > 0 && at >= len(h.threads)-near) {
		return tea.Batch(h.load(), h.loadPreview())
	}
	return h.loadPreview()
}

// newsAfter is how long a covered Home waits for more before it reads the news: an entry that comes into an open thread is
// mostly marked as read in that time.
const newsAfter = time.Second

// sumUpSoon finds the news in a while, with what happens until then.
func (h *home) sumUpSoon() tea.Cmd {
	if h.waiting {
		return nil
	}
	h.waiting = true
	return h.s.after(newsAfter, homeNewsDueMsg{})
}

// holdsAll says whether all of the person's threads are held, as they are now.
func (h *home) holdsAll() bool { return !h.covered && h.list.earlier+h.list.later == 0 }

// sumUp finds the news: in the threads, if all are held.
func (h *home) sumUp() tea.Cmd {
	if h.holdsAll() {
		h.news = store.News{}
		for _, t := range h.threads {
			h.news.Unread += t.Unread
			if !t.DraftAt.IsZero() {
				h.news.Drafts++
			}
			if t.DraftAt.After(h.news.Draft.DraftAt) {
				h.news.Draft = t
			}
		}
		return nil
	}
	if h.summing {
		h.resum = true
		return nil
	}
	h.summing = true
	s := h.s
	return func() tea.Msg {
		news, err := s.journal.News(s.ctx)
		return homeNewsMsg{news, err}
	}
}

func (h *home) takeNews(msg homeNewsMsg) tea.Cmd {
	h.summing = false
	if msg.err != nil {
		return h.s.failed(msg.err)
	}
	h.news = msg.news
	h.list.height = h.layout().listHeight // drafts take lines
	if h.resum || h.holdsAll() {
		h.resum = false
		return h.sumUp()
	}
	return nil
}

func (h *home) takeHere(msg homeHereMsg) {
	if msg.err != nil {
		return
	}
	h.here = msg.here
	slices.SortFunc(h.here, func(a, b store.Person) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Handle, b.Handle))
	})
}

// comes notes that somebody came, or went.
func (h *home) comes(who store.Person, here bool) {
	others := slices.DeleteFunc(h.here, func(p store.Person) bool { return p.Handle == who.Handle })
	if here {
		others = append(others, who)
	}
	h.takeHere(homeHereMsg{here: others})
}

// loadThread reads one thread anew, and once more if it changes while that is under way.
func (h *home) loadThread(number int64) tea.Cmd {
	h.again = h.loading
	if _, busy := h.reading[number]; busy {
		h.reading[number] = true
		return nil
	}
	h.reading[number] = false
	s := h.s
	return func() tea.Msg {
		thread, err := s.journal.Thread(s.ctx, number)
		return homeThreadMsg{number, thread, err}
	}
}

// loadPreview reads the end of the chosen thread, if there is room to show it and it is not there yet. One such reading
// is under way at a time; its end asks for the next.
func (h *home) loadPreview() tea.Cmd {
	thread := h.chosenThread()
	if h.covered || h.previewing || thread == 0 || thread == h.previewed || h.layout().previewHeight == 0 {
		return nil
	}
	h.previewing = true
	s := h.s
	return func() tea.Msg {
		page, err := s.journal.Entries(s.ctx, thread, store.Span{Limit: previewEntries})
		return previewMsg{thread, page, err}
	}
}

func (h *home) take(msg homeMsg) tea.Cmd {
	again := h.again
	h.loading, h.again, h.problem = false, false, msg.err
	if msg.err != nil {
		return h.s.failed(msg.err)
	}
	chosen := h.chosenThread()
	h.loaded, h.threads = true, msg.page.Threads
	h.list.earlier, h.list.later = msg.page.Earlier, msg.page.Later
	h.arrange()
	switch {
	case msg.jump == homeTop:
		h.list.steps(len(h.list.ids), -1)
	case msg.jump == homeBottom:
		h.list.steps(len(h.list.ids), 1)
	case h.moved && h.chosenThread() != chosen: // it is gone: the next has its place
		for _, near := range slices.Backward(msg.span.Around) {
			h.list.choose(strconv.FormatInt(near, 10))
		}
	}
	summing := h.sumUp()
	h.list.height = h.layout().listHeight
	if again {
		return tea.Batch(summing, h.load())
	}
	return tea.Batch(summing, h.follow())
}

// takePreview shows a preview, or nothing if it could not be read: that is told, and not tried again until the thread
// changes.
func (h *home) takePreview(msg previewMsg) tea.Cmd {
	h.previewing = false
	if h.covered {
		return nil
	}
	h.preview, h.previewed = msg.page, msg.thread
	h.renderPreview()
	if errors.Is(msg.err, store.ErrNotFound) {
		return h.loadPreview()
	}
	return tea.Batch(h.s.failed(msg.err), h.loadPreview())
}

// takeThread puts a thread that was read anew in its place, or away if it is not for the person any more.
func (h *home) takeThread(msg homeThreadMsg) tea.Cmd {
	again := h.reading[msg.number]
	delete(h.reading, msg.number)
	if msg.err != nil && !errors.Is(msg.err, store.ErrNotFound) {
		return h.s.failed(msg.err)
	}
	if !h.put(msg.number, msg.thread) {
		return h.load()
	}
	summing := h.sumUp()
	h.arrange()
	h.list.height = h.layout().listHeight
	if again {
		return tea.Batch(summing, h.loadThread(msg.number))
	}
	return tea.Batch(summing, h.loadPreview())
}

// put puts a thread in its place in the stretch, or takes it away if it is none of the person's. It does nothing and says so
// where the stretch cannot tell what becomes of the others.
func (h *home) put(number int64, thread store.Thread) bool {
	threads := slices.DeleteFunc(slices.Clone(h.threads), func(t store.Thread) bool { return t.Number == number })
	at, _ := slices.BinarySearchFunc(threads, thread, onHome)
	if h.list.earlier+h.list.later > 0 {
		held := len(threads) < len(h.threads)
		before, behind := h.list.earlier > 0 && at == 0, h.list.later > 0 && at == len(threads)
		if !held || thread.Number == 0 || before || behind {
			return false
		}
	}
	if thread.Number != 0 {
		threads = slices.Insert(threads, at, thread)
	}
	h.threads = threads
	return true
}
