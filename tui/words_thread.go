package tui

// ThreadWords are the words of the thread, its composer and the search.
type ThreadWords struct {
	Members  MemberWords
	Reader   ReaderWords
	Composer ComposerWords
	Act      ActWords
	Keys     ThreadKeyWords
	Search   SearchWords
}

// MemberWords say who can read what is on the screen, and who is there.
type MemberWords struct {
	OnlyYou, And string
	You          string  // OnlyYou, where there is next to no room
	People       Counted // all of them, where there is no room for names
	More         Counted // stands for the last of many members
	Here         string  // behind a name
	Writing      string  // %s is the name
	ManyWriting  string
	Readers      string // title of the list of all members
	Number       string // %[1]d the thread's number, %[2]s the ssh line that "read" stands behind
}

// ReaderWords stand around the entries.
type ReaderWords struct {
	Opening, Empty string
	Edited         string // behind the time of an entry
	EditKept       string // behind that, when an edit of it was begun and put aside
	Withdrew       string // %[1]s name, %[2]s time
	Damaged        string
	NewSince       string  // %s is a time
	Position       string  // %[1]d of %[2]d
	Chosen         string  // before the position: %d is the number of the entry that keys act on
	End            string  // behind the position
	NewBelow       Counted // and the key that shows them
}

// ComposerWords say what has become of the person's writing.
type ComposerWords struct {
	Reply, Write                   string // what the rule calls the composer: with others, alone
	Edit                           string // %s is the time of the entry
	EditKeys, Preview, PreviewKeys string
	Saved, SavedBefore             string // %s is a time; before what is being written now
	Saving, Sending, Sent          string
	NotSaved, NotSent              string // %s is the reason
	KeptHere                       string // the reason, where the server can save nothing
	Full, Merged, TakenBack        string
	Conflict                       string
	TooEarly, NotKept              string // of what was typed before the thread was open
	Apart                          string // title of a thread for text that found no room; %s is a time
}

// ActWords are about one entry.
type ActWords struct {
	AskWithdraw, NotYours, Gone, NeverEdited, EntryEdited, Copied    string
	AskDiscard, DiscardMeans, AskLeave, LeaveMeans, YoursAlone, Left string
	PlainText, History                                               string // titles
	Version                                                          string // %[1]d number, %[2]s time
}

// ThreadKeyWords say what a key does.
type ThreadKeyWords struct {
	NewLine, Send, SaveEdit, Preview, KeepDraft, KeepEdit, Read, Write, Scroll, Ends, NextEntry, LastEntry, Edit, Withdraw, History, Copy,
	NextUnread, TakeBack, Newest, Undo, Redo, Back, No, Discard, Leave, Readers, WriteOn string
}

// SearchWords are those of the search.
type SearchWords struct {
	Title, Prompt, Hint, None, Searching, InTitle string
	Found                                         Counted
	Many                                          Counted // so many are shown, and there are more
	Open, List, Words                             string  // keys
}

func englishThread() ThreadWords {
	return ThreadWords{
		Members: MemberWords{
			OnlyYou: "only you", You: "you", And: " and ", People: Counted{"%d person", "%d people"}, More: Counted{"%d more", "%d more"}, Here: "(here now)",
			Writing: "%s is writing", ManyWriting: "several are writing",
			Readers: "Who reads this", Number: "This is thread %[1]d. \"%[2]s read %[1]d\" says it in a terminal.",
		},
		Reader: ReaderWords{
			Opening: "Opening…", Empty: "Nothing is written here yet. Begin below.", Edited: ", edited", EditKept: ", draft of an edit kept",
			Withdrew: "%[1]s withdrew this entry, %[2]s", Damaged: "This entry is damaged and cannot be opened.",
			NewSince: "new since %s", Position: "%[1]d of %[2]d", Chosen: "entry %d, ", End: ", end of thread",
			NewBelow: Counted{"%d new below, ctrl+g shows it", "%d new below, ctrl+g shows them"},
		},
		Composer: ComposerWords{
			Reply: "Reply", Write: "Write", Edit: "Editing your entry of %s", EditKeys: "esc keeps a draft, ctrl+x drops it",
			Preview: "Preview", PreviewKeys: "ctrl+o goes back to writing",
			Saved: "draft saved %s, not sent", SavedBefore: "draft saved %s, saving…", Saving: "saving…", Sending: "sending…", Sent: "Sent. z takes it back for 10 s",
			NotSaved: "not saved: %s", NotSent: "not sent: %s",
			KeptHere:  "The server cannot save at the moment. Your words are kept on this screen; try again soon.",
			Full:      "An entry holds at most 256 KiB. That was not added; what was there still is.",
			Merged:    "You also wrote on another device. Both texts are kept.",
			TakenBack: "Taken back.",
			Conflict:  "The entry was changed elsewhere meanwhile. Your text is kept; ctrl+s again puts it in the other's place.",
			TooEarly:  "The thread is not open yet. That was not added; what was there still is.",
			NotKept:   "What you typed meanwhile is not kept.",
			Apart:     "Unsent text of %s",
		},
		Act: ActWords{
			AskWithdraw: "Withdraw for everyone? y yes, else no", NotYours: "Only its author can change an entry.",
			Gone: "That entry was withdrawn.", NeverEdited: "This entry was never edited.", EntryEdited: "The entry is changed.",
			AskDiscard: "Drop this edit? y yes, else no", DiscardMeans: "y drops what you changed here. The entry stays as it is. Any other key goes back.",
			AskLeave:   "Leave this thread? y yes, else no",
			LeaveMeans: "Leaving means that you can no longer read this thread, and your drafts in it go. What you wrote stays with the others. y leaves, any other key stays.",
			YoursAlone: "Only you are in it: you cannot leave a thread that is yours alone.", Left: "You have left the thread.",
			Copied:    "Sent to your terminal's clipboard, if it allows that. The plain text:",
			PlainText: "Plain text", History: "History", Version: "Version %[1]d, %[2]s",
		},
		Keys: ThreadKeyWords{
			NewLine: "new line", Send: "send", SaveEdit: "save the entry", Preview: "preview", KeepDraft: "keep draft, read",
			KeepEdit: "keep as a draft", Read: "read", Write: "write", Scroll: "scroll", Ends: "start, end", NextEntry: "next entry", LastEntry: "entry before",
			Edit: "edit", Withdraw: "withdraw", History: "history", Copy: "copy", NextUnread: "next unread", TakeBack: "take it back",
			Newest: "newest entry", Undo: "undo", Redo: "redo", Back: "back", No: "no", Discard: "drop the edit", Leave: "leave the thread", Readers: "who reads this", WriteOn: "write on",
		},
		Search: SearchWords{
			Title: "Search", Prompt: "Search for:", Hint: "Type a few words. What holds all of them comes up, newest first.",
			None: "Nothing that you can read holds all of these words. Try fewer.", Searching: "searching…", InTitle: "title",
			Found: Counted{"%d found", "%d found"}, Many: Counted{"the first %d; another word narrows it down", "the first %d; another word narrows it down"},
			Open: "open", List: "to the list", Words: "to the words",
		},
	}
}
