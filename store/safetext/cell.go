package safetext

import "unicode"

// What may share a cell; why so many, the package comment says.
const (
	mostMarks   = 6
	mostLetters = 6
	mostJoins   = 3
)

// verdict is what becomes of a character.
type verdict uint8

const (
	keptAsIs    verdict = iota
	shownAsCode         // in its place stands its code point
	cutMarks            // it and the marks after it become one U+FFFD
	droppedMark         // one of the marks after it
)

// cell is what has been written since the last character that starts a cell of its own. It knows only what was written,
// never what was read: therefore cleaned text, read again, meets the same decisions.
type cell struct {
	base    rune // the last character that is no mark; 0 if none that marks may follow
	last    rune // the last character of all
	marks   int  // since the base
	letters int  // that share the cell
	joins   int  // ZWJ in this chain of pictographs
	linked  bool // a virama came after the base: a letter will share the cell
	cut     bool // the base is the U+FFFD that stands for too many marks
	turned  bool // the line so far has a letter written from right to left
	seam    bool // a piece ended here: what comes next begins a cell of its own
}

// plain starts a cell with a character that shares it with no other one.
func (c *cell) plain(r rune) {
	*c = cell{base: r, last: r, letters: 1, turned: c.turned}
	if r == ' ' {
		c.end()
	}
}

// end leaves nothing that a mark could follow.
func (c *cell) end() { *c = cell{turned: c.turned} }

// endLine does so too, and a new line begins.
func (c *cell) endLine() { *c = cell{} }

// take decides on r, which next follows, and if r is kept makes it part of the cell.
func (c *cell) take(r, next rune) verdict {
	seam := c.seam && c.last != 0
	c.seam = false
	switch {
	case seam && c.joined(r):
		return shownAsCode
	case blank(r):
		c.end()
		return keptAsIs
	case r == zwj || r == zwnj:
		return c.takeJoiner(r, next)
	case r == lrm || r == rlm:
		return c.takeDirection(r, next)
	case r == textStyle || r == emojiStyle:
		return c.takeStyle(r)
	case hidden(r):
		return shownAsCode
	case unicode.IsMark(r), c.base != 0 && attaches(r):
		return c.takeMark(r)
	case unicode.IsPrint(r), pictograph(r):
		return c.takeBase(r)
	default:
		return shownAsCode
	}
}

func (c *cell) takeBase(r rune) verdict {
	if c.sharesTooMany(r) {
		return shownAsCode
	}
	letters, joins := 1, 0
	if c.shares(r) {
		letters = c.letters + 1
	}
	if c.last == zwj {
		joins = c.joins
	}
	*c = cell{base: r, last: r, letters: letters, joins: joins, turned: c.turned || rightToLeft(r)}
	return keptAsIs
}

// shares says whether r, a base, goes into the cell of the one before it.
func (c *cell) shares(r rune) bool {
	return c.linked && unicode.IsLetter(r) || prepended(c.last) || conjoins(c.last, r)
}

// joined says whether r goes into the cell of whatever stands before it.
func (c *cell) joined(r rune) bool {
	joiner := r == zwj || r == zwnj || r == textStyle || r == emojiStyle
	return joiner || unicode.IsMark(r) || attaches(r) || c.shares(r)
}

func (c *cell) sharesTooMany(r rune) bool { return c.letters >= mostLetters && c.shares(r) }

func (c *cell) takeMark(r rune) verdict {
	switch {
	case c.cut:
		return droppedMark
	case c.base == 0:
		return shownAsCode
	case c.marks == mostMarks:
		return cutMarks
	}
	c.marks++
	c.last = r
	c.linked = c.linked || virama(r)
	return keptAsIs
}

// takeJoiner keeps a joiner only if what follows will be kept, and can be joined.
func (c *cell) takeJoiner(r, next rune) verdict {
	emoji := r == zwj && pictograph(c.base) && pictograph(next) && c.joins < mostJoins
	script := joining(c.base) && joining(next) && !hidden(next)
	if unicode.IsMark(next) {
		script = script && c.marks < mostMarks
	} else {
		script = script && !c.sharesTooMany(next)
	}
	if !emoji && !script {
		return shownAsCode
	}
	if emoji {
		c.joins++
	}
	c.last = r
	return keptAsIs
}

func (c *cell) takeDirection(r, next rune) verdict {
	if c.last == lrm || c.last == rlm || !c.turned && !rightToLeft(next) {
		return shownAsCode
	}
	*c = cell{last: r, turned: c.turned}
	return keptAsIs
}

func (c *cell) takeStyle(r rune) verdict {
	if c.last != c.base || !styled(c.base) {
		return shownAsCode
	}
	c.last = r
	return keptAsIs
}
