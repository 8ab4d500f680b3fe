package main

import (
	"errors"
	"fmt"

	"alcove/store"
)

// memorySettings is the table [memory] of the settings file: what the server may hold for all sessions together, in MiB.
type memorySettings struct {
	Names    *int `toml:"names"`    // names and titles that are remembered open
	Searches *int `toml:"searches"` // what searches remember of the texts they went through
}

const mostMemory = 1 << 10

// into puts into a store's settings what the table says; the rest is the store's own choice.
func (m memorySettings) into(cfg *store.Config) error {
	return errors.Join(mebibytes("names", m.Names, &cfg.Readings), mebibytes("searches", m.Searches, &cfg.Traces))
}

func mebibytes(name string, said *int, into *int) error {
	if said == nil {
		return nil
	}
	if *said < 1 || *said > mostMemory {
		return fmt.Errorf("memory.%s %d is not a number of MiB from 1 to %d", name, *said, mostMemory)
	}
	*into = *said << 20
	return nil
}
