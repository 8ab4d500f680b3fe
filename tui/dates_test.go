package tui

import (
	"testing"
	"time"
)

func TestWhen(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		t.Helper()
		v, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v.UTC() // the store answers UTC
	}
	const now = "2026-11-19 23:30" // a Thursday; in UTC it is still 22:30
	for _, c := range []struct{ t, now, when, full, german, germanFull string }{
		{"2026-11-19 10:15", now, "today 10:15", "Thu 19 Nov 10:15", "heute 10:15", "Do 19. Nov 10:15"},
		{"2026-11-19 00:00", now, "today 00:00", "Thu 19 Nov 00:00", "heute 00:00", "Do 19. Nov 00:00"},
		{"2026-11-18 23:59", now, "yesterday 23:59", "Wed 18 Nov 23:59", "gestern 23:59", "Mi 18. Nov 23:59"},
		{"2026-11-17 09:10", now, "Tue", "Tue 17 Nov 09:10", "Di", "Di 17. Nov 09:10"},
		{"2026-11-13 00:01", now, "Fri", "Fri 13 Nov 00:01", "Fr", "Fr 13. Nov 00:01"},
		{"2026-11-12 23:59", now, "12 Nov", "Thu 12 Nov 23:59", "12. Nov", "Do 12. Nov 23:59"},
		{"2025-11-19 10:15", now, "19 Nov 2025", "Wed 19 Nov 2025 10:15", "19. Nov 2025", "Mi 19. Nov 2025 10:15"},
		{"2026-12-31 22:00", "2027-01-01 01:00", "yesterday 22:00", "Thu 31 Dec 2026 22:00", "gestern 22:00", "Do 31. Dez 2026 22:00"},
		{"2026-03-28 23:30", "2026-03-29 23:00", "yesterday 23:30", "Sat 28 Mar 23:30", "gestern 23:30", "Sa 28. März 23:30"}, // a day of 23 hours
		{"2026-11-20 09:00", now, "20 Nov", "Fri 20 Nov 09:00", "20. Nov", "Fr 20. Nov 09:00"},                                // a clock that is ahead
	} {
		if got := When(at(c.t), at(c.now), zone, WordsFor("en")); got != c.when {
			t.Errorf("%s at %s is %q, want %q", c.t, c.now, got, c.when)
		}
		if got := When(at(c.t), at(c.now), zone, WordsFor("de")); got != c.german {
			t.Errorf("%s at %s is %q, want %q", c.t, c.now, got, c.german)
		}
		if got := Full(at(c.t), at(c.now), zone, WordsFor("en")); got != c.full {
			t.Errorf("%s at %s in full is %q, want %q", c.t, c.now, got, c.full)
		}
		if got := Full(at(c.t), at(c.now), zone, WordsFor("de")); got != c.germanFull {
			t.Errorf("%s at %s in full is %q, want %q", c.t, c.now, got, c.germanFull)
		}
	}
	said := at("2026-11-18 09:10")
	if got := Spoken(said, at(now), zone, WordsFor("en")); got != "Wednesday 18 November, 09:10" {
		t.Errorf("spoken: %q", got)
	}
	if got := Spoken(said, at(now), zone, WordsFor("de")); got != "Mittwoch 18. November, 09:10" {
		t.Errorf("spoken in German: %q", got)
	}
	none := time.Time{}
	if got := When(none, said, zone, WordsFor("en")) + Full(none, said, zone, WordsFor("en")) + Spoken(none, said, zone, WordsFor("en")); got != "" {
		t.Errorf("no time is %q", got)
	}
}

func TestDateWordsAreComplete(t *testing.T) {
	for _, lang := range []string{"en", "de"} {
		d := WordsFor(lang).Date
		if len(d.Days) != 7 || len(d.ShortDays) != 7 || len(d.Months) != 12 || len(d.ShortMonths) != 12 {
			t.Errorf("%s: %+v", lang, d)
		}
	}
}
