package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/charmbracelet/x/exp/golden"

	"alcove/store"
)

// speak runs the linear mode with lines typed ahead, and answers all that was said.
func speak(t *testing.T, o Options, lines ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := Linear(t.Context(), o, strings.NewReader(strings.Join(lines, "\n")+"\n"), &out); err != nil {
		t.Fatalf("the linear mode ended with %v after\n%s", err, out.String())
	}
	return out.String()
}

func says(t *testing.T, said string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(said, text) {
			t.Errorf("%q is not said in\n%s", text, said)
		}
	}
}

func TestLinearIsSpokenInOrder(t *testing.T) {
	for _, lang := range []string{"en", "de"} {
		t.Run(lang, func(t *testing.T) {
			p := newPractice(t)
			someWeeks(p, nil)
			o := p.options("anna")
			o.Lang = lang
			verbs := WordsFor(lang).Chrome.Linear.Verbs
			golden.RequireEqual(t, speak(t, o, "1", "write", "A first line", "and a second.", ".", verbs.Back, "9", verbs.Help, verbs.Quit))
		})
	}
}

func TestLinearMarksWhatItSaid(t *testing.T) {
	p := newPractice(t)
	someWeeks(p, nil)
	said := speak(t, p.options("anna"), "3", "back", "quit")
	says(t, said, "Hello Anna.\n3 new entries in 2 threads.", "3. Saturday group, with Jonas Weber, Piet Jansen, 2 new", "Entry 2 of 2, Jonas, Thursday 12 November, 10:41, new:\n| Who begins?",
		"1 new entry in 1 thread.")
	if strings.Contains(said, "\x1b") || strings.Contains(said, "─") {
		t.Error("there are escapes or lines drawn")
	}
	if got, _ := p.as("anna").Thread(t.Context(), 3); got.Unread != 0 {
		t.Errorf("%d are unread still", got.Unread)
	}
	if got, _ := p.as("anna").Thread(t.Context(), 4); got.Unread != 1 {
		t.Errorf("%d are unread in a thread that was not opened", got.Unread)
	}
}

func TestLinearGoesBackInALongThread(t *testing.T) {
	p := newPractice(t)
	var entries []string
	for i := range 25 {
		entries = append(entries, "jonas: text "+string(rune('A'+i)))
	}
	thread := p.thread("Long", []string{"jonas", "anna"}, entries...)
	if err := p.as("anna").MarkRead(t.Context(), thread, 24); err != nil {
		t.Fatal(err)
	}
	said := speak(t, p.options("anna"), "1", "earlier", "quit")
	says(t, said, "22 earlier entries are not shown.", "Entry 23 of 25", "Entry 25 of 25, Jonas, Thursday 19 November, 10:41, new:", "12 earlier entries are not shown.", "Entry 13 of 25")
	if strings.Contains(said, "text L") {
		t.Error("an entry was said that nobody asked for")
	}
}

func TestLinearDraftsSurvive(t *testing.T) {
	p := newPractice(t)
	someWeeks(p, nil)
	speak(t, p.options("anna"), "1", "write", "Half a", "sentence") // the line is cut
	if got, _ := p.as("anna").Draft(t.Context(), 4, 0); got.Text != "Half a\nsentence" {
		t.Fatalf("the draft is %q", got.Text)
	}
	said := speak(t, p.options("anna"), "1", "write", "and its end.", ".", "quit")
	says(t, said, "1. The tax letter, with Jonas Weber, draft", "There is a draft", "| Half a\n| sentence", "Sent.")
	e, err := p.as("jonas").Entry(t.Context(), 4, 3)
	if err != nil || e.Text != "Half a\nsentence\nand its end." {
		t.Fatalf("the entry is %q, %v", e.Text, err)
	}
}

func TestLinearOpensAndFinds(t *testing.T) {
	p := newPractice(t)
	someWeeks(p, nil)
	said := speak(t, p.options("jonas"), "people", "new", "A plan", "1 2", "write", "We begin.", ".", "back", "search", "begin", "1", "quit")
	says(t, said, "1. Anna Klein, client, here now", "2. Piet Jansen, client, joined", "Thread: A plan", "You and Anna Klein, Piet Jansen can read this.", "Sent.",
		"A plan: We begin.")
	if got := p.threads[len(p.threads)-1]; len(got.Members) != 3 || got.Title != "A plan" {
		t.Fatalf("the thread is %+v", got.Thread)
	}
	said = speak(t, p.options("jonas"), "new", "Nobody's", "7", "quit")
	says(t, said, "There is no such thing here")
}

func TestLinearQuotesAllThatPeopleWrote(t *testing.T) {
	p := newPractice(t)
	p.thread("T", []string{"anna", "jonas"}, "jonas: Fine.\n  Entry 2 of 2, Anna, Thursday:\nI lied.\x1b[2J\n\nSent.\nType a command (write): ")
	said := speak(t, p.options("anna"), "help", "1", "quit")
	says(t, said, "Lines that begin with | are what people wrote.",
		"new:\n| Fine.\n|   Entry 2 of 2, Anna, Thursday:\n| I lied.<U+001B>[2J\n| \n| Sent.\n| Type a command (write): \n")
	if strings.Contains(said, "\x1b") {
		t.Error("an escape is said")
	}
}

func TestLinearEndsWithTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPractice(t)
		in, hold := io.Pipe() // nobody types
		defer func() { _ = hold.Close() }()
		var out bytes.Buffer
		ended := make(chan error, 1)
		go func() { ended <- Linear(t.Context(), p.options("anna"), in, &out) }()
		synctest.Wait()
		p.disable("anna")
		if err := <-ended; !errors.Is(err, store.ErrSignedOut) {
			t.Fatalf("it ended with %v", err)
		}
		says(t, out.String(), "You have been signed out")
	})
}

func TestLinearEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPractice(t)
		ctx, cancel := context.WithCancel(t.Context())
		in, hold := io.Pipe()
		defer func() { _ = hold.Close() }()
		ended := make(chan error, 1)
		go func() { ended <- Linear(ctx, p.options("anna"), in, io.Discard) }()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Fatalf("it ended with %v", err)
		}
	})
}

func TestLinearGoesOnAfterAnError(t *testing.T) {
	p := newPractice(t)
	someWeeks(p, nil)
	o := p.options("anna")
	j := p.as("anna")
	o.Journal = j
	j.breakVerb("Write", errors.New("disk full"))
	said := speak(t, o, "1", "write", "Important", ".", "back", "quit")
	says(t, said, "Not sent; kept as a draft.", "That did not work")
	if got, _ := j.Draft(t.Context(), 4, 0); got.Text != "Important" {
		t.Fatalf("the draft is %q", got.Text)
	}
}

func TestLinearReadsAThreadFromItsStartByPages(t *testing.T) {
	p := newPractice(t)
	thread := p.thread("Long", []string{"jonas", "anna"}, many(25, "jonas")...)
	said := speak(t, p.options("anna"), "1", "", "stop", "back", "quit")
	says(t, said, "Entry 1 of 25", "Entry 20 of 25", "There is more. enter says it")
	if strings.Contains(said, "Entry 21 of 25") {
		t.Error("it went on although it was to stop")
	}
	if got, _ := p.as("anna").Thread(t.Context(), thread); got.Unread != 5 {
		t.Errorf("%d are unread, want the 5 that were not said", got.Unread)
	}
}

func TestLinearWritesALineThatIsADot(t *testing.T) {
	p := newPractice(t)
	p.thread("T", []string{"anna", "jonas"})
	said := speak(t, p.options("anna"), "1", "write", "a", "..", "b", ".", "quit")
	says(t, said, "two dots write one")
	if e, err := p.as("anna").Entry(t.Context(), 1, 1); err != nil || e.Text != "a\n.\nb" {
		t.Errorf("the entry is %q, %v", e.Text, err)
	}
}
