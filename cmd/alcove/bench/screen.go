package bench

import (
	"bytes"
	"io"
	"sync"
	"time"
	"unicode/utf8"
)

// Screen looks in what a server draws for what was typed. It is no terminal: it knows letters and phrases only, which come
// in one piece. A server may draw only the cells that changed, so what is looked for should stand nowhere else.
type Screen struct {
	mu      sync.Mutex
	last    []byte // what may be the beginning of something looked for
	phrase  string
	shown   chan struct{} // closed when phrase was
	waiting []awaited
	took    []time.Duration
	copies  io.Writer // gets all that is drawn; nil for most
	drawn   []byte    // since the phrase is expected, to tell what came in its place
	drawnAt time.Time // when the last of it came
}

type awaited struct {
	letter rune
	at     time.Time
}

const mostDrawn = 64 << 10

// sinceExpected is what was drawn while a phrase was waited for in vain, and when the last of it came.
func (s *Screen) sinceExpected() ([]byte, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drawn, s.drawnAt
}

// Expect answers what is closed once a phrase is drawn.
func (s *Screen) Expect(phrase string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phrase, s.shown, s.last, s.drawn = phrase, make(chan struct{}), nil, nil
	return s.shown
}

// Await counts the time from now until a letter is drawn.
func (s *Screen) Await(letter rune) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, awaited{letter, time.Now()})
}

// Missing is how many letters are not drawn yet.
func (s *Screen) Missing() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

// Results takes the times counted until now.
func (s *Screen) Results() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := s.took
	s.took = nil
	return took
}

// copyTo has all that is drawn from now on written elsewhere too, or no longer if nil.
func (s *Screen) copyTo(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copies = w
}

// drawnSince says when the last was drawn since a moment, and false where nothing was.
func (s *Screen) drawnSince(from time.Time) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drawnAt, s.drawnAt.After(from)
}

// Write takes what the server draws.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drawnAt = time.Now()
	if s.copies != nil {
		if _, err := s.copies.Write(p); err != nil {
			return 0, err
		}
	}
	if s.phrase == "" && len(s.waiting) == 0 {
		s.last = s.last[:0]
		return len(p), nil
	}
	if s.phrase != "" && len(s.drawn) < mostDrawn {
		s.drawn = append(s.drawn, p...)
	}
	drawn := append(s.last, p...)
	if s.phrase != "" && bytes.Contains(drawn, []byte(s.phrase)) {
		s.phrase, s.drawn = "", nil
		close(s.shown)
	}
	for len(s.waiting) > 0 && bytes.ContainsRune(drawn, s.waiting[0].letter) {
		s.took = append(s.took, time.Since(s.waiting[0].at))
		s.waiting = s.waiting[1:]
	}
	keep := max(len(s.phrase), utf8.UTFMax) - 1
	s.last = append(s.last[:0], drawn[max(0, len(drawn)-keep):]...)
	return len(p), nil
}
