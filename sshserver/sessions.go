package sshserver

import (
	"errors"
	"fmt"

	"alcove/tui"
)

// How many sessions a person may have open, in one connection and in all of theirs. Each holds a screen, and up to 2 MiB that
// the client sent ahead of being read (the window of x/crypto/ssh), so these counts bound what one person takes of the memory.

var (
	errChannels = errors.New("too many sessions in one connection")
	errSessions = errors.New("too many sessions of one person")
)

// opened is what a person has open, a session that has just begun among it.
type opened struct{ connections, sessions, channels int }

// begin counts a session of a connection, or answers errChannels or errSessions.
func (l *listener) begin(c *conn) (opened, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := opened{l.persons[c.person], l.sessions[c.person] + 1, c.channels + 1}
	switch {
	case now.channels > l.limits.Sessions:
		return opened{}, errChannels
	case now.sessions > l.limits.PersonSessions:
		return opened{}, errSessions
	}
	l.sessions[c.person]++
	c.channels++
	return now, nil
}

// end counts it out.
func (l *listener) end(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lower(l.sessions, c.person)
	c.channels--
}

// near are the sentences for whoever has four fifths of something open.
func (o opened) near(l *Limits, w *tui.NearWords) (say []string) {
	for _, of := range []struct {
		has, may int
		sentence string
	}{
		{o.connections, l.PerPerson, w.Connections},
		{o.sessions, l.PersonSessions, w.Sessions},
		{o.channels, l.Sessions, w.Channels},
	} {
		if of.has > 1 && of.has*5 >= of.may*4 {
			say = append(say, fmt.Sprintf(of.sentence, of.has, of.may))
		}
	}
	return say
}

// noSession is why a session was refused, in both languages: nothing is known yet of the client's.
func (l *Limits) noSession(err error) string {
	en, de := &tui.WordsFor("en").Near, &tui.WordsFor("de").Near
	if errors.Is(err, errSessions) {
		return fmt.Sprintf(en.NoSession+" / "+de.NoSession, l.PersonSessions)
	}
	return fmt.Sprintf(en.NoChannel+" / "+de.NoChannel, l.Sessions)
}
