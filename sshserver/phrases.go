package sshserver

import (
	"strings"

	"alcove/tui"
)

// phrase picks a sentence of the sign-in.
type phrase func(*tui.SignInWords) string

// both says it in English and in German: before somebody is known, nobody knows which they read.
func both(say phrase) string {
	return say(&tui.WordsFor("en").Shell.SignIn) + "\n" + say(&tui.WordsFor("de").Shell.SignIn)
}

// bothPrompts is both on one line: "Code / Code: ".
func bothPrompts(say phrase) string {
	return strings.TrimSuffix(say(&tui.WordsFor("en").Shell.SignIn), ": ") + " / " + say(&tui.WordsFor("de").Shell.SignIn)
}
