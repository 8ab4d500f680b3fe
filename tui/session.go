package tui

import (
	"context"
	"time"

	"alcove/store"
	"alcove/themes"
)

// Place is where the practice is reached from outside, for connect cards.
type Place struct {
	Host        string
	Port        int
	Fingerprint string // of the host key, as OpenSSH prints it
}

// Options is everything a screen needs to know; nothing in this package is global.
type Options struct {
	Journal Journal
	Themes  *themes.Set
	Place   Place
	Now     func() time.Time
	Zone    *time.Location // where the person has set none
	Lang    string         // of the client's LANG or LC_ALL: "de_DE.UTF-8", "C", …
	NoColor bool           // NO_COLOR is set
	Width   int
	Height  int
}

// session is what the pages of one connection share. The root alone assigns to it, and only in Update.
type session struct {
	ctx     context.Context // ends with the connection; for the context of Cmds only
	journal Journal
	themes  *themes.Set
	place   Place
	now     func() time.Time
	zone    *time.Location
	me      store.Me
	words   *Words
	styles  *Styles
	keys    *Keys
}
