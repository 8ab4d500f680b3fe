package tui

import (
	"fmt"
	"strings"

	"rsc.io/qr"

	"alcove/store/safetext"
)

// A QR code for a camera that looks at the screen: two modules to a character, one above the other, black on white
// whatever the theme, with white around it. Without colour it is drawn for the terminal's background, a dark one if that is
// not known.

const (
	quietWanted = 4  // modules of white around it, as ISO 18004 has them
	quietLeast  = 2  // cameras still read it
	shortURI    = 78 // bytes of the largest code that fits 20 lines (version 4, level L)
)

// factorURI is what authenticator apps read: the Key URI Format. It leaves out what it has defaults for, so that the code
// is small, and names the practice only where there is room for it.
func factorURI(host, handle, secret string) string {
	uri := func(issuer string) string {
		return "otpauth://totp/" + escaped(issuer) + ":" + escaped(handle) + "?secret=" + secret
	}
	if named := uri(host); len(named) <= shortURI {
		return named
	}
	return uri("Alcove")
}

// escaped is RFC 3986's percent-encoding.
func escaped(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		if b < 0x80 && (b == '-' || b == '.' || b == '_' || '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z') {
			out.WriteByte(b)
		} else {
			fmt.Fprintf(&out, "%%%02X", b)
		}
	}
	return out.String()
}

// drawQR is a text as a code in at most width x height cells, or nothing if it has no room.
func drawQR(st *Styles, paper background, text string, width, height int) []string {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil
	}
	quiet := quietWanted
	for quiet >= quietLeast && (code.Size+2*quiet > width || (code.Size+2*quiet+1)/2 > height) {
		quiet--
	}
	if quiet < quietLeast {
		return nil
	}
	style := st.Paper
	if style == "" && paper != backgroundLight {
		style = attrReverse
	}
	lines := make([]string, 0, height)
	for y := -quiet; y < code.Size+quiet; y += 2 {
		var line strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			line.WriteString(halves(code.Black(x, y), code.Black(x, y+1)))
		}
		lines = append(lines, style.Render(line.String()))
	}
	return lines
}

// halves is the character with its halves black or white.
func halves(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}

// groups parts a key in groups of four, for those who type it.
func groups(key string) []string {
	key = safetext.Line(key)
	var parts []string
	for len(key) > 4 {
		parts, key = append(parts, key[:4]), key[4:]
	}
	return append(parts, key)
}
