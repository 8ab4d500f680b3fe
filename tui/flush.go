package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"alcove/store"
)

// mergeTries bounds how often another session may be quicker before we give up and say so.
const mergeTries = 5

// saveDraft stores writing that would otherwise be lost. Where another session stored something else meanwhile, both texts
// are kept: in the draft, or, where they are too long for one, ours in a thread of its own that nobody else reads, by the
// title of apart.
func saveDraft(ctx context.Context, j Journal, d store.Draft, apart string) (saved store.Draft, err error) {
	ours := d.Text
	for range mergeTries {
		saved, err = j.SaveDraft(ctx, d)
		if err == nil {
			return saved, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return store.Draft{}, fmt.Errorf("save draft: %w", err)
		}
		d.Text, d.Version = mergeTexts(saved.Text, ours), saved.Version
		if len(d.Text) > store.MaxEntry {
			if _, err := j.NewThread(ctx, apart, nil, ours); err != nil {
				return store.Draft{}, fmt.Errorf("keep a draft apart: %w", err)
			}
			return saved, nil
		}
	}
	return store.Draft{}, fmt.Errorf("save draft: %w", store.ErrConflict)
}

// apart is the title for writing that has no room in its draft.
func (s *session) apart() string {
	return fmt.Sprintf(s.words.Thread.Composer.Apart, Full(s.now(), s.now(), s.zone, s.words))
}

// mergeTexts keeps both texts: theirs, a blank line, ours. Where one holds the other, it is enough.
func mergeTexts(theirs, ours string) string {
	switch {
	case strings.Contains(theirs, ours):
		return theirs
	case strings.Contains(ours, theirs):
		return ours
	}
	return theirs + "\n\n" + ours
}
