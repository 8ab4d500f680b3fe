package tui

// ShellWords are the words of sign-in and of the ssh commands.
type ShellWords struct {
	SignIn  SignInWords
	Command CommandWords
}

// SignInWords are said before it is known who is there, so the sign-in says each in both languages.
type SignInWords struct {
	Stranger string // %[1]s the ssh line for an invitation
	Demo     string // the same, in the demo
	Keyless  string // the same, where no key was refused
	NowCode  string // the key was proved, and a code is to come
	Silent   string // nothing was typed

	AskCode, WrongCode, UsedCode, OldCode, NoCode string

	AskWords, WrongWords, NoWords string

	NowFactor, AskFactor, WrongFactor, NoFactor, ManyFactor string // after a key or words that were right

	YourWords   string // %[1]s the ssh line to use them with; the words follow
	AskWord     string // %[1]d which of them
	WrongWord   string // said before YourWords are shown again
	AlreadyHere string // the key is somebody's already
	WeakKey     string
	BadKey      string
	Barred      string // too many wrong guesses
	Disabled    string // the account
	KeyTaken    string // by another account, while the code was typed
	Crowded     string // %[1]d how many connections a person may have
	Full        string // no room for more people
	Unavailable string
}

// CommandWords are what ssh commands say. Verbs and flags are the same in every language.
type CommandWords struct {
	Usage, UnknownVerb, TooLong                     string // %[1]s the command; the verb
	BadNumber, BadSince, BadFormat, BadFlag         string // %[1]s what was given
	Missing                                         string // %[1]s what is missing
	Coach, Client                                   string
	OnlyYou, New, Edited, Withdrawn, Title          string // %[1]d of New
	NoThreads, NoEntries, NothingNewer, NoHits      string
	SkippedUnread, NotMarked, CutStdin, NoStdin     string
	BadKey, WeakKey, KeyAdded, KeyRemoved           string // %[1]s a fingerprint, %[2]s the ssh line that confirms the key
	SignInWords, ThisOne, AddedAt, LastUsed, Unused string // %[1]s a date
	ManyPending                                     string // %[1]d how many there may be
	Unconfirmed                                     string // said of a key that nobody has signed in with
	Crashed, Stopping                               string
	Help                                            []HelpLine

	ExportTitle, ExportKeys, ExportPeople, ExportThread, ExportMembers, ExportDrafts string
	ExportRevision, ExportEditOf, ExportReadTo, ExportNew                            string
}

// HelpLine is a command and what it does.
type HelpLine struct{ Command, Does string }

func englishShell() ShellWords {
	return ShellWords{
		SignIn: SignInWords{
			Stranger: "This key is not known here. With an invitation, use \"%[1]s\"; with sign-in words, type them when asked; a key that you added yourself signs in first as ssh HANDLE@...",
			Demo:     "This is a demo. Sign in as anna, coach or piet: put the name before the host, as in anna@HOST.",
			Keyless:  "Type your sign-in words. With an invitation instead, use \"%[1]s\".",
			NowCode:  "This key will do. The invitation code is asked next; BatchMode cannot do that.",
			Silent:   "Nothing was typed. Connect again, in a terminal, when you have it at hand.",
			AskCode:  "Invitation code: ", WrongCode: "That code is not right. Look at it again; capitals and dashes do not matter.",
			UsedCode: "That code has been used already. Ask your coach for a new one.",
			OldCode:  "That code has run out. Ask your coach for a new one.",
			NoCode:   "Three codes were not right. Connect again when you have the right one.",
			AskWords: "Sign-in words: ", WrongWords: "Those words are not right for this user name.",
			NoWords:     "Three times the words were not right. Connect again when you have them.",
			NowFactor:   "Your second factor is asked next: a code. BatchMode cannot do that.",
			AskFactor:   "App code or recovery code: ",
			WrongFactor: "That code is not right, or was used already. The app shows another one every half minute.",
			NoFactor:    "Three codes were not right. Connect again when you have the right one.",
			ManyFactor:  "There were too many wrong codes for this account. Wait a few minutes and try again.",
			YourWords:   "These are your sign-in words, shown this once. Write them down: later you sign in by \"%[1]s\" and these words. Now type one of them, to show that you have them.",
			AskWord:     "Word %[1]d: ",
			WrongWord:   "That was another word.",
			AlreadyHere: "This key is known here already, so you are signed in with it and need no invitation.",
			WeakKey:     "This RSA key does not have 3072 to 4096 bits. Make a new key with \"ssh-keygen -t ed25519\".",
			BadKey:      "Certificates and keys of this kind are not taken. Make a new key with \"ssh-keygen -t ed25519\".",
			Barred:      "There were too many wrong tries from your network. Wait half an hour and try again.",
			Disabled:    "Your account is disabled. Ask your coach.",
			KeyTaken:    "This key was bound to another account in the meantime. Your code is still good: use it with another key.",
			Crowded:     "You have %[1]d connections open already. Close one and try again.",
			Full:        "There are too many connections to this practice just now. Try again in a few minutes.",
			Unavailable: "Sign-in does not work just now. Try again later.",
		},
		Command: englishCommands(),
	}
}

func englishCommands() CommandWords {
	return CommandWords{
		Usage: "Usage: %[1]s", UnknownVerb: "There is no command %[1]s.", TooLong: "That command cannot be read: it is too long or holds bytes that are no text.",
		BadNumber: "%[1]s is not a number.", BadSince: "%[1]s is neither a day (2026-11-01), a time (2026-11-01T09:00:00Z) nor an entry's number.",
		BadFormat: "%[1]s is not a format: take md or json.", BadFlag: "%[1]s does not belong here.", Missing: "%[1]s is missing.",
		Coach: "coach", Client: "client", OnlyYou: "only you", New: "%[1]d new", Edited: "edited", Withdrawn: "withdrawn", Title: "title",
		NoThreads: "You have no threads yet. Open one with: new TITLE", NoEntries: "Nothing is written there.", NothingNewer: "Nothing newer is written there.", NoHits: "Nothing was found.",
		SkippedUnread: "There are unread entries before these, so nothing was marked as read.",
		NotMarked:     "The server cannot save at the moment, so nothing was marked as read.",
		CutStdin:      "The connection broke before the text was complete, so nothing was written.",
		NoStdin:       "The text could not be read to its end, so nothing was written.",
		BadKey:        "That is not a public key that can be taken. Give one line as in a .pub file: ed25519, ECDSA, a security key, or RSA with 3072 to 4096 bits.",
		WeakKey:       "This RSA key does not have 3072 to 4096 bits. Make a new key with: ssh-keygen -t ed25519",
		KeyAdded:      "Added %[1]s. Confirm it by signing in with it once: %[2]s", KeyRemoved: "Removed %[1]s.",
		SignInWords: "sign-in words", ThisOne: "this one", AddedAt: "added %[1]s", LastUsed: "last used %[1]s", Unused: "never used",
		ManyPending: "You have %[1]d keys that are not confirmed, and there may be no more. Sign in with one of them, or take one away: keys remove FINGERPRINT",
		Unconfirmed: "not confirmed yet",
		Crashed:     "Something went wrong in Alcove and this session had to end. We are sorry. What you wrote is kept as a draft.",
		Stopping:    "The server is stopping.",
		Help: []HelpLine{
			{"help [COMMAND]", "this list, or one command of it"},
			{"whoami [--json]", "who you are here"},
			{"threads [--json]", "your threads: number, title, members, unread, last entry"},
			{"new TITLE [--with HANDLE]... [--json]", "opens a thread and prints its number; text on stdin becomes its first entry (ssh -n for none)"},
			{"read N [--since WHEN] [--json]", "entries of thread N, oldest first; marks them read. WHEN: a day, a time, or the number of the entry to read on after"},
			{"write N [--json]", "stdin becomes an entry; a printed number means it is on disk"},
			{"search WORDS [--json]", "entries that hold all the words, newest first"},
			{"export [--format md|json]", "all that you can read"},
			{"keys [--json]", "the keys you sign in with"},
			{"keys add", "adds the public key on stdin, one line as in a .pub file; it counts once you have signed in with it"},
			{"keys remove FINGERPRINT", "takes a key away, or your sign-in words by the name words; the last one stays"},
			{"linear", "everything as numbered lines, for screen readers; also ssh -T"},
		},
		ExportTitle: "Export for %[1]s, %[2]s", ExportKeys: "Keys", ExportPeople: "People", ExportThread: "Thread %[1]d: %[2]s",
		ExportMembers: "Members: %[1]s", ExportDrafts: "Drafts", ExportRevision: "Earlier text %[1]d, %[2]s",
		ExportEditOf: "Edit of entry %[1]d in thread %[2]d", ExportReadTo: "Read up to entry %[1]d", ExportNew: "New entry in thread %[1]d",
	}
}
