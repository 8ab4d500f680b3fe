package tui

import (
	"testing"
	"time"
)

// A screen on which nothing happens has one Cmd that waits, and no tick: each would be a goroutine, thousands of times.
func TestWhoDoesNothingHasNoTick(t *testing.T) {
	rests := func(d *driver, where string) {
		d.t.Helper()
		d.settle()
		if n := d.runs.Load(); n != 1 {
			d.t.Errorf("%s: %d Cmds wait, want the one that waits for changes", where, n)
		}
	}
	inThread(t, conversation, nil, func(x *threadTest) {
		x.pass(15 * time.Second)
		rests(x.driver, "the thread, just opened")
		x.hand("A word or two.")
		x.pass(15 * time.Second)
		rests(x.driver, "a draft, saved")
		x.keys("ctrl+s")
		x.pass(15 * time.Second)
		rests(x.driver, "an entry, sent")
		x.arriveAndType("jonas")
		x.pass(15 * time.Second)
		rests(x.driver, "somebody has come, and stopped writing")
		x.keys("esc esc s")
		x.pass(15 * time.Second)
		rests(x.driver, "the settings")
		x.keys("esc / t w o")
		x.pass(15 * time.Second)
		rests(x.driver, "the search")
	})
}

// arriveAndType lets somebody come and begin to write.
func (x *threadTest) arriveAndType(handle string) {
	x.p.arrive(handle, true)
	if err := x.p.as(handle).Type(x.t.Context(), x.thread, true); err != nil {
		x.t.Fatal(err)
	}
	x.settle()
}

func TestANewDayBeginsWhereThePersonIs(t *testing.T) {
	drive(t, "jonas", func(p *practice, _ *Options) {
		p.clock = testNow.Add(-13*24*time.Hour - 12*time.Hour)
		p.thread("Slow matters", []string{"jonas", "piet"}, "piet: Hello", "jonas: Well then.")
		p.clock = testNow
		p.person("jonas").Settings.TimeZone = "America/New_York" // 05:41, the server's zone is UTC
	}, func(p *practice, d *driver) {
		p.pass(18 * time.Hour)
		d.wait(18 * time.Hour)
		d.hides("Quiet for a fortnight")
		p.pass(time.Hour)
		d.wait(time.Hour)
		d.shows("Quiet for a fortnight")
	})
}
