package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzConfig: a settings file is read, or refused as a mistake in how the command was called.
func FuzzConfig(f *testing.F) {
	f.Add([]byte("data = \"/srv/alcove\"\nlisten = \":2222\"\nhost = \"coaching.example\"\n"))
	f.Add([]byte("data = 1\n"))
	f.Add([]byte("data = [\"\\u001b[31m\"]\n[data]\nx = 1979-05-27\n"))
	f.Add([]byte("\"\\u202e\" = 'x'\n\x00\xff\xfe"))
	f.Add([]byte("a.b.c = {d = [[]]}\n[[a]]\n"))
	file := filepath.Join(f.TempDir(), "alcove.toml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := readConfig(file)
		var usage usageError
		if (s == nil) == (err == nil) || err != nil && !errors.As(err, &usage) {
			t.Errorf("settings %v, error %v", s, err)
		}
	})
}
