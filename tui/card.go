package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"alcove/store"
	"alcove/store/safetext"
)

// ConnectCard is the text to pass on with an invitation: the code, how long it holds, the host's fingerprint, and what
// to do on each platform. It is plain text of short lines, in the language of w, and ends with a line break. It holds
// the code, so it must not be logged. The page of a coach and `alcove invite` show the same card.
func ConnectCard(w *Words, p Place, inv store.Invitation) string {
	c := w.Chrome.Card
	fill := strings.NewReplacer(
		"{name}", fullName(inv.Person), "{handle}", inv.Person.Handle, "{code}", inv.Code,
		"{until}", inv.ExpiresAt.Format(exactly), "{host}", p.Host, "{port}", fmt.Sprint(p.Port),
		"{fingerprint}", p.Fingerprint, "{join}", p.SSH("join"), "{ssh}", p.SSH(""),
		"{onekey}", p.SSH("-o IdentitiesOnly=yes -i ~/.ssh/id_ed25519 join"),
		"{words}", p.SSH(inv.Person.Handle),
	)
	return fill.Replace(strings.Join(c.Lines, "\n")) + "\n"
}

// card shows a connect card, this once: the store does not know the code any more.
type card struct {
	plain
	s      *session
	inv    store.Invitation
	scroll scroll
	width  int
}

func newCard(s *session, inv store.Invitation) *card {
	inv.ExpiresAt = inv.ExpiresAt.In(s.zone)
	return &card{s: s, inv: inv}
}

// Init does nothing: the card has all it shows.
func (c *card) Init() tea.Cmd { return nil }

// Update scrolls, copies, and goes back.
func (c *card) Update(msg tea.Msg) (Page, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		c.width, c.scroll.height = msg.Width, msg.Height
		c.layout()
	case restyledMsg:
		c.layout()
	case tea.MouseWheelMsg:
		c.scroll.wheel(msg)
	case tea.KeyPressMsg:
		k := c.s.keys
		switch {
		case c.scroll.key(k, msg):
		case k.Copy.Has(msg):
			return c, tea.Batch(tea.SetClipboard(ConnectCard(c.s.words, c.s.place, c.inv)), say(c.s.words.Chrome.Card.Copied))
		case k.Back.Has(msg):
			return c, back
		}
	}
	return c, nil
}

// layout wraps the card to the screen. Lines keep to the left edge, so that what is selected with the mouse is what the
// card says.
func (c *card) layout() {
	w, st := c.s.words, c.s.styles
	c.scroll.lines = nil
	for _, line := range paragraph(w.Chrome.Card.Once, c.width) {
		c.scroll.lines = append(c.scroll.lines, st.Warning.Render(line))
	}
	c.scroll.lines = append(c.scroll.lines, "")
	for line := range strings.Lines(ConnectCard(w, c.s.place, c.inv)) {
		for part := range strings.SplitSeq(ansi.Wrap(safetext.Text(strings.TrimSuffix(line, "\n")), max(c.width, 1), ""), "\n") {
			c.scroll.lines = append(c.scroll.lines, st.Text.Render(part))
		}
	}
	c.scroll.move(0)
}

// View draws what fits of the card.
func (c *card) View(int, int) Body { return c.scroll.view() }

// Header says whose invitation it is.
func (c *card) Header() Header {
	return Header{Title: fmt.Sprintf(c.s.words.Chrome.Card.Heading, fullName(c.inv.Person))}
}

// Hints are the page's keys.
func (c *card) Hints() []Hint {
	k := c.s.keys
	return []Hint{k.Copy.Hint(), k.Up.doing(c.s.words.Chrome.Keys.Scroll).Hint(), k.PageDown.Hint(), k.Back.Hint()}
}
