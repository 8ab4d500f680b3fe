package tui

// ThreadWords are the words of the thread, its composer and the search.
type ThreadWords struct{}

func englishThread() ThreadWords { return ThreadWords{} }
