package terminal

import "github.com/charmbracelet/colorprofile"

// Select Graphic Rendition, ECMA-48 8.3.117 with xterm's colours: what follows "ESC [" before an "m".

// params walks through the parameters of a sequence: numbers after semicolons, or after colons where they belong to the
// one before.
type params struct {
	text string
	more bool // another parameter comes
	sub  bool // it comes after a colon
}

// next answers the next parameter; a missing one is 0.
func (p *params) next() (n int) {
	p.more, p.sub = false, false
	for i := range len(p.text) {
		switch c := p.text[i]; c {
		case ';', ':':
			p.text, p.more, p.sub = p.text[i+1:], true, c == ':'
			return n
		default:
			n = min(n*10+int(c-'0'), 1<<16)
		}
	}
	p.text = ""
	return n
}

// apply changes a pen as the sequence says.
func (k *inks) apply(p *pen, sequence string) {
	if k.profile == colorprofile.NoTTY {
		return
	}
	for s := (params{text: sequence, more: true}); s.more; {
		switch n := s.next(); {
		case n == 0:
			*p = pen{}
		case n == 4:
			p.underline(&s)
		case n <= 9:
			p.attrs |= attrOf(n)
		case n == 21:
			p.attrs, p.curl = p.attrs|underlined, 2
		case n == 22:
			p.attrs &^= bold | faint
		case n == 24:
			p.attrs, p.curl = p.attrs&^underlined, 0
		case n > 22 && n <= 29:
			p.attrs &^= attrOf(n - 20)
		case n >= 30 && n <= 39:
			k.colour(&p.fg, n-30, &s)
		case n >= 40 && n <= 49:
			k.colour(&p.bg, n-40, &s)
		case n == 58 || n == 59:
			k.colour(&p.under, n-50, &s)
		case n >= 90 && n <= 97:
			p.fg = k.shown(inkPalette | ink(n-90+8))
		case n >= 100 && n <= 107:
			p.bg = k.shown(inkPalette | ink(n-100+8))
		}
	}
}

// attrOf is the attribute of a parameter from 1 to 9.
func attrOf(n int) uint8 {
	if n > 5 {
		n--
	}
	return 1 << (n - 1)
}

// underline reads what kind of underline SGR 4 asks for.
func (p *pen) underline(s *params) {
	p.attrs, p.curl = p.attrs|underlined, 0
	if !s.sub {
		return
	}
	switch n := s.next(); {
	case n == 0:
		p.attrs &^= underlined
	case n > 1 && n <= 5:
		p.curl = uint8(n)
	}
}

// colour reads a colour by the last digit of its parameter: one of eight, one that follows (8), or the terminal's own (9).
func (k *inks) colour(c *ink, digit int, s *params) {
	switch {
	case digit < 8:
		*c = k.shown(inkPalette | ink(digit))
	case digit == 9:
		*c = 0
	case s.more:
		k.longColour(c, s)
	}
}

// longColour reads 5;N and 2;R;G;B, and the same with colons, where 2 may have the name of a colour space before R.
func (k *inks) longColour(c *ink, s *params) {
	switch s.next() {
	case 5:
		if s.more {
			*c = k.shown(inkPalette | ink(s.next()&0xff))
		}
	case 2:
		colons := s.sub
		r, g, b := s.next(), s.next(), s.next()
		if colons && s.sub {
			r, g, b = g, b, s.next()
		}
		*c = k.shown(inkRGB | ink(r&0xff)<<16 | ink(g&0xff)<<8 | ink(b&0xff))
	}
}
