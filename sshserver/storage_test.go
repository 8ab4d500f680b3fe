package sshserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"modernc.org/sqlite"

	"alcove/store"
)

// disk is a pragma that every new connection to a database is given, as if its disk were so. A write that fails for it ends
// its connection.
var disk atomic.Value

const (
	fullSoon = `max_page_count = 150`
	broken   = `query_only = ON`
	mended   = `max_page_count = 1000000`
)

var faultyDisks = sync.OnceFunc(func() {
	sqlite.RegisterConnectionHook(func(c sqlite.ExecQuerierContext, _ string) error {
		_, err := c.ExecContext(context.Background(), `PRAGMA `+disk.Load().(string), nil)
		return err
	})
})

// TestADiskThatIsFullForAWhile fills the disk while somebody looks at a screen, and makes room again.
func TestADiskThatIsFullForAWhile(t *testing.T) {
	disk.Store(fullSoon)
	defer disk.Store(mended)
	faultyDisks()
	p := newPractice(t)
	n := p.thread("The tax letter", "Text").Number
	x := open(t, p.client("jonas"), "xterm-256color", 80, 24)
	eventually(t, "Home", func() bool { return strings.Contains(x.out.String(), "The tax letter") })

	long, full := strings.Repeat("a long text, ", 15<<10), false
	for range 10 {
		_, err := p.as("anna").Write(context.Background(), n, long, 0)
		if full = errors.Is(err, store.ErrReadOnly); full {
			break
		}
		must(t, err)
	}
	if !full {
		t.Fatal("the disk is never full")
	}
	const banner, help = "Saving fails just now", "ctrl+p"
	eventually(t, "the banner", func() bool { return strings.Contains(x.out.String(), banner) })
	late := open(t, p.client("jonas"), "xterm-256color", 80, 24)
	eventually(t, "the banner of who comes now", func() bool { return strings.Contains(late.out.String(), banner) })

	r := p.run("anna", fmt.Sprintf("write %d", n), long)
	if r.code != exitFailed || r.out != "" || !strings.Contains(r.err, "The server cannot save at the moment, so nothing was written.") {
		t.Errorf("write: %+v", r)
	}
	disk.Store(broken) // from full to nothing at all
	p.run("anna", fmt.Sprintf("write %d", n), long)
	if r = p.run("piet", "new 'Alone'", ""); r.code != exitFailed || r.out != "" || !strings.Contains(r.err, "The server cannot save") {
		t.Errorf("new: %+v", r)
	}
	if r = p.run("jonas", fmt.Sprintf("read %d", n), ""); r.code != exitOK || !strings.Contains(r.out, "Text") || !strings.Contains(r.err, "nothing was marked as read") {
		t.Errorf("read: exit %d, %d bytes, %s", r.code, len(r.out), r.err)
	}

	disk.Store(mended)
	eventually(t, "the banner goes", func() bool {
		before := len(x.out.String())
		x.typeKeys(t, "\f") // draws all anew
		eventually(t, "the screen", func() bool { return strings.Contains(x.out.String()[before:], help) })
		return !strings.Contains(x.out.String()[before:], banner)
	})
	if r = p.run("anna", fmt.Sprintf("write %d", n), long); r.code != exitOK {
		t.Errorf("write, when there is room: exit %d, %s", r.code, r.err)
	}
}
