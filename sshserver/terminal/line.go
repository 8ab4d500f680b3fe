package terminal

// paintLine brings a line of the terminal from one string to another.
func (p *painter) paintLine(y int, was, now string) {
	p.old, p.new = p.parse(p.old, was, p.width), p.parse(p.new, now, p.width)
	first := 0
	for first < p.width && p.old[first] == p.new[first] {
		first++
	}
	if first == p.width {
		return
	}
	doubt := min(firstDoubt(p.old), firstDoubt(p.new))
	if doubt < p.width {
		p.paintDoubt(y, max(first, doubt), doubt)
	} else if p.rich {
		p.shift(y, first)
	}
	p.paintCells(y, min(first, doubt))
}

// paintDoubt blanks a line from its first doubtful column on, if anything changes there: where a terminal sees a cluster
// wider or narrower than we do, nobody knows what stands in its columns.
func (p *painter) paintDoubt(y, from, doubt int) {
	for from < p.width && p.old[from] == p.new[from] {
		from++
	}
	if from == p.width {
		return
	}
	p.move(doubt, y)
	p.eraseRight()
	for i := doubt; i < p.width; i++ {
		p.old[i] = blank
	}
}

// paintCells writes the cells that differ from column x on, and erases what is left over at the end.
func (p *painter) paintCells(y, x int) {
	end := trimmed(p.new)
	over := trimmed(p.old)
	for x < end {
		if p.old[x] == p.new[x] {
			x++
			continue
		}
		p.reach(p.new, x, y)
		if n := p.gap(x, end); n > 0 {
			p.use(pen{})
			p.sequence(n, 'X')
			x += n
			continue
		}
		p.put(&p.new[x])
		x += int(p.new[x].width)
	}
	if over <= end {
		return
	}
	if over-end > 3 || p.pen != (pen{}) {
		p.reach(p.new, end, y)
		p.eraseRight()
		return
	}
	for ; end < over; end++ {
		p.reach(p.new, end, y)
		p.put(&blank)
	}
}

// gap is how many cells from x on are best erased: blanks inside of the line, so many that this and the way past them are
// shorter than the spaces. Blanks with a background are written, for not every terminal erases with it.
func (p *painter) gap(x, end int) int {
	if !p.rich || !p.new[x].isBlank() {
		return 0
	}
	n := 1
	for x+n < end && p.new[x+n].isBlank() {
		n++
	}
	if n <= 10 {
		return 0
	}
	return n
}

const (
	mostShift = 4 // characters
	shiftCost = 8 // bytes, about
)

// shift inserts or deletes a few characters, where that leaves much less to write: somebody types in the middle of a
// line. first is the first column that differs. Wide characters are not moved, for terminals differ where one is cut.
func (p *painter) shift(y, first int) {
	differ, best := 0, 0
	for i := first; i < p.width; i++ {
		if p.old[i].width != 1 {
			return
		}
		if p.old[i] != p.new[i] {
			differ++
		}
	}
	for n := -mostShift; n <= mostShift; n++ {
		if left := p.afterShift(first, n, differ-shiftCost); left < differ-shiftCost {
			best, differ = n, left
		}
	}
	if best == 0 {
		return
	}
	p.use(pen{})
	p.move(first, y)
	rest := p.old[first:]
	if best > 0 {
		p.sequence(best, '@')
		copy(rest[best:], rest)
		rest = rest[:best]
	} else {
		p.sequence(-best, 'P')
		copy(rest, rest[-best:])
		rest = rest[len(rest)+best:]
	}
	for i := range rest {
		rest[i] = blank
	}
}

// afterShift counts the cells that would still differ if n characters were inserted at a column, or -n deleted. It stops
// at most, and answers that where something would be lost at the right.
func (p *painter) afterShift(at, n, most int) (left int) {
	switch {
	case n == 0 || most <= 0 || at+max(n, -n) >= p.width:
		return most
	case n > 0 && (p.old[at] != p.new[at+n] || trimmed(p.old) > p.width-n):
		return most
	case n < 0 && p.old[at-n] != p.new[at]:
		return most
	}
	for i := at; i < p.width && left < most; i++ {
		c := &blank
		if from := i - n; from >= at && from < p.width {
			c = &p.old[from]
		}
		if *c != p.new[i] {
			left++
		}
	}
	return left
}
