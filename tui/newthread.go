package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
	"alcove/store/safetext"
)

// newThread is the form for a new thread: its title and who will be in it. It always says who will be able to read the
// thread. What is typed stays in it when a failure, or esc, comes between.
type newThread struct {
	plain
	s       *session
	title   input
	filter  input
	people  []store.Acquaintance // those one may write with
	shown   []store.Acquaintance // those of them that the filter leaves
	picked  []string             // handles, in the order they were picked
	list    list
	inTitle bool
	sending bool
	done    bool // the thread is open: the form is used up
}

type (
	newThreadPeopleMsg struct {
		people []store.Acquaintance
		err    error
	}
	openedThreadMsg struct {
		form   *newThread
		thread store.Thread
		err    error
	}
)

// filterFrom is how many people it takes before typing filters them.
const filterFrom = 10

func newNewThread(s *session) *newThread {
	return &newThread{s: s, inTitle: true, title: input{limit: store.MaxTitle}, filter: input{limit: store.MaxName}}
}

// with picks a person in advance.
func (f *newThread) with(handle string) {
	if !slices.Contains(f.picked, handle) {
		f.picked = append(f.picked, handle)
	}
}

// Init reads whom one may write with.
func (f *newThread) Init() tea.Cmd {
	s := f.s
	return func() tea.Msg {
		people, err := s.journal.People(s.ctx)
		return newThreadPeopleMsg{people, err}
	}
}

// Update takes in keys, the people, and how opening the thread went.
func (f *newThread) Update(msg tea.Msg) (Page, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		f.list.height = max(msg.Height-formLines, 1)
	case tea.KeyPressMsg:
		return f, f.key(msg)
	case tea.PasteMsg:
		f.field().insert(msg.Content)
		f.arrange()
	case tea.MouseMsg:
		if f.list.mouse(msg, msg.Mouse().Y-formHead) {
			f.inTitle = false
			f.toggle()
		}
	case store.Change:
		if msg.Kind == store.PeopleChanged || msg.Kind == store.Reload {
			return f, f.Init()
		}
	case newThreadPeopleMsg:
		if msg.err != nil {
			return f, f.s.failed(msg.err)
		}
		f.people = slices.DeleteFunc(msg.people, func(p store.Acquaintance) bool { return !p.MayWrite })
		f.picked = slices.DeleteFunc(f.picked, func(h string) bool { _, known := f.person(h); return !known })
		f.arrange()
	case openedThreadMsg:
		if msg.form == f {
			return f, f.opened(msg)
		}
	}
	return f, nil
}

func (f *newThread) key(msg tea.KeyPressMsg) tea.Cmd {
	k := f.s.keys
	switch {
	case msg.String() == "esc":
		if f.title.text != "" {
			return tea.Batch(back, say(f.s.words.Chrome.New.Kept))
		}
		return back
	case k.Send.Has(msg):
		return f.send()
	case k.Next.Has(msg), msg.String() == "shift+tab":
		f.inTitle = !f.inTitle || len(f.people) == 0
		return nil
	case msg.String() == "enter" && (!f.inTitle || len(f.people) == 0):
		return f.send()
	case msg.String() == "enter", f.inTitle && msg.String() == "down":
		f.inTitle = len(f.people) == 0
		return nil
	case f.inTitle:
		f.title.key(msg)
		return nil
	}
	f.keyPeople(msg)
	return nil
}

// keyPeople is a key in the list of people. In a long list letters filter, so vim's keys do not move there.
func (f *newThread) keyPeople(msg tea.KeyPressMsg) {
	switch {
	case f.list.digit(digit(msg)), msg.String() == "space":
		f.toggle()
	case f.filters() && (msg.Text != "" || f.filter.text != "") && f.filter.key(msg):
		f.arrange()
	case msg.String() == "up" && f.list.chosen == 0:
		f.inTitle = true
	default:
		f.list.key(f.s.keys, msg)
	}
}

func (f *newThread) filters() bool { return len(f.people) >= filterFrom }

func (f *newThread) field() *input {
	if f.inTitle || !f.filters() {
		return &f.title
	}
	return &f.filter
}

func (f *newThread) toggle() {
	handle := f.list.id()
	if i := slices.Index(f.picked, handle); i >= 0 {
		f.picked = slices.Delete(f.picked, i, i+1)
	} else if handle != "" {
		f.picked = append(f.picked, handle)
	}
}

func (f *newThread) arrange() {
	want := strings.ToLower(f.filter.text)
	f.shown = slices.DeleteFunc(slices.Clone(f.people), func(p store.Acquaintance) bool {
		return !strings.Contains(strings.ToLower(p.Name+" "+p.Handle), want)
	})
	ids := make([]string, len(f.shown))
	for i, p := range f.shown {
		ids[i] = p.Handle
	}
	f.list.set(ids)
}

func (f *newThread) person(handle string) (store.Acquaintance, bool) {
	i := slices.IndexFunc(f.people, func(p store.Acquaintance) bool { return p.Handle == handle })
	if i < 0 {
		return store.Acquaintance{}, false
	}
	return f.people[i], true
}

func (f *newThread) send() tea.Cmd {
	if f.sending {
		return nil
	}
	if strings.TrimSpace(f.title.text) == "" {
		f.inTitle = true
		return fail(f.s.words.Chrome.New.NeedsTitle)
	}
	f.sending = true
	s, title, with := f.s, f.title.text, slices.Clone(f.picked)
	return func() tea.Msg {
		thread, err := s.journal.NewThread(s.ctx, title, with, "")
		return openedThreadMsg{f, thread, err}
	}
}

func (f *newThread) opened(msg openedThreadMsg) tea.Cmd {
	f.sending = false
	if msg.err != nil {
		return f.s.failed(msg.err)
	}
	f.done = true
	return tea.Sequence(back, openThread(msg.thread.Number, 0))
}

// The form's lines above the list of people, and all that are not the list.
const (
	formHead  = 4
	formLines = formHead + 5
)

// View draws the form.
func (f *newThread) View(width, height int) Body {
	w, st := f.s.words.Chrome.New, f.s.styles
	field, caret := f.title.view(st, width-3)
	lines := []string{" " + st.Heading.Render(w.Title), "  " + field, ""}
	ask := w.With
	switch {
	case len(f.people) == 0:
		ask = w.Nobody
	case f.filters():
		ask += "  " + w.Filter + " " + f.filter.text + "_"
	}
	lines = append(lines, " "+st.Heading.Render(clip(ask, width-2)))
	b := f.list.view(st, width, f.drawPerson)
	cursor := tea.NewCursor(2+caret, 1)
	if !f.inTitle && b.Cursor != nil {
		cursor = b.Cursor
		cursor.Y += formHead
	}
	lines = append(append(lines, b.Lines...), "")
	for _, line := range paragraph(f.readers(), width) {
		lines = append(lines, st.Accent.Render(line))
	}
	return Body{Lines: lines, Cursor: cursor}
}

func (f *newThread) drawPerson(i, width int, chosen bool) []string {
	p := f.shown[i]
	box, style := "[ ] ", f.s.styles.Text
	if slices.Contains(f.picked, p.Handle) {
		box = "[x] "
	}
	if chosen && !f.inTitle {
		style = f.s.styles.Selection
	}
	return []string{box + style.Render(clip(fullName(p.Person)+", "+f.s.words.role(p.Role), width-4))}
}

// readers says who will be able to read the thread, and what a coach should know who brings clients together.
func (f *newThread) readers() string {
	w := f.s.words.Chrome.New
	names, clients := []string{}, 0
	for _, handle := range f.picked {
		p, _ := f.person(handle)
		names = append(names, fullName(p.Person))
		if p.Role == store.RoleClient {
			clients++
		}
	}
	if len(names) == 0 {
		return w.OnlyYou
	}
	text := fmt.Sprintf(w.Readers, safetext.Line(strings.Join(names, ", ")))
	if clients > 1 {
		text += " " + w.SeeEachOther
	}
	return text
}

// Header names the form.
func (f *newThread) Header() Header { return Header{Title: f.s.words.Chrome.New.Heading} }

// Hints are the form's keys.
func (f *newThread) Hints() []Hint {
	k := f.s.keys
	hints := []Hint{k.Send.doing(f.s.words.Chrome.Keys.Create).Hint(), k.Next.Hint()}
	if !f.inTitle {
		hints = append(hints, k.Toggle.Hint(), k.Up.Hint())
	}
	return append(hints, k.Back.Hint())
}

// Typing is in the title, and in a list that typing filters.
func (f *newThread) Typing() bool { return f.inTitle || f.filters() }
