package tui

// ChromeWords are the words of everything around a thread.
type ChromeWords struct{}

func englishChrome() ChromeWords { return ChromeWords{} }
