package terminal

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// screen knows what the terminal shows, and makes the bytes that bring it to the next view.
//
// Between two frames it holds the text of the last one and a few flags. A frame compares lines first; cells are made
// inside the lines that changed, in scratch from a pool.
//
// A view has the whole screen, on the alternate one if it asks for that. A style ends with its line. Hyperlinks, progress
// bars, the terminal's own colours and the cursor's, and reports of more keys are not done.
type screen struct {
	profile       colorprofile.Profile
	rich          bool // the terminal can erase, insert and delete characters
	sync          bool // it knows synchronised output; the program sets this when it has said so
	width, height int

	entered bool
	known   bool     // it shows view; if not, it is cleared first
	view    tea.View // the last one
	x, y    int      // its cursor; its pen is the default one
	shown   bool     // its cursor
	style   int      // of its cursor, as in DECSCUSR; 0 is what it was
}

func newScreen(o Options) *screen {
	name, _, _ := strings.Cut(uv.Environ(o.Env).Getenv("TERM"), "-")
	s := &screen{profile: o.Profile, width: o.Width, height: o.Height}
	switch name {
	case "alacritty", "contour", "foot", "ghostty", "kitty", "konsole", "linux", "rio", "rxvt", "screen", "st", "tmux", "vte", "wezterm", "xterm":
		s.rich = true
	}
	return s
}

// resize tells that the terminal is now this large. What it shows is not known then: each does otherwise.
func (s *screen) resize(width, height int) {
	s.width, s.height, s.known = width, height, false
}

// repaint forgets what the terminal shows.
func (s *screen) repaint() { s.known = false }

// draw appends what brings the terminal to a view: nothing if it shows it.
func (s *screen) draw(buf []byte, v tea.View) []byte {
	p := painters.Get().(*painter)
	defer p.giveBack()
	p.begin(s, buf)
	if !s.entered || v.AltScreen != s.view.AltScreen {
		s.enter(p, v.AltScreen)
	}
	p.out = appendWishes(p.out, s.wishes(), v)

	changed := p.compare(s.shownText(), v.Content)
	many := changed > 1 || !s.known
	if many && s.sync {
		p.out = append(p.out, ansi.SetModeSynchronizedOutput...)
	}
	s.show(p, s.shown && v.Cursor != nil && (s.sync || s.known && changed <= fewLines))
	if !s.known {
		p.clear()
	}
	p.scroll(changed)
	p.paint()
	s.place(p, v.Cursor)
	if many && s.sync {
		p.out = append(p.out, ansi.ResetModeSynchronizedOutput...)
	}
	s.view, s.entered, s.known, s.x, s.y = v, true, true, p.x, p.y
	return p.out
}

// fewLines are drawn so quickly that the cursor is not hidden meanwhile: nobody sees it there.
const fewLines = 2

// shownText is the text that the terminal shows.
func (s *screen) shownText() string {
	if s.known {
		return s.view.Content
	}
	return ""
}

// wishes is the view whose wishes the terminal has; before the first, one that wishes nothing.
func (s *screen) wishes() tea.View {
	if s.entered {
		return s.view
	}
	return tea.View{DisableBracketedPasteMode: true}
}

// show shows the cursor, or hides it.
func (s *screen) show(p *painter, on bool) {
	if on == s.shown {
		return
	}
	s.shown = on
	if on {
		p.out = append(p.out, ansi.SetModeTextCursorEnable...)
	} else {
		p.out = append(p.out, ansi.ResetModeTextCursorEnable...)
	}
}

// place ends a frame: the default pen, and the cursor where the view wants it.
func (s *screen) place(p *painter, c *tea.Cursor) {
	p.use(pen{})
	if c == nil {
		return
	}
	p.move(max(min(c.X, s.width-1), 0), max(min(c.Y, s.height-1), 0))
	style := int(c.Shape)*2 + 1
	if !c.Blink {
		style++
	}
	s.shape(p, style)
	s.show(p, true)
}

func (s *screen) shape(p *painter, style int) {
	if style != s.style {
		s.style = style
		p.out = append(p.out, ansi.SetCursorStyle(style)...)
	}
}
