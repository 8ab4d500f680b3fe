package themes

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/pelletier/go-toml/v2"
)

// Roles are the colours by what they are for. A nil colour is the terminal's own colour of letters, which only an ANSI
// theme may use.
type Roles struct {
	Text      color.Color // what people wrote
	Muted     color.Color // times, hints, counts
	Heading   color.Color // headings in entries, titles of screens
	Accent    color.Color // keys and what else is worth the eye
	Link      color.Color // addresses
	Code      color.Color // code in entries
	Quote     color.Color // quotations in entries
	Rule      color.Color // the lines of the chrome
	Unread    color.Color // what is new
	Mine      color.Color // the reader's own name
	Other     color.Color // others' names
	Draft     color.Color // not sent yet
	Good      color.Color // it worked
	Warning   color.Color // look out
	Bad       color.Color // it failed
	Selection color.Color // the selected row, which has a symbol too
}

// fields are the roles under the names they have in a file.
func (r *Roles) fields() map[string]*color.Color {
	return map[string]*color.Color{
		"text": &r.Text, "muted": &r.Muted, "heading": &r.Heading, "accent": &r.Accent, "link": &r.Link, "code": &r.Code,
		"quote": &r.Quote, "rule": &r.Rule, "unread": &r.Unread, "mine": &r.Mine, "other": &r.Other, "draft": &r.Draft,
		"good": &r.Good, "warning": &r.Warning, "bad": &r.Bad, "selection": &r.Selection,
	}
}

// parse reads one file's content. The error is one line that names the role and what is wrong with it.
func parse(name string, data []byte) (Theme, error) {
	var file struct {
		Paper string            `toml:"paper"` // #rrggbb, the background it was drawn for
		ANSI  bool              `toml:"ansi"`  // in the place of paper
		Roles map[string]string `toml:"roles"`
	}
	dec := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return Theme{}, oneLine(err)
	}
	t := Theme{Name: name, ANSI: file.ANSI}
	if (file.Paper == "") != file.ANSI {
		return Theme{}, errors.New(`needs either paper = "#rrggbb" or ansi = true`)
	}
	var paper color.RGBA
	if !file.ANSI {
		var err error
		if paper, err = rgb(file.Paper); err != nil {
			return Theme{}, fmt.Errorf("paper: %w", err)
		}
		t.Dark = luminance(paper) < middle
	}
	fields := t.Roles.fields()
	for _, role := range slices.Sorted(maps.Keys(file.Roles)) {
		if fields[role] == nil {
			return Theme{}, fmt.Errorf("unknown role %q", role)
		}
	}
	for _, role := range slices.Sorted(maps.Keys(fields)) {
		value, ok := file.Roles[role]
		if !ok {
			return Theme{}, fmt.Errorf("role %s is missing", role)
		}
		c, err := roleColor(value, file.ANSI, paper)
		if err != nil {
			return Theme{}, fmt.Errorf("role %s: %w", role, err)
		}
		*fields[role] = c
	}
	return t, nil
}

// roleColor reads a role's colour, and holds it against the paper unless it is one of the terminal's own.
func roleColor(value string, fromTerminal bool, paper color.RGBA) (color.Color, error) {
	if fromTerminal {
		return named(value)
	}
	c, err := rgb(value)
	if err != nil {
		return nil, err
	}
	if got := contrast(c, paper); got < minContrast {
		// Rounded down, so that it never reads "4.5:1, needs 4.5:1".
		return nil, fmt.Errorf("contrast against paper is %.1f:1, needs %.1f:1", float64(int(got*10))/10, minContrast)
	}
	return c, nil
}

// rgb reads "#rrggbb".
func rgb(s string) (color.RGBA, error) {
	var r, g, b uint8
	if len(s) != 7 || strings.Trim(s[1:], "0123456789abcdefABCDEF") != "" {
		return color.RGBA{}, fmt.Errorf("%q is no colour; write #rrggbb", s)
	}
	if _, err := fmt.Sscanf(s, "#%02x%02x%02x", &r, &g, &b); err != nil {
		return color.RGBA{}, fmt.Errorf("%q is no colour; write #rrggbb", s)
	}
	return color.RGBA{R: r, G: g, B: b, A: 0xff}, nil
}

// named reads the name of one of the terminal's own colours: "default", or "red", or "bright red".
func named(s string) (color.Color, error) {
	if s == "default" {
		return nil, nil
	}
	hue, bright := strings.CutPrefix(s, "bright ")
	i := slices.Index([]string{"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"}, hue)
	if i < 0 {
		return nil, fmt.Errorf(`%q is no colour of the terminal; write "default", or black, red, green, yellow, blue, magenta, cyan, white, with "bright " before it or not`, s)
	}
	if bright {
		i += 8
	}
	return ansi.BasicColor(i), nil
}

// oneLine makes an error of the TOML decoder fit a line of a log.
func oneLine(err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		return fmt.Errorf("unknown key %q", strings.Join(unknown.Errors[0].Key(), "."))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		line, _ := bad.Position()
		return fmt.Errorf("line %d: %s", line, strings.ReplaceAll(bad.Error(), "\n", " "))
	}
	return err
}
