package tui

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"alcove/store"
	"alcove/store/safetext/hostile"
)

// What these tests show comes from a journal that cleans nothing: they prove the cleaning at the output alone.

// hostileShots are the pages on which somebody sees what another wrote; of threads, entries and people each is hostile.
var hostileShots = []pageShot{
	{"home of a client", "anna", "down"},
	{"home of a coach", "jonas", ""},
	{"thread", "anna", "1"},
	{"thread from its start", "anna", "1 tab g ] ] pgdown pgdown pgdown"},
	{"earlier texts", "anna", "1 tab g h pgdown"},
	{"plain text to copy", "anna", "1 tab g c"},
	{"readers", "anna", "1 ctrl+r"},
	{"draft", "anna", "1"},
	{"preview of a draft", "anna", "1 ctrl+o"},
	{"edit", "anna", "1 tab g e"},
	{"search", "anna", "/ 'needle'"},
	{"palette", "anna", "ctrl+p"},
	{"leave", "anna", "1 ctrl+t"},
	{"new thread", "jonas", "n 'T' tab 1 2"},
	{"people", "jonas", "p"},
	{"card", "jonas", "p down down r y"},
	{"settings", "anna", "s"},
}

// terminalSet gathers what a terminal is told to do.
type terminalSet map[string]bool

func (s terminalSet) add(t *testing.T, output string) {
	t.Helper()
	for _, kind := range hostile.Sequences(output) {
		s[kind] = true
	}
	if cell := hostile.Crowded(ansi.Strip(output)); cell != "" {
		t.Errorf("one cell holds %+q", cell)
	}
}

func (s terminalSet) String() string { return strings.Join(slices.Sorted(maps.Keys(s)), ", ") }

func TestHostileTextOnEveryPage(t *testing.T) {
	const entries = 12 // of one world
	bad, good := terminalSet{}, terminalSet{}
	source := hostile.New(1)
	for range max(2, hostile.Count(0)/entries/100) {
		evil, honest := drawWorld(source, entries)
		for _, s := range hostileShots {
			before := len(bad)
			showWorld(t, s, evil, bad)
			showWorld(t, s, honest, good)
			for kind := range bad {
				if !strings.HasPrefix(kind, "SGR ") && len(bad) > before {
					t.Fatalf("%s: hostile text gives %s", s.name, kind)
				}
			}
		}
	}
	if !maps.Equal(bad, good) {
		t.Errorf("hostile text gives %v;\nneutral text gives %v", bad, good)
	}
}

// world is what the people of a practice wrote.
type world struct{ lines, entries []string }

func drawWorld(source *hostile.Source, entries int) (evil, honest world) {
	add := func(to *[]string, twin *[]string, draw func() (string, string)) {
		text, neutral := draw()
		*to, *twin = append(*to, text), append(*twin, neutral)
	}
	for range 8 {
		add(&evil.lines, &honest.lines, source.Line)
	}
	for range entries {
		add(&evil.entries, &honest.entries, source.Entry)
	}
	return evil, honest
}

// furnish writes the world down behind the back of all that cleans.
func (w world) furnish(p *practice) {
	p.add("mira", w.lines[0], store.RoleClient, "jonas")
	p.person("mira").joined = false
	jonas, anna := p.person("jonas"), p.person("anna")
	jonas.connected = append(jonas.connected, "mira")
	jonas.Name, p.person("piet").Name = w.lines[1], w.lines[2]
	anna.keys = []store.Key{{Fingerprint: "SHA256:6Q2nGUVu7dQAx4VRKHgOlO4eG3V5EwH2cP9mZtR1abc", Type: "ssh-ed25519", Comment: w.lines[3], LastUsed: testNow}}
	anna.openings = []store.Opening{{Seq: 1, Who: store.Person{Handle: "jonas", Name: w.lines[1]}, Thread: 1, Title: w.lines[5], At: testNow}}
	for i, title := range w.lines[4:] {
		var said []string
		for j, text := range w.entries {
			if j%len(w.lines[4:]) == i {
				said = append(said, "jonas: "+text+" needle", "piet: "+text)
			}
		}
		p.thread(title, []string{"jonas", "anna", "piet"}, append([]string{"anna: first"}, said...)...)
	}
	for _, th := range p.threads {
		e := &th.entries[0]
		e.Text, e.EditedAt, e.Revision = w.entries[0], testNow, 2
		th.revisions[e.Number] = []store.Revision{{Revision: 1, At: testNow, Text: w.entries[1]}}
		anna.drafts[[2]int64{th.Number, 0}] = store.Draft{Thread: th.Number, Text: w.entries[2], SavedAt: testNow, Version: 1}
	}
}

// showWorld shows a page of the world in some looks and adds what it makes a terminal do.
func showWorld(t *testing.T, s pageShot, w world, to terminalSet) {
	t.Helper()
	for _, l := range []pageLook{{80, 60, "en", "ink", false}, {40, 20, "de", "", true}} {
		drive(t, s.who, func(p *practice, o *Options) {
			w.furnish(p)
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
			d.wait(time.Second) // a search waits for the end of the word
			v := d.app.View()
			to.add(t, v.Content)
			for what, text := range map[string]string{"title": v.WindowTitle, "clipboard": d.clip, "last line": d.app.Farewell()} {
				if kinds := hostile.Sequences(text); len(kinds) > 0 {
					t.Errorf("%s: the %s holds %v", s.name, what, kinds)
				}
			}
		})
	}
}

// The linear mode says the same labels, whatever the entries are: none can pass for one.
func TestHostileTextInTheLinearMode(t *testing.T) {
	source := hostile.New(2)
	for range max(20, hostile.Count(0)/1000) {
		evil, honest := drawWorld(source, 12)
		labels := map[bool][]string{}
		for bad, w := range map[bool]world{true: evil, false: honest} {
			w.lines = honest.lines // labels show names and titles
			p := newPractice(t)
			w.furnish(p)
			said := speak(t, p.options("anna"), "1", "earlier", "history", "1", "back", "2", "back", "people", "quit")
			if kinds := hostile.Sequences(said); len(kinds) > 0 || hostile.Crowded(said) != "" {
				t.Fatalf("%v in\n%+q", kinds, said)
			}
			for line := range strings.Lines(said) {
				if !strings.HasPrefix(line, "| ") {
					labels[bad] = append(labels[bad], line)
				}
			}
		}
		if !slices.Equal(labels[true], labels[false]) {
			t.Fatalf("hostile text gives the labels\n%q\nneutral text gives\n%q", labels[true], labels[false])
		}
		p := newPractice(t)
		evil.furnish(p)
		card := ConnectCard(WordsFor("en"), p.options("jonas").Place, store.Invitation{Code: "CODE", Person: p.person("mira").Person, ExpiresAt: testNow})
		said := speak(t, p.options("anna"), "1", "back", "search", "needle", "1", "back", "people", "settings", "quit") + card
		if kinds := hostile.Sequences(said); len(kinds) > 0 {
			t.Fatalf("%v in\n%+q", kinds, said)
		}
	}
}

// Entries, drawn as Markdown with colours and without.
func TestHostileTextDrawn(t *testing.T) {
	source := hostile.New(3)
	st, bad, good := testStyles(t, "ink", false), terminalSet{}, terminalSet{}
	for range hostile.Count(3000) {
		text, twin := source.Entry()
		for to, src := range map[*terminalSet]string{&bad: text, &good: twin} {
			lines := RenderText(src, testIndent, 60, st, WordsFor("en"))
			harmless(t, lines, 60)
			to.add(t, strings.Join(lines, "\n"))
			to.add(t, strings.Join(RenderText(src, testIndent, 36, &Styles{}, WordsFor("en")), "\n"))
		}
		if t.Failed() {
			t.Fatalf("after %+q", text)
		}
	}
	if !maps.Equal(bad, good) {
		t.Errorf("hostile text gives %v;\nneutral text gives %v", bad, good)
	}
}
