package tui

func englishChrome() ChromeWords {
	return ChromeWords{
		KeyNames: map[string]string{"pgup": "page up", "pgdown": "page down"},
		Keys: KeyWords{
			UpDown: "up/down", PageUpDown: "page up/down",
			Choose: "choose", Page: "page", Ends: "start, end", Open: "open", Back: "back", Next: "next field",
			Help: "help", Search: "search", Palette: "all", Repaint: "draw anew", Leave: "leave", Force: "leave all the same",
			New: "new thread", People: "people", Settings: "settings", Unread: "next unread", Toggle: "choose", Change: "change",
			Create: "open the thread", Send: "send", Copy: "copy", Write: "write with them", Invite: "invite a client",
			Filter: "filter", Scroll: "scroll", Yes: "yes", No: "no", Pick: "take it", Again: "try again",
		},
		Frame: FrameWords{
			TooSmall:       "Too small: %d x %d. Make it %d x %d or larger.",
			Again:          "r tries again, q leaves.",
			LeaveAgain:     "ctrl+c once more leaves. What you have written is kept as a draft.",
			LeaveUnsaved:   "A draft could not be saved. ctrl+c leaves all the same, and loses it.",
			NothingUnread:  "Nothing is unread.",
			Stopped:        "The server is being stopped. Come back in a while.",
			StoppedSaved:   "The server is being stopped. Your draft is saved.",
			StoppedUnsaved: "The server is being stopped, and your draft could not be saved.",
		},
		Home: HomeWords{Title: "Home"},
	}
}
