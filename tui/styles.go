package tui

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"alcove/themes"
)

// Style is how letters look: the parameters of one SGR sequence, ready made. The empty Style changes nothing.
//
// Where lipgloss keeps half a kilobyte a style and parses what it draws, this costs a string, for there are hundreds of
// sessions. Colours are written in full; the program's renderer brings them down to what the terminal can show.
type Style string

// Render draws s, which must be clean and without line breaks.
func (s Style) Render(text string) string {
	if s == "" || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + ansi.ResetStyle
}

// indented is Render behind a free cell.
func (s Style) indented(text string) string {
	if s == "" || text == "" {
		return " " + text
	}
	return " \x1b[" + string(s) + "m" + text + ansi.ResetStyle
}

// renderTo is Render for lines that are made of many pieces.
func (s Style) renderTo(b *strings.Builder, text string) {
	if s == "" || text == "" {
		b.WriteString(text)
		return
	}
	b.WriteString("\x1b[")
	b.WriteString(string(s))
	b.WriteString("m")
	b.WriteString(text)
	b.WriteString(ansi.ResetStyle)
}

// ruler is a line longer than nearly every screen is wide, for each frame has some.
var ruler = strings.Repeat("─", 512)

// dashes is a line of n cells, none where n is below one.
func dashes(n int) string {
	n = max(n, 0)
	if n*len("─") > len(ruler) {
		return strings.Repeat("─", n)
	}
	return ruler[:n*len("─")]
}

// With is the style with another one on top.
func (s Style) With(over Style) Style {
	switch {
	case s == "":
		return over
	case over == "":
		return s
	}
	return s + ";" + over
}

// Attributes, to be put on top of a role.
const (
	attrBold      Style = "1"
	attrItalic    Style = "3"
	attrUnderline Style = "4"
	attrReverse   Style = "7"
)

// Styles are the looks of one theme, by role. Colour is never alone: what a page shows by a role it says by a sign or a
// word as well. Without colour only bold, underline and reverse are left.
type Styles struct {
	Text, Muted, Heading, Accent, Link, Code, Quote, Rule, Unread, Mine, Other, Draft, Good, Warning, Bad, Selection Style
	// Paper is black on white, for what a camera is to read.
	Paper Style
	// Strong and Emphasis go on top of any of them.
	Strong, Emphasis Style
}

// NewStyles makes the looks of a theme, or those that need no colour at all.
func NewStyles(t themes.Theme, noColor bool) *Styles {
	ink := func(c color.Color) Style {
		if noColor {
			return ""
		}
		return foreground(c)
	}
	r := t.Roles
	s := &Styles{
		Text: ink(r.Text), Muted: ink(r.Muted), Heading: attrBold.With(ink(r.Heading)), Accent: attrBold.With(ink(r.Accent)),
		Link: attrUnderline.With(ink(r.Link)), Code: ink(r.Code), Quote: ink(r.Quote), Rule: ink(r.Rule),
		Unread: attrBold.With(ink(r.Unread)), Mine: attrBold.With(ink(r.Mine)), Other: attrBold.With(ink(r.Other)), Draft: ink(r.Draft),
		Good: ink(r.Good), Warning: attrBold.With(ink(r.Warning)), Bad: attrBold.With(ink(r.Bad)), Selection: attrBold.With(ink(r.Selection)),
		Strong: attrBold, Emphasis: attrItalic, Paper: "30;107",
	}
	if noColor {
		s.Paper = ""
		s.Emphasis = attrUnderline
		s.Selection = attrReverse
	}
	return s
}

// foreground is the style of a theme's colour: one of the terminal's 16, or one of its own.
func foreground(c color.Color) Style {
	switch c := c.(type) {
	case nil:
		return ""
	case ansi.BasicColor:
		if c < 8 {
			return Style(fmt.Sprint(30 + int(c)))
		}
		return Style(fmt.Sprint(90 + int(c) - 8))
	}
	r, g, b, _ := c.RGBA()
	return Style(fmt.Sprintf("38;2;%d;%d;%d", r>>8, g>>8, b>>8))
}
