package seal

import (
	"fmt"
	"io"
	"log/slog"
)

const shown = "[key]"

// hidden is embedded in whatever holds secret bytes: no format verb, log or panic value shows them.
type hidden struct{}

// Format answers every verb of fmt, those that would walk through the fields included.
func (hidden) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, shown) }

// String does not show the secret.
func (hidden) String() string { return shown }

// GoString does not show the secret.
func (hidden) GoString() string { return shown }

// LogValue does not show the secret.
func (hidden) LogValue() slog.Value { return slog.StringValue(shown) }
