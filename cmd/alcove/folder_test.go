package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFolderThatCannotBeWrittenTo(t *testing.T) {
	t.Parallel()
	dir, cause := t.TempDir(), errors.New("attempt to write a readonly database (1544)")
	if err := cannotWrite(dir, cause); err != cause { //nolint:errorlint // the very same
		t.Errorf("a folder that can be written to: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the probe left %v, %v", left, err)
	}
	file := filepath.Join(dir, "file") // root may write to every folder, but not into a file
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openFailed(file, cause); !strings.Contains(err.Error(), "nothing can be written to "+file) {
		t.Errorf("one that cannot: %v", err)
	}
}

// TestNameIsText: the shell may hand over any bytes, and testscript none that are no text.
func TestNameIsText(t *testing.T) {
	t.Parallel()
	var usage usageError
	if err := checkName("--name", "bad\xff"); !errors.As(err, &usage) {
		t.Errorf("bytes that are no text: %v", err)
	}
	if err := checkName("--name", " Anna Klein "); err != nil {
		t.Error(err)
	}
}
