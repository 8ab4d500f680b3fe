package terminal

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

// A model of no sense: lines of pieces, which are edited, moved and thrown away.
type piece struct{ style, text string }

var (
	styles = []string{"", "", "1", "2", "1;2", "7", "4:3", "38;2;1;2;3", "1;38;2;200;10;10", "31", "97;104", "38;5;200", "2;3", "9", "48;2;9;9;9", "1;4;58;2;1;2;3"}
	texts  = []string{
		"a", "b ", "word", "two words", "    ", "               ", "ä", "ß…", "───", "日本", "語", "한글", "e\u0301", "👩‍👩‍👧", "🇩🇪", "❤️", "🙂", "क्षि",
		"x\u0301\u0302", "1️⃣", "ﷺ", "\t", "a\u200d", "☃", "│",
	}
	pieces = rapid.Custom(func(t *rapid.T) piece {
		return piece{rapid.SampledFrom(styles).Draw(t, "style"), rapid.SampledFrom(texts).Draw(t, "text")}
	})
	lineOf = rapid.SliceOfN(pieces, 0, 12)
)

func (p piece) String() string {
	if p.style == "" {
		return p.text
	}
	return "\x1b[" + p.style + "m" + p.text + "\x1b[m"
}

type nonsense struct {
	lines  [][]piece
	cursor *tea.Cursor
	width  int
}

func (n *nonsense) view() tea.View {
	var b strings.Builder
	for i, l := range n.lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		var line strings.Builder
		for _, p := range l {
			line.WriteString(p.String())
		}
		b.WriteString(ansi.Truncate(line.String(), n.width, "…"))
	}
	return tea.View{AltScreen: true, Content: b.String(), Cursor: n.cursor}
}

func (n *nonsense) change(t *rapid.T) {
	line := rapid.IntRange(0, len(n.lines)-1)
	switch i := line.Draw(t, "line"); rapid.SampledFrom([]string{"line", "insert", "delete", "replace", "up", "down", "all", "cursor", "same"}).Draw(t, "change") {
	case "line":
		n.lines[i] = lineOf.Draw(t, "new")
	case "insert":
		at := rapid.IntRange(0, len(n.lines[i])).Draw(t, "at")
		n.lines[i] = append(append(append([]piece{}, n.lines[i][:at]...), pieces.Draw(t, "new")), n.lines[i][at:]...)
	case "delete":
		if len(n.lines[i]) > 0 {
			at := rapid.IntRange(0, len(n.lines[i])-1).Draw(t, "at")
			n.lines[i] = append(append([]piece{}, n.lines[i][:at]...), n.lines[i][at+1:]...)
		}
	case "replace":
		if len(n.lines[i]) > 0 {
			n.lines[i] = append([]piece{}, n.lines[i]...)
			n.lines[i][rapid.IntRange(0, len(n.lines[i])-1).Draw(t, "at")] = pieces.Draw(t, "new")
		}
	case "up":
		j := line.Draw(t, "to")
		i, j = min(i, j), max(i, j)
		by := rapid.IntRange(0, j-i).Draw(t, "by")
		copy(n.lines[i:j+1], n.lines[i+by:j+1])
	case "down":
		j := line.Draw(t, "to")
		i, j = min(i, j), max(i, j)
		by := rapid.IntRange(0, j-i).Draw(t, "by")
		copy(n.lines[i+by:j+1], n.lines[i:j+1])
	case "all":
		n.fill(t, len(n.lines))
	case "cursor":
		n.move(t)
	}
}

func (n *nonsense) fill(t *rapid.T, height int) {
	n.lines = rapid.SliceOfN(lineOf, height, height).Draw(t, "lines")
}

func (n *nonsense) move(t *rapid.T) {
	n.cursor = nil
	if rapid.Bool().Draw(t, "cursor") {
		n.cursor = tea.NewCursor(rapid.IntRange(0, n.width-1).Draw(t, "x"), rapid.IntRange(0, len(n.lines)-1).Draw(t, "y"))
		n.cursor.Blink = rapid.Bool().Draw(t, "blink")
	}
}

// Whatever changes, the terminal shows what it would show painted anew, and what the view's text says.
func TestScreenShowsTheView(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, height := rapid.IntRange(1, 40).Draw(t, "width"), rapid.IntRange(1, 14).Draw(t, "height")
		profile := rapid.SampledFrom([]colorprofile.Profile{colorprofile.TrueColor, colorprofile.TrueColor, colorprofile.ANSI256, colorprofile.ANSI, colorprofile.ASCII}).Draw(t, "profile")
		n := &nonsense{width: width}
		n.fill(t, height)
		g := newGlass(width, height, profile)
		g.screen.sync, g.screen.rich = rapid.Bool().Draw(t, "sync"), rapid.Bool().Draw(t, "rich")
		for range rapid.IntRange(1, 12).Draw(t, "frames") {
			for range rapid.IntRange(1, 3).Draw(t, "changes") {
				n.change(t)
			}
			switch rapid.IntRange(0, 20).Draw(t, "event") {
			case 0:
				n.width = rapid.IntRange(1, 40).Draw(t, "width")
				n.fill(t, rapid.IntRange(1, 14).Draw(t, "height"))
				n.cursor = nil
				g.Resize(n.width, len(n.lines))
				g.screen.resize(n.width, len(n.lines))
			case 1:
				g.screen.repaint()
			}
			v := n.view()
			b := g.draw(v)
			if wrong := g.wrong(v); wrong != "" {
				t.Fatalf("%s\nafter %q", wrong, b)
			}
			if again := g.draw(v); len(again) > 0 {
				t.Fatalf("the same view again: %q", again)
			}
		}
	})
}
