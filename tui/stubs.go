package tui

import (
	"context"
	"errors"
	"io"
)

// Linear is the screen as numbered lines.
func Linear(context.Context, Options, io.Reader, io.Writer) error { return errors.New("not yet") }
