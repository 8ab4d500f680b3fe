package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// present is who is there, and who is writing.
type present struct {
	here    map[string]bool
	writing []writer
}

type writer struct {
	who   store.Person
	until time.Time
}

// typingHolds is how long somebody is taken to be writing without further news.
const typingHolds = 8 * time.Second

type (
	peopleReadMsg struct {
		p      *threadPage
		people []store.Acquaintance
		err    error
	}
	typingOverMsg struct{ p *threadPage }
)

func (p *threadPage) readPeople() tea.Cmd {
	j, ctx := p.s.journal, p.s.ctx
	return func() tea.Msg {
		people, err := j.People(ctx)
		return peopleReadMsg{p, people, err}
	}
}

func (p *threadPage) peopleAre(msg peopleReadMsg) tea.Cmd {
	if msg.p != p {
		return nil
	}
	if msg.err != nil {
		return p.s.failed(msg.err)
	}
	p.people.here = map[string]bool{}
	for _, a := range msg.people {
		p.people.here[a.Handle] = a.Here
	}
	p.nameReaders()
	return nil
}

func (q *present) came(who store.Person, on bool) {
	if q.here == nil {
		q.here = map[string]bool{}
	}
	q.here[who.Handle] = on
	if !on {
		q.wrote(who)
	}
}

// wrote ends somebody's writing: the entry is there.
func (q *present) wrote(who store.Person) {
	kept := q.writing[:0]
	for _, w := range q.writing {
		if w.who.Handle != who.Handle {
			kept = append(kept, w)
		}
	}
	q.writing = kept
}

// isWriting takes in that somebody writes, or has stopped. One tick ends it if nothing more is heard.
func (p *threadPage) isWriting(who store.Person, on bool) tea.Cmd {
	p.people.wrote(who)
	if !on || who.Handle == p.s.me.Handle {
		return nil
	}
	p.people.writing = append(p.people.writing, writer{who, p.s.now().Add(typingHolds)})
	return tea.Tick(typingHolds, func(time.Time) tea.Msg { return typingOverMsg{p} })
}

func (p *threadPage) typingOver(msg typingOverMsg) {
	if msg.p != p {
		return
	}
	now, kept := p.s.now(), p.people.writing[:0]
	for _, w := range p.people.writing {
		if w.until.After(now) {
			kept = append(kept, w)
		}
	}
	p.people.writing = kept
}

func (p *threadPage) writingNow() string {
	switch w := p.people.writing; len(w) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(p.s.words.Thread.Members.Writing, p.callName(w[0].who))
	}
	return p.s.words.Thread.Members.ManyWriting
}

// maxNamed is how many members the header names.
const maxNamed = 3

// Header says which thread it is and who can read it.
func (p *threadPage) Header() Header { return p.header }

// nameReaders makes the header anew: those who are there stand first. It is for whatever changes the thread or who is there.
func (p *threadPage) nameReaders() {
	p.header = Header{Title: p.s.title(p.thread)}
	if p.known {
		p.header.Right, p.header.Shorter = p.readers()
	}
}

func (p *threadPage) readers() (all string, shorter [4]string) {
	w, members := &p.s.words.Thread.Members, p.thread.Members
	if len(members) < 2 {
		return w.OnlyYou, [4]string{w.You}
	}
	here := func(m store.Person) bool { return m.Handle != p.s.me.Handle && p.people.here[m.Handle] }
	members = slices.Clone(members)
	slices.SortStableFunc(members, func(a, b store.Person) int {
		switch {
		case here(a) && !here(b):
			return -1
		case here(b) && !here(a):
			return 1
		}
		return 0
	})
	var told, names, initials []string
	for _, m := range members[:min(maxNamed, len(members))] {
		name := initialName(m)
		names, initials = append(names, name), append(initials, initialsOf(m))
		if here(m) {
			name += " " + w.Here
		}
		told = append(told, name)
	}
	if more := len(members) - maxNamed; more > 0 {
		told, names = append(told, w.More.N(more)), append(names, w.More.N(more))
		initials = append(initials, fmt.Sprintf("+%d", more))
	}
	return w.list(told), [4]string{
		w.list(names), strings.Join(initials, ", "), w.People.N(len(members)), fmt.Sprintf("%s+%d", initials[0], len(members)-1),
	}
}

// list names several people.
func (w *MemberWords) list(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + w.And + names[last]
}

// initialsOf is "AK".
func initialsOf(p store.Person) (initials string) {
	for _, word := range strings.Fields(fullName(p)) {
		first, _ := cluster(word)
		initials += word[:first]
	}
	return clip(initials, 3)
}

// initialName is "Anna K.": enough to tell people apart, and short.
func initialName(p store.Person) string {
	words := strings.Fields(fullName(p))
	if len(words) < 2 {
		return fullName(p)
	}
	first, _ := cluster(words[len(words)-1])
	return words[0] + " " + words[len(words)-1][:first] + "."
}

// callName is what to call a person by in this thread: the first name, unless another member has it too.
func (p *threadPage) callName(who store.Person) string {
	for _, m := range p.thread.Members {
		if m.Handle != who.Handle && givenName(m) == givenName(who) {
			return initialName(who)
		}
	}
	return givenName(who)
}
