package terminal

import "strconv"

// A block of lines that has moved up or down is moved by the terminal: a scroll region around it, and Index or Reverse
// Index at its border, which the VT100 knew.

const (
	leastScroll = 3  // lines that change; below, nothing is looked for
	scrollCost  = 20 // bytes, about, without the lines' own
	lineCost    = 8  // bytes, about, to get to a line and change the pen
)

// scroll looks for the block of lines that is best moved, moves it, and changes was into what the terminal shows then.
func (p *painter) scroll(changed int) {
	if changed < leastScroll {
		return
	}
	first, last := p.span()
	var best region
	for by := first - last; by <= last-first; by++ {
		if r := p.region(first, last, by); r.weight > best.weight {
			best = r
		}
	}
	if best.weight == 0 || p.saves(best) <= 0 {
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

// region is a block of lines, and by how many it moves up. weight is how much text in it has moved so.
type region struct{ top, bottom, by, weight int }

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
	r := region{by: by}
	if by == 0 {
		return r
	}
	for i := max(first, first-by); i <= min(last, last-by); i++ {
		if p.now[i] == p.was[i+by] && p.now[i] != p.was[i] {
			if r.weight == 0 {
				r.top = i
			}
			r.bottom = i
			r.weight += lineCost + len(p.now[i])
		}
	}
	r.top, r.bottom = min(r.top, r.top+by), max(r.bottom, r.bottom+by)
	return r
}

// saves is about how many bytes it saves to move a region.
func (p *painter) saves(r region) int {
	n := -scrollCost - 2*max(r.by, -r.by)
	for i := r.top; i <= r.bottom; i++ {
		moved := ""
		if from := i + r.by; from >= r.top && from <= r.bottom {
			moved = p.was[from]
		}
		n += cost(p.was[i], p.now[i]) - cost(moved, p.now[i])
	}
	return n
}

// cost is about how many bytes bring a line from one string to another.
func cost(was, now string) int {
	if was == now {
		return 0
	}
	n := 0
	for n < min(len(was), len(now)) && was[n] == now[n] {
		n++
	}
	was, now = was[n:], now[n:]
	for n = 0; n < min(len(was), len(now)) && was[len(was)-1-n] == now[len(now)-1-n]; {
		n++
	}
	return len(now) - n + lineCost
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
