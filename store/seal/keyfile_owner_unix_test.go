//go:build unix

package seal

import (
	"io/fs"
	"syscall"
	"testing"
	"time"
)

// fileOf is what is known of a file, without one.
type fileOf struct {
	mode     fs.FileMode
	uid, gid uint32
}

func (fileOf) Name() string        { return "alcove.key" }
func (fileOf) Size() int64         { return 0 }
func (f fileOf) Mode() fs.FileMode { return f.mode }
func (fileOf) ModTime() time.Time  { return time.Time{} }
func (fileOf) IsDir() bool         { return false }
func (f fileOf) Sys() any          { return &syscall.Stat_t{Uid: f.uid, Gid: f.gid} }

// TestRootsOwn: what systemd gives a service is kept well, and nothing else that a group may read.
func TestRootsOwn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file fileOf
		want bool
	}{
		"a credential":            {fileOf{mode: 0o440}, true},
		"root's alone":            {fileOf{mode: 0o400}, true},
		"of another group":        {fileOf{mode: 0o440, gid: 100}, false},
		"of another user":         {fileOf{mode: 0o440, uid: 1000}, false},
		"the group may write":     {fileOf{mode: 0o460}, false},
		"others may read":         {fileOf{mode: 0o444}, false},
		"its owner may change it": {fileOf{mode: 0o640}, false},
	} {
		if got := rootsOwn(c.file); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
