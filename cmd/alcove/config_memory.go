package main

import "fmt"

// memorySettings is the table [memory] of the settings file: what the server may hold for all sessions together.
type memorySettings struct {
	Names *int `toml:"names"` // MiB of names and titles that are remembered open
}

const mostNames = 1 << 10

// names is how many bytes they may take; 0, the store's own choice, if the table does not say.
func (m memorySettings) names() (int, error) {
	if m.Names == nil {
		return 0, nil
	}
	if *m.Names < 1 || *m.Names > mostNames {
		return 0, fmt.Errorf("memory.names %d is not a number of MiB from 1 to %d", *m.Names, mostNames)
	}
	return *m.Names << 20, nil
}
