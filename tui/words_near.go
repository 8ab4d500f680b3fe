package tui

import (
	"fmt"

	"alcove/store"
)

// NearWords are told to who comes near to what one person may use up, at four fifths of it. Who is there meets an error.
type NearWords struct {
	Stored      string // %[1]d of %[2]d MiB
	Storage     string // the same as a line of the settings, short
	Pace        string // %[1]d of %[2]d in a minute
	Connections string // %[1]d of %[2]d are open
	Sessions    string // the same, of one person
	Channels    string // the same, of one connection

	// Said by a client's own error message, in both languages and so without umlauts.
	NoSession, NoChannel string // %[1]d there may be
}

func englishNear() NearWords {
	return NearWords{
		Stored:      "You keep %[1]d of the %[2]d MiB that one person may keep here. Withdraw what is not needed any more, or ask the person who runs this server for more.",
		Storage:     "%[1]d of %[2]d MiB kept: little room is left",
		Pace:        "You have written %[1]d of the %[2]d entries that one person may write in a minute. Go a little slower.",
		Connections: "You have %[1]d of %[2]d connections open. Close what you do not need.",
		Sessions:    "You have %[1]d of %[2]d sessions open, all connections together. Close what you do not need.",
		Channels:    "You have %[1]d of %[2]d sessions open in this connection. Close what you do not need.",
		NoSession:   "You have all of your %[1]d sessions open. Close one and try again.",
		NoChannel:   "This connection has all of its %[1]d sessions open. Close one, or connect anew.",
	}
}

// NearCaps are the sentences for how near somebody is to what they may use up; none if they are not.
func (w *Words) NearCaps(u store.Usage) (say []string) {
	if u.NearStored() {
		say = append(say, w.storage(w.Near.Stored, u))
	}
	if u.NearPace() {
		say = append(say, fmt.Sprintf(w.Near.Pace, u.Written, u.Caps.PerMinute))
	}
	return say
}

// storage fills in what is kept, and how much may be.
func (w *Words) storage(sentence string, u store.Usage) string {
	const mib = 1 << 20
	return fmt.Sprintf(sentence, (u.Stored+mib-1)/mib, u.Caps.Stored/mib)
}
