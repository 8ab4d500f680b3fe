package sshserver

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestTheHostKeyIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host_key")
	first, err := LoadOrCreateHostKey(path)
	must(t, err)
	second, err := LoadOrCreateHostKey(path)
	must(t, err)
	if !bytes.Equal(first.PublicKey().Marshal(), second.PublicKey().Marshal()) {
		t.Error("the key changed")
	}
	info, err := os.Stat(path)
	must(t, err)
	if mode := info.Mode().Perm(); mode != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %o, want 600", mode)
	}
}

func TestAFileThatIsNoKeyIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host_key")
	must(t, os.WriteFile(path, []byte("my recipes"), 0o600))
	if _, err := LoadOrCreateHostKey(path); err == nil {
		t.Error("taken for a key")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "my recipes" {
		t.Errorf("the file now holds %q (%v)", got, err)
	}
	if _, err := LoadOrCreateHostKey(filepath.Join(path, "below", "a file")); err == nil {
		t.Error("a key was made where none can be")
	}
}
