package tui

import "testing"

func TestWhoReadsAThread(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.keys("ctrl+r")
		x.shows("Who reads this", "Jonas Weber (jonas), coach\n", "Anna Klein (anna), client, you", "This is thread 1.", "\"ssh -p 2222 practice.example read 1\"")
		x.p.arrive("jonas", true)
		x.settle()
		x.shows("Jonas Weber (jonas), coach, here now")
		if err := x.p.as("jonas").Leave(t.Context(), x.thread); err != nil {
			t.Fatal(err)
		}
		x.settle()
		x.hides("Jonas Weber", "leave the thread")
		x.keys("esc")
		x.shows("only you")
	})
}

func TestLeavingFromTheListOfReaders(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.keys("ctrl+p")
		x.hand("who reads this")
		x.keys("enter")
		x.shows("Anna Klein (anna), client, you", "leave the thread")
		x.keys("ctrl+t")
		x.shows("Leave this thread? y yes")
	})
}
