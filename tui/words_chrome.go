package tui

import "alcove/store"

// ChromeWords are the words of everything around a thread. English stands in words_chrome_en.go, German in
// locales/de.toml. Fields named About… hold whole paragraphs.
type ChromeWords struct {
	KeyNames map[string]string // how the language's keyboards name a key, by the name in Binding.keys
	Coach    string
	Client   string
	Keys     KeyWords
	Frame    FrameWords
	Home     HomeWords
	New      NewThreadWords
	People   PeopleWords
	Card     CardWords
	Settings SettingsWords
	Factor   FactorWords
	Help     HelpWords
	Linear   LinearWords
}

// KeyWords say what a key does; the footer, the help and the palette show them.
type KeyWords struct {
	UpDown, PageUpDown                              string // names of pairs of keys
	YesKey                                          string // the key that says yes in the language
	Choose, Page, Ends, Open, Back, Next, Scroll    string
	Help, Search, Palette, Repaint, Leave           string
	New, People, Settings, Unread, Again            string
	Send, Create, Toggle, Write, Invite, Anew, Make string
	Copy, Change, Pick, AsBefore, Yes, No           string
}

// FrameWords are those of the root.
type FrameWords struct {
	TooSmall                              string // four %d: width and height as they are, and as they should be
	Again                                 string // what to press when nothing could be read
	LeaveAgain                            string // after the first ctrl+c
	LeaveUnsaved                          string // a draft could not be stored; the reason follows
	NothingUnread                         string
	NotLive                               string // nothing shows by itself
	ReadOnly                              string // nothing can be saved; stands on one line, 37 columns at most
	Stopped, StoppedSaved, StoppedUnsaved string // the server stops
}

// HomeWords are those of Home.
type HomeWords struct {
	Title                  string
	Hello                  string // %s is a name
	Here                   string
	ManyHere, New, More    Counted
	OnlyYou, Draft         string
	DraftIn                string // %s title, %s time
	Drafts                 Counted
	Number                 string // %d is what ssh commands take for the thread
	DraftsIn               string // %d how many, %s title of the newest, %s time
	Reading                string
	EmptyClient            string
	EmptyCoach             string
	NothingWritten         string
	Erased                 string // stands for a title
	Withdrawn              string
	Waiting, Quiet, Others string // headings
}

// NewThreadWords are those of the form for a new thread.
type NewThreadWords struct {
	Heading, Title, With, Filter, Nobody string
	OnlyYou, SeeEachOther                string
	Readers                              string // %s the names but the last, a comma before each; %s the last
	NeedsTitle, Kept                     string
}

// PeopleWords are those of a coach's list of people and of the form for an invitation.
type PeopleWords struct {
	Heading, Empty                    string
	Here, Joined, NotJoined, Disabled string
	Threads                           Counted
	MayNotWrite                       string // %s is a name
	AskAnew                           string
	Invite, Name, Handle, AboutInvite string
	NeedsName                         string
}

// CardWords are those of the connect card. Lines name what is filled in: {name} {handle} {code} {until} {host} {port}
// {fingerprint}, and command lines: {join} to redeem, {ssh} to come back, {onekey} to redeem with one key of many,
// {words} to come back by sign-in words.
type CardWords struct {
	Heading string // %s is a name
	Once    string
	Copied  string
	Lines   []string
}

// SettingsWords are those of the settings.
type SettingsWords struct {
	Heading, Saved                                                               string
	Language, Theme, Enter, Zone, Presence, Typing, Color, Mouse                 string // labels
	Auto, AutoTheme, EnterSends, EnterBreaks, ServerZone, Shown, Hidden, On, Off string // values
	AboutZone, NoZone                                                            string
	Sample, SampleNew, SampleDraft                                               string
	Keys, Words, Current, AddKey, RemoveKey                                      string
	LastUsed                                                                     string // %s is a day
	Pending                                                                      string // of a key that nobody has signed in with
	Account, NoErasure, ErasureAsked                                             string // ErasureAsked: %s is a time
	AskErasure, ErasureMeans                                                     string // a question, and what yes means
	Openings, Unopened, Erased                                                   string // who opened one's threads
	Read, Searched, Exported                                                     string // how; a title follows
}

// FactorWords are those of the second factor.
type FactorWords struct {
	Heading      string
	On           Counted // as a setting; %d recovery codes
	Demanded     string  // the practice does
	Scan, Enter  string  // the QR code, with the key below; the key alone
	TooSmall     string  // where the QR code has no room
	AskCode      string  // of the app, that it is set up
	Wrong        string
	Spare        []string // what recovery codes are for
	Copied, Done string
	End, AskEnd  string // what ending it takes
	Ended        string
	GoesBack     string // an empty line does, in the linear mode
	Leaves       string // the same, where there is nowhere to go back to
}

// HelpWords are those of the help and the palette.
type HelpWords struct {
	Heading, Palette, NothingFound string
	Keys                           string // the keys for help
	Here                           string // %s is a page's title
	Everywhere                     string
	EachCommand                    string // what the palette is for
	Letters                        string // what h j k l do
	About                          []string
}

// LinearWords are those of the linear mode.
type LinearWords struct {
	Hello                                string // %s is a name
	NothingNew                           string
	New                                  Counted // entries, %d
	InThreads                            Counted // %d, follows New
	NoThreads                            string
	Thread                               string // %d, %s title, %s members
	OnlyYou                              string
	WithPeople                           string // %s is names
	Unread                               Counted
	Draft                                string
	Choose                               string // %d: the last number
	ChooseNone                           string
	Title                                string // %s is the title
	OnlyReader                           string
	Readers                              string // %s is names
	Entry                                string // %d of %d, %s author, %s time
	Edited, Withdrawn, NewMark, Empty    string
	InThread, More                       string
	Earlier                              Counted
	WriteNow, Sent, NotSent, NothingSent string
	DraftFound, DraftKept                string
	ReadOnly, Writable                   string // nothing can be saved; all can again
	LeaveUnsaved                         string // the draft could not be stored
	AskTitle, AskWith, Opened            string
	AskWords, NoHits, Hit                string // Hit: %d, %s title, %s line
	Person                               string // %d, %s name, %s state
	Unknown                              string // %s are the commands
	AskEntry, EditWhole, CardOnce        string
	AskHandle                            string // %s is the one proposed
	Help, HelpThread                     []string
	Verbs                                LinearVerbs
}

// LinearVerbs are what is typed in the linear mode; English ones work in every language.
type LinearVerbs struct {
	New, Search, People, Help, Quit, Write, Back, Earlier, List, Edit, Withdraw, Undo, History, Invite, Settings string
}

func (w *Words) role(r store.Role) string {
	if r == store.RoleCoach {
		return w.Chrome.Coach
	}
	return w.Chrome.Client
}
