package tui

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sentences lists every string of a table by its path.
func sentences(path string, v reflect.Value, add func(path, text string)) {
	switch v.Kind() {
	case reflect.String:
		add(path, v.String())
	case reflect.Struct:
		for i := range v.NumField() {
			sentences(path+"."+v.Type().Field(i).Name, v.Field(i), add)
		}
	case reflect.Slice:
		add(path+".len", fmt.Sprint(min(v.Len(), 1)))
		for i := range v.Len() {
			sentences(fmt.Sprintf("%s[%d]", path, i), v.Index(i), add)
		}
	}
}

func table(t *testing.T, w *Words) map[string]string {
	t.Helper()
	all := map[string]string{}
	sentences("", reflect.ValueOf(*w), func(path, text string) { all[path] = text })
	return all
}

// same are the words that both languages share. What is not named here and reads alike was forgotten.
var same = regexp.MustCompile(`^\.Date\.|\.len$|^\.Shell\.Command\.Help\[\d+\]\.Command$|` +
	`^\.Chrome\.(Coach|Help\.Keys|People\.Name|New\.Filter|Card\.Lines\[\d+\]|Linear\.(Thread|Hit|Person))$`)

func TestEverySentenceExistsInBothLanguages(t *testing.T) {
	de, err := decodeWords("locales/de.toml")
	if err != nil {
		t.Fatal(err)
	}
	en := englishWords()
	english, german := table(t, &en), table(t, de)
	verb := regexp.MustCompile(`%(\[\d\])?[a-z]`)
	verbs := func(s string) []string {
		found := verb.FindAllString(strings.ReplaceAll(s, "%%", ""), -1)
		if slices.ContainsFunc(found, func(v string) bool { return strings.Contains(v, "[") }) {
			slices.Sort(found) // numbered ones may change places
		}
		return found
	}
	for path, text := range english {
		other, ok := german[path]
		if !ok && strings.Contains(path, "[") { // paragraphs may be divided in another way
			continue
		}
		blankLine := strings.HasPrefix(path, ".Chrome.Card.Lines[")
		if (text == "" || other == "") && !blankLine {
			t.Errorf("%s is empty: %q, %q", path, text, other)
		}
		if !strings.Contains(path, "[") && fmt.Sprint(verbs(text)) != fmt.Sprint(verbs(other)) {
			t.Errorf("%s fills in other things: %q, %q", path, text, other)
		}
		if text == other && strings.ContainsAny(strings.ToLower(verb.ReplaceAllString(text, "")), "abcdefghijklmnopqrstuvwxyz") && !same.MatchString(path) {
			t.Errorf("%s is not translated: %q", path, text)
		}
	}
	for path := range german {
		if _, ok := english[path]; !ok && !strings.Contains(path, "[") {
			t.Errorf("%s is German only", path)
		}
	}
}

func TestCardsFillInTheSameThings(t *testing.T) {
	name := regexp.MustCompile(`\{[a-z]+\}`)
	things := func(w *Words) []string {
		found := name.FindAllString(strings.Join(w.Chrome.Card.Lines, "\n"), -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	if en, de := things(WordsFor("en")), things(WordsFor("de")); !slices.Equal(en, de) {
		t.Fatalf("English fills in %v, German %v", en, de)
	}
}

func TestWordsFor(t *testing.T) {
	for lang, german := range map[string]bool{"": false, "C": false, "en_US.UTF-8": false, "de": true, "de_AT.UTF-8": true, "de-CH": true, "den": false} {
		if got := WordsFor(lang).Chrome.Settings.Heading == "Einstellungen"; got != german {
			t.Errorf("%q is German: %v", lang, got)
		}
	}
}

// Every key that a page names can be pressed under that name.
func TestKeysAreWhatTerminalsSend(t *testing.T) {
	keys := reflect.ValueOf(*newKeys(WordsFor("de")))
	for i := range keys.NumField() {
		b, ok := keys.Field(i).Interface().(Binding)
		if !ok {
			t.Fatalf("%s is no binding", keys.Type().Field(i).Name)
		}
		if b.does == "" || b.show == "" {
			t.Errorf("%s has no words", keys.Type().Field(i).Name)
		}
		for _, key := range b.keys {
			if !b.Has(keyPress(key)) {
				t.Errorf("%s: pressing %q says %q", keys.Type().Field(i).Name, key, keyPress(key).String())
			}
		}
	}
	if got := WordsFor("de").keyName("ctrl+pgup"); got != "strg+Bild auf" {
		t.Errorf("ctrl+pgup is called %q", got)
	}
}
