package tui

import (
	"context"
	"time"

	"alcove/store"
)

// Journal is all that a screen can do: the verbs of one person's store.Access. Every verb re-checks the person, and what
// they may not see answers store.ErrNotFound, as if it were not there. An error means that nothing was written.
type Journal interface {
	// Me is the person themselves.
	Me(ctx context.Context) (store.Me, error)
	// SaveSettings stores the person's choices; store.ErrBadSetting names one that does not exist.
	SaveSettings(ctx context.Context, s store.Settings) error
	// Keys lists the ways the person signs in.
	Keys(ctx context.Context) ([]store.Key, error)
	// Usage is how much the person has used up of what one person may keep and write.
	Usage(ctx context.Context) (store.Usage, error)
	// BeginSecondFactor draws the secret of a second factor, which counts once ConfirmSecondFactor has seen a code of it.
	// store.ErrConflict if there is one.
	BeginSecondFactor(ctx context.Context) (store.FactorSecret, error)
	// ConfirmSecondFactor answers the recovery codes, this once. store.ErrWrongCode, store.ErrManyCodes.
	ConfirmSecondFactor(ctx context.Context, code string) (spare []string, err error)
	// EndSecondFactor ends it, for a code of it or a recovery code.
	EndSecondFactor(ctx context.Context, code string) error
	// Openings lists who else read, searched or exported the threads that the person is in, the newest first: up to limit
	// before the one with that Seq, or the newest of all for 0.
	Openings(ctx context.Context, before int64, limit int) ([]store.Opening, error)

	// AskErasure asks the operator to erase the person, with all that they wrote; a request that stands stays as it is.
	AskErasure(ctx context.Context) error
	// WithdrawErasureRequest takes the request back, if one stands.
	WithdrawErasureRequest(ctx context.Context) error
	// ErasureAsked is when the request was made; zero if none stands.
	ErasureAsked(ctx context.Context) (time.Time, error)

	// Threads lists the person's threads, the one with the newest entry first.
	Threads(ctx context.Context) ([]store.Thread, error)
	// Home reads a stretch of the person's threads in the order of their Home, with how many lie on either side of it.
	Home(ctx context.Context, span store.HomeSpan) (store.HomePage, error)
	// News sums up all the person's threads.
	News(ctx context.Context) (store.News, error)
	// NextUnread is the next thread on Home with something unread behind another, around the end; 0 if there is no other.
	NextUnread(ctx context.Context, after int64) (thread int64, err error)
	// Thread is one of them.
	Thread(ctx context.Context, thread int64) (store.Thread, error)
	// NewThread opens a thread with the people named by handle, all of whom the person may write with. A non-empty first
	// becomes its first entry in the same commit.
	NewThread(ctx context.Context, title string, with []string, first string) (store.Thread, error)
	// Leave ends the person's membership; they can no longer read the thread. store.ErrLast for the last member.
	Leave(ctx context.Context, thread int64) error

	// Entries reads a stretch of a thread. It never marks anything as read.
	Entries(ctx context.Context, thread int64, span store.Span) (store.Page, error)
	// Entry reads one entry.
	Entry(ctx context.Context, thread, entry int64) (store.Entry, error)
	// Revisions are the texts an entry had before, oldest first, without the present one.
	Revisions(ctx context.Context, thread, entry int64) ([]store.Revision, error)
	// MarkRead moves the read mark forward to an entry; it never moves back.
	MarkRead(ctx context.Context, thread, entry int64) error

	// Write adds an entry. The draft of that version, if it is still the stored one, is deleted in the same commit.
	Write(ctx context.Context, thread int64, text string, draftVersion int64) (store.Entry, error)
	// Edit replaces the text of the person's own entry, if it still has that revision (else store.ErrConflict); the old
	// text is kept as a revision. The edit's draft goes as in Write.
	Edit(ctx context.Context, thread, entry int64, revision int, text string, draftVersion int64) (store.Entry, error)
	// Withdraw deletes the text and revisions of the person's own entry; a marker stays.
	Withdraw(ctx context.Context, thread, entry int64) (store.Entry, error)
	// TakeBack undoes a Write within store.TakeBackFor: the entry is gone and its text stands in the draft again, before
	// whatever the draft held.
	TakeBack(ctx context.Context, thread, entry int64) (store.Draft, error)

	// Draft reads the draft of a new entry (entry 0) or of an edit; a zero Version means there is none.
	Draft(ctx context.Context, thread, entry int64) (store.Draft, error)
	// SaveDraft stores d over the version it was based on and answers it with its new Version and SavedAt; an empty text
	// deletes it. If another version is stored, it answers that one with store.ErrConflict and writes nothing.
	SaveDraft(ctx context.Context, d store.Draft) (store.Draft, error)

	// Search calls found for each thread title and then each entry that holds all the words, newest first, case and
	// diacritics folded, as they are found. It ends early with found's error, or with ctx.
	Search(ctx context.Context, words string, found func(store.Hit) error) error

	// People lists whom the person may see.
	People(ctx context.Context) ([]store.Acquaintance, error)
	// Here lists those of them who are here and do not hide it, in no order.
	Here(ctx context.Context) ([]store.Person, error)
	// Invite makes a client's account, connected to the person, who must be a coach (else store.ErrBadRole), and the
	// invitation to it. For a client of theirs who has not joined yet, a new invitation replaces the old.
	Invite(ctx context.Context, handle, name string) (store.Invitation, error)

	// Watch tells what changes until ctx ends; then the channel is closed. A watcher who does not keep up hears one
	// Reload instead of what was missed. While a person watches they are here, unless they hide it.
	Watch(ctx context.Context) (<-chan store.Change, error)
	// Type tells the other members that the person is writing, or has stopped, unless they hide it.
	Type(ctx context.Context, thread int64, on bool) error
}
