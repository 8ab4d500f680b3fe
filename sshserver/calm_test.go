package sshserver

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemoryIsGivenBackOnceAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var given atomic.Int32
		c := &calm{after: time.Second, give: func() { given.Add(1) }}
		for range 10 { // somebody is at work
			c.stir()
			<-time.After(900 * time.Millisecond)
		}
		if given.Load() != 0 {
			t.Error("given back while somebody was at work")
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if given.Load() != 1 {
			t.Fatalf("given back %d times after work, not once", given.Load())
		}
		<-time.After(time.Hour)
		synctest.Wait()
		if given.Load() != 1 || c.timer != nil {
			t.Error("it woke while nothing happened")
		}
		c.stir()
		<-time.After(2 * time.Second)
		synctest.Wait()
		if given.Load() != 2 {
			t.Errorf("given back %d times after the second work, not twice", given.Load())
		}
	})
}

func TestNothingIsGivenBackAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var given atomic.Int32
		c := &calm{after: time.Second, give: func() { given.Add(1) }}
		c.stir()
		c.end()
		c.stir()
		<-time.After(time.Hour)
		synctest.Wait()
		if given.Load() != 0 {
			t.Error("given back after the end")
		}
	})
}

func TestTheEndWaitsForWhatIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		given := false
		c := &calm{after: time.Second, give: func() { <-time.After(time.Second); given = true }}
		c.stir()
		<-time.After(2500 * time.Millisecond)
		c.end()
		if !given {
			t.Error("end did not wait")
		}
	})
}

// What clients send keeps the server from its rest, and a server that has ended gives nothing back.
func TestWhatClientsSendStirs(t *testing.T) {
	given := make(chan struct{}, 1)
	p := newPractice(t, func(s *Server) {
		s.calm = &calm{after: time.Millisecond, give: func() {
			select {
			case given <- struct{}{}:
			default:
			}
		}}
	})
	p.client("anna")
	select {
	case <-given:
	case <-time.After(patient):
		t.Fatal("somebody came, and nothing was given back afterwards")
	}
	must(t, p.stop())
	if p.server.calm.timer != nil {
		t.Error("something is left that would wake")
	}
}
