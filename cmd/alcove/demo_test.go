package main

import (
	"slices"
	"testing"
	"time"
)

// TestDemoContent finds what would make a demo fail or look wrong at some hour of the day.
func TestDemoContent(t *testing.T) {
	t.Parallel()
	content, err := readDemo()
	if err != nil {
		t.Fatal(err)
	}
	joined := map[string]string{}
	for _, p := range content.Person {
		joined[p.Handle] = p.At
	}
	midnight := time.Date(2026, 11, 21, 0, 0, 1, 0, time.Local)
	for _, start := range []time.Time{midnight, midnight.Add(12 * time.Hour), midnight.Add(24*time.Hour - 2*time.Second)} {
		at := func(text string) time.Time {
			t.Helper()
			when, err := demoTime(start, text)
			if err != nil {
				t.Fatal(err)
			}
			if when.After(start) {
				t.Errorf("%q is in the future of %v", text, start)
			}
			return when
		}
		for _, thread := range content.Thread {
			last := time.Time{}
			for _, e := range append(slices.Clone(thread.Entry), thread.Draft) {
				if e.By == "" {
					continue // no draft
				}
				when := at(e.At)
				if when.Before(last) {
					t.Errorf("%s: %q comes before what stands above it", thread.Title, e.At)
				}
				last = when
				if !slices.Contains(thread.With, e.By) {
					t.Errorf("%s: %s is not in it", thread.Title, e.By)
				}
				for _, member := range thread.With {
					if when.Before(at(joined[member])) {
						t.Errorf("%s: %q is before %s came", thread.Title, e.At, member)
					}
				}
			}
		}
	}
}

func TestDemoTime(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 21, 10, 30, 0, 0, time.UTC)
	for text, want := range map[string]string{"2d 09:10": "2026-11-19 09:10", "25m": "2026-11-21 10:05", "2h 43m": "2026-11-21 07:47"} {
		if got, err := demoTime(start, text); err != nil || got.Format("2006-01-02 15:04") != want {
			t.Errorf("%q is %v, %v; want %s", text, got, err, want)
		}
	}
	if _, err := demoTime(start, "soon"); err == nil {
		t.Error("\"soon\" is taken for a time")
	}
}
