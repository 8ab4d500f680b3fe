package hostile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"alcove/store/safetext/hostile"
)

func TestSequencesAreFound(t *testing.T) {
	for _, c := range []struct {
		output string
		want   []string
	}{
		{"grüß\r\nGott\n", nil},
		{"\x1b[1;38;2;1;2;3;4m\x1b[0m\x1b[m", []string{"SGR ", "SGR 0", "SGR 1", "SGR 38;2;1;2;3", "SGR 4"}},
		{"\x1b[38;5;9mx\x1b[4:3m", []string{"SGR 38;5;9", "SGR 4:3"}},
		{"\x1b[12;5H\x1b[2J\x1b[?25l\x1b[>4;1m\x1b[6 q", []string{"CSI  q", "CSI >4;1m", "CSI ?25l", "CSI H", "CSI J"}},
		{"\x1b]2;Alcove\x07\x1b]11;?\x1b\\\x1b]52;c;AA", []string{"OSC 11", "OSC 2", "OSC without an end"}},
		{"\x1bPq\x1b\\\x1b_G\x1b\\\x1b^a\x1b\\\x1bXa\x1b\\", []string{"APC", "DCS", "PM", "SOS"}},
		{"\x1b(0\x1bc\x1b", []string{"ESC (0", "ESC alone", "ESC c"}},
		{"a\rb\x07\u009b\x9b\x7f", []string{"U+0007", "U+000D", "U+007F", "U+009B", "byte 9b"}},
		{"\u202e\u2066\u200b\U000e0041\ufe00\ufeff\u2028", []string{"U+200B", "U+2028", "U+202E", "U+2066", "U+E0041", "U+FE00", "U+FEFF"}},
		{"\x1b[12", []string{"CSI without an end"}},
	} {
		if diff := cmp.Diff(c.want, hostile.Sequences(c.output)); diff != "" {
			t.Errorf("%q: %s", c.output, diff)
		}
	}
}

func TestEveryAttackWouldBeNoticed(t *testing.T) {
	for _, a := range hostile.Attacks() {
		t.Run(a.Name, func(t *testing.T) {
			if len(hostile.Sequences(a.Neutral)) > 0 || hostile.Crowded(a.Neutral) != "" {
				t.Errorf("the neutral twin %q is none", a.Neutral)
			}
			undecoded := strings.Contains(a.Name, "entities") || strings.Contains(a.Name, "looks") // it takes Markdown to make them act
			seen := len(hostile.Sequences(a.Text)) > 0 || hostile.Crowded(a.Text) != ""
			forged := slices.Contains([]string{"printf", "our rule", "another's header", "mark without a base", "marks of direction"}, a.Name)
			if !seen && !undecoded && !forged {
				t.Errorf("nothing is seen in %+q", a.Text)
			}
		})
	}
}

func TestTheSameSeedDrawsTheSame(t *testing.T) {
	one, other := hostile.New(7), hostile.New(7)
	acting := 0
	for range 2000 {
		text, twin := one.Entry()
		if again, _ := other.Entry(); again != text {
			t.Fatalf("%q, and then %q", text, again)
		}
		if got := hostile.Sequences(twin); len(got) > 0 {
			t.Fatalf("the twin %q has %v", twin, got)
		}
		if len(hostile.Sequences(text)) > 0 {
			acting++
		}
		line, twin := one.Line()
		other.Line()
		if n := len([]rune(line)); n == 0 || n > 30 || strings.Contains(twin, "\n") || len(hostile.Sequences(twin)) > 0 {
			t.Fatalf("the line %q with the twin %q", line, twin)
		}
	}
	if acting < 1000 {
		t.Errorf("only %d of 2000 would do anything to a terminal", acting)
	}
}
