package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
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
	width   int
	height  int
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
	cmd := f.take(msg)
	f.layout()
	return f, cmd
}

func (f *newThread) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		f.width, f.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return f.key(msg)
	case tea.PasteMsg:
		f.field().insert(msg.Content)
		f.arrange()
	case tea.MouseMsg:
		if f.list.height > 0 && f.list.mouse(msg, msg.Mouse().Y-f.head()) {
			f.inTitle = false
			f.toggle()
		}
	case store.Change:
		if msg.Kind == store.PeopleChanged || msg.Kind == store.Reload {
			return f.Init()
		}
	case newThreadPeopleMsg:
		if msg.err != nil {
			return f.s.failed(msg.err)
		}
		f.people = slices.DeleteFunc(msg.people, func(p store.Acquaintance) bool { return !p.MayWrite })
		f.picked = slices.DeleteFunc(f.picked, func(h string) bool { _, known := f.person(h); return !known })
		f.arrange()
	case openedThreadMsg:
		if msg.form == f {
			return f.opened(msg)
		}
	}
	return nil
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

// low says that there is room for one part of the form only: the title, or the people while they have the keys.
func (f *newThread) low() bool { return f.height < formLines+3 }

// head is how many lines stand above the people.
func (f *newThread) head() int {
	if f.low() {
		return 1
	}
	return formHead
}

// layout gives the people their room. Where it is low, who will be able to read the thread is still said if two people
// can be seen beside it.
func (f *newThread) layout() {
	f.list.idle = f.inTitle
	f.list.height = max(f.height-formLines, 1)
	if !f.low() {
		return
	}
	f.list.height = f.height - f.head() - len(paragraph(f.readers(), f.width))
	switch {
	case f.inTitle:
		f.list.height = 0
	case f.list.height < 2:
		f.list.height = max(f.height-f.head(), 1)
	}
}

// View draws the form.
func (f *newThread) View(width, height int) Body {
	st := f.s.styles
	field, caret := f.title.view(st, width-3)
	body := Body{Lines: []string{" " + st.Heading.Render(f.s.words.Chrome.New.Title), "  " + field}, Cursor: tea.NewCursor(2+caret, 1)}
	switch {
	case !f.low():
		body.Lines = append(body.Lines, "")
		f.addPeople(&body, width)
		body.Lines = append(body.Lines, "")
	case !f.inTitle:
		body.Lines = nil
		f.addPeople(&body, width)
	}
	readers := paragraph(f.readers(), width)
	if f.low() && f.inTitle && len(body.Lines)+len(readers) > height { // the header says what is typed here
		body.Lines, body.Cursor.Y = body.Lines[1:], 0
	}
	if f.low() && len(body.Lines)+len(readers) > height {
		return body // half a sentence would say the wrong thing
	}
	for _, line := range readers {
		body.Lines = append(body.Lines, st.Accent.Render(line))
	}
	return body
}

// addPeople draws whom one may write with.
func (f *newThread) addPeople(body *Body, width int) {
	w, st := f.s.words.Chrome.New, f.s.styles
	ask := w.With
	switch {
	case len(f.people) == 0:
		ask = w.Nobody
	case f.filters():
		ask += "  " + w.Filter + " " + f.filter.text + "_"
	}
	body.Lines = append(body.Lines, " "+st.Heading.Render(clip(ask, width-2)))
	b := f.list.view(st, width, f.drawPerson)
	if b.Cursor != nil {
		body.Cursor = b.Cursor
		body.Cursor.Y += f.head()
	}
	body.Lines = append(body.Lines, b.Lines...)
}

func (f *newThread) drawPerson(i, width int, chosen bool) []string {
	p := f.shown[i]
	box, style := "[ ] ", f.s.styles.Text
	if slices.Contains(f.picked, p.Handle) {
		box = "[x] "
	}
	if chosen {
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
	last := len(names) - 1
	others := ""
	for _, name := range names[:last] {
		others += ", " + name
	}
	text := fmt.Sprintf(w.Readers, others, names[last])
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
