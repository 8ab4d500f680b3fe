package themes

import (
	"os"
	"strings"
	"testing"
	"unicode"
)

// FuzzTheme: a file is refused in one line that a log can hold, or it has a colour for every role.
func FuzzTheme(f *testing.F) {
	for _, name := range []string{"paper.toml", "ink.toml", "ansi.toml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("paper = \"#gggggg\"\n"))
	f.Add([]byte("ansi = true\n[roles]\ntext = \"\\u001b[31m\"\n"))
	f.Add([]byte("[roles]\n\"\\u202e\" = \"#000000\"\npaper = 1\x00\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		theme, err := parse("fuzzed", data)
		if err != nil {
			if line := err.Error(); line == "" || strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("the error %q is no line", line)
			}
			return
		}
		for role, c := range theme.Roles.fields() {
			if *c == nil && !theme.ANSI {
				t.Errorf("%s has no colour", role)
			}
		}
	})
}
