//go:build pictures

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestPictures draws docs/pictures from the real screens of a demo. Its scripts have one more command:
//
//	picture WHO NAME TITLE   draws the screen as docs/pictures/NAME.svg
func TestPictures(t *testing.T) {
	folder, err := filepath.Abs(filepath.Join("..", "..", "docs", "pictures"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/pictures",
		Setup: setupStory,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server": serverCmd, "term": termCmd,
			"picture": func(ts *testscript.TestScript, _ bool, args []string) {
				if len(args) < 3 {
					ts.Fatalf("usage: picture WHO NAME TITLE")
				}
				ts.Check(storyOf(ts).terms[args[0]].picture(filepath.Join(folder, args[1]+".svg"), strings.Join(args[2:], " ")))
			},
		},
	})
}

func (t *terminal) picture(path, title string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err := drawSVG(file, t.emu, title, t.paper, t.ink); err != nil {
		return err
	}
	return file.Close()
}
