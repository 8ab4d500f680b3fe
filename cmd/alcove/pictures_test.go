package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "draw docs/pictures anew")

// TestPictures holds docs/pictures against the real screens of a demo, so that they cannot go stale. Its scripts have one
// more command:
//
//	picture WHO NAME TITLE   waits until the screen looks as docs/pictures/NAME.svg does; with -update, draws that
func TestPictures(t *testing.T) {
	folder, err := filepath.Abs(filepath.Join("..", "..", "docs", "pictures"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/pictures",
		Setup: func(env *testscript.Env) error {
			env.Setenv(frozenClock, "2026-11-19T10:41:00Z")
			env.Setenv("TZ", "UTC")
			return setupStory(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server": serverCmd, "term": termCmd,
			"picture": func(ts *testscript.TestScript, _ bool, args []string) {
				if len(args) < 3 {
					ts.Fatalf("usage: picture WHO NAME TITLE")
				}
				terminal, path, title := storyOf(ts).terms[args[0]], filepath.Join(folder, args[1]+".svg"), strings.Join(args[2:], " ")
				if *update {
					ts.Check(terminal.drawSettled(path, title))
				} else {
					ts.Check(terminal.looksAs(path, title))
				}
			},
		},
	})
}

// looksAs waits until the screen is as it was drawn.
func (t *terminal) looksAs(path, title string) error {
	want, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return waitFor(func() error {
		if t.svg(title) == string(want) {
			return nil
		}
		return fmt.Errorf("the screen is not as in %s any more; if it should look so, draw it with 'task pictures'\n%s",
			filepath.Base(path), framed(t.screen()))
	})
}

// drawSettled draws the screen once it stands still: colours come when the terminal has told its background.
func (t *terminal) drawSettled(path, title string) error {
	const still = 100 // looks, 5 ms apart
	last, same := "", 0
	err := waitFor(func() error {
		now := t.svg(title)
		if same++; now != last {
			last, same = now, 0
		}
		if same < still {
			return errors.New("the screen does not come to rest")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(last), 0o644)
}

// svg is the screen as a picture. Threads draw their numbers, so the picture has one that stands for all.
func (t *terminal) svg(title string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return threadNumber.ReplaceAllString(drawSVG(t.emu, title, t.paper, t.ink), "${1}4711")
}

var threadNumber = regexp.MustCompile(`((?:number|Nummer) )\d{4}`)
