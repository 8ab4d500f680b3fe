package safetext_test

import (
	"testing"

	"alcove/store/safetext"
	"alcove/store/safetext/hostile"
)

func FuzzClean(f *testing.F) {
	for _, s := range neutral {
		f.Add(s)
	}
	for _, a := range hostile.Attacks() {
		f.Add(a.Text)
	}
	f.Add("\x1b]52;c;ZXZpbA==\x07\x9b\u009b2J\u202e\u200d\U000e0041\r\ta\u0301")
	f.Fuzz(func(t *testing.T, s string) {
		holds(t, s)
		if kinds := hostile.Sequences(safetext.Text(s)); len(kinds) > 0 {
			t.Errorf("%+q gives %v", s, kinds)
		}
	})
}

// FuzzRun: cut in pieces wherever it may be, text comes out as clean as in one.
func FuzzRun(f *testing.F) {
	for _, s := range neutral {
		f.Add(s, uint8(1))
	}
	for _, a := range hostile.Attacks() {
		f.Add(a.Text, uint8(3))
	}
	f.Fuzz(func(t *testing.T, s string, size uint8) {
		var run safetext.Run
		out := ""
		for rest := s; rest != ""; {
			n := min(len(rest), int(size)+1)
			out += run.Text(rest[:n])
			rest = rest[n:]
		}
		if again := safetext.Text(out); again != out {
			t.Errorf("%+q in pieces of %d is %+q, and cleaned again %+q", s, int(size)+1, out, again)
		}
		holds(t, out)
	})
}
