package main

import (
	"go/build"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"alcove/store"
	"alcove/tui"
)

// A screen reaches the store by this interface and by nothing else.
var _ tui.Journal = (*store.Access)(nil)

// room is what a package may import of ours, and what it must not import at all, each with everything below it. What
// tests import does not count.
type room struct{ ours, forbidden []string }

func rooms() map[string]room {
	return map[string]room{
		"cmd/alcove":       {ours: []string{"alcove/cmd/alcove/bench", "alcove/sshserver", "alcove/store", "alcove/store/safetext", "alcove/store/seal", "alcove/themes", "alcove/tui"}},
		"cmd/alcove/bench": {ours: []string{"alcove/store"}, forbidden: []string{"charm.land"}},
		"sshserver": {
			ours:      []string{"alcove/sshserver/terminal", "alcove/store", "alcove/store/safetext", "alcove/themes", "alcove/tui"},
			forbidden: []string{"database/sql", "modernc.org"},
		},
		"sshserver/terminal": {forbidden: []string{"database/sql", "net", "os", "crypto", "golang.org/x/crypto"}},
		"tui": {
			ours: []string{"alcove/store", "alcove/store/safetext", "alcove/themes"},
			forbidden: []string{
				"database/sql", "modernc.org", "crypto", "golang.org/x/crypto", "os", "net", "charm.land/ssh", "charm.land/wish",
			},
		},
		"store": {
			ours:      []string{"alcove/store/seal", "alcove/store/cryptvfs", "alcove/store/safetext"},
			forbidden: []string{"charm.land", "github.com/charmbracelet", "net/http", "golang.org/x/crypto/ssh"},
		},
		"store/cryptvfs":         {forbidden: []string{"net/http", "charm.land", "golang.org/x/crypto"}},
		"store/seal":             {forbidden: []string{"database/sql", "net", "charm.land"}},
		"store/safetext":         {forbidden: []string{"database/sql", "net", "os", "crypto"}},
		"store/safetext/hostile": {}, // for tests alone: no other package may import it
		"themes":                 {forbidden: []string{"database/sql", "net", "crypto"}},
	}
}

// TestImports holds the rooms of the house apart.
func TestImports(t *testing.T) {
	t.Parallel()
	for name, rule := range rooms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pkg, err := build.Default.ImportDir(filepath.Join("..", "..", filepath.FromSlash(name)), 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range pkg.Imports {
				if strings.HasPrefix(path, "alcove/") && !slices.Contains(rule.ours, path) {
					t.Errorf("%s imports %s", name, path)
				}
				for _, no := range rule.forbidden {
					if path == no || strings.HasPrefix(path, no+"/") {
						t.Errorf("%s imports %s; %s is not for it", name, path, no)
					}
				}
			}
		})
	}
}

// TestEveryPackageHasARoom finds packages that the table does not know.
func TestEveryPackageHasARoom(t *testing.T) {
	t.Parallel()
	var found []string
	for _, pattern := range []string{"*", "*/*", "*/*/*"} {
		files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			dir, err := filepath.Rel(filepath.Join("..", ".."), filepath.Dir(file))
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, filepath.ToSlash(dir))
		}
	}
	slices.Sort(found)
	known := slices.Sorted(maps.Keys(rooms()))
	if found = slices.Compact(found); !slices.Equal(found, known) {
		t.Errorf("packages are %v; the table knows %v", found, known)
	}
}
