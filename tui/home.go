package tui

import (
	"strconv"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// home is the first page: the person's threads, what is new in them, who is here. A coach's is sorted by who needs them
// (triage.go). The chosen thread is previewed, which never marks anything as read.
//
// Of its threads it holds a stretch around the choice: what the screen shows, and a margin. It stays right by reading anew
// only the thread that a change names, if that leaves it among these; else, and when the page is uncovered or changes were
// missed, it reads the stretch. home_view.go draws it.
//
// While it is covered it reads nothing of a thread, and only now and then what the window's title tells.
type home struct {
	plain
	s       *session
	threads []store.Thread // a stretch, in the order they are shown
	rows    []homeRow
	news    store.News     // of all threads
	here    []store.Person // who is here
	list    list
	moved   bool // by the person; until then the first row is chosen, whatever comes in

	loaded  bool
	covered bool
	problem error
	loading bool           // the stretch is being read
	again   bool           // something changed meanwhile
	summing bool           // the news are being read
	resum   bool           // something changed meanwhile
	waiting bool           // until the news are to be read
	jump    homeEnd        // where the next stretch is to be read
	reading map[int64]bool // threads being read one by one; true when they changed meanwhile

	preview      store.Page // of the thread previewed
	previewLines []string
	previewed    int64
	previewing   bool

	width, height int
}

// homeRow is a heading, or a thread.
type homeRow struct {
	heading string
	thread  store.Thread
}

type (
	homeMsg struct {
		page store.HomePage
		span store.HomeSpan
		jump homeEnd
		err  error
	}
	homeThreadMsg struct {
		number int64
		thread store.Thread
		err    error
	}
	homeNewsMsg struct {
		news store.News
		err  error
	}
	homeNewsDueMsg struct{}
	homeHereMsg    struct {
		here []store.Person
		err  error
	}
	previewMsg struct {
		thread int64
		page   store.Page
		err    error
	}
)

func newHome(s *session) *home { return &home{s: s, reading: map[int64]bool{}} }

func (h *home) Init() tea.Cmd { return h.load() }

const previewEntries = 4

func (h *home) Update(msg tea.Msg) (Page, tea.Cmd) {
	switch msg := msg.(type) {
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
		return h, h.follow()
	case dayOverMsg:
		h.renderPreview()
		if h.s.me.Role == store.RoleCoach { // others have been quiet long enough, though nothing happened
			return h, h.load()
		}
	case restyledMsg:
		h.arrange()
		h.renderPreview()
	case coveredMsg:
		h.covered = msg.covered
		h.preview, h.previewLines, h.previewed = store.Page{}, nil, 0 // a page below others holds no texts
		if !h.covered {
			return h, h.load()
		}
	case store.Change:
		if h.covered {
			return h, h.changedBelow(msg)
		}
		return h, h.changed(msg)
	case homeMsg:
		return h, h.take(msg)
	case homeThreadMsg:
		return h, h.takeThread(msg)
	case markedMsg: // by a thread page over this one, or one that is gone
		if h.covered {
			return h, h.sumUpSoon()
		}
		return h, h.loadThread(msg.p.number)
	case homeNewsDueMsg:
		h.waiting = false
		return h, h.sumUp()
	case homeNewsMsg:
		return h, h.takeNews(msg)
	case homeHereMsg:
		h.takeHere(msg)
		return h, h.s.failed(msg.err)
	case previewMsg:
		return h, h.takePreview(msg)
	}
	return h, h.loadPreview()
}

func (h *home) key(msg tea.KeyPressMsg) tea.Cmd {
	k := h.s.keys
	switch {
	case k.Top.Has(msg) && h.list.earlier > 0:
		h.moved, h.jump = true, homeTop
		return h.load()
	case k.Bottom.Has(msg) && h.list.later > 0:
		h.moved, h.jump = true, homeBottom
		return h.load()
	case h.list.key(k, msg):
		h.moved = true
		return h.follow()
	case h.list.digit(digit(msg)), k.Open.Has(msg):
		h.moved = true
		return h.openChosen()
	case k.New.Has(msg):
		return h.s.visit(goMsg{toNew})
	case k.Unread.Has(msg):
		return nextUnread(0)
	case k.Settings.Has(msg):
		return h.s.visit(goMsg{toSettings})
	case k.People.Has(msg) && h.s.me.Role == store.RoleCoach:
		return h.s.visit(goMsg{toPeople})
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
		h.comes(c.Who, c.On)
		return nil
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

// changedBelow is changed for a page that is covered.
func (h *home) changedBelow(c store.Change) tea.Cmd {
	switch c.Kind {
	case store.Reload, store.EntryWritten, store.EntryChanged, store.ThreadChanged, store.ReadMarkMoved:
		return h.sumUpSoon()
	}
	return nil
}

// arrange makes rows of the threads; the choice stays on its thread once the person has made one. Before, the order itself
// may still change.
func (h *home) arrange() {
	h.rows = h.rows[:0]
	last := store.Waiting
	for i, t := range h.threads {
		if h.s.me.Role == store.RoleCoach && (i == 0 && h.list.earlier == 0 || i > 0 && t.Part != last) {
			h.rows = append(h.rows, homeRow{heading: h.heading(t.Part)})
		}
		last = t.Part
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
		return h.s.visit(openThreadMsg{thread: thread})
	}
	return nil
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
	if h.news.Unread > 0 {
		hints = append(hints, k.Unread.Hint())
	}
	hints = append(hints, k.Settings.Hint())
	if h.list.id() != "" {
		hints = append(hints, Hint{Key: "1-9", Does: k.Open.does})
	}
	return hints
}
