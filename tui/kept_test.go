package tui

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// Whatever is pressed and whatever happens, a frame that keeps parts of the one before is the one made of nothing.
func TestWhatAFrameKeepsIsWhatItWouldMake(t *testing.T) {
	keys := strings.Fields("a b c space enter enter backspace left right up down pgup pgdown home end tab tab tab esc ctrl+s ctrl+o ctrl+z ctrl+g ctrl+p " +
		"ctrl+r ctrl+x f1 y [ ] e e h w z i g G ? / 1 2 s n p u r j k")
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 1))
		inThread(t, append(many(30, "jonas"), "anna: "+longEntry), nil, func(x *threadTest) {
			for range 250 {
				x.step(random, keys)
				if random.IntN(3) > 0 {
					x.app.View() // frames that are kept, and not compared
				} else {
					x.view()
				}
			}
		})
	}
}

// step does something, or lets it happen.
func (x *threadTest) step(random *rand.Rand, keys []string) {
	switch random.IntN(16) {
	case 0:
		x.send(tea.WindowSizeMsg{Width: 15 + random.IntN(150), Height: 4 + random.IntN(50)})
	case 1:
		x.writes("jonas", "One more, of "+strings.Repeat("words ", random.IntN(30)))
	case 2:
		x.p.arrive("jonas", random.IntN(2) == 0)
		x.settle()
	case 3:
		if err := x.p.as("jonas").Type(x.t.Context(), x.thread, random.IntN(2) == 0); err != nil {
			x.t.Fatal(err)
		}
		x.settle()
	case 4:
		x.pass(time.Duration(1+random.IntN(20)) * 100 * time.Millisecond)
	case 5:
		x.send(tea.PasteMsg{Content: strings.Repeat("pasted ", random.IntN(40))})
	case 6:
		x.send(openThreadMsg{thread: x.thread})
	case 7:
		settings := x.app.s.me.Settings
		settings.Theme = []string{"", "ink", "paper", "contrast-dark"}[random.IntN(4)]
		settings.Language, settings.EnterSends = []string{"en", "de"}[random.IntN(2)], random.IntN(4) == 0
		if err := x.p.as("anna").SaveSettings(x.t.Context(), settings); err != nil {
			x.t.Fatal(err)
		}
		x.settle()
	case 8:
		x.send([]tea.Msg{tea.BlurMsg{}, tea.FocusMsg{}, noticeMsg{text: "Good news"}, noticeMsg{text: "Bad news", failed: true}}[random.IntN(4)])
	default:
		key := keys[random.IntN(len(keys))]
		if utf8.RuneCountInString(key) == 1 {
			x.hand(key)
			return
		}
		x.keys(key)
	}
}

// A frame is its lines, each cut to the width, whatever the last one was.
func TestAFrameIsItsLines(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	var f frame
	for range 5000 {
		width := 3 + random.IntN(3)
		lines := []string{"top"}
		for range random.IntN(4) {
			lines = append(lines, []string{"", "a", "abcd", "abcde", "ab\x1b[1mcde\x1b[m"}[random.IntN(5)])
		}
		f.begin(width)
		f.add(lines[0])
		for i, line := range lines[1:] {
			f.fit(line)
			lines[1+i] = clip(line, width)
		}
		if got, want := f.end(), strings.Join(lines, "\n"); got != want {
			t.Fatalf("%q at %d, want %q", got, width, want)
		}
	}
}

func TestAFrameThatIsTheLastOneCostsNothing(t *testing.T) {
	var f frame
	line := strings.Repeat("x", 80)
	draw := func() {
		f.begin(80)
		f.add("top")
		f.fit(line)
		f.end()
	}
	draw()
	if n := testing.AllocsPerRun(100, draw); n > 0 {
		t.Errorf("%.0f allocations", n)
	}
}
