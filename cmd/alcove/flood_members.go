package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"

	"alcove/cmd/alcove/bench"
	"alcove/store"
)

// The members of a flood are those of the bench. They come from networks of their own, and each has one thread with the coach.

const (
	maxFloodMembers = 250
	floodPace       = 200 * time.Millisecond // between two keys, which is 60 words a minute
	floodTitle      = "Flooded"
)

// seedFlood makes a coach and so many clients, who each have a thread with them.
func seedFlood(ctx context.Context, st *store.Store, count int) ([]*bench.Member, error) {
	coach, _, err := joinFlood(ctx, st, store.NewInvitation{Role: store.RoleCoach, Handle: "coach", Name: "Coach"})
	if err != nil {
		return nil, err
	}
	members := make([]*bench.Member, count)
	for i := range members {
		handle := fmt.Sprintf("member%d", i+1)
		_, key, err := joinFlood(ctx, st, store.NewInvitation{Role: store.RoleClient, Handle: handle, Name: handle, With: []string{"coach"}})
		if err != nil {
			return nil, err
		}
		if _, err := st.As(coach).NewThread(ctx, floodTitle, []string{handle}, "How is it?"); err != nil {
			return nil, err
		}
		members[i] = &bench.Member{Number: i + 1, Key: key}
	}
	return members, nil
}

func joinFlood(ctx context.Context, st *store.Store, who store.NewInvitation) (store.Identity, ssh.Signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return store.Identity{}, nil, fmt.Errorf("make a key: %w", err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return store.Identity{}, nil, fmt.Errorf("make a key: %w", err)
	}
	in, err := bench.Join(ctx, st, who, key)
	return in, key, err
}

// enterFlood signs in, and opens the thread so that what is typed stands in its composer.
func enterFlood(ctx context.Context, m *bench.Member, addr string) error {
	if err := m.SignIn(ctx, addr, floodTitle); err != nil {
		return err
	}
	return m.Press(ctx, "1", "thread") // under its last entry stands "end of thread"
}
