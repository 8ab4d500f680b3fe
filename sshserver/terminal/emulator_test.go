package terminal

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// glass is a terminal and the screen that draws on it.
type glass struct {
	*vt.Emulator
	screen  *screen
	visible bool
	style   string
}

func newGlass(width, height int, profile colorprofile.Profile) *glass {
	g := &glass{Emulator: vt.NewEmulator(width, height), visible: true, style: "0 false"}
	g.screen = newScreen(Options{Env: []string{"TERM=xterm-256color"}, Profile: profile, Width: width, Height: height})
	g.SetCallbacks(vt.Callbacks{
		CursorVisibility: func(visible bool) { g.visible = visible },
		CursorStyle:      func(style vt.CursorStyle, steady bool) { g.style = fmt.Sprint(style, steady) },
	})
	return g
}

// draw answers the bytes that were written.
func (g *glass) draw(v tea.View) []byte {
	b := g.screen.draw(nil, v)
	_, _ = g.Write(b)
	return b
}

// seen is what somebody sees in a column.
func seen(c *uv.Cell) cell {
	if c == nil || c.Content == "" && c.Width != 0 || c.IsZero() {
		return blank
	}
	s := cell{text: c.Content, width: uint8(c.Width), pen: penOf(c.Style)}
	if c.Width == 0 {
		return cell{}
	}
	if s.text == " " {
		s.pen = s.pen.onBlank()
	}
	return s
}

func penOf(s uv.Style) pen {
	p := pen{fg: inkOf(s.Fg), bg: inkOf(s.Bg), under: inkOf(s.UnderlineColor)}
	for bit, attr := range []uint8{uv.AttrBold, uv.AttrFaint, uv.AttrItalic, 0, uv.AttrBlink, uv.AttrReverse, uv.AttrConceal, uv.AttrStrikethrough} {
		if s.Attrs&attr != 0 {
			p.attrs |= 1 << bit
		}
	}
	if s.Underline != uv.UnderlineNone {
		p.attrs |= underlined
	}
	if s.Underline > uv.UnderlineSingle {
		p.curl = s.Underline
	}
	return p
}

// differences compares two terminals cell by cell.
func differences(got, want interface{ CellAt(x, y int) *uv.Cell }, width, height int) string {
	var b strings.Builder
	for y := range height {
		for x := range width {
			g, w := got.CellAt(x, y), want.CellAt(x, y)
			if seen(g) != seen(w) {
				fmt.Fprintf(&b, "line %d column %d: %+v, want %+v\n", y, x, seen(g), seen(w))
			}
		}
	}
	return b.String()
}

// right tells what is wrong with what a terminal shows of a view, against bubbletea's cells and a terminal painted anew.
func (g *glass) wrong(v tea.View) string {
	fresh := newGlass(g.Width(), g.Height(), g.screen.profile)
	fresh.draw(v)
	if d := differences(g, fresh, g.Width(), g.Height()); d != "" {
		return "against a full repaint: " + d
	}
	if g.visible != fresh.visible || v.Cursor != nil && (g.CursorPosition() != fresh.CursorPosition() || g.style != fresh.style) {
		return fmt.Sprintf("cursor %v %v %s, want %v %v %s", g.visible, g.CursorPosition(), g.style, fresh.visible, fresh.CursorPosition(), fresh.style)
	}
	if g.screen.profile == colorprofile.TrueColor {
		cells := uv.NewScreenBuffer(g.Width(), g.Height())
		cells.Method = ansi.GraphemeWidth
		uv.NewStyledString(v.Content).Draw(cells, cells.Bounds())
		if d := differences(g, cells, g.Width(), g.Height()); d != "" {
			return "against the view's cells: " + d
		}
	}
	return ""
}

func check(t *testing.T, g *glass, v tea.View) []byte {
	t.Helper()
	b := g.draw(v)
	if wrong := g.wrong(v); wrong != "" {
		t.Fatalf("%s\nafter %q", wrong, b)
	}
	return b
}
