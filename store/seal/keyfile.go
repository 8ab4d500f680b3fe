// The key file, version 1, is text: comment lines that begin with '#', and one line of three words:
//
//	alcove-key-1 <32 random bytes, base64url without padding> <check, likewise>
//
// The check is the first 6 bytes of SHA-256 of the first two words. It tells a mistyped or cut file, which can be mended,
// from another practice's key, which cannot. A later form of the file has another number in its marker.

package seal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// What can be wrong with a key file. A missing one is fs.ErrNotExist, one that is in the way fs.ErrExist.
var (
	ErrNotKeyFile     = errors.New("not an Alcove key file")
	ErrKeyFileDamaged = errors.New("damaged key file")
	ErrKeyFileNewer   = errors.New("key file of a newer Alcove")
	ErrKeyFileExposed = errors.New("key file that others can read")
)

const (
	keyMarker  = "alcove-key-" // the version follows
	keyVersion = 1
	keyFileMax = 4 << 10
	keyFileTop = "# Alcove master key. Whoever has this file can read the practice; whoever loses it has lost the practice.\n" +
		"# Keep a copy in a safe place, and never beside the backups.\n"
)

// CreateKeyFile draws a master key and writes it to a new file that its owner alone can read. When it returns without an
// error, the file and its place in the folder are on disk. It never writes over a file: fs.ErrExist.
func CreateKeyFile(path string) (*Master, error) {
	m := &Master{}
	_, _ = rand.Read(m.secret[:]) // never fails
	if err := writeKeyFile(path, m); err != nil {
		m.Wipe()
		return nil, fmt.Errorf("making the key file %s: %w", path, err)
	}
	return m, nil
}

// OpenKeyFile reads a master key. Its errors name the path and what to do: fs.ErrNotExist, ErrNotKeyFile,
// ErrKeyFileDamaged, ErrKeyFileNewer, or ErrKeyFileExposed when group or others have any right to the file. Root's group may
// read a file of root's, as it seems to with a credential of systemd's.
func OpenKeyFile(path string) (*Master, error) {
	content, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	defer clear(content)
	m, err := parseKeyFile(content)
	if err != nil {
		return nil, fmt.Errorf("reading the key from %s: %w", path, err)
	}
	return m, nil
}

func writeKeyFile(path string, m *Master) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			_ = os.Remove(path) // half a key file is worse than none
		}
	}()
	content := formatKeyFile(m)
	defer clear(content)
	if _, err = f.Write(content); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder puts a new name on disk. Windows has no such call.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func readKeyFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the key file %s is missing; put its copy back: %w", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the key file: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("looking at the key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file: %w", path, ErrNotKeyFile)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" && !rootsOwn(info) {
		return nil, fmt.Errorf("%s has the mode %04o; run: chmod 600 %s: %w", path, mode, shellQuote(path), ErrKeyFileExposed)
	}
	content, err := io.ReadAll(io.LimitReader(f, keyFileMax+1))
	if err != nil {
		return nil, fmt.Errorf("reading the key file: %w", err)
	}
	if len(content) > keyFileMax {
		clear(content)
		return nil, fmt.Errorf("%s is too long: %w", path, ErrNotKeyFile)
	}
	return content, nil
}

// shellQuote makes the command of an error message one that can be pasted.
func shellQuote(path string) string {
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

func formatKeyFile(m *Master) []byte {
	line := append(strconv.AppendInt([]byte(keyMarker), keyVersion, 10), ' ')
	line = base64.RawURLEncoding.AppendEncode(line, m.secret[:])
	check := keyCheck(line)
	line = append(line, ' ')
	line = base64.RawURLEncoding.AppendEncode(line, check)
	defer clear(line)
	content := make([]byte, 0, len(keyFileTop)+len(line)+1)
	content = append(content, keyFileTop...)
	content = append(content, line...)
	return append(content, '\n')
}

func parseKeyFile(content []byte) (*Master, error) {
	var words [][]byte
	for line := range bytes.Lines(content) {
		if !bytes.HasPrefix(line, []byte("#")) {
			words = append(words, bytes.Fields(line)...)
		}
	}
	if len(words) == 0 || !bytes.HasPrefix(words[0], []byte(keyMarker)) {
		return nil, ErrNotKeyFile
	}
	number, err := strconv.Atoi(string(words[0][len(keyMarker):]))
	if err == nil && number > keyVersion {
		return nil, ErrKeyFileNewer
	}
	if err != nil || number != keyVersion || len(words) != 3 {
		return nil, ErrKeyFileDamaged
	}
	encoding := base64.RawURLEncoding.Strict()
	check, err := encoding.AppendDecode(nil, words[2])
	if err != nil || !bytes.Equal(check, keyCheck(bytes.Join(words[:2], []byte(" ")))) {
		return nil, ErrKeyFileDamaged
	}
	m := &Master{}
	if encoding.DecodedLen(len(words[1])) != keySize {
		return nil, ErrKeyFileDamaged
	}
	if _, err := encoding.Decode(m.secret[:], words[1]); err != nil {
		return nil, ErrKeyFileDamaged
	}
	return m, nil
}

// keyCheck is the check of a key line's first two words.
func keyCheck(line []byte) []byte {
	sum := sha256.Sum256(line)
	return sum[:6]
}
