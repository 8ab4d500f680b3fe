package seal

import (
	"bytes"
	"errors"
	"testing"
)

func fileKey(t *testing.T, key *FileKey, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return key.Bytes()
}

func TestTheFileKeyStaysAndTheMarkIsKept(t *testing.T) {
	s, m, _ := testSlots(t)
	key, err := s.FileKey(m)
	first := fileKey(t, key, err)
	if s.Initialised() {
		t.Error("initialised before it was said")
	}
	for range 2 {
		if err := s.MarkInitialised(m); err != nil {
			t.Fatal(err)
		}
	}
	s = reopenSlots(t, s)
	key, err = s.FileKey(m)
	if got := fileKey(t, key, err); !bytes.Equal(got, first) || bytes.Equal(got, make([]byte, keySize)) {
		t.Error("another file key, or none")
	}
	if !s.Initialised() {
		t.Error("the mark was lost")
	}
}

func TestARotationCanBeInterruptedAnywhere(t *testing.T) {
	s, m, _ := testSlots(t)
	key, err := s.FileKey(m)
	first := fileKey(t, key, err)
	if _, err := s.NextFileKey(m); !errors.Is(err, ErrNotRotating) || s.Rotating() {
		t.Errorf("before: %v", err)
	}
	for _, err := range []error{s.EndRotation(m), s.AbortRotation(m)} {
		if !errors.Is(err, ErrNotRotating) {
			t.Errorf("nothing to end: %v", err)
		}
	}
	key, err = s.BeginRotation(m)
	next := fileKey(t, key, err)
	if bytes.Equal(next, first) {
		t.Fatal("the same key")
	}

	s = reopenSlots(t, s) // killed, and started again
	if !s.Rotating() {
		t.Fatal("the rotation was forgotten")
	}
	if _, err := s.BeginRotation(m); !errors.Is(err, ErrRotating) {
		t.Errorf("begun twice: %v", err)
	}
	key, err = s.FileKey(m)
	if got := fileKey(t, key, err); !bytes.Equal(got, first) {
		t.Error("the current key changed too early")
	}
	key, err = s.NextFileKey(m)
	if got := fileKey(t, key, err); !bytes.Equal(got, next) {
		t.Error("another next key")
	}
	if err := s.AbortRotation(m); err != nil {
		t.Fatal(err)
	}
	key, err = reopenSlots(t, s).FileKey(m)
	if got := fileKey(t, key, err); !bytes.Equal(got, first) || s.Rotating() {
		t.Error("giving up changed the key")
	}

	key, err = s.BeginRotation(m)
	third := fileKey(t, key, err)
	if bytes.Equal(third, next) {
		t.Error("a key that was given up came back")
	}
	if err := reopenSlots(t, s).EndRotation(m); err != nil {
		t.Fatal(err)
	}
	s = reopenSlots(t, s)
	key, err = s.FileKey(m)
	if got := fileKey(t, key, err); !bytes.Equal(got, third) || s.Rotating() {
		t.Error("the rotation did not end")
	}
	if _, err := s.BeginRotation(m); err != nil {
		t.Errorf("the second rotation: %v", err)
	}
}

func TestFileKeysDoNotStandInForEachOther(t *testing.T) {
	s, m, _ := testSlots(t)
	if _, err := s.BeginRotation(m); err != nil {
		t.Fatal(err)
	}
	f := s.held
	f.current.wrapped, f.next.wrapped = f.next.wrapped, f.current.wrapped
	for _, key := range []numberedKey{f.current, f.next} {
		if _, err := key.open(m, practice); !errors.Is(err, ErrOpen) {
			t.Errorf("exchanged: %v", err)
		}
	}
	if _, err := s.held.current.open(m, Instance{}); !errors.Is(err, ErrOpen) {
		t.Errorf("in another practice: %v", err)
	}
}
