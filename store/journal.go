// Package store keeps the practice: its people, their threads and entries, drafts, read marks and credentials, in one
// SQLite file whose texts are sealed before SQL sees them.
//
// This file holds the plain things that the other packages pass around. Nobody reads or writes a journal but through an
// Access (access.go), which is bound to one person and tests membership inside each query.
package store

import "time"

// Limits of what a person may store. Bytes are counted in UTF-8 after cleaning.
const (
	MaxEntry      = 256 << 10        // bytes of one entry or draft
	MaxTitle      = 120              // characters of a thread's title
	MaxName       = 60               // characters of a person's name
	MinHandle     = 2                // characters of a handle
	MaxHandle     = 32               // characters of a handle: a-z, 0-9, '.', '-', '_', starting with a letter
	MaxMembers    = 50               // of one thread
	MaxStored     = 256 << 20        // bytes of sealed texts that one person keeps, unless Caps say otherwise: entries, earlier texts, drafts, titles
	MaxPerMinute  = 120              // entries, edits, threads and invitations of one person, likewise
	TakeBackFor   = 10 * time.Second // how long after sending an entry may be taken back
	DefaultInvite = 72 * time.Hour   // how long an invitation holds
)

// Role is what a person is in the practice.
type Role string

// The roles there are.
const (
	RoleCoach  Role = "coach"
	RoleClient Role = "client"
)

// Person is somebody with an account, as another person may see them. Handles never change and are never given twice.
type Person struct {
	Handle string
	Name   string
	Role   Role
}

// Me is the person an Access is bound to.
type Me struct {
	Person
	Settings Settings
	Factor   SecondFactor
}

// Settings are a person's own choices. The zero value is the default.
type Settings struct {
	Language     string `json:"language,omitempty"`      // "en", "de"; empty follows the client's LANG
	Theme        string `json:"theme,omitempty"`         // a theme's name; empty follows the terminal's background
	TimeZone     string `json:"time_zone,omitempty"`     // IANA name; empty is the server's
	EnterSends   bool   `json:"enter_sends,omitempty"`   // enter sends, ctrl+j breaks the line
	HidePresence bool   `json:"hide_presence,omitempty"` // nobody is told that the person is here
	HideTyping   bool   `json:"hide_typing,omitempty"`   // nobody is told that the person is writing
	NoColor      bool   `json:"no_color,omitempty"`
	Mouse        bool   `json:"mouse,omitempty"`
}

// Thread is a titled conversation as one of its members sees it.
type Thread struct {
	Number     int64 // drawn at random, so that it tells nothing of how many there are; the same for every member
	Title      string
	Members    []Person // those who are in it now, the reader included, in the order they joined
	CreatedAt  time.Time
	Entries    int       // all there are, withdrawn ones included
	Unread     int       // entries of others after the read mark, withdrawn ones not counted
	ReadMark   int64     // number of the last entry the reader has opened, 0 for none
	LastAt     time.Time // of the newest entry that was not withdrawn; zero if there is none
	LastAuthor Person    // of the same
	DraftAt    time.Time // when the reader's newest draft in it was saved; zero if there is none
	Part       Part      // of the reader's Home, in which it stands
	TitleGone  bool      // erased with whoever gave it; Title is empty
	Damaged    bool      // the title does not open and is empty; set in lists only, else ErrDamaged
}

// Kind says what an entry is. One timeline holds them all.
type Kind string

// KindText is an entry that is only text.
const KindText Kind = "text"

// Entry is what one member wrote into a thread. Numbers count up within the thread; one that was taken back leaves a gap.
type Entry struct {
	Thread      int64
	Number      int64
	Kind        Kind
	Author      Person
	Mine        bool // the reader wrote it
	At          time.Time
	Text        string    // cleaned Markdown; empty when withdrawn
	Revision    int       // 1 as first written
	EditedAt    time.Time // zero if never edited
	WithdrawnAt time.Time // zero unless withdrawn
	Damaged     bool      // the text does not open and is empty; set in lists only, else ErrDamaged
}

// Revision is an earlier text of an edited entry.
type Revision struct {
	Revision int
	At       time.Time
	Text     string
	Damaged  bool // the text does not open and is empty
}

// Span asks for a stretch of a thread. With After, the first Limit entries above that number; with Before, the last Limit
// below it; with neither, the last Limit of all. After: FromStart is the first Limit of all. Limit is 1 to 500; 0 means 50. Where
// texts are very long there are fewer, but always one if there is any; Page says how many are left.
type Span struct {
	After, Before int64
	Limit         int
}

// FromStart stands in Span.After for the place before the first entry.
const FromStart = -1

// Page is a stretch of a thread, oldest first, with how many entries lie on either side of it.
type Page struct {
	Entries        []Entry
	Earlier, Later int
}

// Draft is unsent text. A person has at most one new entry and one edit per entry under way in each thread, shared by
// all their devices.
type Draft struct {
	Thread  int64
	Entry   int64 // the entry being edited, 0 for a new one
	Text    string
	Version int64 // drawn anew at each save; 0 when nothing is stored
	SavedAt time.Time
	Damaged bool // the text does not open and is empty; set in lists only, else ErrDamaged
}

// Hit is one find of a search: an entry, or with Entry 0 a thread's title.
type Hit struct {
	Thread int64
	Title  string
	Entry  int64
	Author Person
	At     time.Time
	// One line of context, the first match in its middle: together, without a blank between them, they are the line as it
	// stands, all blanks in a row as one. "…" stands at an end that was cut. A title is whole, as it is.
	Before, Match, Behind string
}

// Acquaintance is a person whom the reader may see.
type Acquaintance struct {
	Person
	MayWrite bool // a new thread with them is allowed
	Here     bool // has a screen open now and does not hide it
	Joined   bool // has redeemed an invitation
	Disabled bool // told to coaches only
	Threads  int  // shared with the reader
}

// Key is one way a person signs in.
type Key struct {
	Fingerprint string // "SHA256:…" as OpenSSH prints it; empty for sign-in words
	Type        string // "ssh-ed25519", …; "words" for sign-in words
	Comment     string
	AddedAt     time.Time
	LastUsed    time.Time // when it last signed in; zero if never
	Current     bool      // the one this session came in with
	Pending     bool      // signs nobody in before its holder has signed with it once
}

// Invitation is a one-time code that binds a key, or sign-in words, to a person. The code is known only when it is made.
type Invitation struct {
	Code      string
	Person    Person
	ExpiresAt time.Time
}

// ChangeKind says what happened.
type ChangeKind uint8

// What a watcher hears of. Every change concerns something the watcher may see.
const (
	Reload          ChangeKind = iota // changes were missed, or something larger changed: read everything shown anew
	EntryWritten                      // Thread, Entry, Who
	EntryChanged                      // Thread, Entry, Who: edited, withdrawn or taken back
	ThreadChanged                     // Thread: opened, or somebody left
	ReadMarkMoved                     // Thread: the watcher's own mark, by another session of theirs
	DraftChanged                      // Thread, Entry: the watcher's own draft, by another session of theirs
	PresenceChanged                   // Who, On: came or went
	Typing                            // Thread, Who, On
	PeopleChanged                     // whom the watcher may see or write with
	SettingsChanged                   // the watcher's own settings, by another session of theirs
	StorageChanged                    // On: all can be written again; else nothing can, and writing answers ErrReadOnly
	SignedOut                         // the account was disabled or the key removed: nothing more will come
)

// Change is one thing that happened, without content.
type Change struct {
	Kind   ChangeKind
	Thread int64
	Entry  int64
	Who    Person
	On     bool
}
