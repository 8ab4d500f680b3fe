package tui

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"alcove/store"
)

// Words is every sentence a person can meet, by the screen it stands on. English is written here in Go; German is
// decoded over it from locales/de.toml with unknown fields refused. A table is never changed once made.
type Words struct {
	Error  ErrorWords  // why something did not happen (this file)
	Date   DateWords   // this file
	Chrome ChromeWords // words_chrome.go: header, footer, home, new thread, people, settings, help, palette
	Thread ThreadWords // words_thread.go: thread, composer, search
	Shell  ShellWords  // words_shell.go: ssh commands, sign-in prompts, linear mode
	Near   NearWords   // words_near.go: how much of what one may use up is left
	Text   TextWords   // text.go: what stands in a rendered entry beside its own words

	keys     *Keys       // keys.go
	inThread *threadKeys // thread_keys.go
}

// Counted is a phrase with a number in it, %d, in the forms that English and German have.
type Counted struct{ One, Other string }

// N fills in the number.
func (c Counted) N(n int) string {
	if n == 1 {
		return fmt.Sprintf(c.One, n)
	}
	return fmt.Sprintf(c.Other, n)
}

// ErrorWords has one sentence for each kind of store error: what happened, and what to do next.
type ErrorWords struct {
	NotFound, SignedOut, Conflict, Empty, TooLong, NotText, BadHandle, BadRole, BadSetting, Taken, TooLate, Last,
	WrongCode, UsedCode, OldCode, Damaged, Quota, Pace, ReadOnly, FactorDue, ManyCodes, Other string
}

// DateWords are the names of days and months, Sunday and January first.
type DateWords struct {
	Today, Yesterday    string
	Days, ShortDays     []string
	Months, ShortMonths []string
	// "2 Jan", "2 Jan 2006" and so on: verbs %[1]s weekday, %[2]d day, %[3]s month, %[4]d year
	DayMonth, DayMonthYear, WeekdayDayMonth, WeekdayDayMonthYear string
	Clock                                                        string // a time.Format layout
}

//go:embed locales/*.toml
var locales embed.FS

var (
	english = sync.OnceValue(func() *Words { w := englishWords(); return w.withKeys() })
	german  = sync.OnceValue(func() *Words {
		w, err := decodeWords("locales/de.toml")
		if err != nil { // the file is embedded and a test decodes it
			return english()
		}
		return w
	})
)

// WordsFor answers the table for a language ("de") or a locale ("de_AT.UTF-8"); English where there is none.
func WordsFor(lang string) *Words {
	if lang == "de" || strings.HasPrefix(lang, "de_") || strings.HasPrefix(lang, "de-") || strings.HasPrefix(lang, "de.") {
		return german()
	}
	return english()
}

func decodeWords(name string) (*Words, error) {
	data, err := locales.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read words: %w", err)
	}
	w := englishWords()
	dec := toml.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&w); err != nil {
		return nil, fmt.Errorf("decode %s: %w", name, err)
	}
	return w.withKeys(), nil
}

// withKeys makes the keys that are named in these words.
func (w *Words) withKeys() *Words {
	w.keys = newKeys(w)
	w.inThread = newThreadKeys(w)
	return w
}

// Explain is the sentence for the person who met err. The detail is for the operator's log.
func (w *Words) Explain(err error) string {
	for _, e := range []struct {
		kind error
		say  string
	}{
		{store.ErrNotFound, w.Error.NotFound}, {store.ErrSignedOut, w.Error.SignedOut}, {store.ErrConflict, w.Error.Conflict},
		{store.ErrEmpty, w.Error.Empty}, {store.ErrTooLong, w.Error.TooLong}, {store.ErrNotText, w.Error.NotText},
		{store.ErrBadHandle, w.Error.BadHandle}, {store.ErrBadRole, w.Error.BadRole}, {store.ErrBadSetting, w.Error.BadSetting},
		{store.ErrTaken, w.Error.Taken}, {store.ErrTooLate, w.Error.TooLate}, {store.ErrLast, w.Error.Last},
		{store.ErrWrongCode, w.Error.WrongCode}, {store.ErrUsedCode, w.Error.UsedCode}, {store.ErrOldCode, w.Error.OldCode},
		{store.ErrDamaged, w.Error.Damaged}, {store.ErrQuota, w.Error.Quota}, {store.ErrPace, w.Error.Pace},
		{store.ErrReadOnly, w.Error.ReadOnly},
		{store.ErrFactorDue, w.Error.FactorDue}, {store.ErrManyCodes, w.Error.ManyCodes},
	} {
		if errors.Is(err, e.kind) {
			return e.say
		}
	}
	return w.Error.Other
}

// explainUnsaved is Explain for words that were not stored and are still before the person.
func (w *Words) explainUnsaved(err error) string {
	if errors.Is(err, store.ErrReadOnly) {
		return w.Thread.Composer.KeptHere
	}
	return w.Explain(err)
}

func englishWords() Words {
	return Words{
		Error: ErrorWords{
			NotFound:   "There is no such thing here, or it is not yours to see.",
			SignedOut:  "You have been signed out: your account is disabled or your key was removed. Ask your coach.",
			Conflict:   "This was changed elsewhere in the meantime. Nothing was overwritten; look again.",
			Empty:      "There is nothing written yet.",
			TooLong:    "This is too long. An entry may have 256 KiB, a title 120 characters, a name 60.",
			NotText:    "This is not text in UTF-8, so nothing was written.",
			BadHandle:  "A handle has 2 to 32 of a-z, 0-9, '.', '-', '_' and begins with a letter.",
			BadRole:    "That is not for this role.",
			BadSetting: "There is no such setting. Nothing was changed.",
			Taken:      "That one is taken. Choose another.",
			TooLate:    "Ten seconds are over. You can still edit or withdraw the entry.",
			Last:       "This is the last one and has to stay.",
			WrongCode:  "That code is not right. Look at it again; capitals and dashes do not matter.",
			UsedCode:   "That code has been used already. Ask your coach for a new one.",
			OldCode:    "That code has run out. Ask your coach for a new one.",
			Damaged:    "A stored record is damaged and cannot be opened. Tell the person who runs this server.",
			Quota:      "That is more than one person may keep here, so it was not stored. Withdraw what is not needed any more, or ask the person who runs this server for more.",
			Pace:       "You write faster than one person may here, so it was not stored. Wait half a minute and try again.",
			ReadOnly:   "The server cannot save at the moment, so nothing was written. Try again soon.",
			FactorDue:  "This practice asks you for a second factor. Connect in a terminal, without a command, and set it up.",
			ManyCodes:  "There were too many wrong codes. Wait a few minutes and try again.",
			Other:      "That did not work, and nothing was written. Try again; if it stays so, tell the person who runs this server.",
		},
		Date: DateWords{
			Today: "today", Yesterday: "yesterday",
			Days:        []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
			ShortDays:   []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
			Months:      []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
			ShortMonths: []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
			DayMonth:    "%[2]d %[3]s", DayMonthYear: "%[2]d %[3]s %[4]d", WeekdayDayMonth: "%[1]s %[2]d %[3]s", WeekdayDayMonthYear: "%[1]s %[2]d %[3]s %[4]d",
			Clock: "15:04",
		},
		Chrome: englishChrome(),
		Thread: englishThread(),
		Shell:  englishShell(),
		Near:   englishNear(),
		Text:   englishText(),
	}
}
