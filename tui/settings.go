package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// settings is where people choose how Alcove looks and what it tells of them. A choice is shown and stored at once; one
// that could not be stored is taken back. The themes are tried on while one moves through them. The ways to sign in are
// listed here, and changed by the ssh commands that stand beside them. Here one asks to be erased (settings_erasure.go). Who else opened one's threads stands last
// (settings_openings.go).
type settings struct {
	plain
	s       *session
	want    store.Settings // as shown
	stored  store.Settings
	saving  bool
	keys    []store.Key
	rows    []settingRow
	list    list
	choices *choices // of the row being changed
	zone    *input   // while the time zone is being typed
	height  int

	openings openings
	erasure  erasure
}

// settingRow is one line: a setting, a key, an opening, or words about them. Values and change are those of a setting.
type settingRow struct {
	id, label, value string
	options          []option // when there are more than two
	toggle           func(*store.Settings)
}

// option is one value that a setting may have.
type option struct {
	name string
	set  func(*store.Settings)
}

// choices is the list of a row's options, with what stood there before.
type choices struct {
	row    settingRow
	before store.Settings
	list   list
}

type (
	keysMsg struct {
		page *settings
		keys []store.Key
		err  error
	}
	settingsSavedMsg struct {
		page     *settings
		settings store.Settings
		err      error
	}
	settingsShownMsg struct{ page *settings }
)

var errNoZone = errors.New("no such time zone")

func newSettings(s *session) *settings {
	p := &settings{s: s, want: s.me.Settings, stored: s.me.Settings}
	p.arrange()
	return p
}

// Init reads the ways to sign in, and who opened what.
func (p *settings) Init() tea.Cmd {
	s := p.s
	return tea.Batch(p.loadOpenings(), p.loadErasure(), s.readUsage(), func() tea.Msg {
		keys, err := s.journal.Keys(s.ctx)
		return keysMsg{p, keys, err}
	})
}

// Update takes in keys, and how storing went.
func (p *settings) Update(msg tea.Msg) (Page, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		p.height = msg.Height
		p.list.height, p.list.tall = max(msg.Height, 1), 1
		if p.choices != nil {
			p.choices.list.height = p.choicesHeight()
		}
		if msg.Width < 60 {
			p.list.tall = 2
		}
	case restyledMsg:
		if !p.saving && p.choices == nil {
			p.want, p.stored = p.s.me.Settings, p.s.me.Settings
		}
		p.arrange()
	case tea.KeyPressMsg:
		return p, p.key(msg)
	case tea.PasteMsg:
		if p.zone != nil {
			p.zone.insert(msg.Content)
		}
	case tea.MouseMsg:
		if p.zone == nil && p.choices == nil && p.list.mouse(msg, msg.Mouse().Y) {
			return p, p.change()
		}
		return p, p.moreOpenings()
	case erasureMsg:
		if msg.page == p {
			return p, p.takeErasure(msg)
		}
	case openingsMsg:
		if msg.page == p {
			return p, p.takeOpenings(msg)
		}
	case usageMsg:
		p.arrange()
	case keysMsg:
		if msg.page == p && msg.err == nil {
			p.keys = msg.keys
			p.arrange()
		}
		return p, p.s.failed(msg.err)
	case settingsSavedMsg:
		if msg.page == p {
			return p, p.saved(msg)
		}
	case settingsShownMsg:
		if msg.page == p {
			return p, say(p.s.words.Chrome.Settings.Saved)
		}
	}
	return p, nil
}

func (p *settings) key(msg tea.KeyPressMsg) tea.Cmd {
	k := p.s.keys
	switch {
	case p.erasure.asking:
		return p.answerErasure(k.Yes.Has(msg))
	case p.zone != nil:
		return p.keyZone(msg)
	case p.choices != nil:
		return p.keyChoices(msg)
	case p.list.key(k, msg) && msg.String() != "space":
		return p.moreOpenings()
	case p.list.digit(digit(msg)), k.Toggle.Has(msg), k.Open.Has(msg):
		return p.change()
	case k.Back.Has(msg):
		return back
	}
	return nil
}

// change does what the chosen row is for: flips it, or asks for its value.
func (p *settings) change() tea.Cmd {
	row := p.row(p.list.id())
	switch {
	case row.id == rowZone:
		p.zone = &input{limit: 64}
		p.zone.set(p.want.TimeZone)
	case row.id == rowErasure:
		return p.pressErasure()
	case row.id == rowFactor:
		return p.s.visit(openMsg{newFactor(p.s, false)})
	case row.toggle != nil:
		return p.put(row.toggle)
	case row.options != nil:
		p.choices = &choices{row: row, before: p.want}
		p.choices.list.height = p.choicesHeight()
		ids := make([]string, len(row.options))
		for i, o := range row.options {
			ids[i] = fmt.Sprint(i)
			if o.name == row.value {
				p.choices.list.chosen = i
			}
		}
		p.choices.list.set(ids)
	}
	return nil
}

// keyChoices moves through options, which are tried on at once.
func (p *settings) keyChoices(msg tea.KeyPressMsg) tea.Cmd {
	k, c := p.s.keys, p.choices
	chosen := func() option { return c.row.options[c.list.chosen] }
	switch {
	case k.Back.Has(msg):
		p.choices, p.want = nil, c.before
		return apply(c.before)
	case c.list.digit(digit(msg)), k.Open.Has(msg):
		p.choices = nil
		return p.put(chosen().set)
	case c.list.key(k, msg):
		p.want = c.before
		chosen().set(&p.want)
		return apply(p.want)
	}
	return nil
}

func (p *settings) keyZone(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "esc":
		p.zone = nil
	case "enter", "ctrl+s":
		zone := strings.TrimSpace(p.zone.text)
		return p.put(func(s *store.Settings) { s.TimeZone = zone })
	default:
		p.zone.key(msg)
	}
	return nil
}

// put changes the settings, shows them and stores them.
func (p *settings) put(change func(*store.Settings)) tea.Cmd {
	change(&p.want)
	p.arrange()
	if p.zone != nil { // shown only when it turns out to be one
		return p.save()
	}
	return tea.Batch(apply(p.want), p.save())
}

// save stores what is wanted; one save is under way at a time, and its end stores what was wanted meanwhile.
func (p *settings) save() tea.Cmd {
	if p.saving {
		return nil
	}
	p.saving = true
	s, want := p.s, p.want
	return func() tea.Msg {
		if want.TimeZone != "" && zoneOf(want) == nil {
			return settingsSavedMsg{p, want, errNoZone}
		}
		return settingsSavedMsg{p, want, s.journal.SaveSettings(s.ctx, want)}
	}
}

func (p *settings) saved(msg settingsSavedMsg) tea.Cmd {
	p.saving = false
	switch {
	case errors.Is(msg.err, errNoZone):
		p.want = p.stored // what was typed stays in the field
		return fail(p.s.words.Chrome.Settings.NoZone)
	case msg.err != nil:
		p.want, p.zone = p.stored, nil
		p.arrange()
		return tea.Batch(apply(p.stored), p.s.failed(msg.err))
	}
	p.stored, p.zone = msg.settings, nil
	if p.choices == nil && p.want != p.stored {
		return p.save()
	}
	// Told after it is shown, for the language may be new.
	return tea.Sequence(apply(p.want), func() tea.Msg { return settingsShownMsg{p} })
}

func (p *settings) row(id string) settingRow {
	i := slices.IndexFunc(p.rows, func(r settingRow) bool { return r.id == id && id != "" })
	if i < 0 {
		return settingRow{}
	}
	return p.rows[i]
}
