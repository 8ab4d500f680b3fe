package themes

import (
	"image/color"
	"math"
)

// minContrast is what WCAG 2.2 asks of normal text, success criterion 1.4.3 (AA):
// https://www.w3.org/TR/WCAG22/#contrast-minimum
const minContrast = 4.5

// middle is the relative luminance that stands as far from black as from white: (L+0.05)² = 0.05 × 1.05.
const middle = 0.1791

// contrast is the ratio of two colours, from 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
func contrast(a, b color.RGBA) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is the relative luminance of an sRGB colour, from 0 (black) to 1 (white):
// https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
func luminance(c color.RGBA) float64 {
	linear := func(channel uint8) float64 {
		v := float64(channel) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
