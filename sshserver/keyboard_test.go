package sshserver

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// keysOf decodes chunks as they would come from a terminal, and writes the messages down.
func keysOf(chunks ...string) []string {
	var mu sync.Mutex
	var got []string
	k := &keyboard{report: func(r any) { got = append(got, fmt.Sprint("panic ", r)) }}
	k.send = func(msg tea.Msg) {
		mu.Lock()
		defer mu.Unlock()
		if _, quit := msg.(tea.QuitMsg); !quit {
			got = append(got, fmt.Sprintf("%T %v", msg, msg))
		}
	}
	k.timer = time.AfterFunc(time.Hour, func() {})
	for _, c := range chunks {
		k.take([]byte(c), false)
	}
	k.take(nil, true)
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

func TestALargePasteComesWhole(t *testing.T) {
	text := strings.Repeat("zwölf Wörter ", 40_000)
	var got strings.Builder
	k := &keyboard{report: func(r any) { t.Error(r) }}
	k.send = func(msg tea.Msg) {
		switch msg := msg.(type) {
		case tea.PasteMsg:
			got.WriteString(msg.Content)
		case tea.QuitMsg:
		default:
			t.Errorf("got %T", msg)
		}
	}
	k.run(iotestChunks(strings.NewReader("\x1b[200~"+text+"\x1b[201~"), 1000))
	if got.String() != text {
		t.Errorf("%d bytes of %d arrived", got.Len(), len(text))
	}
}

// iotestChunks reads n bytes at a time.
func iotestChunks(r io.Reader, n int) io.Reader { return chunked{r, n} }

type chunked struct {
	r io.Reader
	n int
}

func (c chunked) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.n)]) }

func TestAnEscapeAloneIsTheKey(t *testing.T) {
	got := make(chan tea.Msg, 10)
	in, out := io.Pipe()
	k := &keyboard{report: func(r any) { t.Error(r) }, send: func(msg tea.Msg) { got <- msg }}
	ended := make(chan struct{})
	go func() { defer close(ended); k.run(in) }()
	_, err := out.Write([]byte{0x1b})
	must(t, err)
	select {
	case msg := <-got:
		if key, ok := msg.(fmt.Stringer); !ok || key.String() != "esc" {
			t.Errorf("got %v", msg)
		}
	case <-time.After(patient):
		t.Error("nothing came")
	}
	must(t, out.Close())
	<-ended
}

func TestNoBytesPanicOrPile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := &keyboard{send: func(tea.Msg) {}, report: func(r any) { t.Fatalf("panic: %v", r) }}
		k.timer = time.AfterFunc(time.Hour, func() {})
		part := rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 1, 50), rapid.SampledFrom([][]byte{
			[]byte("\x1b["), []byte("\x1b]"), []byte("\x1bP"), []byte("\x1b_"), []byte("\x1b[200~"), []byte("\x1b[201~"), bytes.Repeat([]byte("1;"), 5000),
		}))
		for _, p := range rapid.SliceOfN(part, 1, 30).Draw(t, "input") {
			k.take(p, false)
			if len(k.pending) > pasteChunk+maxPending+len(p) {
				t.Fatalf("%d bytes wait", len(k.pending))
			}
		}
		k.take(nil, true)
		if !k.pasting && len(k.pending) > 0 {
			t.Fatalf("%q is left", k.pending)
		}
	})
}
