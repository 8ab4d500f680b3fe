package tui

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// Place is where the practice is reached from outside, for connect cards.
type Place struct {
	Host        string
	Port        int
	Fingerprint string // of the host key, as OpenSSH prints it
}

// SSH is the command line that leads there under a user name, or under none: "ssh -p 2222 join@host".
func (p Place) SSH(user string) string {
	destination := p.Host
	if user != "" {
		destination = user + "@" + p.Host
	}
	if p.Port == 22 || p.Port == 0 {
		return "ssh " + destination
	}
	return fmt.Sprintf("ssh -p %d %s", p.Port, destination)
}

// Options is everything a screen needs to know; nothing in this package is global.
type Options struct {
	Journal Journal
	Shared  *Shared
	Place   Place
	Now     func() time.Time
	Zone    *time.Location // where the person has set none
	Lang    string         // of the client's LANG or LC_ALL: "de_DE.UTF-8", "C", …
	NoColor bool           // NO_COLOR is set
	Width   int
	Height  int
	Notices []string     // what to tell the person first, a sentence each, in their language
	Log     *slog.Logger // for the detail of errors that only the operator can mend; nil drops it
}

// session is what the pages of one connection share. The root alone assigns to it, and only in Update.
type session struct {
	ctx     context.Context // ends with the connection; for the context of Cmds only
	journal Journal
	shared  *Shared
	place   Place
	now     func() time.Time
	log     *slog.Logger
	zone    *time.Location // the person's, or the server's
	me      store.Me
	words   *Words
	styles  *Styles
	keys    *Keys
	desk    *desk      // what is on its way to the store
	paper   background // the terminal's
	usage   usage

	// visits are where the top page wants to go. Pages add to them in Update by visit; the root goes there before it takes in
	// the next message, so that a key typed ahead reaches the page it was meant for.
	visits []tea.Msg
}

// visit is for pages: go where msg says (openMsg, openThreadMsg, goMsg).
func (s *session) visit(msg tea.Msg) tea.Cmd {
	s.visits = append(s.visits, msg)
	return nil
}

func newSession(ctx context.Context, o Options) *session {
	s := &session{ctx: ctx, journal: o.Journal, shared: o.Shared, place: o.Place, now: o.Now, log: o.Log, zone: o.Zone}
	if s.now == nil {
		s.now = time.Now
	}
	if s.zone == nil {
		s.zone = time.Local
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.desk = &desk{last: map[draftKey]*errand{}}
	s.words = WordsFor(o.Lang)
	s.keys = s.words.keys
	return s
}

// after is a tick that does not outlive the session, for long waits.
func (s *session) after(d time.Duration, msg tea.Msg) tea.Cmd {
	ctx := s.ctx
	return func() tea.Msg {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return msg
		case <-ctx.Done():
			return nil
		}
	}
}

// failed tells the person why something did not happen. One who is signed out is sent away, and an error that comes of
// the session's own end is nobody's business.
func (s *session) failed(err error) tea.Cmd {
	switch {
	case err == nil || s.ctx.Err() != nil || errors.Is(err, store.ErrFactorDue): // which the page over all others says
		return nil
	case errors.Is(err, store.ErrSignedOut):
		return func() tea.Msg { return signedOutMsg{} }
	}
	return fail(s.explain(err))
}

// unsaved is failed for words that were not stored and are still before the person.
func (s *session) unsaved(err error) tea.Cmd {
	if errors.Is(err, store.ErrReadOnly) && s.ctx.Err() == nil {
		return fail(s.words.explainUnsaved(err))
	}
	return s.failed(err)
}

// explain is the sentence for the person; what the sentence cannot say goes to the operator's log.
func (s *session) explain(err error) string {
	sentence := s.words.Explain(err)
	if sentence == s.words.Error.Other || errors.Is(err, store.ErrDamaged) {
		s.log.Error("a screen met an error", "person", s.me.Handle, "err", err)
	}
	return sentence
}
