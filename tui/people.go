package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// people lists whom a coach sees: who is here, who has not joined yet, how many threads are shared. From here a coach
// invites clients (invite.go) and starts threads.
type people struct {
	plain
	s      *session
	all    []store.Acquaintance
	list   list
	loaded bool
	form   *inviteForm // kept when the person goes back to the list, so that nothing typed is lost
	asking bool        // whether the old code may be replaced
	making bool        // an invitation is being made
}

type (
	peopleMsg struct {
		people []store.Acquaintance
		err    error
	}
	writeWithMsg struct{ handle string } // asks the root for the form for a new thread with that person
)

func newPeople(s *session) *people { return &people{s: s} }

// Init reads the people.
func (p *people) Init() tea.Cmd {
	s := p.s
	return func() tea.Msg {
		all, err := s.journal.People(s.ctx)
		return peopleMsg{all, err}
	}
}

// Update takes in keys, the people, changes among them, and invitations that were made.
func (p *people) Update(msg tea.Msg) (Page, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		p.list.height, p.list.tall = max(msg.Height-2, 1), 1
		if msg.Width < 60 {
			p.list.tall = 2
		}
	case tea.KeyPressMsg:
		return p, p.key(msg)
	case tea.MouseMsg:
		if p.list.mouse(msg, msg.Mouse().Y) {
			return p, p.write()
		}
	case coveredMsg:
		if !msg.covered {
			return p, p.Init()
		}
	case store.Change:
		switch msg.Kind {
		case store.Reload, store.PeopleChanged, store.PresenceChanged, store.ThreadChanged:
			return p, p.Init()
		}
	case peopleMsg:
		if msg.err != nil {
			return p, p.s.failed(msg.err)
		}
		p.take(msg.people)
	case invitedMsg:
		if msg.asker == p {
			p.making = false
			if msg.err != nil {
				return p, p.s.failed(msg.err)
			}
			return p, open(newCard(p.s, msg.inv))
		}
	}
	return p, nil
}

func (p *people) key(msg tea.KeyPressMsg) tea.Cmd {
	k := p.s.keys
	if p.asking {
		p.asking = false
		if k.Yes.Has(msg) {
			return p.inviteAnew()
		}
		return nil
	}
	switch {
	case p.list.key(k, msg):
	case p.list.digit(digit(msg)):
	case k.Back.Has(msg):
		return back
	case k.Invite.Has(msg):
		if p.form == nil || p.form.done {
			p.form = newInviteForm(p.s)
		}
		p.form.taken = []string{p.s.me.Handle}
		for _, a := range p.all {
			p.form.taken = append(p.form.taken, a.Handle)
		}
		return p.s.visit(openMsg{p.form})
	case k.Anew.Has(msg):
		if chosen, ok := p.chosen(); ok && invitable(chosen) {
			p.asking = true
		}
	case k.Open.Has(msg):
		return p.write()
	}
	return nil
}

// invitable says that a new invitation makes sense: a client who has not joined.
func invitable(a store.Acquaintance) bool {
	return a.Role == store.RoleClient && !a.Joined && !a.Disabled
}

func (p *people) write() tea.Cmd {
	chosen, ok := p.chosen()
	switch {
	case !ok:
		return nil
	case !chosen.MayWrite:
		return fail(fmt.Sprintf(p.s.words.Chrome.People.MayNotWrite, fullName(chosen.Person)))
	}
	return func() tea.Msg { return writeWithMsg{chosen.Handle} }
}

func (p *people) inviteAnew() tea.Cmd {
	chosen, ok := p.chosen()
	if !ok || p.making {
		return nil
	}
	p.making = true
	return invite(p.s, p, chosen.Handle, chosen.Name)
}

func (p *people) chosen() (store.Acquaintance, bool) {
	i := slices.IndexFunc(p.all, func(a store.Acquaintance) bool { return a.Handle == p.list.id() })
	if i < 0 {
		return store.Acquaintance{}, false
	}
	return p.all[i], true
}

// take sorts clients before coaches, by name.
func (p *people) take(all []store.Acquaintance) {
	p.loaded, p.all = true, slices.Clone(all)
	slices.SortStableFunc(p.all, func(a, b store.Acquaintance) int {
		if a.Role != b.Role {
			return cmp.Compare(a.Role, b.Role) // "client" < "coach"
		}
		return strings.Compare(strings.ToLower(fullName(a.Person)), strings.ToLower(fullName(b.Person)))
	})
	ids := make([]string, len(p.all))
	for i, a := range p.all {
		ids[i] = a.Handle
	}
	p.list.set(ids)
}

// View draws the list, or what to do when there is nobody.
func (p *people) View(width, height int) Body {
	w, st := p.s.words.Chrome.People, p.s.styles
	switch {
	case !p.loaded:
		return Body{Lines: []string{" " + st.Muted.Render(p.s.words.Chrome.Home.Reading)}}
	case len(p.all) == 0:
		return Body{Lines: paragraph(w.Empty, width)}
	}
	if !p.asking {
		return p.list.view(st, width, p.drawRow)
	}
	ask, shown := paragraph(w.AskAnew, width), p.list
	shown.height = height - len(ask) - 1
	var b Body
	if shown.height >= shown.tall { // else the question is all there is room for
		b = shown.view(st, width, p.drawRow)
		b.Lines = append(b.Lines, "")
	}
	b.Cursor = tea.NewCursor(1, len(b.Lines))
	for _, line := range ask {
		b.Lines = append(b.Lines, st.Warning.Render(line))
	}
	return b
}

func (p *people) drawRow(i, width int, chosen bool) []string {
	a, w, st := p.all[i], p.s.words.Chrome.People, p.s.styles
	name, state, stateStyle := st.Text, w.Joined, st.Muted
	if chosen {
		name = st.Selection
	}
	switch {
	case a.Disabled:
		state, stateStyle = w.Disabled, st.Warning
	case a.Here:
		state, stateStyle = w.Here, st.Good
	case !a.Joined:
		state, stateStyle = w.NotJoined, st.Draft
	}
	if p.list.tall == 2 {
		return []string{
			name.Render(clip(fullName(a.Person), width)),
			stateStyle.Render(state) + st.Muted.Render(clip(", "+p.about(a), width-len([]rune(state)))),
		}
	}
	const stateWidth = 16
	nameWidth := (width - stateWidth) / 2
	about := clip(p.about(a), width-nameWidth-stateWidth-4)
	return []string{name.Render(fit(fullName(a.Person), nameWidth)) + "  " + stateStyle.Render(fit(state, stateWidth)) + "  " + st.Muted.Render(about)}
}

// about is the rest of what there is to say of a person, in one line.
func (p *people) about(a store.Acquaintance) string {
	w := p.s.words
	about := a.Handle + ", " + w.role(a.Role)
	if a.Threads > 0 {
		about += ", " + w.Chrome.People.Threads.N(a.Threads)
	}
	return about
}

// Header names the page.
func (p *people) Header() Header { return Header{Title: p.s.words.Chrome.People.Heading} }

// Hints are the page's keys.
func (p *people) Hints() []Hint {
	k := p.s.keys
	if p.asking {
		return []Hint{k.Yes.Hint(), k.Back.doing(p.s.words.Chrome.Keys.No).Hint()}
	}
	hints := []Hint{k.Invite.Hint()}
	if chosen, ok := p.chosen(); ok {
		hints = append(hints, k.Up.Hint(), k.Open.doing(p.s.words.Chrome.Keys.Write).Hint())
		if invitable(chosen) {
			hints = append(hints, k.Anew.Hint())
		}
	}
	return append(hints, k.Back.Hint())
}
