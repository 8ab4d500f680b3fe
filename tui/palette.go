package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
	"github.com/sahilm/fuzzy"

	"alcove/store"
)

// palette finds every command, and every thread by its title, by a few letters of it. It says each command's key, so
// that it teaches itself away.
type palette struct {
	plain
	s     *session
	input input
	all   []command
	found []command
	list  list
	head  int // lines above the list
}

// command is something that can be done: its words, its key if it has one, and the message that does it.
type command struct {
	does, key string
	do        tea.Msg
}

type paletteMsg struct {
	threads []store.Thread
	err     error
}

// newPalette offers the keys of the page that it is opened from, then what can be done everywhere.
func newPalette(s *session, hints []Hint) *palette {
	p := &palette{s: s, input: input{limit: 80}}
	for _, h := range hints {
		if h.press != (tea.KeyPressMsg{}) {
			p.all = append(p.all, command{h.Does, h.Key, h.press})
		}
	}
	k, w := s.keys, s.words.Chrome
	for _, c := range []command{
		{w.Home.Title, "", goMsg{toHome}}, {k.New.does, "", goMsg{toNew}}, {k.Search.does, k.Search.show, goMsg{toSearch}},
		{k.Unread.does, "", goMsg{toUnread}}, {k.People.does, "", goMsg{toPeople}}, {k.Settings.does, "", goMsg{toSettings}},
		{k.Help.does, w.Help.Keys, goMsg{toHelp}}, {k.Repaint.does, k.Repaint.show, goMsg{toRepaint}}, {k.Leave.does, k.Leave.show, goMsg{toLeave}},
	} {
		coachOnly := c.do == goMsg{toPeople} && s.me.Role != store.RoleCoach
		known := slices.ContainsFunc(p.all, func(o command) bool { return o.does == c.does })
		if !coachOnly && !known {
			p.all = append(p.all, c)
		}
	}
	p.find()
	return p
}

// Init reads the threads.
func (p *palette) Init() tea.Cmd {
	s := p.s
	return func() tea.Msg {
		threads, err := s.journal.Threads(s.ctx)
		return paletteMsg{threads, err}
	}
}

// Update takes in keys and the threads.
func (p *palette) Update(msg tea.Msg) (Page, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		p.head = 2
		if msg.Height < 8 {
			p.head = 1
		}
		p.list.height = max(msg.Height-p.head, 1)
	case tea.KeyPressMsg:
		return p, p.key(msg)
	case tea.PasteMsg:
		p.input.insert(msg.Content)
		p.find()
	case tea.MouseMsg:
		if p.list.mouse(msg, msg.Mouse().Y-p.head) {
			return p, p.run()
		}
	case paletteMsg:
		for _, t := range msg.threads {
			p.all = append(p.all, command{p.s.title(t), "", openThreadMsg{thread: t.Number}})
		}
		p.find()
		return p, p.s.failed(msg.err)
	}
	return p, nil
}

// key types, moves or runs. Digits choose, as the numbers beside the rows say.
func (p *palette) key(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case msg.String() == "esc":
		return back
	case msg.String() == "enter", p.list.digit(digit(msg)):
		return p.run()
	case msg.Text == "" && p.list.key(p.s.keys, msg):
	case p.input.key(msg):
		p.find()
	}
	return nil
}

// find lists what the letters typed are in, the best first; with none, all.
func (p *palette) find() {
	p.found = p.all
	if p.input.text != "" {
		p.found = nil
		for _, m := range fuzzy.FindFrom(p.input.text, commands(p.all)) {
			p.found = append(p.found, p.all[m.Index])
		}
	}
	ids := make([]string, len(p.found))
	for i, c := range p.found {
		ids[i] = c.does + " " + c.key
	}
	p.list = list{height: p.list.height}
	p.list.set(ids)
}

// commands are found by their words.
type commands []command

// String is the words of one of them.
func (c commands) String(i int) string { return c[i].does }

// Len is how many there are.
func (c commands) Len() int { return len(c) }

// run leaves the palette and does what was chosen, on the page that was under it.
func (p *palette) run() tea.Cmd {
	if p.list.id() == "" {
		return nil
	}
	do := p.found[p.list.chosen].do
	return tea.Sequence(back, func() tea.Msg { return do })
}

// View draws the field and what was found.
func (p *palette) View(width, _ int) Body {
	st := p.s.styles
	field, caret := p.input.view(st, width-3)
	lines := []string{" " + st.Accent.Render(":") + field, ""}
	b := p.list.view(st, width, func(i, width int, chosen bool) []string {
		c, style := p.found[i], st.Text
		if chosen {
			style = st.Selection
		}
		keyWidth := cells(c.key)
		return []string{style.Render(fit(c.does, width-keyWidth-2)) + " " + st.Muted.Render(c.key)}
	})
	if len(p.found) == 0 {
		b.Lines = paragraph(p.s.words.Chrome.Help.NothingFound, width)
	}
	return Body{Lines: append(lines[:p.head], b.Lines...), Cursor: tea.NewCursor(2+caret, 0)}
}

// Header names the page.
func (p *palette) Header() Header { return Header{Title: p.s.words.Chrome.Help.Palette} }

// Hints are the page's keys.
func (p *palette) Hints() []Hint {
	k := p.s.keys
	return []Hint{k.Up.Hint(), k.Open.doing(p.s.words.Chrome.Keys.Pick).Hint(), k.Back.Hint()}
}

// Typing is all that one does here.
func (p *palette) Typing() bool { return true }
