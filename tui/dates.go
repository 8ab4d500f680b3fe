package tui

import (
	"fmt"
	"time"
)

// exactly is the layout of a time that is passed on, to people in other zones and languages.
const exactly = "2006-01-02 15:04 MST"

// When is a short time for lists: "today 10:15", "yesterday 10:15", "Tue" within a week, "12 Nov", "12 Nov 2025". It is
// empty for the zero time.
func When(t, now time.Time, zone *time.Location, w *Words) string {
	if t.IsZero() {
		return ""
	}
	t, now = t.In(zone), now.In(zone)
	switch days := civilDay(now) - civilDay(t); {
	case days == 0:
		return w.Date.Today + " " + t.Format(w.Date.Clock)
	case days == 1:
		return w.Date.Yesterday + " " + t.Format(w.Date.Clock)
	case days > 1 && days < 7: // the same weekday a week ago would read as today
		return w.Date.ShortDays[t.Weekday()]
	case t.Year() == now.Year():
		return w.Date.short(w.Date.DayMonth, t)
	}
	return w.Date.short(w.Date.DayMonthYear, t)
}

// Full is a time for the head of an entry: "Wed 18 Nov 09:10", with the year if it is not this one. It is empty for the
// zero time.
func Full(t, now time.Time, zone *time.Location, w *Words) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(zone)
	layout := w.Date.WeekdayDayMonth
	if t.Year() != now.In(zone).Year() {
		layout = w.Date.WeekdayDayMonthYear
	}
	return w.Date.short(layout, t) + " " + t.Format(w.Date.Clock)
}

// Spoken is Full with whole words, for the linear mode: "Wednesday 18 November, 09:10".
func Spoken(t, now time.Time, zone *time.Location, w *Words) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(zone)
	layout := w.Date.WeekdayDayMonth
	if t.Year() != now.In(zone).Year() {
		layout = w.Date.WeekdayDayMonthYear
	}
	date := fmt.Sprintf(layout, w.Date.Days[t.Weekday()], t.Day(), w.Date.Months[t.Month()-1], t.Year())
	return date + ", " + t.Format(w.Date.Clock)
}

func (w *DateWords) short(layout string, t time.Time) string {
	return fmt.Sprintf(layout, w.ShortDays[t.Weekday()], t.Day(), w.ShortMonths[t.Month()-1], t.Year())
}

// civilDay numbers the days of the calendar that t shows, whatever the clocks did in between.
func civilDay(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}
