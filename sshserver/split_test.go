package sshserver

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestCommandLinesAreCutAsAShellDoes(t *testing.T) {
	for text, want := range map[string][]string{
		"":                              nil,
		" \t\n":                         nil,
		"read 7":                        {"read", "7"},
		"  read   7  ":                  {"read", "7"},
		`new 'A title' --with jonas`:    {"new", "A title", "--with", "jonas"},
		`new "it's" 'say "so"'`:         {"new", "it's", `say "so"`},
		`new a\ b "a\"b" "a\b" 'a\b'`:   {"new", "a b", `a"b`, `a\b`, `a\b`},
		`new '' ""`:                     {"new", "", ""},
		`ne'w' "Müller"s`:               {"new", "Müllers"},
		`read "1`:                       nil,
		`read 'a b`:                     nil,
		`read 1\`:                       nil,
		strings.Repeat("x", maxCommand): {strings.Repeat("x", maxCommand)},
	} {
		got, whole := split(text)
		if !whole {
			got = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%.60q:\n%s", text, diff)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(`new 'A title' --with "jonas" a\ b`)
	f.Add(`read "1`)
	f.Fuzz(func(t *testing.T, text string) {
		words, whole := split(text)
		if !whole || !utf8.ValidString(text) {
			return
		}
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		again, whole := split(strings.Join(quoted, " "))
		if !whole || len(again) != len(words) || strings.Join(again, "\x00") != strings.Join(words, "\x00") {
			t.Errorf("%q quoted is cut into %q", words, again)
		}
	})
}
