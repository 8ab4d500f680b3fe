package terminal

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

const (
	keyBytes    = 64  // what a typed letter may cost, and what it costs on the wire with SSH around it
	scrollBytes = 250 // a step of a list
	frameAllocs = 0   // of a frame whose buffer is there
)

// composer is a page with a text that somebody writes, and the cursor after it.
func composer(text string) tea.View {
	lines := []string{"\x1b[1m < Home   A thread\x1b[m" + strings.Repeat(" ", 50) + "\x1b[2m? help\x1b[m", strings.Repeat("─", 80)}
	for i := range 16 {
		lines = append(lines, fmt.Sprintf("   \x1b[38;2;120;130;%dmjonas\x1b[m wrote line %d of what stands above, äöü and so on", i, i))
	}
	lines = append(lines, strings.Repeat("─", 70)+" writing", " "+text, "", "", strings.Repeat("─", 80), " \x1b[1mctrl+s\x1b[m send")
	return page(lines, tea.NewCursor(1+len(text), 19))
}

// list is a page with lines of which one is chosen.
func list(top, chosen int) tea.View {
	lines := []string{" Home", strings.Repeat("─", 80)}
	for i := top; i < top+20; i++ {
		line := fmt.Sprintf("%d thread with a title of some length, from person %d, %d unread", i, i*7, i%5)
		if i == chosen {
			lines = append(lines, "\x1b[1;38;2;20;90;200m> "+line+"\x1b[m")
		} else {
			lines = append(lines, "  "+line)
		}
	}
	lines = append(lines, strings.Repeat("─", 80), fmt.Sprintf(" %d of 1000", chosen))
	return page(lines, tea.NewCursor(1, 2+chosen-top))
}

func page(lines []string, c *tea.Cursor) tea.View {
	return tea.View{AltScreen: true, ReportFocus: true, WindowTitle: "Alcove", Content: strings.Join(lines, "\n"), Cursor: c}
}

const typed = "Thank you for the long letter, I read it"

func TestAKeyIsAFewBytes(t *testing.T) {
	g := newGlass(80, 24, colorprofile.TrueColor)
	check(t, g, composer(""))
	for n := range len(typed) {
		if b := check(t, g, composer(typed[:n+1])); len(b) > 4 {
			t.Errorf("a letter at the end is %d bytes: %q", len(b), b)
		}
	}
	at := composer(typed[:6] + "X" + typed[6:])
	at.Cursor.X = 8
	g.draw(func() tea.View { v := composer(typed); v.Cursor.X = 7; return v }())
	if b := check(t, g, at); len(b) > 8 {
		t.Errorf("a letter in the middle is %d bytes: %q", len(b), b)
	}
	at = composer(typed)
	at.Cursor.X = 7
	if b := check(t, g, at); len(b) > 8 {
		t.Errorf("a letter deleted in the middle is %d bytes: %q", len(b), b)
	}
	check(t, g, composer(strings.Repeat("a", 70)))
	if b := check(t, g, composer(strings.Repeat("a", 60)+"X"+strings.Repeat("a", 10))); len(b) > keyBytes {
		t.Errorf("%d bytes", len(b))
	}
}

func TestOneLineDownIsNearerThanItsNumber(t *testing.T) {
	g := newGlass(80, 24, colorprofile.TrueColor)
	at := func(x, y int) tea.View {
		v := composer("a")
		v.Cursor.X, v.Cursor.Y = x, y
		return v
	}
	check(t, g, at(30, 18))
	if b := check(t, g, at(11, 19)); len(b) > len("\r\n\x1b[11C") {
		t.Errorf("%q", b)
	}
}

func TestAScrollStepIsAFewBytes(t *testing.T) {
	for _, profile := range []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI256, colorprofile.ANSI, colorprofile.ASCII} {
		g := newGlass(80, 24, profile)
		check(t, g, list(0, 19))
		for i := range 30 {
			if b := check(t, g, list(i+1, i+20)); len(b) > scrollBytes {
				t.Errorf("a step down is %d bytes: %q", len(b), b)
			}
		}
		check(t, g, list(30, 30))
		for i := 29; i >= 0; i-- {
			if b := check(t, g, list(i, i)); len(b) > scrollBytes {
				t.Errorf("a step up is %d bytes: %q", len(b), b)
			}
		}
	}
}

func TestNothingChangedIsNothingWritten(t *testing.T) {
	g := newGlass(80, 24, colorprofile.TrueColor)
	check(t, g, composer("a"))
	for _, sync := range []bool{false, true} {
		g.screen.sync = sync
		if b := g.draw(composer("a")); len(b) > 0 {
			t.Errorf("%q", b)
		}
	}
	g.screen.repaint()
	if b := check(t, g, composer("a")); len(b) < 1000 {
		t.Errorf("a repaint is %d bytes", len(b))
	}
}

func TestAFrameAllocatesNothing(t *testing.T) {
	s := newScreen(Options{Env: []string{"TERM=xterm"}, Profile: colorprofile.ANSI256, Width: 80, Height: 24})
	views, buf := []tea.View{composer("a"), composer("ab"), list(0, 0), list(1, 1)}, make([]byte, 0, 16<<10)
	fewest := math.Inf(1) // of some rounds: a collection, and the race detector, make a pool forget
	for range 100 {
		fewest = min(fewest, testing.AllocsPerRun(1, func() {
			for _, v := range views {
				s.draw(buf, v)
			}
		}))
	}
	if fewest > frameAllocs*float64(len(views)) {
		t.Errorf("%v allocations in %d frames", fewest, len(views))
	}
}

// A terminal that is given back stands as it was.
func TestLeaveUndoesWhatDrawDid(t *testing.T) {
	g := newGlass(80, 24, colorprofile.TrueColor)
	_, _ = g.WriteString("$ ssh\r\n")
	v := composer("a")
	v.MouseMode = tea.MouseModeCellMotion
	drawn := string(g.draw(v))
	g.draw(list(0, 0))
	left := string(g.screen.leave(nil))
	_, _ = g.WriteString(left)
	if !g.visible || g.IsAltScreen() || !strings.HasPrefix(g.String(), "$ ssh") {
		t.Errorf("visible %v, alternate %v, %q", g.visible, g.IsAltScreen(), g.String())
	}
	if !strings.Contains(drawn, "\x1b[?7l") || !strings.Contains(drawn, "\x1b[1 q") {
		t.Errorf("%q", drawn)
	}
	for _, mode := range []string{"1049", "2004", "1004"} {
		if !strings.Contains(drawn, "\x1b[?"+mode+"h") || !strings.Contains(left, "\x1b[?"+mode+"l") {
			t.Errorf("mode %s: %q, %q", mode, drawn, left)
		}
	}
	for _, undone := range []string{"\x1b[?7h", "\x1b]2;\a", "\x1b[0 q"} {
		if !strings.Contains(left, undone) {
			t.Errorf("%q is not in %q", undone, left)
		}
	}
	if again := g.screen.leave(nil); len(again) > 0 {
		t.Errorf("left twice: %q", again)
	}
}

func TestTheMouseIsAskedForAndLetGo(t *testing.T) {
	g := newGlass(80, 24, colorprofile.TrueColor)
	v := composer("a")
	g.draw(v)
	for _, c := range []struct {
		mode tea.MouseMode
		want string
	}{
		{tea.MouseModeCellMotion, "\x1b[?1002h\x1b[?1006h"}, {tea.MouseModeAllMotion, "\x1b[?1002l\x1b[?1003h\x1b[?1006h"},
		{tea.MouseModeNone, "\x1b[?1003l\x1b[?1006l"},
	} {
		v.MouseMode = c.mode
		if got := string(g.draw(v)); got != c.want {
			t.Errorf("%v: %q, want %q", c.mode, got, c.want)
		}
	}
}

// A space in bold looks like any other, one that is underlined does not.
func TestSpacesAreComparedByWhatOneSees(t *testing.T) {
	g := newGlass(20, 2, colorprofile.TrueColor)
	check(t, g, page([]string{"\x1b[1mtwo words\x1b[m", ""}, nil))
	if b := check(t, g, page([]string{"\x1b[1mtwo\x1b[m \x1b[1mwords\x1b[m", ""}, nil)); len(b) > 0 {
		t.Errorf("%q", b)
	}
	if b := check(t, g, page([]string{"\x1b[1mtwo\x1b[m\x1b[4m \x1b[m\x1b[1mwords\x1b[m", ""}, nil)); len(b) == 0 {
		t.Error("nothing was written")
	}
}

// A terminal that knows no more than a VT100 gets no more.
func TestAnOldTerminal(t *testing.T) {
	s := newScreen(Options{Env: []string{"TERM=vt100"}, Profile: colorprofile.ASCII, Width: 80, Height: 24})
	s.draw(nil, composer(typed))
	for _, v := range []tea.View{composer(typed[:6] + "X" + typed[6:]), list(0, 0), composer("a"), composer("a" + strings.Repeat(" ", 30) + "b")} {
		if b := string(s.draw(nil, v)); rich.MatchString(b) {
			t.Errorf("%q", b)
		}
	}
}

var rich = regexp.MustCompile(`\x1b\[[0-9;]*[@PX]`)

// What a title says cannot end it and begin something else.
func TestATitleIsWithoutControlCharacters(t *testing.T) {
	s := newScreen(Options{Width: 80, Height: 24})
	b := string(s.draw(nil, tea.View{WindowTitle: "a\x1b]0;\x07\u009cb"}))
	if !strings.Contains(b, "\x1b]2;a]0;b\a") {
		t.Errorf("%q", b)
	}
}

// After a cluster whose width is in doubt the column is found anew, and nothing is left over of one that goes.
func TestDoubtfulWidths(t *testing.T) {
	g := newGlass(20, 2, colorprofile.TrueColor)
	check(t, g, page([]string{"left 👩‍👩‍👧 right", ""}, nil))
	if b := string(check(t, g, page([]string{"lift 👩‍👩‍👧 right", ""}, nil))); strings.ContainsAny(b, "👩") || strings.Contains(b, "\x1b[K") {
		t.Errorf("what is before is changed alone: %q", b)
	}
	b := string(check(t, g, page([]string{"lift 👩‍👩‍👧 Right", ""}, nil)))
	if !strings.Contains(b, "\x1b[K") || !strings.Contains(b, "👩‍👩‍👧\r\x1b[8CRight") {
		t.Errorf("%q", b)
	}
	for text, want := range map[string]bool{
		"a": false, "é": false, "ж": false, "─": false, "…": false, "日": false, "한": false, "e\u0301": true, "🙂": true, "❤️": true, "क्षि": true, "\u200b": true,
	} {
		width := 1
		if slices.Contains([]string{"日", "한", "🙂", "❤️"}, text) {
			width = 2
		}
		if doubtful(text, width) != want {
			t.Errorf("doubt about %q: %v", text, !want)
		}
	}
}

// Only a screen and its text outlive a frame: nothing a person wrote stays in what frames share.
func TestScratchForgets(t *testing.T) {
	p := new(painter)
	s := newScreen(Options{Profile: colorprofile.TrueColor, Width: 80, Height: 24})
	p.begin(s, nil)
	p.compare("a secret", "another")
	p.paint()
	p.giveBack()
	for _, c := range slices.Concat(p.old[:cap(p.old)], p.new[:cap(p.new)]) {
		if c != (cell{}) {
			t.Fatalf("%+v", c)
		}
	}
	for _, l := range slices.Concat(p.was[:cap(p.was)], p.now[:cap(p.now)], []string{string(p.out)}) {
		if l != "" {
			t.Fatalf("%q", l)
		}
	}
}

func TestSynchronisedOutput(t *testing.T) {
	g := newGlass(80, 24, colorprofile.TrueColor)
	g.screen.sync = true
	check(t, g, composer("a"))
	if b := string(check(t, g, list(0, 0))); !strings.HasPrefix(b, "\x1b[?2026h") || !strings.HasSuffix(b, "\x1b[?2026l") || strings.Contains(b, "\x1b[?25l") {
		t.Errorf("%q", b)
	}
	check(t, g, composer("a"))
	if b := check(t, g, composer("ab")); string(b) != "b" {
		t.Errorf("%q", b)
	}
}

func TestWhatIsTakenAsOneColumnIsOne(t *testing.T) {
	for _, span := range narrow.R16 {
		for r := rune(span.Lo); r <= rune(span.Hi); r++ {
			if text, w := ansi.FirstGraphemeCluster(string(r)+"́x", ansi.GraphemeWidth); w != 1 || plainRune(text) != 0 {
				t.Errorf("%U with a mark: %d columns, taken by itself: %d", r, w, plainRune(text))
			}
			if text, w := ansi.FirstGraphemeCluster(string(r)+string(r), ansi.GraphemeWidth); w != 1 || text != string(r) {
				t.Errorf("%U: %q has %d columns", r, text, w)
			}
		}
	}
}
