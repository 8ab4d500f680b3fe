package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"
)

// help lists the keys of the page it was opened from and then those of everywhere, and says how things are meant.
type help struct {
	plain
	s      *session
	about  string // the page's title
	hints  []Hint // its keys
	scroll scroll
	width  int
}

func newHelp(s *session, about string, hints []Hint) *help {
	return &help{s: s, about: about, hints: hints}
}

// Init does nothing.
func (h *help) Init() tea.Cmd { return nil }

// Update scrolls and goes back.
func (h *help) Update(msg tea.Msg) (Page, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		h.width, h.scroll.height = msg.Width, msg.Height
		h.layout()
	case restyledMsg:
		h.layout()
	case tea.MouseWheelMsg:
		h.scroll.wheel(msg)
	case tea.KeyPressMsg:
		k := h.s.keys
		if !h.scroll.key(k, msg) && (k.Back.Has(msg) || k.Quit.Has(msg)) {
			return h, back
		}
	}
	return h, nil
}

func (h *help) layout() {
	w, st, k := h.s.words.Chrome.Help, h.s.styles, h.s.keys
	h.scroll.lines = nil
	keys := func(heading string, hints []Hint) {
		h.scroll.lines = append(h.scroll.lines, " "+st.Heading.Render(clip(heading, h.width-1)))
		for _, hint := range hints {
			h.scroll.lines = append(h.scroll.lines, "   "+st.Accent.Render(fit(hint.Key, 14))+" "+st.Text.Render(clip(hint.Does, h.width-18)))
		}
		h.scroll.lines = append(h.scroll.lines, "")
	}
	keys(fmt.Sprintf(w.Here, h.about), h.hints)
	keys(w.Everywhere, []Hint{k.Help.Hint(), k.Search.Hint(), k.Palette.doing(w.EachCommand).Hint(), {Key: "h j k l", Does: w.Letters}, k.Back.Hint(), k.Repaint.Hint(), k.Leave.Hint()})
	for _, text := range w.About {
		for _, line := range paragraph(text, h.width) {
			h.scroll.lines = append(h.scroll.lines, st.Text.Render(line))
		}
		h.scroll.lines = append(h.scroll.lines, "")
	}
	h.scroll.move(0)
}

// View draws what fits.
func (h *help) View(int, int) Body { return h.scroll.view() }

// Header names the page.
func (h *help) Header() Header { return Header{Title: h.s.words.Chrome.Help.Heading} }

// Hints are the page's keys.
func (h *help) Hints() []Hint {
	k := h.s.keys
	return []Hint{k.Up.doing(h.s.words.Chrome.Keys.Scroll).Hint(), k.PageDown.Hint(), k.Back.Hint()}
}
