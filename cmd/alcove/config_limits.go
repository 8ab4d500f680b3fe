package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"alcove/sshserver"
	"alcove/store"
)

// limitSettings is the table [limits] of the settings file: what connections may use up, by the server's own names, and what
// one person may keep and write.
type limitSettings map[string]any

// The limits that the store keeps.
const (
	storedLimit = "stored" // MiB
	paceLimit   = "entries-per-minute"
)

// limits are the server's defaults with what the table changes.
func (s limitSettings) limits() (*sshserver.Limits, error) {
	limits := sshserver.DefaultLimits()
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if name == storedLimit || name == paceLimit {
			continue
		}
		text := fmt.Sprint(s[name]) // a text or a number; what is neither, Set does not take
		if list, ok := s[name].([]any); ok {
			var parts []string
			for _, part := range list {
				parts = append(parts, fmt.Sprint(part))
			}
			text = strings.Join(parts, ",")
		}
		if err := limits.Set(name, text); err != nil {
			return nil, err
		}
	}
	return &limits, limits.Check()
}

// caps are what one person may use up; zeros for what the table does not set.
func (s limitSettings) caps() (store.Caps, error) {
	stored, err := s.count(storedLimit)
	if err != nil {
		return store.Caps{}, err
	}
	pace, err := s.count(paceLimit)
	return store.Caps{Stored: int64(stored) << 20, PerMinute: pace}, err
}

func (s limitSettings) count(name string) (int, error) {
	value, ok := s[name]
	if !ok {
		return 0, nil
	}
	n, err := strconv.Atoi(fmt.Sprint(value))
	if err != nil || n < 1 || n > 1<<20 {
		return 0, fmt.Errorf("%w %s: \"%v\" is not a number from 1 to %d", sshserver.ErrLimit, name, value, 1<<20)
	}
	return n, nil
}
