package store

import (
	"strings"
	"unicode/utf8"

	"alcove/store/safetext"
)

// What people hand in is cleaned once, here, before anything is stored. Limits are counted after the cleaning.

// cleanText is for entries: text of several lines that says something.
func cleanText(text string) (string, error) {
	text, err := cleanDraft(text)
	if err == nil && strings.TrimSpace(text) == "" {
		return "", ErrEmpty
	}
	return text, err
}

// cleanDraft is for unsent text, which may be empty.
func cleanDraft(text string) (string, error) {
	if !safetext.Valid(text) {
		return "", ErrNotText
	}
	text = safetext.Text(text)
	if len(text) > MaxEntry {
		return "", ErrTooLong
	}
	return text, nil
}

// cleanLine is for titles, names and comments: one line of at most so many characters.
func cleanLine(line string, most int) (string, error) {
	if !safetext.Valid(line) {
		return "", ErrNotText
	}
	line = safetext.Line(line)
	if utf8.RuneCountInString(line) > most {
		return "", ErrTooLong
	}
	return line, nil
}

// cleanTitle is for what must not be empty: titles and names.
func cleanTitle(line string, most int) (string, error) {
	line, err := cleanLine(line, most)
	if err == nil && line == "" {
		return "", ErrEmpty
	}
	return line, err
}

// newHandle checks the handle of a new person and answers it as it is stored. Those that have a meaning of their own, or
// could pass for the house, are refused.
func newHandle(typed string) (string, error) {
	handle := oldHandle(typed)
	if len(handle) < MinHandle || len(handle) > MaxHandle || handle[0] < 'a' || handle[0] > 'z' {
		return "", ErrBadHandle
	}
	for _, c := range []byte(handle) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return "", ErrBadHandle
		}
	}
	switch handle {
	case "join", "root", "admin", "alcove":
		return "", ErrBadHandle
	}
	return handle, nil
}

// oldHandle is how a typed handle is looked up.
func oldHandle(typed string) string { return strings.ToLower(strings.TrimSpace(typed)) }
