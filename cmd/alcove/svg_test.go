package main

import (
	"encoding/xml"
	"fmt"
	"image/color"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
)

// A picture of a terminal screen: the emulator's cells as SVG text, one <text> a run of cells of one style. Each run is
// pinned to its column and stretched to its cells, so that it lines up in whatever monospaced font the reader has.

// Size of a cell and margin of the picture, in SVG user units.
const (
	cellWidth, cellHeight = 9, 19
	margin                = 14
	baseline              = 14 // of the glyphs, from the top of their cell
)

// screen is what a terminal emulator shows.
type screen interface {
	Width() int
	Height() int
	CellAt(x, y int) *uv.Cell
}

// drawSVG is the screen as it looks on a terminal with these colours of its own.
func drawSVG(s screen, title string, paper, ink color.Color) string {
	var b strings.Builder
	width, height := s.Width()*cellWidth+2*margin, s.Height()*cellHeight+2*margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", escape(title))
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", hex(paper))
	fmt.Fprintf(&b, `<g font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="15" fill="%s" xml:space="preserve">`+"\n", hex(ink))
	for y := range s.Height() {
		for x := 0; x < s.Width(); {
			x += drawRun(&b, s, x, y, paper, ink)
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// drawRun draws the cells from x that share one style and answers how many they are. Whatever colour a blank has, it looks
// the same, and frames leave it as it comes: it belongs to the letters around it.
func drawRun(b *strings.Builder, s screen, x, y int, paper, ink color.Color) int {
	first, n := cellAt(s, x, y), 0
	if blank(first) {
		return 1
	}
	var text strings.Builder
	for gap := 0; x+n+gap < s.Width(); {
		c := cellAt(s, x+n+gap, y)
		if blank(c) && bare(first.Style) {
			gap++
			continue
		}
		if !c.Style.Equal(&first.Style) {
			break
		}
		text.WriteString(strings.Repeat(" ", gap) + c.Content)
		n, gap = n+gap+max(c.Width, 1), 0
	}
	fg, bg := first.Style.Fg, first.Style.Bg
	if first.Style.Attrs&uv.AttrReverse != 0 {
		fg, bg = orElse(bg, paper), orElse(fg, ink)
	}
	left, top := margin+x*cellWidth, margin+y*cellHeight
	if bg != nil {
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", left, top, n*cellWidth, cellHeight, hex(bg))
	}
	if strings.TrimSpace(text.String()) == "" {
		return n
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs"%s>%s</text>`+"\n",
		left, top+baseline, n*cellWidth, look(first.Style, fg), escape(text.String()))
	return n
}

// blank says whether nothing is seen of a cell.
func blank(c *uv.Cell) bool { return c.Content == " " && bare(c.Style) }

// bare says whether nothing is seen of a style where there is no letter.
func bare(st uv.Style) bool {
	return st.Bg == nil && st.Underline == 0 && st.Attrs&(uv.AttrReverse|uv.AttrStrikethrough) == 0
}

// cellAt reads a cell; one that was never written is a space.
func cellAt(s screen, x, y int) *uv.Cell {
	if c := s.CellAt(x, y); c != nil && c.Content != "" {
		return c
	}
	return &uv.EmptyCell
}

// look gives the attributes of a run.
func look(st uv.Style, fg color.Color) string {
	var b strings.Builder
	if fg != nil {
		fmt.Fprintf(&b, ` fill="%s"`, hex(fg))
	}
	for _, a := range []struct {
		bit  uint8
		says string
	}{{uv.AttrBold, ` font-weight="bold"`}, {uv.AttrItalic, ` font-style="italic"`}, {uv.AttrFaint, ` opacity="0.7"`}} {
		if st.Attrs&a.bit != 0 {
			b.WriteString(a.says)
		}
	}
	if st.Underline != 0 {
		b.WriteString(` text-decoration="underline"`)
	}
	return b.String()
}

func orElse(c, other color.Color) color.Color {
	if c == nil {
		return other
	}
	return c
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder does not fail
	return b.String()
}
