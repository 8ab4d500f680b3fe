package store

import "errors"

// The kinds of failure, compared with errors.Is. What a person is told of each stands with the words; what wraps them is
// for the operator's log and holds no text, title, name or code.
var (
	ErrNotFound   = errors.New("not found")                                // not there, or not for this person: the two answer alike
	ErrSignedOut  = errors.New("signed out")                               // the account is disabled, or the key that signed in is gone
	ErrConflict   = errors.New("changed meanwhile")                        // another session was quicker; nothing was written
	ErrEmpty      = errors.New("empty")                                    // nothing to store
	ErrTooLong    = errors.New("too long")                                 // over a Max… limit
	ErrNotText    = errors.New("not UTF-8 text")                           // bytes that are no text
	ErrBadHandle  = errors.New("not a handle")                             // see MaxHandle
	ErrBadRole    = errors.New("not a role")                               // neither coach nor client, or the wrong one for this act
	ErrBadSetting = errors.New("not a setting")                            // an unknown language, time zone, …
	ErrTaken      = errors.New("taken")                                    // the handle or the key belongs to somebody already
	ErrTooLate    = errors.New("too late")                                 // the time to take an entry back is over
	ErrLast       = errors.New("the last one")                             // the last key, or the last member of a thread, must stay
	ErrReadOnly   = errors.New("cannot be written now")                    // the storage fails: a full or broken disk; see storage.go
	ErrWrongCode  = errors.New("no such code")                             // no invitation has it
	ErrUsedCode   = errors.New("code already used")                        // the invitation was redeemed
	ErrOldCode    = errors.New("code expired")                             // the invitation ran out
	ErrDamaged    = errors.New("damaged")                                  // a sealed row or a page does not open: changed, moved, or another key's
	ErrWrongKey   = errors.New("wrong master key")                         // the key file is not this practice's
	ErrNoPractice = errors.New("no practice here")                         // the data folder holds none
	ErrGone       = errors.New("the database is missing")                  // but its slot file says that it was there
	ErrKeysGone   = errors.New("the slot file or the key ring is missing") // without which nothing opens
	ErrForeign    = errors.New("not this practice's database")             // a plain file, or another practice's
	ErrOldRing    = errors.New("the key ring is older than the database")  // somebody put an old copy back
	ErrUnsettled  = errors.New("erased, but not in the key ring yet")      // the next tending does it
	ErrNotBackup  = errors.New("not a backup of Alcove")                   // a file of another kind, or one that lacks its end
	ErrExists     = errors.New("already a practice")                       // the data folder holds one
	ErrInUse      = errors.New("in use by another one")                    // another process has the database open
)
