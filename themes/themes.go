// Package themes holds the colours of the screens as data: one TOML file per theme, colours by the role they play.
//
// Rules. A theme colours letters and lines only and never paints a background, so it names the paper it was drawn for:
// that decides whether it is dark, and every role must stand out from it by the contrast that WCAG asks of text. A
// practice's own files are held to the same as those built in; a file that fails is left out and the reason is kept, and
// the server starts all the same. A Set never changes once loaded and is shared by all sessions.
package themes

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
)

// The themes for those who have chosen none. A practice may replace them by files of the same name.
const (
	Light = "paper"
	Dark  = "ink"
	Basic = "ansi" // where the terminal does not tell its background
)

const (
	suffix   = ".toml"
	maxFile  = 64 << 10 // bytes of one theme file
	maxFiles = 200      // in a practice's folder
)

//go:embed *.toml
var builtIn embed.FS

// Theme is one set of colours.
type Theme struct {
	Name  string // the file's name without its ending
	Dark  bool   // drawn for a dark paper; says nothing when ANSI
	ANSI  bool   // uses only the terminal's own 16 colours, so it is right on any background
	Roles Roles
}

// Set is the themes of a practice.
type Set struct {
	byName  map[string]Theme
	refused []error
}

// Load reads the built-in themes and then every *.toml of dir, a practice's own; one of the same name replaces the
// built-in one. With an empty dir, or one that does not exist, there are the built-in ones alone. A file that is no good
// is left out and told by Refused; an error means that the folder could not be read at all.
func Load(dir string) (*Set, error) {
	s := &Set{byName: map[string]Theme{}}
	if err := s.add(builtIn); err != nil {
		return nil, fmt.Errorf("read built-in themes: %w", err)
	}
	if len(s.refused) > 0 {
		return nil, fmt.Errorf("read built-in themes: %w", s.refused[0])
	}
	if dir == "" {
		return s, nil
	}
	if err := s.add(os.DirFS(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read themes: %w", err)
	}
	return s, nil
}

// Named is the theme of that name.
func (s *Set) Named(name string) (Theme, bool) {
	t, ok := s.byName[name]
	return t, ok
}

// For is the theme for a terminal whose background is known to be dark or light. Where it is not known, ask for Basic.
func (s *Set) For(dark bool) Theme {
	if dark {
		return s.byName[Dark]
	}
	return s.byName[Light]
}

// Names lists all themes, sorted.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.byName)) }

// Refused says of each of the practice's files that was left out which it is and why, in one line for the operator.
func (s *Set) Refused() []error { return slices.Clone(s.refused) }

// add takes in every theme file of a folder.
func (s *Set) add(folder fs.FS) error {
	files, err := fs.ReadDir(folder, ".")
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(f fs.DirEntry) bool { return !strings.HasSuffix(f.Name(), suffix) })
	for i, f := range files {
		if i == maxFiles {
			s.refused = append(s.refused, fmt.Errorf("%q and later: more than %d theme files", f.Name(), maxFiles))
			break
		}
		t, err := read(folder, f.Name())
		if err != nil {
			s.refused = append(s.refused, fmt.Errorf("%q: %w", f.Name(), err))
			continue
		}
		s.byName[t.Name] = t
	}
	return nil
}

// read reads and checks one theme file.
func read(folder fs.FS, file string) (Theme, error) {
	name := strings.TrimSuffix(file, suffix)
	if !goodName(name) {
		return Theme{}, errors.New("a theme's name has 1 to 32 of a-z, 0-9 and '-'")
	}
	info, err := fs.Stat(folder, file)
	if err != nil {
		return Theme{}, err
	}
	if !info.Mode().IsRegular() {
		return Theme{}, errors.New("not a file")
	}
	f, err := folder.Open(file)
	if err != nil {
		return Theme{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Theme{}, err
	}
	if len(data) > maxFile {
		return Theme{}, fmt.Errorf("larger than %d bytes", maxFile)
	}
	return parse(name, data)
}

// goodName keeps names that a person can type and a terminal can show.
func goodName(name string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789-"
	return name != "" && len(name) <= 32 && strings.Trim(name, allowed) == ""
}
