package tui

import "time"

// When is a short time for lists.
func When(t, now time.Time, zone *time.Location, w *Words) string { return "" }

// Full is a full time for the head of an entry.
func Full(t, now time.Time, zone *time.Location, w *Words) string { return "" }
