package main

import (
	"bytes"
	"sync"
	"time"
	"unicode/utf8"
)

// floodScreen looks in what the server draws for what was typed. It is no terminal: it knows letters and words only, which
// come in one piece.
type floodScreen struct {
	mu      sync.Mutex
	last    []byte // what may be the beginning of something looked for
	phrase  string
	shown   chan struct{} // closed when phrase was
	waiting []floodKey
	took    []time.Duration
}

type floodKey struct {
	letter rune
	at     time.Time
}

// expect answers what is closed once a word is drawn.
func (s *floodScreen) expect(phrase string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phrase, s.shown, s.last = phrase, make(chan struct{}), nil
	return s.shown
}

// await counts the time from now until a letter is drawn.
func (s *floodScreen) await(letter rune) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, floodKey{letter, time.Now()})
}

// missing is how many letters are not drawn yet.
func (s *floodScreen) missing() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

// results takes the times counted until now.
func (s *floodScreen) results() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := s.took
	s.took = nil
	return took
}

// Write takes what the server draws.
func (s *floodScreen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	drawn := append(s.last, p...)
	if s.phrase != "" && bytes.Contains(drawn, []byte(s.phrase)) {
		s.phrase = ""
		close(s.shown)
	}
	for len(s.waiting) > 0 && bytes.ContainsRune(drawn, s.waiting[0].letter) {
		s.took = append(s.took, time.Since(s.waiting[0].at))
		s.waiting = s.waiting[1:]
	}
	keep := max(len(s.phrase), utf8.UTFMax) - 1
	s.last = bytes.Clone(drawn[max(0, len(drawn)-keep):])
	return len(p), nil
}
