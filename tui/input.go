package tui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"

	"alcove/store/safetext"
)

// input is one line of text that is being typed. The caret moves by what a reader takes for a character. What is typed
// or pasted into it is cleaned.
type input struct {
	text  string
	caret int // bytes before it
	limit int // characters that fit; more are not taken
}

// set replaces the text; the caret stands behind it.
func (in *input) set(text string) { in.text, in.caret = text, len(text) }

// insert puts text at the caret. Line breaks become spaces.
func (in *input) insert(text string) {
	text = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(text)
	if room := in.limit - utf8.RuneCountInString(in.text); utf8.RuneCountInString(text) > room {
		text = string([]rune(text)[:max(room, 0)])
	}
	// Cleaned together with what stands before it, for an accent may arrive after its letter.
	before := safetext.Text(in.text[:in.caret] + text)
	in.text, in.caret = before+in.text[in.caret:], len(before)
}

// key edits, if the key is one that does.
func (in *input) key(msg tea.KeyPressMsg) bool {
	before, behind := in.text[:in.caret], in.text[in.caret:]
	switch msg.String() {
	case "left", "ctrl+b":
		in.caret -= lastCluster(before)
	case "right", "ctrl+f":
		in.caret += firstCluster(behind)
	case "home", "ctrl+a":
		in.caret = 0
	case "end", "ctrl+e":
		in.caret = len(in.text)
	case "backspace", "ctrl+h":
		in.cut(in.caret-lastCluster(before), in.caret)
	case "delete", "ctrl+d":
		in.cut(in.caret, in.caret+firstCluster(behind))
	case "ctrl+u":
		in.cut(0, in.caret)
	case "ctrl+k":
		in.cut(in.caret, len(in.text))
	case "ctrl+w":
		in.cut(strings.LastIndex(strings.TrimRight(before, " "), " ")+1, in.caret)
	default:
		if msg.Text == "" || msg.Mod&(tea.ModCtrl|tea.ModAlt) != 0 {
			return false
		}
		in.insert(msg.Text)
	}
	return true
}

func (in *input) cut(from, to int) {
	in.text = in.text[:from] + in.text[to:]
	in.caret = from
}

// view draws the field in exactly width cells and says in which of them the caret stands. A long text is shown around
// the caret.
func (in *input) view(st *Styles, width int) (line string, caret int) {
	caret = cells(in.text[:in.caret])
	shown := in.text
	if caret > width-1 {
		skip := caret - width + 1
		shown = ansi.TruncateLeft(shown, skip, "")
		caret = width - 1
	}
	shown = ansi.Truncate(shown, width, "")
	return st.Text.Render(shown) + st.Muted.Render(strings.Repeat("_", max(width-cells(shown), 0))), caret
}

func firstCluster(s string) int {
	cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(s, -1)
	return len(cluster)
}

// lastCluster is the length of the last cluster of s in bytes.
func lastCluster(s string) int {
	n := 0
	for s != "" {
		n = firstCluster(s)
		s = s[n:]
	}
	return n
}
