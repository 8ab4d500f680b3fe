package tui

import "strings"

// What a screen keeps of its last frame, so that the next costs what has changed. Nothing has to be dropped when something
// changes, and nothing can be forgotten: what is kept is looked at beside what it was made of.

// lastFrame is what the root keeps.
type lastFrame struct {
	frame

	head keptLine[headline]
	foot keptLine[footline]
}

// keptLine is a line with what it was made of. The zero value holds none.
type keptLine[O makings[O]] struct {
	of   O
	line string
}

// makings are all that a line is made of: it has nothing else to look at.
type makings[O any] interface {
	same(other O) bool
	line() string // not empty
}

// lineOf is the line that is made of this, made anew if it was made of something else.
func (k *keptLine[O]) lineOf(now O) string {
	if k.line == "" || !k.of.same(now) {
		k.of, k.line = now, now.line()
	}
	return k.line
}

// frame puts the lines of a screen together. A line that stands where it stood in the last frame costs a comparison; if all
// do, the text is the last one.
type frame struct {
	width int
	text  string          // the last one's
	next  int             // where its line begins that is compared next
	new   bool            // something differs
	out   strings.Builder // then, all lines until now
}

// begin begins a frame of so many cells.
func (f *frame) begin(width int) {
	if width != f.width {
		f.width, f.text = width, ""
	}
	f.next, f.new = 0, false
}

// was is the last frame's line in this place, if there is one.
func (f *frame) was() (line string, ok bool) {
	if f.text == "" || f.next > len(f.text) {
		return "", false
	}
	line, _, _ = strings.Cut(f.text[f.next:], "\n")
	return line, true
}

// add adds a line that fits. The first one is not empty.
func (f *frame) add(line string) {
	was, ok := f.was()
	if !f.new && (!ok || line != was) {
		f.differ()
	}
	if f.new {
		if f.out.Len() > 0 {
			f.out.WriteByte('\n')
		}
		f.out.WriteString(line)
	}
	if ok {
		f.next += len(was) + 1
	}
}

// fit adds a line, cut to the width. One that stood there in the last frame fits.
func (f *frame) fit(line string) {
	if was, ok := f.was(); !ok || line != was {
		line = clip(line, f.width)
	}
	f.add(line)
}

// differ begins a text of its own with the lines that were as in the last one.
func (f *frame) differ() {
	f.new = true
	f.out.Grow(len(f.text) + f.width)
	f.out.WriteString(f.text[:max(0, f.next-1)])
}

// end is the text of all lines.
func (f *frame) end() string {
	if !f.new && f.next <= len(f.text) {
		f.differ() // the last one had more
	}
	if f.new {
		f.text, f.out = f.out.String(), strings.Builder{}
	}
	return f.text
}
