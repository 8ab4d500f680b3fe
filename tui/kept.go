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

// add adds a line that fits. The first one is not empty.
func (f *frame) add(line string) { f.put(line, true) }

// fit adds a line, cut to the width. One that stood there in the last frame fits.
func (f *frame) fit(line string) { f.put(line, false) }

func (f *frame) put(line string, fits bool) {
	same := f.stood(line)
	if !same && !fits {
		line = clip(line, f.width)
		same = f.stood(line)
	}
	if !f.new && !same {
		f.differ()
	}
	if f.new {
		if f.out.Len() > 0 {
			f.out.WriteByte('\n')
		}
		f.out.WriteString(line)
	}
	f.pass(line, same)
}

// stood says that the last frame's line in this place is the same.
func (f *frame) stood(line string) bool {
	if f.text == "" || f.next > len(f.text) {
		return false
	}
	rest := f.text[f.next:]
	return strings.HasPrefix(rest, line) && (len(rest) == len(line) || rest[len(line)] == '\n')
}

// pass goes on to the last frame's next line.
func (f *frame) pass(line string, same bool) {
	switch {
	case same:
		f.next += len(line) + 1
	case f.next <= len(f.text):
		if n := strings.IndexByte(f.text[f.next:], '\n'); n >= 0 {
			f.next += n + 1
		} else {
			f.next = len(f.text) + 1
		}
	}
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
		f.text = f.out.String()
		if f.out.Cap()-f.out.Len() > 4*f.width { // it grew by doubling
			f.text = strings.Clone(f.text)
		}
		f.out = strings.Builder{}
	}
	return f.text
}
