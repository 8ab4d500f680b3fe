package cryptvfs

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// exhibit is a database as it lies on disk with a WAL, and what it says after
// each of its transactions.
type exhibit struct {
	e         *env
	main, wal []byte
	states    []string // digests; the last one is right
	last      int      // where the last transaction begins in the WAL

	// The WAL with its header of before the last transaction: what a power cut
	// may leave, that took what was not synced.
	unnoted []byte

	// The same after a checkpoint that left the WAL in place, as a process
	// leaves it that is killed then.
	checkpointed, oldWAL []byte
}

const exhibitDigest = `SELECT count(*) || '/' || total(id * unicode(substr(body, id % 60 + 1, 1))) || '/' ||
	(SELECT group_concat(name) FROM sqlite_schema) FROM t`

func newExhibit(t *testing.T) *exhibit {
	t.Helper()
	e := newEnv(t)
	x := &exhibit{e: e}
	conn := oneConn(t, e.open("_pragma=wal_autocheckpoint(0)", "_pragma=synchronous(FULL)"))
	mustExec(t, conn, "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)", "CREATE INDEX i ON t (body)",
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<150) INSERT INTO t SELECT i, printf('%0300d', i * 7919) FROM c",
		"CREATE TABLE gone (b)", "INSERT INTO gone SELECT body FROM t", "DROP TABLE gone", // free pages
		"PRAGMA wal_checkpoint(TRUNCATE)")
	x.states = append(x.states, queryOne[string](t, conn, exhibitDigest))
	var before []byte
	for i := range 6 {
		before = mustRead(t, e.path+"-wal")
		mustExec(t, conn, "BEGIN", fmt.Sprintf("UPDATE t SET body = printf('%%0310d', id * %d) WHERE id %% 6 = %d", 104729+i, i),
			fmt.Sprintf("INSERT INTO t SELECT 1000 + %d, '%s'", i, text(i, 900)), "COMMIT")
		x.states = append(x.states, queryOne[string](t, conn, exhibitDigest))
	}
	x.main, x.wal = mustRead(t, e.path), mustRead(t, e.path+"-wal")
	x.last, x.unnoted = len(before), slices.Concat(before[:sealedHeaderSize], x.wal[sealedHeaderSize:])
	mustExec(t, conn, "PRAGMA wal_checkpoint(PASSIVE)")
	x.checkpointed, x.oldWAL = mustRead(t, e.path), mustRead(t, e.path+"-wal")
	return x
}

// outcome is what became of a changed image.
type outcome int

const (
	refused  outcome = iota // an error
	right                   // the change was in bytes that no longer count
	tailLost                // the end of the WAL is missing, as after a cut
	wrong
)

// try opens an image and reads all of it.
func (x *exhibit) try(t *testing.T, dir string, main, wal []byte) (outcome, error) {
	t.Helper()
	path := filepath.Join(dir, "image.db")
	mustWrite(t, path, main)
	os.Remove(path + "-wal")
	if wal != nil {
		mustWrite(t, path+"-wal", wal)
	}
	db, err := sql.Open("sqlite", x.e.vfs.DSN(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var digest, verdict string
	var pages int
	if err := db.QueryRow(exhibitDigest).Scan(&digest); err != nil {
		return refused, err
	}
	if err := db.QueryRow("SELECT count(data) FROM sqlite_dbpage").Scan(&pages); err != nil {
		return refused, err
	}
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil {
		return refused, err
	}
	switch i := slices.Index(x.states, digest); {
	case verdict != "ok":
		return wrong, errors.New(verdict)
	case i == len(x.states)-1:
		return right, nil
	case i >= 0:
		return tailLost, nil
	}
	return wrong, errors.New(digest)
}

// TestByteFlips changes one bit at a time, everywhere. Never may a read
// succeed with data that was not written, and only after a power cut may the
// last transaction of the WAL go, which then looks like one that was torn.
func TestByteFlips(t *testing.T) {
	x := newExhibit(t)
	dir := t.TempDir()
	rnd := rand.New(rand.NewPCG(7, 7))
	if got, err := x.try(t, dir, x.main, x.wal); got != right {
		t.Fatalf("unchanged: %d, %v", got, err)
	}
	for _, region := range []struct {
		name  string
		image []byte
		open  func(changed []byte) (outcome, error)
		last  int // from here on the last transaction may go
	}{
		{"main file", x.main, func(b []byte) (outcome, error) { return x.alone().try(t, dir, b, nil) }, len(x.main)},
		{"main file beside a WAL", x.main, func(b []byte) (outcome, error) { return x.try(t, dir, b, x.wal) }, len(x.main)},
		{"WAL", x.wal, func(b []byte) (outcome, error) { return x.try(t, dir, x.main, b) }, len(x.wal)},
		{"WAL after a power cut", x.unnoted, func(b []byte) (outcome, error) { return x.try(t, dir, x.main, b) }, x.last},
		{"WAL after a checkpoint", x.oldWAL, func(b []byte) (outcome, error) { return x.try(t, dir, x.checkpointed, b) }, len(x.oldWAL)},
	} {
		image, counts := region.image, [4]int{}
		// The edges first: header, salt, tags and nonces; then anywhere.
		places := []int{0, 15, 16, 17, 20, 71, 72, pageSize - 41, pageSize - 40, pageSize - 24, pageSize - 1, pageSize, len(image) - 1}
		for len(places) < rounds(500, 4000) {
			places = append(places, rnd.IntN(len(image)))
		}
		for _, at := range places {
			changed := slices.Clone(image)
			changed[at] ^= 1 << rnd.IntN(8)
			got, err := region.open(changed)
			counts[got]++
			if got == wrong || got == tailLost && at < region.last {
				t.Fatalf("%s, byte %d of %d: %d, %v", region.name, at, len(image), got, err)
			}
		}
		t.Logf("%s: %d refused, %d in bytes that no longer count, %d lost the last transaction, %d wrong",
			region.name, counts[refused], counts[right], counts[tailLost], counts[wrong])
		if region.name != "main file beside a WAL" && counts[right] != 0 || counts[refused] == 0 {
			t.Errorf("%s: %v", region.name, counts)
		}
	}
}

// alone is the exhibit without its WAL.
func (x *exhibit) alone() *exhibit { return &exhibit{e: x.e, main: x.main, states: x.states[:1]} }

// TestMainFileTampering: with no WAL every byte of the main file counts.
func TestMainFileTampering(t *testing.T) {
	x := newExhibit(t)
	dir := t.TempDir()
	clean := x.main
	x = x.alone()
	if got, err := x.try(t, dir, clean, nil); got != right {
		t.Fatalf("unchanged: %d, %v", got, err)
	}
	pages := len(clean) / pageSize
	page := func(b []byte, n int) []byte { return b[n*pageSize : (n+1)*pageSize] }
	refuse := func(what string, image []byte) {
		t.Helper()
		if got, err := x.try(t, dir, image, nil); got != refused {
			t.Errorf("%s: %d, %v", what, got, err)
		}
	}
	for a := range pages {
		zeroed := slices.Clone(clean)
		clear(page(zeroed, a))
		refuse(fmt.Sprintf("page %d zeroed", a+1), zeroed)

		swapped := slices.Clone(clean)
		b := (a + 1 + a%3) % pages
		copy(page(swapped, a), page(clean, b))
		copy(page(swapped, b), page(clean, a))
		refuse(fmt.Sprintf("pages %d and %d swapped", a+1, b+1), swapped)

		copied := slices.Clone(clean)
		copy(page(copied, b), page(clean, a))
		refuse(fmt.Sprintf("page %d over page %d", a+1, b+1), copied)

		refuse(fmt.Sprintf("cut to %d pages", a), clean[:a*pageSize])
		refuse(fmt.Sprintf("cut in page %d", a+1), clean[:a*pageSize+1000])
	}
	// A page of another database under the same key.
	other := filepath.Join(dir, "other.db")
	if err := Copy(t.Context(), openDSN(t, x.e.vfs.DSN(x.e.path)), other, x.e.key); err != nil {
		t.Fatal(err)
	}
	foreign := slices.Clone(clean)
	copy(page(foreign, 3), page(mustRead(t, other), 3))
	refuse("a page of another file", foreign)
}

// TestWALTampering moves frames about.
func TestWALTampering(t *testing.T) {
	x := newExhibit(t)
	dir := t.TempDir()
	frames := (len(x.wal) - sealedHeaderSize) / sealedFrameSize
	frame := func(b []byte, n int) []byte { return b[frameOffset(uint32(n+1)):][:sealedFrameSize] }
	for a := range frames {
		b := (a + 1) % frames
		for name, image := range map[string][]byte{"WAL": x.wal, "WAL after a power cut": x.unnoted} {
			swapped := slices.Clone(image)
			copy(frame(swapped, a), frame(image, b))
			copy(frame(swapped, b), frame(image, a))
			zeroed := slices.Clone(image)
			clear(frame(zeroed, a))
			for what, wal := range map[string][]byte{"swapped": swapped, "zeroed": zeroed, "cut": image[:frameOffset(uint32(a+1))+77]} {
				got, err := x.try(t, dir, x.main, wal)
				inLast := name != "WAL" && frameOffset(uint32(a+1)) >= int64(x.last)
				if got != refused && (got != tailLost || !inLast) {
					t.Errorf("%s: frame %d of %d %s: %d, %v", name, a+1, frames, what, got, err)
				}
			}
		}
	}
	for what, wal := range map[string][]byte{
		"garbage header":     append(slices.Repeat([]byte{9}, sealedHeaderSize), x.wal[sealedHeaderSize:]...),
		"zero header":        append(make([]byte, sealedHeaderSize), x.wal[sealedHeaderSize:]...),
		"garbage, no frames": slices.Repeat([]byte{9}, sealedHeaderSize),
		"plain WAL":          append([]byte("\x37\x7f\x06\x82\x00\x2d\xe2\x18\x00\x00\x10\x00"), make([]byte, 9000)...),
	} {
		if got, err := x.try(t, dir, x.main, wal); got != refused {
			t.Errorf("%s: %d, %v", what, got, err)
		}
	}
	// After a checkpoint not even a cut may pass for one: the main file has
	// some of every frame.
	for n := uint32(1); n <= uint32(frames); n += 3 {
		if got, err := x.try(t, dir, x.checkpointed, x.oldWAL[:frameOffset(n)]); got != refused {
			t.Errorf("WAL cut to %d frames after a checkpoint: %d, %v", n-1, got, err)
		}
	}
	// A header that never reached the disk, and frames of an older WAL behind
	// the newer one, are what crashes leave.
	if got, err := x.try(t, dir, x.main, make([]byte, sealedHeaderSize)); got != tailLost {
		t.Errorf("zero header without frames: %d, %v", got, err)
	}
	// The main file, shortened, with the WAL in place.
	for n := 1; n < len(x.main)/pageSize; n++ {
		if got, err := x.try(t, dir, x.main[:n*pageSize], x.wal); got != refused && got != right {
			t.Errorf("cut to %d pages beside its WAL: %d, %v", n, got, err)
		}
	}
}

// TestProbe tells the reasons apart, and creates nothing.
func TestProbe(t *testing.T) {
	x := newExhibit(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "probed.db")
	plainPath := filepath.Join(dir, "plain.db")
	plain := openDSN(t, "file:"+plainPath)
	fillNotes(t, plain, 3)
	plain.Close()
	broken := slices.Clone(x.main)
	broken[300] ^= 1
	badWAL := slices.Clone(x.wal)
	badWAL[3] ^= 1
	damage := &DamageError{}

	for _, c := range []struct {
		name      string
		main, wal []byte
		key       Key
		want      error
	}{
		{"fine", x.main, nil, x.e.key, nil},
		{"fine with a WAL", x.main, x.wal, x.e.key, nil},
		{"missing", nil, nil, x.e.key, ErrMissing},
		{"missing is fs.ErrNotExist", nil, nil, x.e.key, os.ErrNotExist},
		{"empty", []byte{}, nil, x.e.key, ErrEmpty},
		{"one page cut", x.main[:pageSize-1], nil, x.e.key, ErrShort},
		{"last page cut", x.main[:len(x.main)-1], nil, x.e.key, ErrShort},
		{"pages cut", x.main[:2*pageSize], nil, x.e.key, ErrShort},
		{"a few bytes", []byte("hello"), nil, x.e.key, ErrShort},
		{"plain", mustRead(t, plainPath), nil, x.e.key, ErrPlain},
		{"small plain", mustRead(t, plainPath)[:100], nil, x.e.key, ErrPlain},
		{"wrong key", x.main, nil, NewKey(), ErrKey},
		{"wrong key with a WAL", x.main, x.wal, NewKey(), ErrKey},
		{"something else", slices.Repeat([]byte("some file "), 5000), nil, x.e.key, ErrKey},
		{"page 1 damaged", broken, nil, x.e.key, ErrDamaged},
		{"page 1 damaged, good WAL", broken, x.wal, x.e.key, nil},
		{"WAL damaged", x.main, badWAL, x.e.key, ErrDamaged},
	} {
		os.Remove(path)
		os.Remove(path + "-wal")
		if c.main != nil {
			mustWrite(t, path, c.main)
		}
		if c.wal != nil {
			mustWrite(t, path+"-wal", c.wal)
		}
		before := listing(t, dir)
		if err := Probe(path, c.key); !errors.Is(err, c.want) || errors.As(err, &damage) != errors.Is(c.want, ErrDamaged) {
			t.Errorf("%s: Probe says %v", c.name, err)
		}
		v := testVFS(t, c.key)
		db := openDSN(t, v.DSN(path))
		_, err := db.Exec("CREATE TABLE IF NOT EXISTS probe (a)")
		db.Close()
		if (err == nil) != (c.want == nil) {
			t.Errorf("%s: SQLite says %v", c.name, err)
		}
		if err != nil {
			if after := listing(t, dir); !slices.Equal(before, after) {
				t.Errorf("%s: files were %v and are %v", c.name, before, after)
			}
			if c.main != nil && !slices.Equal(mustRead(t, path), c.main) {
				t.Errorf("%s: the file was changed", c.name)
			}
			// SQLite itself notices that pages are missing.
			if explained := v.Explain(err); !errors.Is(explained, c.want) && !errors.Is(c.want, ErrShort) && c.name != "page 1 damaged" {
				t.Errorf("%s: explained as %v", c.name, explained)
			}
		}
	}
	if err := Probe(dir, x.e.key); !errors.Is(err, ErrKey) {
		t.Errorf("a folder: %v", err)
	}
	if err := Probe(x.e.path, x.e.key); !errors.Is(err, ErrInUse) {
		t.Errorf("an open database: %v", err)
	}
}

func listing(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
