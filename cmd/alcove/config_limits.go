package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"alcove/sshserver"
)

// limitSettings is the table [limits] of the settings file: what connections may use up. The names are the server's own.
type limitSettings map[string]any

// limits are the server's defaults with what the table changes.
func (s limitSettings) limits() (*sshserver.Limits, error) {
	limits := sshserver.DefaultLimits()
	for _, name := range slices.Sorted(maps.Keys(s)) {
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
