package terminal

import (
	"time"

	"github.com/charmbracelet/colorprofile"
)

// Options is what a program knows of its terminal.
type Options struct {
	Env           []string // TERM, COLORTERM and so on as NAME=value; SSH_TTY keeps old terminals from being asked what they print
	Profile       colorprofile.Profile
	Width, Height int              // cells
	Report        func(any)        // takes the value of each panic; nil drops it
	Now           func() time.Time // nil is time.Now
}
