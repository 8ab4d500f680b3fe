package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// searchPage searches all the threads that the person can read, while they type. What is found comes in as it is found;
// a new query ends the one before, whose late results are dropped by its number.
type searchPage struct {
	s      *session
	words  input
	list   list
	onList bool // the list has the keys, so that digits choose
	hits   []store.Hit
	query  int                // counts the queries
	cancel context.CancelFunc // ends the one that runs; nil when none does
	many   bool               // there is more than is shown
	asked  string             // the words of the last query
	typed  int                // counts the keys
	failed error
	head   int // lines above the list
}

const (
	maxHits     = 200
	hitsAtOnce  = 32                     // that one message carries
	searchAfter = 120 * time.Millisecond // after the last key
	maxQuery    = 200                    // characters
)

var errManyHits = errors.New("more hits than are shown")

type (
	searchTickMsg struct {
		p     *searchPage
		typed int
	}
	hitsMsg struct {
		p     *searchPage
		query int
		hits  []store.Hit
		found <-chan store.Hit
	}
	searchedMsg struct {
		p     *searchPage
		query int
		err   error
	}
)

func newSearchPage(s *session) Page {
	return &searchPage{s: s, words: input{limit: maxQuery}, list: list{tall: 2}}
}

// Init has nothing to read.
func (p *searchPage) Init() tea.Cmd { return nil }

// Update takes in keys, and what is found.
func (p *searchPage) Update(msg tea.Msg) (Page, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		p.head = 3
		if msg.Height < 8 {
			p.head = 1
		}
		p.list.height = max(1, msg.Height-p.head)
	case tea.KeyPressMsg:
		return p, p.key(msg)
	case tea.PasteMsg:
		p.onList = false
		p.words.insert(msg.Content)
		return p, p.changed()
	case tea.MouseMsg:
		if p.list.mouse(msg, msg.Mouse().Y-p.head) {
			return p, p.openHit()
		}
	case searchTickMsg:
		if msg.p == p && msg.typed == p.typed {
			return p, p.search()
		}
	case hitsMsg:
		if msg.p == p && msg.query == p.query {
			return p, p.more(msg)
		}
	case searchedMsg:
		if msg.p == p && msg.query == p.query {
			return p, p.searched(msg.err)
		}
	}
	return p, nil
}

func (p *searchPage) key(msg tea.KeyPressMsg) tea.Cmd {
	k := p.s.keys
	switch {
	case msg.String() == "esc":
		p.stop()
		return back
	case msg.String() == "enter":
		return p.openHit()
	case k.Next.Has(msg):
		p.onList = !p.onList && len(p.hits) > 0
	case !p.onList && msg.String() == "down" && len(p.hits) > 0:
		p.onList = true
	case !p.onList:
		before := p.words.text
		if p.words.key(msg) && p.words.text != before {
			return p.changed()
		}
	case msg.String() == "up" && p.list.chosen == 0:
		p.onList = false
	case p.list.digit(digit(msg)), k.Open.Has(msg):
		return p.openHit()
	default:
		p.list.key(k, msg)
	}
	return nil
}

// changed waits for the person to stop typing for a moment.
func (p *searchPage) changed() tea.Cmd {
	p.typed++
	typed := p.typed
	return tea.Tick(searchAfter, func(time.Time) tea.Msg { return searchTickMsg{p, typed} })
}

// stop ends the query that runs.
func (p *searchPage) stop() {
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
	p.query++
}

// search starts a query: one Cmd runs it, another hands on what it finds. Both end with its context.
func (p *searchPage) search() tea.Cmd {
	words := strings.TrimSpace(p.words.text)
	if words == p.asked && p.failed == nil {
		return nil
	}
	p.stop()
	p.asked, p.hits, p.many, p.failed = words, nil, false, nil
	p.list.chosen = 0
	p.list.set(nil)
	if words == "" {
		return nil
	}
	ctx, cancel := context.WithCancel(p.s.ctx)
	p.cancel = cancel
	// There is room for every hit: a search never waits for a screen, for while it runs it holds one of the store's readers.
	j, query, found := p.s.journal, p.query, make(chan store.Hit, maxHits)
	run := func() tea.Msg {
		defer close(found)
		n := 0
		err := j.Search(ctx, words, func(h store.Hit) error {
			if n++; n > maxHits {
				return errManyHits
			}
			found <- h
			return nil
		})
		return searchedMsg{p, query, err}
	}
	return tea.Batch(run, p.await(query, found))
}

// await waits for the next hit and takes those that are there already with it.
func (p *searchPage) await(query int, found <-chan store.Hit) tea.Cmd {
	return func() tea.Msg {
		hit, ok := <-found
		if !ok {
			return nil
		}
		msg := hitsMsg{p, query, []store.Hit{hit}, found}
		for len(msg.hits) < hitsAtOnce {
			select {
			case hit, ok := <-found:
				if !ok {
					return msg
				}
				msg.hits = append(msg.hits, hit)
			default:
				return msg
			}
		}
		return msg
	}
}

func (p *searchPage) more(msg hitsMsg) tea.Cmd {
	p.hits = append(p.hits, msg.hits...)
	ids := make([]string, len(p.hits))
	for i, h := range p.hits {
		ids[i] = fmt.Sprintf("%d/%d", h.Thread, h.Entry)
	}
	p.list.set(ids)
	return p.await(msg.query, msg.found)
}

func (p *searchPage) searched(err error) tea.Cmd {
	p.cancel()
	p.cancel = nil
	switch {
	case errors.Is(err, errManyHits):
		p.many = true
	case err != nil:
		p.failed = err
		return p.s.failed(err)
	}
	return nil
}

// openHit opens the chosen thread where the words were found.
func (p *searchPage) openHit() tea.Cmd {
	if p.list.chosen >= len(p.hits) {
		return nil
	}
	h := p.hits[p.list.chosen]
	return p.s.visit(openThreadMsg{h.Thread, h.Entry})
}
