package terminal

import (
	"strconv"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// painter makes the bytes of one frame. It is scratch, borrowed from a pool, so that a session at rest has none.
//
// It moves the cursor and writes with what a VT100 knew, and erases, inserts and deletes characters where rich is set.
// Autowrap is off as long as the screen is ours, so that nothing written into the last column, or wider than thought, can
// reach the next line.
type painter struct {
	inks
	out           []byte
	width, height int
	x, y          int // the terminal's cursor; x is unknown when it is not known, and then y is right all the same
	pen           pen // the terminal's
	rich          bool

	was, now []string // lines
	old, new []cell   // cells of the line at work
}

const unknown = -1

var painters = sync.Pool{New: func() any { return new(painter) }}

// giveBack clears what the painter saw, for a pool must not keep what people wrote.
func (p *painter) giveBack() {
	clear(p.was[:cap(p.was)])
	clear(p.now[:cap(p.now)])
	clear(p.old[:cap(p.old)])
	clear(p.new[:cap(p.new)])
	p.out = nil
	painters.Put(p)
}

// begin starts a frame that is appended to buf.
func (p *painter) begin(s *screen, buf []byte) {
	p.choose(s.profile)
	p.out, p.width, p.height, p.rich = buf, max(s.width, 0), max(s.height, 0), s.rich
	p.x, p.y, p.pen = s.x, s.y, pen{}
}

// compare takes the lines of two texts, as many as the screen has, and counts those that differ.
func (p *painter) compare(was, now string) (changed int) {
	if was == now {
		p.was, p.now = p.was[:0], p.now[:0]
		return 0
	}
	p.was, p.now = lines(p.was, was, p.height), lines(p.now, now, p.height)
	for i := range p.now {
		if p.was[i] != p.now[i] {
			changed++
		}
	}
	return changed
}

func lines(room []string, text string, height int) []string {
	room = room[:0]
	for range height {
		line, rest, _ := strings.Cut(text, "\n")
		room, text = append(room, line), rest
	}
	return room
}

// clear blanks the terminal, whatever it shows and however it stands.
func (p *painter) clear() {
	p.out = append(p.out, ansi.ResetStyle+"\x1b[r"+ansi.ResetModeAutoWrap+ansi.CursorHomePosition+ansi.EraseEntireScreen...)
	p.x, p.y = 0, 0
}

// paint brings all lines from was to now.
func (p *painter) paint() {
	for i := range p.now {
		if p.was[i] != p.now[i] {
			p.paintLine(i, p.was[i], p.now[i])
		}
	}
}

// move brings the cursor to a place by the shortest way.
func (p *painter) move(x, y int) {
	switch {
	case x == p.x && y == p.y:
		return
	case y == p.y && x == 0:
		p.out = append(p.out, '\r')
	case y == p.y && p.x == unknown:
		p.out = append(p.out, '\r')
		p.sequence(x, 'C')
	case y == p.y && x > p.x:
		p.sequence(x-p.x, 'C')
	case y == p.y && p.x-x <= 3:
		p.out = append(p.out, "\b\b\b"[:p.x-x]...)
	case y == p.y && x+1 < p.x-x: // nearer to the first column
		p.out = append(p.out, '\r')
		p.sequence(x, 'C')
	case y == p.y:
		p.sequence(p.x-x, 'D')
	case x == 0 && y > p.y && y-p.y <= mostLines:
		p.out = append(append(p.out, '\r'), "\n\n\n"[:y-p.y]...)
	case x == p.x && y > p.y:
		p.sequence(y-p.y, 'B')
	case x == p.x:
		p.sequence(p.y-y, 'A')
	case y == p.y+1 && y >= 9: // whose number has two digits
		p.out = append(p.out, "\r\n"...)
		p.sequence(x, 'C')
	default:
		p.moveFar(x, y)
	}
	p.x, p.y = x, y
}

// moveFar is Cursor Position, by which a place is found whatever was before.
func (p *painter) moveFar(x, y int) {
	p.out = append(p.out, "\x1b["...)
	if x > 0 || y > 0 {
		p.out = strconv.AppendInt(p.out, int64(y+1), 10)
	}
	if x > 0 {
		p.out = append(p.out, ';')
		p.out = strconv.AppendInt(p.out, int64(x+1), 10)
	}
	p.out = append(p.out, 'H')
	p.x, p.y = x, y
}

// sequence writes a sequence with a number, of which 1 is left out.
func (p *painter) sequence(n int, final byte) {
	p.out = append(p.out, "\x1b["...)
	if n > 1 {
		p.out = strconv.AppendInt(p.out, int64(n), 10)
	}
	p.out = append(p.out, final)
}

// use changes the pen.
func (p *painter) use(to pen) {
	p.out = appendChange(p.out, p.pen, to)
	p.pen = to
}

// put writes a cell where the cursor is.
func (p *painter) put(c *cell) {
	if c.text != " " || p.pen.onBlank() != c.pen {
		p.use(c.pen)
	}
	p.out = append(p.out, c.text...)
	p.x += int(c.width)
	if c.doubt || p.x >= p.width {
		p.x = unknown
	}
}

// reach brings the cursor to a column of a line, by writing again what stands before it if that is no longer than the
// sequence.
func (p *painter) reach(cells []cell, x, y int) {
	if n := y - p.y; x > 0 && n > 0 && n <= mostLines && p.cheap(cells[:x]) {
		p.out = append(append(p.out, '\r'), "\n\n\n"[:n]...)
		p.x, p.y = 0, y
	}
	if p.y == y && p.x != unknown && p.x < x && p.cheap(cells[p.x:x]) {
		for p.x != x {
			p.put(&cells[p.x])
		}
	}
	p.move(x, y)
}

const mostLines = 3 // that are passed by line feeds

// cheap tells whether cells can be written again in fewer bytes than the cursor needs to pass them.
func (p *painter) cheap(cells []cell) bool {
	if len(cells) > 4 || cells[0].width == 0 {
		return false
	}
	size := 0
	for i := range cells {
		c := &cells[i]
		if c.doubt || c.pen != p.pen && (c.text != " " || c.pen != p.pen.onBlank()) {
			return false
		}
		size += len(c.text)
	}
	return size <= 3 || size == 4 && len(cells) > 1
}

// eraseRight blanks the rest of the line.
func (p *painter) eraseRight() {
	p.use(pen{})
	p.out = append(p.out, ansi.EraseLineRight...)
}
