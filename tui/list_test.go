package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

// Whatever the rows, the choice and the height: the chosen row is on the screen, digits number the rows that can be
// chosen from the top, and what a digit chooses is what stands beside it.
func TestListShowsTheChosenRowAndDigitsChooseWhatTheyStandBeside(t *testing.T) {
	st := &Styles{}
	rapid.Check(t, func(t *rapid.T) {
		l := list{height: rapid.IntRange(1, 20).Draw(t, "height"), tall: rapid.IntRange(1, 2).Draw(t, "tall")}
		if l.height < l.tall {
			l.height = l.tall
		}
		var ids []string
		for i, heading := range rapid.SliceOfN(rapid.Bool(), 0, 40).Draw(t, "headings") {
			if heading {
				ids = append(ids, "")
			} else {
				ids = append(ids, fmt.Sprint("row", i))
			}
		}
		l.set(ids)
		l.steps(rapid.IntRange(0, 40).Draw(t, "steps"), 1)
		width := rapid.SampledFrom([]int{20, 40, 80}).Draw(t, "width")
		b := l.view(st, width, func(i, width int, _ bool) []string {
			return []string{clip(ids[i], width), ""}[:l.tallness(i)]
		})
		if len(b.Lines) > l.height {
			t.Fatalf("%d lines in %d", len(b.Lines), l.height)
		}
		for _, line := range b.Lines {
			if ansi.StringWidth(line) > width {
				t.Fatalf("%q is wider than %d", line, width)
			}
		}
		if l.id() == "" {
			return
		}
		if chosen := b.Lines[b.Cursor.Y]; !strings.Contains(chosen, ">") || !strings.Contains(chosen, l.id()) {
			t.Fatalf("the cursor stands on %q, chosen is %s", chosen, l.id())
		}
		for n := 1; n <= 9; n++ {
			pick := l
			if !pick.digit(n) {
				continue
			}
			beside := fmt.Sprintf(" %d ", n)
			if !strings.Contains(strings.Join(b.Lines, "\n")+"\n", beside+strings.Repeat(" ", map[bool]int{true: 1}[width >= 60])+pick.id()) {
				t.Fatalf("%d chooses %s, on the screen is\n%s", n, pick.id(), strings.Join(b.Lines, "\n"))
			}
		}
	})
}

func TestListKeepsItsChoice(t *testing.T) {
	l := list{height: 10}
	l.set([]string{"", "a", "b", "", "c"})
	if l.id() != "a" {
		t.Fatalf("at first %q is chosen", l.id())
	}
	l.choose("b")
	for _, step := range []struct {
		ids  []string
		want string
	}{
		{[]string{"", "c", "", "a", "b"}, "b"}, // it moved
		{[]string{"", "c", "", "a", ""}, "a"},  // it is gone and a heading is in its place
		{[]string{"x", "y"}, "y"},
		{nil, ""},
		{[]string{"", "z"}, "z"},
	} {
		l.set(step.ids)
		if l.id() != step.want {
			t.Fatalf("in %q %q is chosen, want %q", step.ids, l.id(), step.want)
		}
	}
}
