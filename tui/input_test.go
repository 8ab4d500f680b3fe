package tui

import (
	"strings"
	"testing"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func TestInputKeys(t *testing.T) {
	tests := map[string]struct{ text, keys, want string }{
		"left and insert":    {"abc", "left left X", "aXbc"},
		"a family is one":    {"a👨‍👩‍👧b", "left backspace", "ab"},
		"an accent, too":     {"xe\u0301y", "left left delete", "xy"},
		"home, delete":       {"abc", "home delete", "bc"},
		"kill to the end":    {"abc def", "left left left ctrl+k", "abc "},
		"kill to the start":  {"abc def", "left left left ctrl+u", "def"},
		"kill a word":        {"abc def ", "ctrl+w", "abc "},
		"nothing to take":    {"", "backspace delete left right ctrl+w", ""},
		"the limit holds":    {"0123456789ab", "X", "0123456789ab"},
		"space is a letter":  {"ab", "space c", "ab c"},
		"ctrl is no letter":  {"ab", "ctrl+y", "ab"},
		"home, end, letters": {"bc", "home a end d", "abcd"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := input{limit: 12}
			in.set(test.text)
			for key := range strings.FieldsSeq(test.keys) {
				press := keyPress(key)
				if key == "space" {
					press.Text = " "
				}
				in.key(press)
			}
			if in.text != test.want {
				t.Fatalf("the text is %q, want %q", in.text, test.want)
			}
		})
	}
}

func TestInputHoldsAnything(t *testing.T) {
	st := &Styles{}
	keys := rapid.SampledFrom([]string{"left", "right", "home", "end", "backspace", "delete", "ctrl+w", "ctrl+k"})
	rapid.Check(t, func(t *rapid.T) {
		in := input{limit: 30}
		for range rapid.IntRange(0, 12).Draw(t, "acts") {
			if rapid.Bool().Draw(t, "types") {
				in.insert(rapid.String().Draw(t, "text"))
			} else {
				in.key(keyPress(keys.Draw(t, "key")))
			}
			if !utf8.ValidString(in.text[:in.caret]) || strings.ContainsAny(in.text, "\x1b\n\r\a") {
				t.Fatalf("text %q, caret at %d", in.text, in.caret)
			}
			line, caret := in.view(st, 20)
			if ansi.StringWidth(line) != 20 || caret < 0 || caret > 19 {
				t.Fatalf("%q is drawn as %q, caret at %d", in.text, line, caret)
			}
		}
	})
}

func TestInputShowsTheCaretOfALongText(t *testing.T) {
	in := input{limit: 100}
	in.insert("the quick brown fox jumps")
	line, caret := in.view(&Styles{}, 10)
	if line != "fox jumps_" || caret != 9 {
		t.Fatalf("%q with the caret at %d", line, caret)
	}
	in.key(tea.KeyPressMsg{Code: tea.KeyHome})
	if line, caret = in.view(&Styles{}, 10); line != "the quick " || caret != 0 {
		t.Fatalf("%q with the caret at %d", line, caret)
	}
}
