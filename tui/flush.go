package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"alcove/store"
)

// saveDrafts stores writing that would otherwise be lost and answers what could not be stored. Where another session
// stored something else meanwhile, both texts are kept.
func saveDrafts(ctx context.Context, j Journal, drafts []store.Draft) (left []store.Draft, err error) {
	for _, d := range drafts {
		if e := saveDraft(ctx, j, d); e != nil {
			left, err = append(left, d), errors.Join(err, e)
		}
	}
	return left, err
}

// mergeTries bounds how often another session may be quicker before we give up and say so.
const mergeTries = 5

func saveDraft(ctx context.Context, j Journal, d store.Draft) error {
	for range mergeTries {
		theirs, err := j.SaveDraft(ctx, d)
		if err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("save draft: %w", err)
		}
		d.Text, d.Version = mergeTexts(theirs.Text, d.Text), theirs.Version
	}
	return fmt.Errorf("save draft: %w", store.ErrConflict)
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
