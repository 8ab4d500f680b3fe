package tui

// plain is embedded by pages on which nothing is written that the store should keep.
type plain struct{}

// Typing says that letters are keys.
func (plain) Typing() bool { return false }

// Unsaved is nothing.
func (plain) Unsaved() []unsaved { return nil }
