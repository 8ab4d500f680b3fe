package seal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestAKeyFileIsReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	made, err := CreateKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if made.secret == [keySize]byte{} {
		t.Error("the key is all zeros")
	}
	read, err := OpenKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if read.secret != made.secret {
		t.Error("another key was read")
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %o", got)
	}
	if _, err := CreateKeyFile(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made again over the first: %v", err)
	}
	if again, err := OpenKeyFile(path); err != nil || again.secret != made.secret {
		t.Errorf("the refused second one left %v", err)
	}
}

func TestKeyFilesThatAreRefused(t *testing.T) {
	good := string(formatKeyFile(&Master{secret: [keySize]byte{1, 2, 3}}))
	line := strings.TrimPrefix(good, keyFileTop)
	for _, c := range []struct {
		name, content string
		want          error
	}{
		{"empty", "", ErrNotKeyFile},
		{"only comments", keyFileTop, ErrNotKeyFile},
		{"another file", "-----BEGIN OPENSSH PRIVATE KEY-----\n", ErrNotKeyFile},
		{"too long", good + strings.Repeat("#\n", keyFileMax), ErrNotKeyFile},
		{"newer", strings.Replace(good, "alcove-key-1", "alcove-key-2", 1), ErrKeyFileNewer},
		{"marker cut", keyFileTop + "alcove-key-", ErrKeyFileDamaged},
		{"older than the first", strings.Replace(good, "alcove-key-1", "alcove-key-0", 1), ErrKeyFileDamaged},
		{"cut", good[:len(good)-3], ErrKeyFileDamaged},
		{"without its check", good[:strings.LastIndex(good, " ")], ErrKeyFileDamaged},
		{"one letter changed", strings.Replace(good, "AQID", "AQIE", 1), ErrKeyFileDamaged},
		{"twice", good + line, ErrKeyFileDamaged},
		{"joined", good[:len(good)-1] + line, ErrKeyFileDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := OpenKeyFile(path)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if !strings.Contains(err.Error(), path) {
				t.Errorf("the path is missing in %q", err)
			}
			if strings.Contains(err.Error(), "AQID") {
				t.Errorf("key bytes in %q", err)
			}
		})
	}
}

func TestAnEditedButWholeKeyFileIsRead(t *testing.T) {
	good := string(formatKeyFile(&Master{secret: [keySize]byte{1}}))
	content := "# my practice\r\n\r\n" + strings.ReplaceAll(strings.TrimPrefix(good, keyFileTop), "\n", "\r\n")
	path := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeyFile(path); err != nil {
		t.Error(err)
	}
}

func TestAMissingKeyFileAndAFolder(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "master.key")
	if _, err := OpenKeyFile(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("missing: %v", err)
	}
	if _, err := OpenKeyFile(folder); !errors.Is(err, ErrNotKeyFile) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := CreateKeyFile(filepath.Join(folder, "not", "there")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into a missing folder: %v", err)
	}
}

func TestAKeyFileThatOthersCanReadIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // no such bits there
	}
	path := filepath.Join(t.TempDir(), "it's mine.key")
	if _, err := CreateKeyFile(path); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o610, 0o602} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := OpenKeyFile(path)
		if !errors.Is(err, ErrKeyFileExposed) || !strings.Contains(err.Error(), "chmod 600 "+shellQuote(path)) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeyFile(path); err != nil {
		t.Errorf("mode 400: %v", err)
	}
}
