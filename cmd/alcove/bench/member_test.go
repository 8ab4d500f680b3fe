package bench

import (
	"context"
	"errors"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestScreen finds what comes in pieces, and counts a letter once.
func TestScreen(t *testing.T) {
	t.Parallel()
	var s Screen
	shown := s.Expect("wörd")
	write := func(text string) {
		if _, err := s.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	write("a w\xc3")
	select {
	case <-shown:
		t.Fatal("half a word is a word")
	default:
	}
	write("\xb6rd")
	<-shown
	s.Await('Ж')
	s.Await('З')
	write("З")
	if s.Missing() != 2 {
		t.Error("a letter came before the one before it")
	}
	write("Ж\xd0")
	write("\x97")
	if s.Missing() != 0 || len(s.Results()) != 2 || len(s.Results()) != 0 {
		t.Errorf("%d letters are missing", s.Missing())
	}
}

// TestInstead tells what is on a screen on which something was waited for in vain, and nothing of what was there before.
func TestInstead(t *testing.T) {
	t.Parallel()
	m := &Member{Number: 1}
	for _, text := range []string{"before", "\x1b[2J\x1b[Hon the", " screen"} {
		if _, err := m.Screen.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if text == "before" {
			m.Screen.Expect("never")
		}
	}
	if got := m.instead(); !strings.Contains(got, "on the screen") || !strings.Contains(got, "of 20 bytes") || strings.Contains(got, "before") {
		t.Error(got)
	}
	m.Screen.Expect("never")
	if got := m.instead(); got != "nothing was drawn" {
		t.Error(got)
	}
}

// TestTexts holds that texts are realistic and the same for the same seed.
func TestTexts(t *testing.T) {
	t.Parallel()
	a, b := newTexts(1, 2), newTexts(1, 2)
	size, found := 0, 0
	const count = 2000
	for range count {
		text := a.next()
		if other := b.next(); other != text {
			t.Fatal("the same seed, other texts")
		}
		size += len(text)
		found += strings.Count(text, rare)
	}
	if mean := size / count; mean < 500 || mean > 750 || found != 2 {
		t.Errorf("%d bytes in the mean, %d rare words", mean, found)
	}
}

// TestFloor holds that the floor echoes, answers commands, and leaves nothing.
func TestFloor(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- ServeFloor(ctx, listener) }()
	key, err := seedKey(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := &Member{Number: 1, Key: key}
	if err := m.SignIn(ctx, listener.Addr().String(), floorReady); err != nil {
		t.Fatal(err)
	}
	took, err := TypeAll(ctx, []*Member{m}, 10*time.Millisecond, 200*time.Millisecond)
	if err != nil || len(took) == 0 {
		t.Errorf("%d letters came back, %v", len(took), err)
	}
	if out, err := m.Run("anything"); err != nil || out != "done\n" {
		t.Errorf("a command says %q, %v", out, err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	m.Leave()
	for late := time.Now().Add(Patience); runtime.NumGoroutine() > before; {
		if time.Now().After(late) {
			t.Fatalf("%d goroutines, and %d before", runtime.NumGoroutine(), before)
		}
		<-time.After(time.Millisecond)
	}
}

// TestFrames finds a screen on which something is missing once it is drawn anew: the floor draws nothing anew.
func TestFrames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		late string // comes before all is drawn anew
		anew string
		want error
	}{{"", "one\r\ntwo", nil}, {"", "one\r\n2", ErrFrame}, {"\r2\x1b[K", "one\r\n2", nil}} {
		m := &Member{Number: 1}
		m.stdin = writerFunc(func(p []byte) (int, error) { // a server that was asked to repaint
			if string(p) == repaint {
				_, err := m.Screen.Write([]byte(test.late + cleared + test.anew))
				return len(p), err
			}
			return len(p), nil
		})
		w, err := watch([]*Member{m})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Screen.Write([]byte("\x1b[2J\x1b[Hone\r\ntwo")); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		if err := w.check(ctx); !errors.Is(err, test.want) {
			t.Errorf("drawn anew as %q: %v", test.anew, err)
		}
		cancel()
		w.end()
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestChoose refuses what cannot be measured before anything is done.
func TestChoose(t *testing.T) {
	t.Parallel()
	good := Config{Sessions: 1, Entries: 10, Threads: 1, Span: time.Second, Rounds: 1}
	for name, change := range map[string]func(*Config){
		"no session":           func(c *Config) { c.Sessions = 0 },
		"no time":              func(c *Config) { c.Span = 0 },
		"a strange scenario":   func(c *Config) { c.Scenarios = []string{"flying"} },
		"another's practice":   func(c *Config) { c.Addr, c.Scenarios = "127.0.0.1:1", []string{"storm"} },
		"sessions without key": func(c *Config) { c.Addr = "127.0.0.1:1" },
	} {
		c := good
		change(&c)
		if _, err := c.choose(); !errors.Is(err, ErrPlan) {
			t.Errorf("%s: %v", name, err)
		}
	}
	chosen, err := good.choose()
	if err != nil || len(chosen) != len(Names())-1 {
		t.Errorf("all but growth are %d, %v", len(chosen), err)
	}
}
