package tui

import (
	"image/color"
	"reflect"
	"regexp"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// Without colour only bold, underline and reverse are left, with whatever theme.
func TestNoColor(t *testing.T) {
	allowed := regexp.MustCompile(`^(1|4|7)?(;(1|4|7))*$`)
	for _, theme := range []string{"paper", "ink", "ansi"} {
		v := reflect.ValueOf(*testStyles(t, theme, true))
		for i := range v.NumField() {
			if s := v.Field(i).String(); !allowed.MatchString(s) {
				t.Errorf("%s: %s has %q without colour", theme, v.Type().Field(i).Name, s)
			}
		}
	}
}

// No style paints a background, but the one that a camera reads.
func TestNoBackground(t *testing.T) {
	background := regexp.MustCompile(`(^|;)(4[0-9]|10[0-7])(;|$)`)
	colour := regexp.MustCompile(`38;2;\d+;\d+;\d+`)
	for _, theme := range []string{"paper", "ink", "contrast-light", "contrast-dark", "ansi"} {
		v := reflect.ValueOf(*testStyles(t, theme, false))
		for i := range v.NumField() {
			if v.Type().Field(i).Name == "Paper" {
				continue
			}
			if s := colour.ReplaceAllString(v.Field(i).String(), "38"); background.MatchString(s) {
				t.Errorf("%s: %s paints the background: %q", theme, v.Type().Field(i).Name, s)
			}
		}
	}
}

func TestStyleRender(t *testing.T) {
	for _, c := range []struct {
		style Style
		text  string
		want  string
	}{
		{"", "a", "a"}, {attrBold, "", ""}, {attrBold, "a", "\x1b[1ma\x1b[m"},
		{attrBold.With(attrUnderline), "a", "\x1b[1;4ma\x1b[m"}, {Style("").With(attrBold), "a", "\x1b[1ma\x1b[m"}, {attrBold.With(""), "a", "\x1b[1ma\x1b[m"},
		{foreground(color.RGBA{R: 1, G: 2, B: 255, A: 255}), "a", "\x1b[38;2;1;2;255ma\x1b[m"},
		{foreground(ansi.Red), "a", "\x1b[31ma\x1b[m"}, {foreground(ansi.BrightWhite), "a", "\x1b[97ma\x1b[m"}, {foreground(nil), "a", "a"},
	} {
		if got := c.style.Render(c.text); got != c.want {
			t.Errorf("%q renders %q as %q, want %q", c.style, c.text, got, c.want)
		}
	}
}
