package tui

import (
	"errors"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// home is the first page: the person's threads, what is new in them, who is here. A coach's is sorted by who needs them
// (triage.go). The chosen thread is previewed, which never marks anything as read.
//
// It stays right by reading anew only the thread that a change names; all are read when the page is uncovered and when
// changes were missed. home_view.go draws it.
type home struct {
	plain
	s       *session
	threads []store.Thread // in the order they are shown
	rows    []homeRow
	people  []store.Acquaintance
	list    list
	moved   bool // by the person; until then the first row is chosen, whatever comes in

	loaded  bool
	covered bool
	problem error
	loading bool           // all threads are being read
	again   bool           // something changed meanwhile
	reading map[int64]bool // threads being read one by one; true when they changed meanwhile

	preview      store.Page // of the thread previewed
	previewLines []string
	previewed    int64
	previewing   bool

	nightfall *time.Location // by whose midnight the tick that is under way goes

	width, height int
}

// homeRow is a heading, or a thread.
type homeRow struct {
	heading string
	thread  store.Thread
}

type (
	homeMsg struct {
		threads []store.Thread
		people  []store.Acquaintance
		err     error
	}
	homeThreadMsg struct {
		number int64
		thread store.Thread
		err    error
	}
	homePeopleMsg struct {
		people []store.Acquaintance
		err    error
	}
	previewMsg struct {
		thread int64
		page   store.Page
		err    error
	}
)

func newHome(s *session) *home { return &home{s: s, reading: map[int64]bool{}} }

func (h *home) Init() tea.Cmd { return h.load() }

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

const previewEntries = 4

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

// dayOverMsg says that a day has ended in a zone. "Today" and who has been quiet are others then, though nothing happened.
type dayOverMsg struct{ zone *time.Location }

// tomorrow is the one tick a day that Home needs. It goes by the person's zone, which is known after the first reading.
func (h *home) tomorrow() tea.Cmd {
	h.nightfall = h.s.zone
	now := h.s.now().In(h.s.zone)
	y, m, d := now.Date()
	midnight := time.Date(y, m, d+1, 0, 0, 1, 0, h.s.zone)
	return h.s.after(midnight.Sub(now), dayOverMsg{h.s.zone})
}

func (h *home) Update(msg tea.Msg) (Page, tea.Cmd) {
	switch msg := msg.(type) {
	case dayOverMsg:
		if msg.zone != h.nightfall { // the person has chosen another zone since
			return h, nil
		}
		h.arrange()
		h.renderPreview()
		return h, h.tomorrow()
	case tea.WindowSizeMsg:
		h.width, h.height = msg.Width, msg.Height
		h.arrange()
		h.renderPreview()
	case tea.KeyPressMsg:
		return h, h.key(msg)
	case tea.MouseMsg:
		h.moved = true
		if h.list.mouse(msg, msg.Mouse().Y) {
			return h, h.openChosen()
		}
	case restyledMsg:
		h.arrange()
		h.renderPreview()
		if h.nightfall == nil || h.nightfall.String() != h.s.zone.String() {
			return h, h.tomorrow()
		}
	case coveredMsg:
		h.covered = msg.covered
		if !h.covered {
			h.previewed = 0
			return h, h.load()
		}
	case store.Change:
		return h, h.changed(msg)
	case homeMsg:
		return h, h.take(msg)
	case homeThreadMsg:
		return h, h.takeThread(msg)
	case markedMsg: // by a thread page over this one; the window's title tells the count
		return h, h.loadThread(msg.p.number)
	case homePeopleMsg:
		if msg.err != nil {
			return h, h.s.failed(msg.err)
		}
		h.people = msg.people
	case previewMsg:
		return h, h.takePreview(msg)
	}
	return h, h.loadPreview()
}

func (h *home) key(msg tea.KeyPressMsg) tea.Cmd {
	k := h.s.keys
	switch {
	case h.list.key(k, msg):
		h.moved = true
		return h.loadPreview()
	case h.list.digit(digit(msg)), k.Open.Has(msg):
		h.moved = true
		return h.openChosen()
	case k.New.Has(msg):
		return goTo(toNew)
	case k.Unread.Has(msg):
		return nextUnread(0)
	case k.Settings.Has(msg):
		return goTo(toSettings)
	case k.People.Has(msg) && h.s.me.Role == store.RoleCoach:
		return goTo(toPeople)
	case h.problem != nil && k.Again.Has(msg):
		return h.load()
	}
	return nil
}

func (h *home) changed(c store.Change) tea.Cmd {
	switch c.Kind {
	case store.Reload:
		h.previewed = 0
		return h.load()
	case store.PeopleChanged:
		return h.load()
	case store.PresenceChanged:
		for i := range h.people {
			if h.people[i].Handle == c.Who.Handle {
				h.people[i].Here = c.On
				return nil
			}
		}
		return h.loadPeople()
	case store.EntryWritten, store.EntryChanged:
		if c.Thread == h.previewed {
			h.previewed = 0
		}
		return h.loadThread(c.Thread)
	case store.ThreadChanged, store.ReadMarkMoved, store.DraftChanged:
		return h.loadThread(c.Thread)
	}
	return nil
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

// arrange sorts the threads into rows; the choice stays on its thread once the person has made one. Before, the order
// itself may still change: who the person is comes in beside their threads.
func (h *home) arrange() {
	h.threads = homeOrder(h.threads, h.s.me.Role, h.s.now())
	h.rows = h.rows[:0]
	last := waiting
	for i, t := range h.threads {
		if h.s.me.Role == store.RoleCoach {
			if part := triage(t, h.s.now()); i == 0 || part != last {
				h.rows = append(h.rows, homeRow{heading: h.heading(part)})
				last = part
			}
		}
		h.rows = append(h.rows, homeRow{thread: t})
	}
	ids := make([]string, len(h.rows))
	for i, r := range h.rows {
		if r.heading == "" {
			ids[i] = strconv.FormatInt(r.thread.Number, 10)
		}
	}
	h.list.tall = 1
	if h.width < 60 {
		h.list.tall = 2
	}
	if !h.moved {
		h.list.ids, h.list.chosen = nil, 0
	}
	h.list.set(ids)
	h.list.height = h.layout().listHeight
}

func (h *home) chosenThread() int64 {
	n, _ := strconv.ParseInt(h.list.id(), 10, 64) // "" is 0
	return n
}

func (h *home) openChosen() tea.Cmd {
	if thread := h.chosenThread(); thread != 0 {
		return openThread(thread, 0)
	}
	return nil
}

// unread is how many entries are unread in all.
func (h *home) unread() (n int) {
	for _, t := range h.threads {
		n += t.Unread
	}
	return n
}

// Hints are Home's keys.
func (h *home) Hints() []Hint {
	k := h.s.keys
	if h.problem != nil {
		return []Hint{k.Again.Hint(), k.Quit.Hint()}
	}
	var hints []Hint
	switch {
	case h.list.id() == "":
	case h.width < 60: // where one of them has room
		hints = append(hints, k.Open.Hint(), k.Up.Hint())
	default:
		hints = append(hints, k.Up.Hint(), k.Open.Hint())
	}
	hints = append(hints, k.New.Hint())
	if h.s.me.Role == store.RoleCoach {
		hints = append(hints, k.People.Hint())
	}
	hints = append(hints, k.Search.Hint(), k.Quit.Hint())
	if h.unread() > 0 {
		hints = append(hints, k.Unread.Hint())
	}
	hints = append(hints, k.Settings.Hint())
	if h.list.id() != "" {
		hints = append(hints, Hint{Key: "1-9", Does: k.Open.does})
	}
	return hints
}
