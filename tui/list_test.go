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
		if rows, above, below := l.window(); l.height >= 2*l.tall+2 && l.choosable(0, len(ids)) != above+below+countNumbered(l, rows) {
			t.Fatalf("%d above, %d below and %d rows shown of %q", above, below, len(rows), ids)
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

// countNumbered counts the rows of a window that can be chosen.
func countNumbered(l list, rows []shownRow) (n int) {
	for _, r := range rows {
		n += l.choosable(r.index, r.index+1)
	}
	return n
}

func TestListTellsThatThereIsMore(t *testing.T) {
	l := list{height: 6}
	ids := strings.Fields("a b c d e f g h i j")
	l.set(ids)
	look := func() string {
		b := l.view(&Styles{}, 80, func(i, _ int, _ bool) []string { return []string{ids[i]} })
		return strings.Join(b.Lines, "|")
	}
	for _, step := range []struct {
		by, digit int
		want      string
	}{
		{0, 0, " > 1  a|   2  b|   3  c|   4  d|   5  e|   ↓ 5"},
		{4, 0, "   ↑ 2|   1  c|   2  d| > 3  e|   4  f|   ↓ 4"},
		{0, 4, "   ↑ 3|   1  d|   2  e| > 3  f|   4  g|   ↓ 3"},
		{9, 0, "   ↑ 5|   1  f|   2  g|   3  h|   4  i| > 5  j"},
	} {
		l.steps(step.by, 1)
		l.digit(step.digit)
		if got := look(); got != step.want {
			t.Errorf("after %d and digit %d:\n%s\nwant\n%s", step.by, step.digit, got, step.want)
		}
	}
	l.set(ids[:6])
	if got := look(); strings.ContainsAny(got, "↑↓") {
		t.Errorf("all fit, yet it says\n%s", got)
	}
	l.idle = true
	if got := look(); strings.Contains(got, ">") {
		t.Errorf("a row looks chosen though the keys are elsewhere:\n%s", got)
	}
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
