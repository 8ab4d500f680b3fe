package tui

// ShellWords are the words of ssh commands, sign-in prompts and the linear mode.
type ShellWords struct{}

func englishShell() ShellWords { return ShellWords{} }
