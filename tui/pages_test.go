package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"alcove/store"
)

// pageShot is a screen to look at: whose, and the keys that lead to it from Home. A word in quotes is typed.
type pageShot struct{ name, who, keys string }

// toFactor leads from the first of the settings to the second factor, of somebody with one key.
const toFactor = "down down down down down down down down down"

var pageShots = []pageShot{
	{"home-client", "anna", ""},
	{"home-coach", "jonas", ""},
	{"home-empty", "eva", ""},
	{"new-thread", "jonas", "n 'Next steps' tab 1 2"},
	{"people", "jonas", "p"},
	{"people-anew", "jonas", "p down r"},
	{"invite", "jonas", "p i 'Jörg Groß'"},
	{"card", "jonas", "p i 'Jörg Groß' ctrl+s"},
	{"settings", "anna", "s"},
	{"settings-theme", "anna", "s 2 down"},
	{"settings-zone", "anna", "s 4 'Europe/B'"},
	{"help", "anna", "?"},
	{"palette", "jonas", "ctrl+p 'ne'"},
	{"notice", "anna", "ctrl+c"},
	{"settings-openings", "anna", "s end"},
	{"second-factor", "anna", "s " + toFactor + " enter"},
	{"second-factor-codes", "anna", "s " + toFactor + " enter '123456' enter"},
	{"second-factor-off", "anna", "s " + toFactor + " enter '123456' enter enter enter"},
}

// pageLook is one way of showing a screen; the looks cover sizes, languages, dark, light and no colour.
type pageLook struct {
	width, height int
	lang, theme   string
	noColor       bool
}

var pageLooks = []pageLook{
	{80, 24, "en", "ink", false},
	{40, 20, "de", "", true},
	{120, 40, "en", "paper", false},
	{80, 24, "de", "ansi", false},
	{40, 20, "en", "paper", false},
}

func (l pageLook) String() string {
	theme := l.theme
	if l.noColor {
		theme = "no-colour"
	}
	return fmt.Sprintf("%dx%d-%s-%s", l.width, l.height, l.lang, theme)
}

// shootPage shows a screen.
func shootPage(t *testing.T, s pageShot, l pageLook, test func(d *driver)) {
	t.Helper()
	drive(t, "anna", func(p *practice, o *Options) {
		someWeeks(p, o)
		p.add("eva", "Eva Lund", store.RoleClient, "jonas")
		p.add("mira", "Mira Novak", store.RoleClient, "jonas")
		p.person("mira").joined = false
		p.person("jonas").connected = append(p.person("jonas").connected, "mira")
		p.person("anna").keys = []store.Key{
			{Fingerprint: "SHA256:6Q2nGUVu7dQAx4VRKHgOlO4eG3V5EwH2cP9mZtR1abc", Type: "ssh-ed25519", Comment: "anna@laptop", LastUsed: testNow, Current: true},
		}
		jonas := p.person("jonas").Person
		p.person("anna").openings = []store.Opening{
			{Seq: 31, Kind: store.AuditThreadRead, Who: jonas, Thread: 4, Title: "The tax letter", At: testNow.Add(-time.Hour)},
			{Seq: 30, Kind: store.AuditThreadSearched, Who: jonas, Thread: 4, Title: "The tax letter", At: testNow.Add(-2 * time.Hour)},
			{Seq: 12, Kind: store.AuditThreadExported, Thread: 2, Title: "Old matters", At: testNow.Add(-400 * 24 * time.Hour)},
		}
		if _, err := p.as("anna").SaveDraft(t.Context(), store.Draft{Thread: 4, Text: "That is a real step."}); err != nil {
			t.Fatal(err)
		}
		p.person(s.who).Settings.Theme = l.theme
		o.Journal = p.as(s.who)
		o.Width, o.Height, o.Lang, o.NoColor = l.width, l.height, l.lang, l.noColor
	}, func(_ *practice, d *driver) {
		for i, part := range strings.Split(s.keys, "'") {
			if i%2 == 0 {
				d.press(part)
			} else {
				d.write(part)
			}
		}
		test(d)
	})
}

func TestPagesLookAsTheyShould(t *testing.T) {
	for i, s := range pageShots {
		for j, l := range pageLooks {
			// Home at every look; of the others each at the three sizes, in changing languages and themes.
			if i > 2 && j > 2 && (i+j)%2 == 0 {
				continue
			}
			t.Run(s.name+"/"+l.String(), func(t *testing.T) {
				shootPage(t, s, l, func(d *driver) {
					v := d.app.View()
					cursor := "no cursor"
					if v.Cursor != nil {
						cursor = fmt.Sprintf("cursor %d,%d", v.Cursor.X, v.Cursor.Y)
					}
					golden.RequireEqual(t, v.Content+"\n"+cursor+"\n")
				})
			})
		}
	}
}

// Every page fits every screen: no line is wider, there are no more lines, and the cursor stands within.
func TestEveryPageFitsEveryScreen(t *testing.T) {
	for _, s := range pageShots {
		t.Run(s.name, func(t *testing.T) {
			shootPage(t, s, pageLooks[3], func(d *driver) {
				for _, width := range []int{20, 21, 39, 40, 59, 60, 79, 80, 119, 120, 121, 500} {
					for _, height := range []int{6, 7, 12, 20, 24, 40, 200} {
						d.send(tea.WindowSizeMsg{Width: width, Height: height})
						v := d.app.View()
						lines := strings.Split(v.Content, "\n")
						if len(lines) != height {
							t.Fatalf("%dx%d: %d lines", width, height, len(lines))
						}
						for _, line := range lines {
							if ansi.StringWidth(line) > width {
								t.Fatalf("%dx%d: the line %q is %d wide", width, height, line, ansi.StringWidth(line))
							}
						}
						if v.Cursor != nil && (v.Cursor.X < 0 || v.Cursor.Y < 0 || v.Cursor.X >= width || v.Cursor.Y >= height) {
							t.Fatalf("%dx%d: the cursor stands at %v", width, height, v.Cursor.Position)
						}
					}
				}
			})
		})
	}
}

func TestANarrowHeaderNamesTheReadersAndTheThread(t *testing.T) {
	for _, c := range []struct {
		width, height int
		want          string
	}{
		{80, 24, "< Home The tax letter Jonas W. (here now) and Anna K. F1 help"},
		{60, 24, "< Home The tax letter Jonas W. and Anna K. F1 help"},
		{40, 20, "< The tax letter JW, AK F1"},
		{20, 6, "< The … JW+1 F1"},
	} {
		inThread(t, []string{"jonas: one"}, func(o *Options) { o.Width, o.Height = c.width, c.height }, func(x *threadTest) {
			x.p.arrive("jonas", true)
			x.settle()
			head, _, _ := strings.Cut(x.screen(), "\n")
			if strings.Join(strings.Fields(head), " ") != c.want {
				t.Errorf("%d wide: %q", c.width, head)
			}
		})
	}
}

// At the smallest screen there is still what each page is for.
func TestEveryPageCanBeUsedAtTheSmallestSize(t *testing.T) {
	steps := []struct{ keys, typed, shows string }{
		{"", "", "> 1 The tax"},
		{"ctrl+p", "", "> 1 "}, {"", "set", "> 1 settings"}, {"enter", "", "Language"}, {"2", "", "> 1 by the backgrou"}, {"esc esc", "", "> 1 The tax"},
		{"n", "Next", "Next"}, {"", "", "Only you"}, {"tab", "", "> 1 [ ] Anna"}, {"space", "", "> 1 [x] Anna"},
		{"down", "", "> 2 [ ] Piet"}, {"tab", "", "Next"}, {"", "", "Klein"}, {"esc", "", "n brings"}, {"p", "", "Anna Klein"},
		{"i", "Zoe", "Zoe_"}, {"tab", "", "zoe_"}, {"esc", "", "Anna Klein"}, {"down r", "", "A new code makes"}, {"", "", "y yes"},
		{"esc esc /", "tax", "Search for: tax"}, {"f1", "", "Keys here"},
	}
	shootPage(t, pageShot{who: "jonas"}, pageLook{width: 20, height: 6, lang: "en"}, func(d *driver) {
		for _, step := range steps {
			d.press(step.keys)
			d.write(step.typed)
			d.shows(step.shows)
			if c := d.app.View().Cursor; c == nil || c.Y >= 6 {
				t.Fatalf("after %q the cursor is %v", step.keys, c)
			}
		}
		d.send(tea.WindowSizeMsg{Width: 20, Height: 6})
		d.send(noticeMsg{text: d.app.s.words.Error.Other, failed: true})
		if lines := strings.Split(d.screen(), "\n"); len(lines) != 6 || !strings.Contains(lines[2], "! That did") || !strings.Contains(lines[5], "…") {
			t.Fatalf("a long failure is shown as\n%s", d.screen())
		}
	})
}
