package tui

// What Home reads, and what becomes of it. The messages stand in home.go.

import (
	"errors"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// load reads everything, and once more if something changes while that is under way.
func (h *home) load() tea.Cmd {
	if h.loading {
		h.again = true
		return nil
	}
	h.loading = true
	s := h.s
	return func() tea.Msg {
		threads, err := s.journal.Threads(s.ctx)
		if err != nil {
			return homeMsg{err: err}
		}
		people, err := s.journal.People(s.ctx)
		return homeMsg{threads, people, err}
	}
}

func (h *home) loadPeople() tea.Cmd {
	s := h.s
	return func() tea.Msg {
		people, err := s.journal.People(s.ctx)
		return homePeopleMsg{people, err}
	}
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
	h.loaded, h.threads, h.people = true, msg.threads, msg.people
	h.arrange()
	if again {
		return h.load()
	}
	return h.loadPreview()
}

// takePreview shows a preview, or nothing if it could not be read: that is told, and not tried again until the thread
// changes.
func (h *home) takePreview(msg previewMsg) tea.Cmd {
	h.previewing, h.preview, h.previewed = false, msg.page, msg.thread
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
	threads := make([]store.Thread, 0, len(h.threads)+1)
	if msg.err == nil {
		threads = append(threads, msg.thread)
	}
	for _, t := range h.threads {
		if t.Number != msg.number {
			threads = append(threads, t)
		}
	}
	h.threads = threads
	h.arrange()
	if again {
		return h.loadThread(msg.number)
	}
	return h.loadPreview()
}
