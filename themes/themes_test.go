package themes

import (
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T, dir string) *Set {
	t.Helper()
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBuiltInThemes(t *testing.T) {
	s := load(t, "")
	if diff := cmp.Diff([]string{"ansi", "contrast-dark", "contrast-light", "ink", "paper"}, s.Names()); diff != "" {
		t.Errorf("names: %s", diff)
	}
	if s.For(true).Name != Dark || !s.For(true).Dark {
		t.Errorf("dark terminals get %+v", s.For(true))
	}
	if s.For(false).Name != Light || s.For(false).Dark {
		t.Errorf("light terminals get %+v", s.For(false))
	}
	if basic, ok := s.Named(Basic); !ok || !basic.ANSI {
		t.Errorf("the basic theme is %+v", basic)
	}
	if _, ok := s.Named("none such"); ok {
		t.Error("a theme that does not exist was found")
	}
}

// The papers are chosen so that the terminals people have, lighter than a light paper or darker than a dark one, only add
// contrast; the high contrast themes keep what WCAG asks at level AAA.
func TestBuiltInContrast(t *testing.T) {
	white, black := color.RGBA{R: 255, G: 255, B: 255, A: 255}, color.RGBA{A: 255}
	s := load(t, "")
	for _, name := range s.Names() {
		theme, _ := s.Named(name)
		need, background := minContrast, white
		if theme.Dark {
			background = black
		}
		if strings.HasPrefix(name, "contrast-") {
			need = 7
		}
		for role, c := range theme.Roles.fields() {
			switch c := (*c).(type) {
			case nil:
				if !theme.ANSI {
					t.Errorf("%s: role %s has no colour", name, role)
				}
			case ansi.BasicColor:
				if !theme.ANSI || (c != ansi.Red && c != ansi.Magenta) {
					t.Errorf("%s: role %s is the terminal's %v, which some backgrounds swallow", name, role, c)
				}
			case color.RGBA:
				if got := contrast(c, background); got < need {
					t.Errorf("%s: role %s has %.1f:1, needs %.1f:1", name, role, got, need)
				}
			}
		}
	}
}

func TestPracticesOwnThemes(t *testing.T) {
	good, err := builtIn.ReadFile("paper.toml")
	if err != nil {
		t.Fatal(err)
	}
	change := func(from, to string) string {
		t.Helper()
		changed := strings.Replace(string(good), from, to, 1)
		if changed == string(good) {
			t.Fatalf("nothing to change: %s", from)
		}
		return changed
	}
	for _, c := range []struct{ name, file, content, want string }{
		{"taken in", "moss.toml", change("#22262b", "#101418"), ""},
		{"no theme at all", "notes.txt", "hello", ""},
		{"role missing", "moss.toml", change(`draft = "#7a4b00"`, ""), `"moss.toml": role draft is missing`},
		{"unknown role", "moss.toml", change("draft =", "drafts ="), `"moss.toml": unknown role "drafts"`},
		{"unknown key", "moss.toml", "colour = 1\n" + string(good), `"moss.toml": unknown key "colour"`},
		{"bad colour", "moss.toml", change("#7a4b00", "#7a4b0g"), `"moss.toml": role draft: "#7a4b0g" is no colour; write #rrggbb`},
		{"short colour", "moss.toml", change("#7a4b00", "#742"), `"moss.toml": role draft: "#742" is no colour; write #rrggbb`},
		{"pale", "moss.toml", change("#7a4b00", "#9a8b70"), `"moss.toml": role draft: contrast against paper is 2.9:1, needs 4.5:1`},
		{"no paper", "moss.toml", change(`paper = "#f4f1ea"`, ""), `"moss.toml": needs either paper = "#rrggbb" or ansi = true`},
		{"terminal's colours on paper", "moss.toml", change("#7a4b00", "red"), `"moss.toml": role draft: "red" is no colour; write #rrggbb`},
		{"no TOML", "moss.toml", "paper = \n", `"moss.toml": line 1:`},
		{"name with an escape", "mo\x1bss.toml", string(good), `"mo\x1bss.toml": a theme's name has`},
		{"too large", "moss.toml", strings.Repeat("#", maxFile+1), `"moss.toml": larger than 65536 bytes`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			s := load(t, dir)
			if c.want == "" {
				if got := s.Refused(); len(got) > 0 {
					t.Errorf("refused: %v", got)
				}
			} else if got := s.Refused(); len(got) != 1 || !strings.HasPrefix(got[0].Error(), c.want) {
				t.Errorf("refused: %v, want %s", got, c.want)
			}
			_, taken := s.Named("moss")
			if taken != (c.want == "" && c.file == "moss.toml") {
				t.Errorf("taken in: %v", taken)
			}
			if len(s.Names()) < 5 {
				t.Errorf("built-in themes are gone: %v", s.Names())
			}
		})
	}
}

func TestOwnThemeReplacesBuiltIn(t *testing.T) {
	dir := t.TempDir()
	ink, err := builtIn.ReadFile("ink.toml")
	if err != nil {
		t.Fatal(err)
	}
	own := strings.Replace(string(ink), "#e2ddd3", "#ffffff", 1)
	if err := os.WriteFile(filepath.Join(dir, "ink.toml"), []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := load(t, dir).For(true).Roles.Text; got != (color.RGBA{R: 255, G: 255, B: 255, A: 255}) {
		t.Errorf("text of ink is %v, not the practice's own white", got)
	}
}

func TestFolderThatIsNone(t *testing.T) {
	dir := t.TempDir()
	if s := load(t, filepath.Join(dir, "missing")); len(s.Names()) != 5 || len(s.Refused()) != 0 {
		t.Errorf("a missing folder gives %v, %v", s.Names(), s.Refused())
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file); err == nil {
		t.Error("a file in the folder's place was taken for a folder")
	}
	if err := os.Mkdir(filepath.Join(dir, "dir.toml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := load(t, dir).Refused(); len(got) != 1 || !strings.Contains(got[0].Error(), "not a file") {
		t.Errorf("a folder named like a theme: %v", got)
	}
}

// The examples are worked out in the specification or follow from it.
func TestContrast(t *testing.T) {
	gray := func(v uint8) color.RGBA { return color.RGBA{R: v, G: v, B: v, A: 255} }
	for _, c := range []struct {
		a, b color.RGBA
		want float64
	}{
		{gray(0), gray(255), 21}, {gray(255), gray(0), 21}, {gray(119), gray(119), 1},
		{gray(0x76), gray(255), 4.54}, {gray(0x77), gray(255), 4.48}, // the grey at which AA begins
		{color.RGBA{R: 255, A: 255}, gray(255), 4.00},
	} {
		if got := contrast(c.a, c.b); got < c.want-0.005 || got > c.want+0.005 {
			t.Errorf("contrast of %v and %v is %.3f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

func TestSetDoesNotChange(t *testing.T) {
	s := load(t, "")
	names := s.Names()
	slices.Reverse(names)
	if slices.Equal(names, s.Names()) {
		t.Error("a caller changed the set's names")
	}
}

func TestBasicReadsOnAnyTerminal(t *testing.T) {
	s, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	basic, _ := s.Named(Basic)
	r := basic.Roles
	for _, c := range []color.Color{r.Text, r.Muted, r.Heading, r.Accent, r.Unread, r.Mine, r.Other, r.Draft, r.Selection} {
		if c != nil {
			t.Errorf("%v is hard to read on black or on white in some palette", c)
		}
	}
}
