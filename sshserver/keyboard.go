package sshserver

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// bubbletea's own reader leaves a goroutine behind, with a table of keys, whenever a session ends with keys still in the
// packet. This one sends to a program that may be gone.

const (
	escapeWait = 50 * time.Millisecond // after it, an escape is the key and begins no sequence
	pasteChunk = 64 << 10              // a larger paste comes in pieces of this
	maxPending = 4 << 10               // an unfinished sequence longer than this is none
)

// keyboard turns the bytes of one terminal into messages.
type keyboard struct {
	send   func(tea.Msg)
	report func(any) // takes the value of a panic: what a client sends must not end the server

	mu      sync.Mutex
	decoder uv.EventDecoder
	pending []byte // not yet decoded
	pasting bool
	timer   *time.Timer
}

// run reads until the terminal is gone, then asks the program to quit.
func (k *keyboard) run(in io.Reader) {
	k.mu.Lock() // it may be due before it has its name
	k.timer = time.AfterFunc(escapeWait, func() { k.take(nil, true) })
	k.mu.Unlock()
	defer k.timer.Stop()
	buf := make([]byte, 4<<10)
	for {
		n, err := in.Read(buf)
		if n > 0 {
			k.take(buf[:n], false)
		}
		if err != nil {
			k.send(tea.Quit())
			return
		}
	}
}

// take decodes what is there; with final, an unfinished sequence is taken for what it is.
func (k *keyboard) take(p []byte, final bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer func() {
		if r := recover(); r != nil {
			k.report(r)
			k.pending = nil
			k.send(tea.Quit())
		}
	}()
	k.timer.Stop()
	k.pending = append(k.pending, p...)
	for len(k.pending) > 0 {
		n, msgs := k.next(final || len(k.pending) > maxPending && !k.pasting)
		if n == 0 {
			break
		}
		k.pending = k.pending[n:]
		for _, msg := range msgs {
			k.send(msg)
		}
	}
	if len(k.pending) == 0 {
		k.pending = nil
	} else if !final {
		k.timer.Reset(escapeWait)
	}
}

// next decodes one thing; 0 bytes means that more must come first.
func (k *keyboard) next(final bool) (int, []tea.Msg) {
	if k.pasting {
		return k.paste()
	}
	b := k.pending
	if b[0] != ansi.ESC && !utf8.FullRune(b) && !final {
		return 0, nil
	}
	n, event := k.decoder.Decode(b)
	if n <= 0 {
		return 1, nil
	}
	_, unknown := event.(uv.UnknownEvent)
	if !final && n == len(b) && b[0] == ansi.ESC && (unknown || n <= 2) {
		return 0, nil
	}
	switch event := event.(type) {
	case uv.PasteStartEvent:
		k.pasting = true
		return n, nil
	case uv.MultiEvent:
		return n, event
	case nil:
		return n, nil
	}
	return n, []tea.Msg{event}
}

// paste takes text as it is until the paste's end, in pieces that end between characters.
func (k *keyboard) paste() (int, []tea.Msg) {
	end := []byte(ansi.BracketedPasteEnd)
	i := bytes.Index(k.pending, end)
	text, n := k.pending, i+len(end)
	switch {
	case i >= 0:
		text, k.pasting = text[:i], false
	case len(text) >= pasteChunk:
		text = text[:wholeRunes(text[:len(text)-len(end)])]
		n = len(text)
	default:
		return 0, nil
	}
	if len(text) == 0 {
		return n, nil
	}
	return n, []tea.Msg{tea.PasteMsg{Content: strings.ToValidUTF8(string(text), "\uFFFD")}}
}

// wholeRunes is how much of b does not cut a character.
func wholeRunes(b []byte) int {
	for cut := len(b); cut > 0 && cut > len(b)-utf8.UTFMax; cut-- {
		if utf8.RuneStart(b[cut-1]) {
			if utf8.FullRune(b[cut-1:]) {
				return len(b)
			}
			return cut - 1
		}
	}
	return len(b)
}
