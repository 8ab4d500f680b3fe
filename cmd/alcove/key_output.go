package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"alcove/store"
	"alcove/store/seal"
)

// slotJSON is a slot as 'alcove key list --json' prints it. Fields are added, never renamed.
type slotJSON struct {
	Slot      int    `json:"slot"`
	Kind      string `json:"kind"` // "key-file", "passphrase" or "recovery-key"
	CreatedAt string `json:"created_at"`
	Opened    bool   `json:"opened"`     // the practice is open by it now
	MasterKey bool   `json:"master_key"` // its key file holds the master key itself
}

// slotMade is what the commands that add a slot print with --json.
type slotMade struct {
	Slot     int    `json:"slot"`
	Kind     string `json:"kind"`
	Recovery string `json:"recovery,omitempty"` // the words of a recovery key, unless they went into a file
}

func kindWord(kind seal.Kind) string { return strings.ReplaceAll(kind.String(), " ", "-") }

func (a *app) printSlot(made slotMade, asJSON bool) error {
	if asJSON {
		return a.printJSON(made)
	}
	_, err := fmt.Fprintf(a.stderr, "slot %d, %s: made\n", made.Slot, made.Kind)
	return err
}

func (a *app) printSlots(slots []store.KeySlot, asJSON bool) error {
	if asJSON {
		list := make([]slotJSON, len(slots))
		for i, s := range slots {
			list[i] = slotJSON{s.Number, kindWord(s.Kind), rfc3339(s.Created), s.Opened, s.Master}
		}
		return a.printJSON(list)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SLOT\tKIND\tMADE\tNOTE")
	for _, s := range slots {
		var notes []string
		if s.Opened {
			notes = append(notes, "opened the practice")
		}
		if s.Master {
			notes = append(notes, "this file is the master key itself")
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%d\t%s\t%s\t%s", s.Number, s.Kind, minute(s.Created), strings.Join(notes, "; ")), "\t"))
	}
	return w.Flush()
}
