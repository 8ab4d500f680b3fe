package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
)

var conversation = []string{
	"jonas: How did the *two-minute start* feel?",
	"anna: It worked better than I thought:\n\n- took out the letter, set the timer\n- wrote the first line, then ten more minutes\n\n> start before you feel ready",
	"jonas: That is a real step. What was different from the times before?\n\n# Anna, Thu 10:12\nthis is still Jonas's entry",
	"anna: 周末怎么办？\tÜber das Wochenende: Vereinbarungsgespräch 👩‍👧",
}

// shots are the screens of a test, for one golden file.
type shots struct{ strings.Builder }

// take adds what the page says and draws, without the frame, which is another file's, and where the cursor stands in it.
// With a theme it has the colours.
func (s *shots) take(x *threadTest, name string) {
	x.t.Helper()
	page, size := x.app.top(), x.app.bodySize()
	body, head := page.View(size.Width, size.Height), page.Header()
	fmt.Fprintf(s, "== %s ==\n%s / %s\n", name, head.Title, head.Right)
	for i, line := range body.Lines {
		if w := ansi.StringWidth(line); w > size.Width {
			x.t.Errorf("%s: line %d is %d wide", name, i, w)
		}
		s.WriteString(line + "\n")
	}
	for _, h := range page.Hints() {
		fmt.Fprintf(s, "[%s %s] ", h.Key, h.Does)
	}
	fmt.Fprintf(s, "\ncursor %d,%d\n", body.Cursor.X, body.Cursor.Y)
}

func TestThreadScreens(t *testing.T) {
	for _, c := range []struct {
		name          string
		width, height int
		lang, theme   string // no theme is no colour
	}{
		{"80x24-en", 80, 24, "C", ""}, {"80x24-de-paper", 80, 24, "de_DE.UTF-8", "paper"}, {"40x20-de", 40, 20, "de_DE.UTF-8", ""},
		{"40x20-en-ink", 40, 20, "C", "ink"}, {"120x40-en-ansi", 120, 40, "C", "ansi"}, {"120x40-de", 120, 40, "de_DE.UTF-8", ""},
		{"20x6-en", 20, 6, "C", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var seen shots
			inThread(t, conversation, func(o *Options) {
				o.Width, o.Height, o.Lang, o.NoColor = c.width, c.height, c.lang, c.theme == ""
				o.Journal.(*fakeJournal).me.Settings.Theme = c.theme
			}, func(x *threadTest) {
				seen.take(x, "opened")
				x.hand("Next question is how I keep it up at weekends.\nAnd")
				x.pass(2 * time.Second)
				seen.take(x, "written")
				x.keys("tab [ [")
				seen.take(x, "reading")
				x.keys("G e")
				seen.take(x, "editing")
				x.keys("esc w")
				seen.take(x, "asking")
			})
			golden.RequireEqual(t, seen.String())
		})
	}
}

func TestSearchScreens(t *testing.T) {
	for _, c := range []struct {
		name          string
		width, height int
		lang          string
	}{{"80x24-en", 80, 24, "C"}, {"40x20-de", 40, 20, "de_DE.UTF-8"}, {"120x40-en", 120, 40, "C"}} {
		t.Run(c.name, func(t *testing.T) {
			var seen shots
			inThread(t, conversation, func(o *Options) {
				o.Width, o.Height, o.Lang, o.NoColor = c.width, c.height, c.lang, true
			}, func(x *threadTest) {
				x.keys("tab /")
				seen.take(x, "empty")
				x.hand("the")
				x.pass(time.Second)
				x.keys("tab")
				seen.take(x, "found")
				x.keys("tab")
				x.hand("zzz")
				x.pass(time.Second)
				seen.take(x, "none")
			})
			golden.RequireEqual(t, seen.String())
		})
	}
}
