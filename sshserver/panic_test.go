package sshserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
	"alcove/tui"
)

// Those of screens stand in session_test.go; these are of the other two kinds of session, and of the screens' real pages.

func TestAPanicInLinesOrACommandEndsThatSession(t *testing.T) {
	var boom atomic.Bool
	p := newPractice(t, func(s *Server) {
		s.Now = func() time.Time {
			if boom.Load() {
				panic("what anna wrote")
			}
			return time.Now()
		}
	})
	n := p.thread("Diary", "Text").Number
	c := p.client("anna")
	whoIs(t, c)
	for i, way := range []struct{ command, stdin string }{
		{"export", ""}, {"linear", "1\nwrite\nhalf a sentence\n"},
	} {
		boom.Store(way.command != "linear")
		in, keys := io.Pipe()
		s, err := c.NewSession()
		must(t, err)
		var out, errs safeBuffer
		s.Stdin, s.Stdout, s.Stderr = in, &out, &errs
		must(t, s.Start(way.command))
		if way.stdin != "" {
			_, err = io.WriteString(keys, way.stdin)
			must(t, err)
			eventually(t, "a draft", func() bool { return p.draftOf("anna", n) == "half a sentence" })
			boom.Store(true)
			_, err = io.WriteString(keys, ".\nback\n1\n") // names the time of what it says
			must(t, err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Wait() }()
		select {
		case err := <-ended:
			if code := exitCode(t, err); code != exitFailed {
				t.Errorf("%s: exit %d", way.command, code)
			}
		case <-time.After(patient):
			t.Fatalf("%s does not end: %s", way.command, out.String())
		}
		boom.Store(false)
		must(t, keys.Close())
		if !strings.Contains(errs.String(), "Something went wrong in Alcove") {
			t.Errorf("%s: said %q", way.command, errs.String())
		}
		if strings.Contains(out.String()+errs.String()+p.log.String(), "what anna wrote") {
			t.Errorf("%s: the panic's words were shown or logged", way.command)
		}
		if got := p.server.Panics(); got != i+1 {
			t.Errorf("%s: %d panics are counted, want %d", way.command, got, i+1)
		}
	}
	if got := whoIs(t, c); got != "anna" {
		t.Errorf("another session of the connection answers %q", got)
	}
}

// draftOf is the draft of somebody's new entry.
func (p *practice) draftOf(handle string, thread int64) string {
	p.t.Helper()
	d, err := p.as(handle).Draft(context.Background(), thread, 0)
	must(p.t, err)
	return d.Text
}

type panics struct{}

func (panics) Read([]byte) (int, error) { panic("what anna wrote") }

func TestAPanicWhereLinesAreReadEndsTheInput(t *testing.T) {
	p := newPractice(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	in := guardedReader{panics{}, func(r any) { p.server.logPanic(r); cancel(errCrashed) }}
	err := tui.Linear(ctx, tui.Options{Journal: p.as("anna"), Shared: p.server.shared}, in, io.Discard)
	if err != nil && !errors.Is(err, errCrashed) || !errors.Is(context.Cause(ctx), errCrashed) {
		t.Errorf("ended with %v", err)
	}
	if p.server.Panics() != 1 || strings.Contains(p.log.String(), "what anna wrote") {
		t.Errorf("%d counted; the log:\n%s", p.server.Panics(), p.log.String())
	}
}

// TestAStopWithAHundredSessions has real screens with half a sentence in each; ten of them in a short run.
func TestAStopWithAHundredSessions(t *testing.T) {
	sessions := 100
	if testing.Short() {
		sessions = 10
	}
	p := newPractice(t)
	threads := make([]int64, sessions)
	screens := make([]*console, sessions)
	for i := range sessions {
		who := fmt.Sprintf("member%d", i)
		p.join(who, store.RoleClient, "A Member", "jonas")
		th, err := p.as(who).NewThread(context.Background(), "Diary", nil, "")
		must(t, err)
		threads[i] = th.Number
		c, err := p.dial("x", gossh.PublicKeys(p.keys[who]))
		must(t, err)
		t.Cleanup(func() { _ = c.Close() })
		screens[i] = open(t, c, "xterm", 80, 24)
	}
	for _, x := range screens {
		eventually(t, "Home", func() bool { return strings.Contains(x.out.String(), "Diary") })
		x.typeKeys(t, "\r")
		eventually(t, "the thread", func() bool {
			return strings.Contains(x.out.String(), "Write") || strings.Contains(x.out.String(), "ctrl+s")
		})
	}
	const typed = "half a sentence ¶"
	for _, x := range screens {
		x.typeKeys(t, typed)
	}
	for _, x := range screens {
		eventually(t, "what was typed", func() bool { return strings.Contains(x.out.String(), "¶") })
	}
	begun := time.Now()
	must(t, p.stop())
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	for i, x := range screens {
		_ = x.wait(t)
		if said := x.out.String(); !strings.Contains(said, "The server is being stopped.") { // and of the draft, if it was not saved before
			t.Errorf("session %d is not told: …%q", i, said[max(0, len(said)-200):])
		}
		if got := p.draftOf(fmt.Sprintf("member%d", i), threads[i]); got != typed {
			t.Errorf("the draft is %q", got)
		}
	}
}
