package terminal

import "strconv"

// A block of lines that has moved up or down is moved by the terminal: a scroll region around it, and Index or Reverse
// Index at its border, which the VT100 knew.

const (
	leastScroll = 3  // lines that change; below, nothing is looked for
	scrollCost  = 24 // bytes, about
)

// scroll looks for the block of lines that is best moved, moves it, and changes was into what the terminal shows then.
func (p *painter) scroll(changed int) {
	if changed < leastScroll {
		return
	}
	first, last := p.span()
	var best region
	for by := first - last; by <= last-first; by++ {
		if r := p.region(first, last, by); r.saves > best.saves {
			best = r
		}
	}
	if best.saves <= scrollCost {
		return
	}
	p.turn(best)
	lines := p.was[best.top : best.bottom+1]
	n := min(max(best.by, -best.by), len(lines))
	if best.by > 0 {
		copy(lines, lines[n:])
		lines = lines[len(lines)-n:]
	} else {
		copy(lines[n:], lines)
		lines = lines[:n]
	}
	clear(lines)
}

// region is a block of lines and by how many it moves up. saves says how many bytes are about saved.
type region struct{ top, bottom, by, saves int }

// span is the first and the last line that change.
func (p *painter) span() (first, last int) {
	for first < len(p.now) && p.was[first] == p.now[first] {
		first++
	}
	for last = len(p.now) - 1; last > first && p.was[last] == p.now[last]; last-- {
	}
	return first, last
}

// region is the block between two lines that holds all that moved up by so many.
func (p *painter) region(first, last, by int) region {
	r := region{top: -1, by: by}
	if by == 0 {
		return r
	}
	for i := max(first, first-by); i <= min(last, last-by); i++ {
		if p.now[i] == p.was[i+by] && p.now[i] != p.was[i] {
			if r.top < 0 {
				r.top = i
			}
			r.bottom = i
		}
	}
	if r.top < 0 {
		return r
	}
	r.top, r.bottom = min(r.top, r.top+by), max(r.bottom, r.bottom+by)
	for i := r.top; i <= r.bottom; i++ {
		moved := ""
		if from := i + by; from >= r.top && from <= r.bottom {
			moved = p.was[from]
		}
		r.saves += cost(p.was[i], p.now[i]) - cost(moved, p.now[i])
	}
	return r
}

// cost is about how many bytes bring a line from one string to another.
func cost(was, now string) int {
	switch {
	case was == now:
		return 0
	case now == "":
		return 8
	}
	return len(now) + 8
}

// turn has the terminal move a region.
func (p *painter) turn(r region) {
	p.use(pen{})
	p.margins(r.top, r.bottom)
	end, index := r.bottom, byte('D')
	if r.by < 0 {
		end, index = r.top, 'M'
	}
	p.moveFar(0, end)
	for range max(r.by, -r.by) {
		p.out = append(p.out, '\x1b', index)
	}
	p.out = append(p.out, "\x1b[r"...)
	p.x, p.y = 0, 0 // to where setting margins brings the cursor
}

// margins sets the scroll region.
func (p *painter) margins(top, bottom int) {
	p.out = append(p.out, "\x1b["...)
	p.out = strconv.AppendInt(p.out, int64(top+1), 10)
	p.out = append(p.out, ';')
	p.out = strconv.AppendInt(p.out, int64(bottom+1), 10)
	p.out = append(p.out, 'r')
}
