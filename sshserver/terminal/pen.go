package terminal

import (
	"image/color"
	"math/bits"
	"strconv"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// ink is a colour: the terminal's own (0), one of its palette, or red, green and blue.
type ink uint32

const (
	inkPalette ink = 1 << 24 // and the number in the low byte
	inkRGB     ink = 2 << 24 // and the three bytes
)

// Attributes of a pen, one bit each, in the order of their SGR parameters from 1 on.
const (
	bold uint8 = 1 << iota
	faint
	italic
	underlined
	blinking
	reversed
	concealed
	struck
)

// pen is how letters look. The zero pen is the terminal's default.
type pen struct {
	fg, bg, under ink // under is the colour of the underline
	attrs         uint8
	curl          uint8 // 2 and up: the style of the underline, as in SGR 4:n
}

// onBlank is what one sees of a pen on a space. Spaces are compared by it, so that words in bold need no change of pen
// between them.
func (p pen) onBlank() pen {
	if p.attrs&(underlined|reversed|struck) != 0 {
		return p
	}
	return pen{bg: p.bg}
}

// offs are the SGR parameters that end an attribute, by its bit. 22 ends two.
var offs = [...]uint8{22, 22, 23, 24, 25, 27, 28, 29}

// appendChange appends the shortest SGR sequence from one pen to another: what differs, or all of it after a reset.
func appendChange(buf []byte, from, to pen) []byte {
	if from == to {
		return buf
	}
	if to == (pen{}) {
		return append(buf, ansi.ResetStyle...)
	}
	var room, again [96]byte
	change := appendDifference(room[:0], from, to)
	if whole := appendDifference(append(again[:0], ';'), pen{}, to); len(whole) < len(change) {
		change = whole // it begins with an empty parameter, which is the reset
	}
	buf = append(append(buf, "\x1b["...), change[:len(change)-1]...)
	return append(buf, 'm')
}

// appendDifference appends the parameters that change a pen, each with a semicolon after it.
func appendDifference(b []byte, from, to pen) []byte {
	gone, come := from.attrs&^to.attrs, to.attrs&^from.attrs
	if gone&(bold|faint) != 0 { // one parameter ends both, so the other one is set again
		gone = gone&^(bold|faint) | bold
		come |= to.attrs & (bold | faint)
	}
	for ; gone != 0; gone &= gone - 1 {
		b = appendParam(b, int(offs[bits.TrailingZeros8(gone)]))
	}
	if from.curl != to.curl && to.attrs&underlined != 0 {
		come |= underlined
	}
	for ; come != 0; come &= come - 1 {
		bit := bits.TrailingZeros8(come)
		if 1<<bit == underlined && to.curl > 1 {
			b = append(append(b, "4:"...), '0'+to.curl, ';')
			continue
		}
		b = appendParam(b, attrParam(bit))
	}
	if from.fg != to.fg {
		b = appendInk(b, to.fg, 30, 90)
	}
	if from.bg != to.bg {
		b = appendInk(b, to.bg, 40, 100)
	}
	if from.under != to.under {
		b = appendInk(b, to.under, 50, 0)
	}
	return b
}

// attrParam is the SGR parameter of an attribute; 6 is left out, for it blinks too.
func attrParam(bit int) int {
	if bit >= 5 {
		return bit + 2
	}
	return bit + 1
}

// appendInk appends a colour; base is the first of the eight parameters for it, bright that of the next eight colours.
func appendInk(b []byte, c ink, base, bright int) []byte {
	n := int(c & 0xff)
	switch {
	case c == 0:
		return appendParam(b, base+9)
	case c >= inkRGB:
		b = appendParam(appendParam(b, base+8), 2)
		return appendParam(appendParam(appendParam(b, int(c>>16&0xff)), int(c>>8&0xff)), n)
	case n < 8 && bright != 0:
		return appendParam(b, base+n)
	case n < 16 && bright != 0:
		return appendParam(b, bright+n-8)
	}
	return appendParam(appendParam(appendParam(b, base+8), 5), n)
}

func appendParam(b []byte, n int) []byte { return append(strconv.AppendInt(b, int64(n), 10), ';') }

// inks brings colours down to what a terminal can show, and remembers which became which.
type inks struct {
	profile colorprofile.Profile
	known   map[shade]ink
}

type shade struct {
	profile colorprofile.Profile
	ink     ink
}

const mostInks = 1024 // then they are forgotten; a theme has twenty

// choose says what the terminal can show.
func (k *inks) choose(p colorprofile.Profile) {
	k.profile = p
	if k.known == nil || len(k.known) > mostInks {
		k.known = make(map[shade]ink)
	}
}

// shown is what the terminal can show of a colour.
func (k *inks) shown(c ink) ink {
	switch {
	case c == 0 || k.profile == colorprofile.TrueColor || c < inkPalette+16 && k.profile >= colorprofile.ANSI:
		return c
	case k.profile < colorprofile.ANSI:
		return 0
	}
	s, ok := k.known[shade{k.profile, c}]
	if !ok {
		s = k.convert(c)
		k.known[shade{k.profile, c}] = s
	}
	return s
}

func (k *inks) convert(c ink) ink {
	if c < inkRGB {
		return inkOf(k.profile.Convert(ansi.IndexedColor(c)))
	}
	return inkOf(k.profile.Convert(color.RGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 255}))
}

func inkOf(c color.Color) ink {
	switch c := c.(type) {
	case nil:
		return 0
	case ansi.BasicColor:
		return inkPalette | ink(c)
	case ansi.IndexedColor:
		return inkPalette | ink(c)
	}
	r, g, b, _ := c.RGBA()
	return inkRGB | ink(r>>8)<<16 | ink(g>>8)<<8 | ink(b>>8)
}
