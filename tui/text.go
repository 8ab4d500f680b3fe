package tui

import (
	"strings"

	"alcove/store"
	"alcove/store/safetext"
)

// How an entry is drawn: parsed (text_parse.go), its blocks walked (text_blocks.go, text_table.go), their words styled
// (text_inline.go) and wrapped into rows (text_wrap.go).
//
// Rules. An entry is another person's text, so nothing reaches a row but through safetext, after entities are decoded.
// Every line is indented and none is wider than asked. What an author typed is shown: addresses stand beside their
// words, HTML is letters, line breaks and blank lines stay. The work grows with the length of the entry and no faster,
// whatever is nested in it.

// TextWords stand in a rendered entry beside its own words.
type TextWords struct {
	Image string // before the description of a picture, which is not shown
}

func englishText() TextWords { return TextWords{Image: "Image"} }

// minText is the least room for text beside the indent, in cells; narrower screens are told that they are too small.
const minText = 16

// RenderText draws an entry's Markdown as lines of at most width cells, each begun with indent spaces, so that an entry
// can never pass for the chrome or for another author's header. The lines are styled, clean and without line breaks. A
// width under indent + 16 is taken as that. Text that is longer than an entry may be is wrapped but not read as Markdown.
func RenderText(src string, indent, width int, st *Styles, w *Words) []string {
	r := &textRenderer{src: []byte(src), styles: st, words: w, indent: indent, width: max(width, indent+minText)}
	if len(src) <= store.MaxEntry {
		if doc, ok := parseMarkdown(r.src); ok {
			r.blocks(doc, st.Text)
			return r.lines
		}
	}
	r.plain(src)
	return r.lines
}

// textRenderer gathers the lines of one entry.
type textRenderer struct {
	src           []byte
	styles        *Styles
	words         *Words
	indent, width int
	prefixes      []*linePrefix // of the quotes and list items around the present block, outermost first
	lines         []string

	emphasis, strong int          // how deep the present words are in each
	run              safetext.Run // of the present line, through all its looks
}

// linePrefix is what stands before the lines of a quote or a list item.
type linePrefix struct {
	first, rest string // equally wide, and all of single cells
	style       Style
	begun       bool // first has been drawn
}

// styleOf spares the sequences around what is only room.
func (p *linePrefix) styleOf(text string) Style {
	if strings.Trim(text, " ") == "" {
		return ""
	}
	return p.style
}

// shown are the innermost prefixes, as many as leave half of the line to the text.
func (r *textRenderer) shown() (from, cells int) {
	from = len(r.prefixes)
	for from > 0 {
		more := cells + len(r.prefixes[from-1].rest)
		if more > (r.width-r.indent)/2 && cells > 0 {
			break
		}
		from, cells = from-1, more
	}
	return from, cells
}

// room is how many cells a row has for text, inside the present quotes and list items.
func (r *textRenderer) room() int {
	_, cells := r.shown()
	return r.width - r.indent - cells
}

// emit adds a line: indent, prefixes and a row, which may be nil for a blank line.
func (r *textRenderer) emit(body *row) {
	var line row
	line.add(strings.Repeat(" ", r.indent), "")
	from, _ := r.shown()
	for i, p := range r.prefixes {
		text := p.rest
		if !p.begun {
			text, p.begun = p.first, true
		}
		if i >= from {
			line.add(text, p.styleOf(text))
		}
	}
	if body == nil || len(body.text) == 0 {
		line.trim()
	} else {
		line.join(body)
	}
	r.lines = append(r.lines, line.String())
}

// within draws a part behind a prefix.
func (r *textRenderer) within(p *linePrefix, draw func()) {
	r.prefixes = append(r.prefixes, p)
	draw()
	if !p.begun { // an empty item is still an item
		r.emit(nil)
	}
	r.prefixes = r.prefixes[:len(r.prefixes)-1]
}

// paragraph draws words, wrapped.
func (r *textRenderer) paragraph(words []span) {
	for _, line := range wrapWords(words, r.room()) {
		r.emit(line)
	}
}

// verbatim draws lines as they are; what is too wide goes on in the next row.
func (r *textRenderer) verbatim(text string, style Style) {
	text = strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\t", "    ")
	for line := range strings.SplitSeq(text, "\n") {
		for _, row := range wrapHard(span{oneLine(line), style}, r.room()) {
			r.emit(row)
		}
	}
}

// plain draws text that is not read as Markdown.
func (r *textRenderer) plain(src string) {
	for line := range strings.SplitSeq(strings.TrimSuffix(src, "\n"), "\n") {
		r.paragraph([]span{{oneLine(line), r.styles.Text}})
	}
}
