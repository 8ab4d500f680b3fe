package terminal

import (
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// enter takes the terminal: the alternate screen or the main one, without autowrap and cursor.
func (s *screen) enter(p *painter, alternate bool) {
	switch {
	case alternate:
		p.out = append(p.out, ansi.SetModeAltScreenSaveCursor...)
	case s.entered:
		p.out = append(p.out, ansi.ResetModeAltScreenSaveCursor...)
	}
	s.known, s.shown = false, true // some terminals have a cursor for each screen: it is hidden in any case
}

// leave appends what gives the terminal back as it was. The next draw would take it again.
func (s *screen) leave(buf []byte) []byte {
	if !s.entered {
		return buf
	}
	p := painter{out: buf}
	p.moveFar(0, max(s.height-1, 0)) // where the shell's next line belongs if there is no alternate screen
	p.out = appendWishes(p.out, s.view, tea.View{DisableBracketedPasteMode: true})
	if s.view.AltScreen {
		p.out = append(p.out, ansi.ResetModeAltScreenSaveCursor...)
	} else {
		p.out = append(p.out, ansi.EraseScreenBelow...)
	}
	p.out = append(p.out, ansi.SetModeAutoWrap...)
	s.shape(&p, 0)
	s.show(&p, true)
	s.entered, s.known, s.view = false, false, tea.View{}
	return p.out
}

// appendWishes appends what changes between two views beside their text.
func appendWishes(buf []byte, was, now tea.View) []byte {
	if was.DisableBracketedPasteMode != now.DisableBracketedPasteMode {
		buf = appendMode(buf, now.DisableBracketedPasteMode, ansi.ResetModeBracketedPaste, ansi.SetModeBracketedPaste)
	}
	if was.ReportFocus != now.ReportFocus {
		buf = appendMode(buf, now.ReportFocus, ansi.SetModeFocusEvent, ansi.ResetModeFocusEvent)
	}
	if was.MouseMode != now.MouseMode {
		buf = appendMouse(buf, was.MouseMode, now.MouseMode)
	}
	if was.WindowTitle != now.WindowTitle {
		buf = append(buf, ansi.SetWindowTitle(strings.Map(plain, now.WindowTitle))...)
	}
	return buf
}

func appendMode(buf []byte, on bool, yes, no string) []byte {
	if on {
		return append(buf, yes...)
	}
	return append(buf, no...)
}

func appendMouse(buf []byte, was, now tea.MouseMode) []byte {
	switch was {
	case tea.MouseModeCellMotion:
		buf = append(buf, ansi.ResetModeMouseButtonEvent...)
	case tea.MouseModeAllMotion:
		buf = append(buf, ansi.ResetModeMouseAnyEvent...)
	}
	switch now {
	case tea.MouseModeCellMotion:
		return append(buf, ansi.SetModeMouseButtonEvent+ansi.SetModeMouseExtSgr...)
	case tea.MouseModeAllMotion:
		return append(buf, ansi.SetModeMouseAnyEvent+ansi.SetModeMouseExtSgr...)
	}
	return append(buf, ansi.ResetModeMouseExtSgr...)
}

// plain leaves control characters out, which would end a title and begin something else.
func plain(r rune) rune {
	if unicode.IsControl(r) {
		return -1
	}
	return r
}
