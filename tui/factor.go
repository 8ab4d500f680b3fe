package tui

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// factor sets up a second factor: a code for a camera and the same as text, then a field for what the app shows, then the
// recovery codes, this once. Where there is one already it is ended here. A wrong code stays in the field.
type factor struct {
	s      *session
	due    bool // lies over all other pages
	ends   bool // there is one
	secret store.FactorSecret
	code   input
	busy   bool
	spare  []string // once it counts
	scroll scroll
	width  int
}

type (
	factorBegunMsg struct {
		page   *factor
		secret store.FactorSecret
		err    error
	}
	factorSetMsg struct {
		page  *factor
		spare []string // nil if it was ended
		err   error
	}
	// factorChangedMsg tells the root that the page is done with.
	factorChangedMsg struct{ page *factor }
)

func newFactor(s *session, due bool) *factor {
	return &factor{s: s, due: due, ends: s.me.Factor.On, code: input{limit: 40}}
}

// Init draws the secret of a new one.
func (f *factor) Init() tea.Cmd {
	if f.ends {
		return nil
	}
	s := f.s
	return func() tea.Msg {
		secret, err := s.journal.BeginSecondFactor(s.ctx)
		return factorBegunMsg{f, secret, err}
	}
}

// Update takes in keys, the secret, and how it went.
func (f *factor) Update(msg tea.Msg) (Page, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		f.width, f.scroll.height = msg.Width, msg.Height
		f.layout()
	case restyledMsg:
		f.layout()
	case tea.KeyPressMsg:
		return f, f.key(msg)
	case tea.PasteMsg:
		f.code.insert(msg.Content)
	case tea.MouseWheelMsg:
		if f.spare != nil {
			f.scroll.wheel(msg)
		}
	case factorBegunMsg:
		if msg.page == f {
			f.secret = msg.secret
			return f, f.failed(msg.err)
		}
	case factorSetMsg:
		if msg.page == f {
			return f, f.set(msg)
		}
	}
	return f, nil
}

// failed says what is wrong. Where another session was quicker there is nothing left to do here.
func (f *factor) failed(err error) tea.Cmd {
	switch {
	case errors.Is(err, store.ErrWrongCode):
		return fail(f.s.words.Chrome.Factor.Wrong)
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound):
		return tea.Batch(f.done(), f.s.failed(store.ErrConflict))
	}
	return f.s.failed(err)
}

func (f *factor) done() tea.Cmd { return func() tea.Msg { return factorChangedMsg{f} } }

func (f *factor) key(msg tea.KeyPressMsg) tea.Cmd {
	k := f.s.keys
	switch {
	case f.spare != nil:
		return f.keySpare(msg)
	case msg.String() == "esc":
		if f.due {
			return nil
		}
		return back
	case msg.String() == "enter", k.Send.Has(msg):
		return f.send()
	}
	f.code.key(msg)
	return nil
}

func (f *factor) keySpare(msg tea.KeyPressMsg) tea.Cmd {
	k := f.s.keys
	switch {
	case msg.String() == "enter", msg.String() == "esc":
		return f.done()
	case k.Copy.Has(msg):
		return tea.Batch(tea.SetClipboard(strings.Join(f.spare, "\n")+"\n"), say(f.s.words.Chrome.Factor.Copied))
	}
	f.scroll.key(k, msg)
	return nil
}

// send shows the code to the store.
func (f *factor) send() tea.Cmd {
	if f.busy || strings.TrimSpace(f.code.text) == "" || !f.ends && f.secret.Reveal() == "" {
		return nil
	}
	f.busy = true
	s, code, ends := f.s, f.code.text, f.ends
	return func() tea.Msg {
		if ends {
			return factorSetMsg{page: f, err: s.journal.EndSecondFactor(s.ctx, code)}
		}
		spare, err := s.journal.ConfirmSecondFactor(s.ctx, code)
		return factorSetMsg{f, spare, err}
	}
}

func (f *factor) set(msg factorSetMsg) tea.Cmd {
	f.busy = false
	switch {
	case msg.err != nil:
		return f.failed(msg.err)
	case f.ends:
		return tea.Batch(f.done(), say(f.s.words.Chrome.Factor.Ended))
	}
	f.spare, f.secret, f.code = msg.spare, store.FactorSecret{}, input{}
	f.layout()
	return nil
}

// layout wraps the recovery codes to the screen, two to a line where there is room.
func (f *factor) layout() {
	if f.spare == nil {
		return
	}
	st := f.s.styles
	f.scroll.lines = nil
	for i, text := range f.s.words.Chrome.Factor.Spare {
		style := st.Muted
		if i == 0 {
			style = st.Warning
		}
		for _, line := range paragraph(text, f.width) {
			f.scroll.lines = append(f.scroll.lines, style.Render(line))
		}
		f.scroll.lines = append(f.scroll.lines, "")
	}
	columns := 1
	if f.width >= 2*(len(f.spare[0])+3) {
		columns = 2
	}
	for i := 0; i < len(f.spare); i += columns {
		line := strings.Join(f.spare[i:min(i+columns, len(f.spare))], "   ")
		f.scroll.lines = append(f.scroll.lines, st.Text.Render(clip("  "+line, f.width)))
	}
	f.scroll.move(0)
}

// leastBeside is the least room for words beside the code.
const leastBeside = 34

// View draws the page; what the camera reads stands at the left, or above, or not at all.
func (f *factor) View(width, height int) Body {
	if f.spare != nil {
		return f.scroll.view()
	}
	if f.ends || f.secret.Reveal() == "" {
		return f.words(width, height, "")
	}
	w := f.s.words.Chrome.Factor
	uri := factorURI(f.s.place.Host, f.s.me.Handle, f.secret.Reveal())
	if code := drawQR(f.s.styles, f.s.paper, uri, width-leastBeside, height); code != nil {
		room := cells(code[0])
		b := f.words(width-room, height, w.Scan)
		for i, line := range code {
			if i < len(b.Lines) {
				line += b.Lines[i]
			}
			code[i] = line
		}
		b.Lines = append(code, b.Lines[min(len(code), len(b.Lines)):]...)
		b.Cursor.X += room
		return b
	}
	b := f.words(width, height, w.Scan)
	if code := drawQR(f.s.styles, f.s.paper, uri, width, height-len(b.Lines)); code != nil {
		b.Lines = append(code, b.Lines...)
		b.Cursor.Y += len(code)
		return b
	}
	return f.words(width, height, w.Enter)
}

// words are the sentences, the key and the field, in at most width x height cells; what has no room goes from the top.
func (f *factor) words(width, height int, about string) Body {
	w, st := f.s.words.Chrome.Factor, f.s.styles
	var lines []string
	add := func(style Style, text string) {
		for _, line := range paragraph(text, width) {
			lines = append(lines, style.Render(line))
		}
	}
	ask := w.AskCode
	switch {
	case f.ends:
		ask = w.AskEnd
		add(st.Muted, w.End)
	case f.due:
		add(st.Warning, w.Demanded)
	}
	if about != "" {
		add(st.Text, about)
		for key := groups(f.secret.Reveal()); len(key) > 0; key = key[min(4, len(key)):] {
			lines = append(lines, "  "+st.Strong.Render(strings.Join(key[:min(4, len(key))], " ")))
		}
		if about == w.Enter {
			add(st.Muted, w.TooSmall)
		}
	}
	lines = append(lines, "")
	add(st.Heading, ask)
	field, caret := f.code.view(st, min(width-3, 24))
	lines = append(lines, "  "+field)
	lines = lines[max(len(lines)-height, 0):]
	return Body{Lines: lines, Cursor: tea.NewCursor(2+caret, len(lines)-1)}
}

// Header names the page.
func (f *factor) Header() Header { return Header{Title: f.s.words.Chrome.Factor.Heading} }

// Hints are the page's keys.
func (f *factor) Hints() []Hint {
	k := f.s.keys
	if f.spare != nil {
		return []Hint{k.Open.doing(f.s.words.Chrome.Factor.Done).Hint(), k.Copy.Hint(), k.Up.doing(f.s.words.Chrome.Keys.Scroll).Hint()}
	}
	take := k.Open.doing(f.s.words.Chrome.Keys.Pick).Hint()
	if f.due {
		return []Hint{take}
	}
	return []Hint{take, k.Back.Hint()}
}

// Typing is in the field.
func (f *factor) Typing() bool { return f.spare == nil }

// Unsaved is nothing.
func (f *factor) Unsaved() []unsaved { return nil }
