package tui

func englishChrome() ChromeWords {
	return ChromeWords{
		KeyNames: map[string]string{"pgup": "page up", "pgdown": "page down", "f1": "F1"},
		Coach:    "coach", Client: "client",
		Keys: KeyWords{
			UpDown: "up/down", PageUpDown: "page up/down", YesKey: "y",
			Choose: "choose", Page: "page", Ends: "start, end", Open: "open", Back: "back", Next: "next field", Scroll: "scroll",
			Help: "help", Search: "search", Palette: "all", Repaint: "draw anew", Leave: "leave",
			New: "new thread", People: "people", Settings: "settings", Unread: "next unread", Again: "try again",
			Send: "send", Create: "open the thread", Toggle: "tick", Write: "write with them", Invite: "invite a client",
			Anew: "new invitation", Make: "make the invitation",
			Copy: "copy", Change: "change", Pick: "take", AsBefore: "as before", Yes: "yes", No: "no",
		},
		Frame: FrameWords{
			TooSmall:       "Too small: %d x %d. Make it %d x %d or larger.",
			Again:          "r tries again, q leaves.",
			LeaveAgain:     "ctrl+c once more leaves. What you have written is kept as a draft.",
			LeaveUnsaved:   "A draft could not be saved. ctrl+c leaves all the same, and loses it.",
			NothingUnread:  "Nothing is unread.",
			NotLive:        "What others write does not show by itself at the moment; it will again as soon as that works.",
			ReadOnly:       "Saving fails just now, reading works",
			Stopped:        "The server is being stopped. Come back in a while.",
			StoppedSaved:   "The server is being stopped. Your draft is saved.",
			StoppedUnsaved: "The server is being stopped, and your draft could not be saved.",
		},
		Home: HomeWords{
			Title: "Home", Hello: "Hello %s", Here: "here now", ManyHere: Counted{"%d is here now", "%d are here now"},
			New: Counted{"%d new", "%d new"}, More: Counted{"%d more", "%d more"}, OnlyYou: "only you", Draft: "draft",
			DraftIn: "draft in %s, saved %s", DraftsIn: "%d drafts, the newest in %s, saved %s", Reading: "Reading…",
			Drafts: Counted{"%d draft", "%d drafts"}, Number: "number %d",
			EmptyClient:    "There is no thread yet. Press n to open one, with your coach or for yourself alone.",
			EmptyCoach:     "There is no thread yet. Press p and then i to invite your first client, or n to open a thread.",
			NothingWritten: "Nothing has been written here yet.", Withdrawn: "withdrawn", Erased: "(erased)",
			Waiting: "Waiting for your reply", Quiet: "Quiet for a fortnight", Others: "All others",
		},
		New: NewThreadWords{
			Heading: "New thread", Title: "Title", With: "With whom? (number or space ticks)", Filter: "Filter:",
			Nobody:  "There is nobody here yet whom you may write with.",
			OnlyYou: "Only you will be able to read it.", Readers: "You%s and %s will be able to read it.",
			SeeEachOther: "They will see each other's names and all that is written.",
			NeedsTitle:   "A thread needs a title.", Kept: "What you typed is kept; n brings it back.",
		},
		People: PeopleWords{
			Heading: "People", Empty: "There is nobody yet. Press i to invite your first client.",
			Here: "here now", Joined: "joined", NotJoined: "not joined yet", Disabled: "disabled",
			Threads:     Counted{"%d thread", "%d threads"},
			MayNotWrite: "You may not open a thread with %s.",
			AskAnew:     "A new code makes the old one useless. y makes it, any other key leaves it.",
			Invite:      "Invite a client", Name: "Name", Handle: "Handle",
			AboutInvite: "The handle never changes and can be said on the telephone: a-z, 0-9, dots. The one proposed " +
				"goes when you type. The invitation holds for three days; " +
				"on the next page stands all that your client needs.",
			NeedsName: "An invitation needs a name.",
		},
		Card: CardWords{
			Heading: "Invitation for %s", Copied: "Sent to your terminal's clipboard, if it allows that.",
			Once:  "Pass this on now: the code is shown only this once. c copies it, or select it.",
			Lines: englishCard(),
		},
		Settings: englishSettings(), Factor: englishFactor(),
		Help: HelpWords{
			Heading: "Help", Palette: "Everything", NothingFound: "Nothing has these letters. Backspace takes some away.",
			Keys: "?, F1", Here: "Keys here: %s", Everywhere: "Keys everywhere",
			EachCommand: "commands, threads", Letters: "as the arrows", About: englishHelp(),
		},
		Linear: englishLinear(),
	}
}

func englishSettings() SettingsWords {
	return SettingsWords{
		Heading: "Settings", Saved: "Saved.",
		Language: "Language", Theme: "Theme", Enter: "Enter, while writing", Zone: "Time zone", Presence: "That you are here",
		Typing: "That you are writing", Color: "Colour", Mouse: "Mouse",
		Auto: "as your terminal says", AutoTheme: "by the background", EnterSends: "sends; ctrl+j breaks the line",
		EnterBreaks: "breaks the line; ctrl+s sends", ServerZone: "the server's", Shown: "shown to others", Hidden: "hidden", On: "on", Off: "off",
		AboutZone: "A name such as Europe/Berlin or America/New_York. Empty is the server's. enter takes it, esc leaves it as it was.",
		NoZone:    "There is no time zone of that name. Europe/Berlin would be one.",
		Sample:    "looks like this", SampleNew: "2 new", SampleDraft: "draft",
		Keys: "How you sign in", Words: "sign-in words", Current: "(this one)", LastUsed: "last used %s", Pending: "not confirmed: sign in with it once",
		AddKey: "To add one:", RemoveKey: "To remove one:",
		Account: "Your account", NoErasure: "enter: ask to have it erased", ErasureAsked: "enter takes it back; asked %s",
		AskErasure: "Ask to be erased? y: yes, else: no", ErasureMeans: "y asks the operator to erase you and all that you wrote, for good.",
		Openings: "Who opened your threads", Unopened: "Nobody else has opened one yet.", Erased: "an erased account",
		Read: "read", Searched: "searched", Exported: "exported",
	}
}

func englishFactor() FactorWords {
	return FactorWords{
		Heading: "Second factor", On: Counted{"on, %d recovery code left", "on, %d recovery codes left"},
		Demanded: "In this practice coaches sign in with a second factor. Everything else waits until yours is set up.",
		Scan:     "Scan this with an authenticator app, or type this key into it:",
		Enter:    "Type this key into an authenticator app, as one that is time-based:",
		TooSmall: "On a larger screen a QR code stands here.",
		AskCode:  "Then type the code that it shows:",
		Wrong:    "That is not the code that your app shows now. Is your device's clock right?",
		Spare: []string{
			"Your second factor is on. These are your recovery codes, shown this once: write them down, and keep them apart from your phone.",
			"Each signs you in once when you do not have the app at hand. If you lose both, the person who runs this server can help.",
		},
		Copied: "Sent to your terminal's clipboard, if it allows that.", Done: "written down",
		End:      "After your key or words you are asked for a code. A code ends that, here and now, and with it your recovery codes. For another phone, set it up again then.",
		AskEnd:   "Code from your app, or a recovery code:",
		Ended:    "Your second factor is off.",
		GoesBack: "An empty line goes back.", Leaves: "An empty line leaves.",
	}
}

func englishHelp() []string {
	return []string{
		"A thread is read by those in it and by nobody else; the top line says who they are.",
		"Opening a thread marks what you see as read. The preview on Home marks nothing.",
		"What you type is saved as a draft about a second after the last key, and when you go or lose the connection. You find it again from any device.",
		"After sending, z takes an entry back for ten seconds. Later you can edit or withdraw it; others see that you did.",
		"Digits choose the first nine rows on the screen, for keyboards without arrows. To reach others, move there, search, or press " +
			"ctrl+p and type a few letters of the title. An arrow with a number says how many rows are above or below.",
		"While you type in a field, F1 is help, since ? is a letter there.",
		"Your texts are stored encrypted. The server draws this screen, so it sees them while you read; this is not end-to-end encryption.",
	}
}

func englishCard() []string {
	return []string{
		"Alcove: invitation for {name}",
		"",
		"Your code:    {code}",
		"Holds until:  {until}, once",
		"Server:       {host}, port {port}",
		"Fingerprint:  {fingerprint}",
		"              At the first connection compare it with",
		"              the one your program shows.",
		"",
		"macOS, Linux: open Terminal and type",
		"  {join}",
		"",
		"Windows 10, 11: open Terminal or PowerShell; the same line.",
		"",
		"It asks for the code. From then on you come in with",
		"  {ssh}",
		"",
		"\"Too many authentication failures\": you have many keys.",
		"Name the one to use:",
		"  {onekey}",
		"",
		"No key? The same line works without one. You are given six",
		"sign-in words to write down, and come back with",
		"  {words}",
		"",
		"PuTTY: Host Name join@{host}, Port {port}, Open.",
		"Later the same without join@.",
		"",
		"Phone or tablet (Termius, ConnectBot, Blink): new host",
		"  address {host}, port {port}, user join",
		"Later the user is {handle}.",
		"",
	}
}

func englishLinear() LinearWords {
	return LinearWords{
		Hello: "Hello %s.", NothingNew: "Nothing is new.", New: Counted{"%d new entry", "%d new entries"},
		InThreads: Counted{"in %d thread", "in %d threads"}, NoThreads: "There is no thread yet. Type new to open one.",
		Thread: "%d. %s, %s", OnlyYou: "only you", WithPeople: "with %s", Unread: Counted{"%d new", "%d new"}, Draft: "draft",
		Choose: "Choose 1 to %d, or a command (%s): ", ChooseNone: "Type a command (%s): ",
		Title: "Thread: %s", OnlyReader: "Only you can read this.", Readers: "You and %s can read this.", Entry: "Entry %d of %d, %s, %s", Edited: "edited", Withdrawn: "This entry was withdrawn.",
		NewMark: "new", Empty: "Nothing has been written here yet.", InThread: "Type a command (%s): ",
		Earlier:  Counted{"%d earlier entry is not shown. Type earlier to hear it.", "%d earlier entries are not shown. Type earlier to hear them."},
		WriteNow: "Write. A line with a single dot sends, one with dot q keeps it as a draft, two dots write one.", Sent: "Sent. Type undo within ten seconds to take it back.",
		More:    "There is more. enter says it, anything else stops: ",
		NotSent: "Not sent; kept as a draft.", NothingSent: "Nothing written, nothing sent.",
		DraftFound: "There is a draft; what you write is put behind it. It says:", DraftKept: "Kept as a draft.",
		ReadOnly: "The server cannot save at the moment. You can read all the same.", Writable: "The server can save again.",
		LeaveUnsaved: "What you have written could not be saved. Stay, and a single dot tries again; dot q once more leaves and loses it.",
		AskTitle:     "Title, or nothing to leave it: ", AskWith: "Numbers of those in it, with spaces, or nothing for only you: ", Opened: "Opened.",
		AskWords: "Search for: ", NoHits: "Nothing was found.", Hit: "%d. %s: %s", Person: "%d. %s, %s",
		AskEntry: "Number of the entry, as it was said, or nothing to leave it: ", EditWhole: "Write the whole entry anew. It says now:",
		CardOnce: "Pass this on now: the code is shown only this once.", AskHandle: "Handle, or nothing for %s: ",
		Unknown: "That is no command here. There are: %s.",
		Help: []string{
			"Type the number of a thread to read it.",
			"new opens a thread. search finds words. people lists whom you see. invite, for a coach, makes an invitation. settings changes your language and what others see of you. list says the threads again. quit leaves.",
			"Nothing on this screen is ever rewritten: all is said in order. Lines that begin with | are what people wrote.",
		},
		HelpThread: []string{
			"write writes an entry. edit, withdraw and history ask for the number of an entry. undo takes back what you have just sent. earlier says the entries before. back goes to your threads. quit leaves.",
		},
		Verbs: LinearVerbs{New: "new", Search: "search", People: "people", Help: "help", Quit: "quit", Write: "write", Back: "back", Earlier: "earlier", List: "list",
			Edit: "edit", Withdraw: "withdraw", Undo: "undo", History: "history", Invite: "invite", Settings: "settings"},
	}
}
