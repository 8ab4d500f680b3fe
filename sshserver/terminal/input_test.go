package terminal

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// keysOf decodes chunks as they would come from a terminal, and writes the messages down.
func keysOf(chunks ...string) []string {
	var got []string
	take := func(msg tea.Msg) { got = append(got, fmt.Sprintf("%T %v", msg, msg)) }
	var d decoder
	for _, c := range chunks {
		d.decode([]byte(c), false, take)
	}
	d.decode(nil, true, take)
	return got
}

func TestKeysInPiecesAreTheSameKeys(t *testing.T) {
	for _, keys := range []string{"a", "häß漢", "\x1b[A\x1bOB", "\x1b[1;5C", "x\x1b[200~one\ntwo \x1b[A ü\x1b[201~y", "\x1b]11;rgb:ffff/ffff/ffff\x07z", "\x1b[200~\x1b[201~"} {
		want := keysOf(keys)
		for cut := 1; cut < len(keys); cut++ {
			if diff := cmp.Diff(want, keysOf(keys[:cut], keys[cut:])); diff != "" {
				t.Errorf("%q cut at %d:\n%s", keys, cut, diff)
			}
		}
	}
}

func TestKeysHaveTheNamesOfBubbletea(t *testing.T) {
	for keys, want := range map[string]string{
		"a": "tea.KeyPressMsg a", "\x1b[A": "tea.KeyPressMsg up", "\x1b[I": "tea.FocusMsg {}", "\x1b[O": "tea.BlurMsg {}",
		"\x1b[<0;3;4M": "tea.MouseClickMsg left", "\x1b[<64;3;4M": "tea.MouseWheelMsg wheelup", "\x1b[<0;3;4m": "tea.MouseReleaseMsg left",
		"\x1b]11;rgb:ffff/ffff/ffff\x07": "tea.BackgroundColorMsg #ffffff", "\x1b[?2026;2$y": "tea.ModeReportMsg {2026 2}",
	} {
		if got := keysOf(keys); len(got) != 1 || got[0] != want {
			t.Errorf("%q is %q, want %q", keys, got, want)
		}
	}
}

// The size of a window comes by the connection, clamped; one that is typed must not make a screen of any size.
func TestASizeThatIsTypedIsNone(t *testing.T) {
	for _, keys := range []string{"\x1b[8;99999;99999t", "\x1b[48;99999;99999;1;1t"} {
		for _, got := range keysOf(keys) {
			if strings.Contains(got, "WindowSize") {
				t.Errorf("%q is %q", keys, got)
			}
		}
	}
}

func TestALargePasteComesWhole(t *testing.T) {
	text := strings.Repeat("zwölf Wörter ", 40_000)
	r := strings.NewReader("\x1b[200~" + text + "\x1b[201~")
	var got strings.Builder
	var d decoder
	buf := make([]byte, 1000)
	for n, err := r.Read(buf); err == nil; n, err = r.Read(buf) {
		d.decode(buf[:n], false, func(msg tea.Msg) {
			paste, ok := msg.(tea.PasteMsg)
			if !ok {
				t.Errorf("got %T", msg)
			}
			got.WriteString(paste.Content)
		})
	}
	if got.String() != text {
		t.Errorf("%d bytes of %d arrived", got.Len(), len(text))
	}
}

func TestAnEscapeAloneIsTheKey(t *testing.T) {
	m := newTold()
	p, _ := running(t, m, io.Discard)
	p.Input([]byte{0x1b})
	m.hears(t, "esc")
	p.Input([]byte("\x1b[")) // and again, by the same timer
	p.Input([]byte("A"))
	m.hears(t, "up")
	p.Input([]byte{0x1b})
	m.hears(t, "esc")
}

func TestNoBytesPanicOrPile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d decoder
		part := rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 1, 50), rapid.SampledFrom([][]byte{
			[]byte("\x1b["), []byte("\x1b]"), []byte("\x1bP"), []byte("\x1b_"), []byte("\x1b[200~"), []byte("\x1b[201~"), bytes.Repeat([]byte("1;"), 5000),
		}))
		for _, p := range rapid.SliceOfN(part, 1, 30).Draw(t, "input") {
			d.decode(p, false, func(tea.Msg) {})
			if len(d.pending) > pasteChunk+maxPending+len(p) {
				t.Fatalf("%d bytes wait", len(d.pending))
			}
		}
		d.decode(nil, true, func(tea.Msg) {})
		if !d.pasting && len(d.pending) > 0 {
			t.Fatalf("%q is left", d.pending)
		}
	})
}

const patient = time.Minute
