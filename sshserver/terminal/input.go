package terminal

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

const (
	readSize   = 1 << 10               // bytes that each session holds for what its terminal sends
	escapeWait = 50 * time.Millisecond // after it, an escape is the key and begins no sequence
	pasteChunk = 64 << 10              // a larger paste comes in pieces of this
	maxPending = 4 << 10               // an unfinished sequence longer than this is none
)

// decoder turns the bytes of one terminal into messages.
type decoder struct {
	events  uv.EventDecoder
	pending []byte // not yet decoded
	pasting bool
}

// decode hands on what is in b; with final, an unfinished sequence is taken for what it is.
func (d *decoder) decode(b []byte, final bool, take func(tea.Msg)) {
	if len(d.pending) > 0 {
		b = append(d.pending, b...)
	}
	own := len(d.pending) > 0
	for len(b) > 0 {
		n, msg := d.next(b, final || len(b) > maxPending && !d.pasting)
		if n == 0 {
			break
		}
		b = b[n:]
		all, ok := msg.(uv.MultiEvent)
		if !ok {
			all = uv.MultiEvent{msg}
		}
		for _, one := range all {
			if msg := message(one); msg != nil {
				take(msg)
			}
		}
	}
	switch {
	case len(b) == 0:
		d.pending = nil
	case own:
		d.pending = b
	default:
		d.pending = bytes.Clone(b)
	}
}

// waits says whether a sequence, or a paste, is not at its end.
func (d *decoder) waits() bool { return len(d.pending) > 0 }

// next decodes one thing; 0 bytes means that more must come first.
func (d *decoder) next(b []byte, final bool) (int, tea.Msg) {
	if d.pasting {
		return d.paste(b)
	}
	if b[0] != ansi.ESC && !utf8.FullRune(b) && !final {
		return 0, nil
	}
	n, event := d.events.Decode(b)
	if n <= 0 {
		return 1, nil
	}
	_, unknown := event.(uv.UnknownEvent)
	if !final && n == len(b) && b[0] == ansi.ESC && (unknown || n <= 2) {
		return 0, nil
	}
	if _, begins := event.(uv.PasteStartEvent); begins {
		d.pasting = true
		return n, nil
	}
	return n, event
}

// paste takes text as it is until the paste's end, in pieces that end between characters.
func (d *decoder) paste(b []byte) (int, tea.Msg) {
	end := []byte(ansi.BracketedPasteEnd)
	i := bytes.Index(b, end)
	text, n := b, i+len(end)
	switch {
	case i >= 0:
		text, d.pasting = text[:i], false
	case len(text) >= pasteChunk:
		text = text[:wholeRunes(text[:len(text)-len(end)])]
		n = len(text)
	default:
		return 0, nil
	}
	if len(text) == 0 {
		return n, nil
	}
	return n, tea.PasteMsg{Content: strings.ToValidUTF8(string(text), "\uFFFD")}
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

// message is an event under the name that bubbletea gives it.
func message(e uv.Event) tea.Msg {
	switch e := e.(type) {
	case uv.KeyPressEvent:
		return tea.KeyPressMsg(e)
	case uv.KeyReleaseEvent:
		return tea.KeyReleaseMsg(e)
	case uv.MouseClickEvent:
		return tea.MouseClickMsg(e)
	case uv.MouseMotionEvent:
		return tea.MouseMotionMsg(e)
	case uv.MouseReleaseEvent:
		return tea.MouseReleaseMsg(e)
	case uv.MouseWheelEvent:
		return tea.MouseWheelMsg(e)
	case uv.FocusEvent:
		return tea.FocusMsg(e)
	case uv.BlurEvent:
		return tea.BlurMsg(e)
	case uv.ClipboardEvent:
		return tea.ClipboardMsg(e)
	case uv.ForegroundColorEvent:
		return tea.ForegroundColorMsg(e)
	case uv.BackgroundColorEvent:
		return tea.BackgroundColorMsg(e)
	case uv.CursorColorEvent:
		return tea.CursorColorMsg(e)
	case uv.CursorPositionEvent:
		return tea.CursorPositionMsg(e)
	case uv.CapabilityEvent:
		return tea.CapabilityMsg(e)
	case uv.TerminalVersionEvent:
		return tea.TerminalVersionMsg(e)
	case uv.KeyboardEnhancementsEvent:
		return tea.KeyboardEnhancementsMsg(e)
	case uv.ModeReportEvent:
		return tea.ModeReportMsg(e)
	case uv.WindowSizeEvent:
		return nil // the connection says how large the terminal is, and within bounds
	}
	return e
}
