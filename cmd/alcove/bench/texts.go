package bench

import (
	"math/rand/v2"
	"strings"
)

// What people write about, in two languages. An entry is some of these sentences, with a list or a heading now and then.
var (
	english = strings.Split(`I started with the small task, and after ten minutes it went by itself.
The week was full again; two evenings were mine, and that is two more than last time.
What would have to happen for Thursday to feel light?
I noticed that I say yes before I have looked at the calendar.
We agreed on **one** thing: the phone stays in the hall after nine.
On a scale from one to ten it is a six today, and a month ago it was a three 🙂
The talk with my manager was shorter than I feared, and she asked for a plan.
Sleep is better since the walks, even when it rains.
I wrote the list as you suggested; half of it does not matter at all.
Next time I would like to look at what happens right before I give up.
It helps to say it aloud, even if nobody is there.
You wrote last time that rest is *part of the work*, and I have thought about that a lot.`, "\n")
	german = strings.Split(`Heute bin ich früher gegangen, und die Welt ist nicht untergegangen.
Die Übung mit den fünf Minuten hat überraschend gut geklappt 🌱
Was würde deine beste Freundin dazu sagen?
Ich merke, dass ich größere Aufgaben immer noch vor mir herschiebe.
Das Gespräch mit der Chefin war **kürzer** als befürchtet, und danach war mir leichter.
Am Wochenende waren wir draußen, ohne Handy, und es hat niemand angerufen.
Mir hilft es, abends drei Sätze aufzuschreiben, auch wenn sie holprig sind.
Vielleicht müssen wir über die Erwartungen meiner Familie sprechen.
Die Müdigkeit ist noch da, aber sie bestimmt nicht mehr den ganzen Tag.
Ich habe zum ersten Mal Nein gesagt, höflich, und es wurde akzeptiert.
Nächste Woche möchte ich es *langsamer* angehen und nur zwei Termine machen.
Könnten wir beim nächsten Mal anschauen, was kurz vor dem Aufgeben passiert?`, "\n")
	lists = strings.Split(`- before nine: nothing but tea
- the letter, ten minutes
- vor dem Schlafen: drei Sätze
- [ ] call about the course
1. look, 2. wait, 3. answer
> "You can do anything, but not everything."
- Spaziergang, auch bei Regen ☔
## What was good`, "\n")
)

// rare is a word that stands in one entry of a thousand, for who searches.
const rare = "Zwetschgenkuchen"

// texts writes entries of realistic length and language, the same ones for the same seed.
type texts struct {
	rng     *rand.Rand
	written int
}

func newTexts(seed, stream uint64) *texts {
	return &texts{rng: rand.New(rand.NewPCG(seed, stream))} //nolint:gosec // texts, not keys
}

// next is the text of an entry: 600 bytes in the middle, from one line to some paragraphs.
func (t *texts) next() string {
	sentences := english
	if t.rng.IntN(2) == 0 {
		sentences = german
	}
	length := 150 + t.rng.IntN(900)
	if t.rng.IntN(10) == 0 {
		length = 40
	}
	var b strings.Builder
	for b.Len() < length {
		if b.Len() > 0 {
			b.WriteString([]string{" ", " ", " ", "\n\n"}[t.rng.IntN(4)])
		}
		b.WriteString(sentences[t.rng.IntN(len(sentences))])
		if t.rng.IntN(12) == 0 {
			b.WriteString("\n\n" + lists[t.rng.IntN(len(lists))] + "\n" + lists[t.rng.IntN(len(lists))] + "\n\n")
		}
	}
	if t.written++; t.written%1000 == 50 {
		b.WriteString(" " + rare)
	}
	return b.String()
}
