package seal

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCostsOfPassphrasesHaveFloorsAndCeilings(t *testing.T) {
	limits := realLimits()
	for name, c := range map[string]struct {
		cost cost
		want error
	}{
		"as made":            {cost{256 << 10, 4, 4}, nil},
		"the most":           {cost{1 << 20, 16, 16}, nil},
		"too little memory":  {cost{256<<10 - 1, 4, 4}, ErrFileDamaged},
		"too few passes":     {cost{256 << 10, 3, 4}, ErrFileDamaged},
		"too few threads":    {cost{256 << 10, 4, 3}, ErrFileDamaged},
		"none":               {cost{}, ErrFileDamaged},
		"too much memory":    {cost{1<<20 + 1, 4, 4}, ErrFileDamaged},
		"all the memory":     {cost{1<<32 - 1, 4, 4}, ErrFileDamaged},
		"too many passes":    {cost{256 << 10, 17, 4}, ErrFileDamaged},
		"too many threads":   {cost{256 << 10, 4, 17}, ErrFileDamaged},
		"what tests make do": {cheap, ErrFileDamaged},
	} {
		made := slotFile{current: numberedKey{number: 1}, last: 1}
		made.slots = []slot{{slotHead: slotHead{number: 1, kind: KindPassphrase, cost: c.cost}}}
		if _, err := parseSlotFile(made.encode(), limits); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, m, err := CreateSlots(t.TempDir()+"/alcove.slots", practice)
	if err != nil {
		t.Fatal(err)
	}
	addSlot(t, s, m, passphrase(t, "six words that were drawn"))
	if got := s.held.slots[0].cost; got != limits.floor {
		t.Errorf("made with %+v", got)
	}
	if _, err := OpenSlots(s.file.path); err != nil {
		t.Error(err)
	}
}

func TestTwoPassphrasesAtOnceAndTheOthersWait(t *testing.T) {
	s, _, secrets := testSlots(t)
	for range atOnce {
		passphraseTurns <- struct{}{} // two that take long
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := s.Unlock(ctx, secrets[1]); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a third: %v", err)
	}
	if _, _, err := s.Unlock(ctx, secrets[0]); err != nil {
		t.Errorf("a key file need not wait: %v", err)
	}
	for range atOnce {
		<-passphraseTurns
	}
	if _, _, err := s.Unlock(t.Context(), secrets[1]); err != nil || len(passphraseTurns) != 0 {
		t.Errorf("with a turn free: %v, %d turns kept", err, len(passphraseTurns))
	}
	if _, _, err := s.Unlock(ctx, secrets[1]); !errors.Is(err, context.DeadlineExceeded) || len(passphraseTurns) != 0 {
		t.Errorf("too late: %v, %d turns kept", err, len(passphraseTurns))
	}
}

func TestPassphrases(t *testing.T) {
	for name, words := range map[string]string{
		"none": "", "short": "geheim!", "short, but many bytes": "üüüüüüü", "composed, and short": strings.Repeat("u\u0308", 7),
		"long": strings.Repeat("x", longestPassphrase+1), "not UTF-8": "geheimnis\xff",
	} {
		if _, err := PassphraseSecret([]byte(words)); !errors.Is(err, ErrPassphrase) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, m, _ := testSlots(t)
	number := addSlot(t, s, m, passphrase(t, "Übermut tut gut"))
	typed := []byte("U\u0308bermut tut gut")
	secret, err := PassphraseSecret(typed)
	if err != nil {
		t.Fatal(err)
	}
	clear(typed) // it was copied
	if _, got, err := s.Unlock(t.Context(), secret); err != nil || got != number {
		t.Errorf("typed on another machine: %d, %v", got, err)
	}
	if _, _, err := s.Unlock(t.Context(), passphrase(t, "Übermut tut gut ")); !errors.Is(err, ErrNoSlot) {
		t.Errorf("a space more: %v", err)
	}
}

func TestRecoveryKeysAreReadAsTyped(t *testing.T) {
	r := NewRecovery()
	words := strings.Fields(r.Reveal())
	if len(words) != recoveryWords+1 {
		t.Fatalf("%d words", len(words))
	}
	numbered := ""
	for i, word := range words {
		numbered += string(rune('1'+i%9)) + ". " + word + "\r\n"
	}
	for name, typed := range map[string]string{
		"as shown": r.Reveal(), "capitals": strings.ToUpper(r.Reveal()), "dashes": strings.Join(words, "-"),
		"run together": strings.Join(words, ""), "a numbered list": numbered,
	} {
		if got, err := parseRecovery(typed); err != nil || got.words != r.words {
			t.Errorf("%s: %v", name, err)
		}
	}
	if other := NewRecovery(); other.words == r.words {
		t.Error("keys repeat")
	}
}

func TestMistypedRecoveryKeysAreTold(t *testing.T) {
	r := &Recovery{words: [recoveryWords]uint16{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}
	words := strings.Fields(r.Reveal())
	with := func(i int, word string) string {
		changed := append([]string(nil), words...)
		changed[i] = word
		return strings.Join(changed, " ")
	}
	swapped := append([]string{words[1], words[0]}, words[2:]...)
	for _, c := range []struct{ name, typed, says string }{
		{"nothing", "", "0 words instead of 11"},
		{"one missing", strings.Join(words[1:], " "), "10 words instead of 11"},
		{"one more", r.Reveal() + " " + words[0], "12 words instead of 11"},
		{"no word", with(3, "qqq"), "word 4 is not on the list"},
		{"half a word", with(10, "ab"), "word 11 is not on the list"},
		{"another word", with(3, "zoom"), "one is not the right one"},
		{"another check word", with(10, "zoom"), "one is not the right one"},
		{"exchanged", strings.Join(swapped, " "), "one is not the right one"},
		{"a flood", strings.Repeat(words[0]+" ", 1<<16), "far too long"},
		{"a long run", strings.Repeat(words[0], 12), "12 words instead of 11"},
	} {
		_, err := RecoverySecret(c.typed)
		if !errors.Is(err, ErrNotRecovery) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, word := range append(words, "qqq", "zoom") {
			if err != nil && strings.Contains(err.Error(), word) {
				t.Errorf("%s: a word stands in %q", c.name, err)
			}
		}
	}
}

// TestOneWrongWordIsNoticed measures the checksum: one in 7776 may pass.
func TestOneWrongWordIsNoticed(t *testing.T) {
	r := &Recovery{words: [recoveryWords]uint16{11, 222, 3333, 44, 555, 6666, 77, 888, 999, 1000}}
	check, passed := r.check(), 0
	for number := range uint16(effCount) {
		changed := *r
		changed.words[4] = number
		if number != r.words[4] && changed.check() == check {
			passed++
		}
	}
	if passed > 6 {
		t.Errorf("%d of 7775 wrong words pass", passed)
	}
}

func TestRecoveryKeysReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &Recovery{}
		for i := range r.words {
			r.words[i] = firstAlike(rapid.Uint16Range(0, effCount-1).Draw(t, "word"))
		}
		for _, typed := range []string{r.Reveal(), strings.ReplaceAll(r.Reveal(), " ", "")} {
			if got, err := parseRecovery(typed); err != nil || *got != *r {
				t.Fatalf("%q: %v", typed, err)
			}
		}
	})
}

func FuzzRecoverySecret(f *testing.F) {
	f.Add(NewRecovery().Reveal())
	f.Add(strings.ReplaceAll(NewRecovery().Reveal(), " ", ""))
	f.Add("yo-yo yoyo t-shirt")
	f.Add("\xff 1. —")
	f.Fuzz(func(t *testing.T, typed string) {
		r, err := parseRecovery(typed)
		if err != nil {
			if !errors.Is(err, ErrNotRecovery) {
				t.Error(err)
			}
			return
		}
		if again, err := parseRecovery(r.Reveal()); err != nil || *again != *r {
			t.Errorf("%q does not read back: %v", typed, err)
		}
	})
}

// TestYoYoAsACheckWord looks for keys whose check word is one of the two that are typed alike.
func TestYoYoAsACheckWord(t *testing.T) {
	r, found := &Recovery{}, 0
	for i := range uint32(200_000) {
		r.words[0], r.words[1] = uint16(i%7000), uint16(i/7000)
		if word := wordList()[r.check()]; string(normalWords(word)) != "yoyo" {
			continue
		}
		found++
		if got, err := parseRecovery(r.Reveal()); err != nil || got.words != r.words {
			t.Errorf("%d: %v", i, err)
		}
	}
	if found == 0 {
		t.Error("none found")
	}
}
