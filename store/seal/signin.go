package seal

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// ErrBadHash is the answer to a stored hash that was not made by SignIn, or asks for less than its floors or more than
// its ceilings. Somebody else wrote it.
var ErrBadHash = errors.New("not a hash of sign-in words")

const (
	atOnce   = 2 // hashes under way; each takes 64 MiB and a core, so more would be a way to be flooded
	saltSize = 16
	hashSize = 32
)

// cost is what one Argon2id takes.
type cost struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

func (c cost) within(floor, ceiling cost) bool {
	return floor.memory <= c.memory && c.memory <= ceiling.memory &&
		floor.time <= c.time && c.time <= ceiling.time &&
		floor.threads <= c.threads && c.threads <= ceiling.threads
}

// SignIn makes and checks sign-in words: six words, drawn and never chosen, that stand in for a key. It is safe for
// concurrent use; a server has one, for it holds the limit on how many are checked at once. Do the cheap checks first
// (is the address locked out?), for a check takes about a tenth of a second.
type SignIn struct {
	turns        chan struct{}
	now, ceiling cost // now is the floor of what is accepted, too
}

// NewSignIn gives a SignIn with Argon2id at 64 MiB and three passes. That would be modest for a chosen password; against
// 77 random bits it only has to make each try dear.
func NewSignIn() *SignIn {
	return newSignIn(cost{memory: 64 << 10, time: 3, threads: 1})
}

func newSignIn(now cost) *SignIn {
	return &SignIn{
		turns:   make(chan struct{}, atOnce),
		now:     now,
		ceiling: cost{memory: 1 << 20, time: 16, threads: 16},
	}
}

// New draws six words and hashes them. The words are to be shown once; the hash is to be stored. The error is that of ctx.
func (s *SignIn) New(ctx context.Context) (words, hash string, err error) {
	words = newWords()
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	sum, err := s.sum(ctx, words, salt, s.now)
	if err != nil {
		return "", "", err
	}
	return words, formatHash(s.now, salt, sum), nil
}

// Verify says whether words, as typed, are those of the hash. It waits for its turn; the error is that of ctx, or
// ErrBadHash.
func (s *SignIn) Verify(ctx context.Context, hash, words string) (bool, error) {
	c, salt, want, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	if !c.within(s.now, s.ceiling) {
		return false, fmt.Errorf("its cost is out of bounds: %w", ErrBadHash)
	}
	got, err := s.sum(ctx, words, salt, c)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// DummyVerify costs what Verify costs and is always wrong. Call it where there is no hash, so that a stranger cannot tell
// by the time it takes whether a handle exists. The error is that of ctx.
func (s *SignIn) DummyVerify(ctx context.Context, words string) error {
	_, err := s.sum(ctx, words, make([]byte, saltSize), s.now)
	return err
}

// sum hashes when it is its turn. A hash under way cannot be stopped.
func (s *SignIn) sum(ctx context.Context, words string, salt []byte, c cost) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("hashing sign-in words: %w", err)
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to hash sign-in words: %w", ctx.Err())
	}
	letters := normalWords(words)
	defer clear(letters)
	return argon2.IDKey(letters, salt, c.time, c.memory, c.threads, hashSize), nil
}

// formatHash writes the form of the Password Hashing Competition: $argon2id$v=19$m=…,t=…,p=…$salt$hash
func formatHash(c cost, salt, sum []byte) string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, c.memory, c.time, c.threads, encode(salt), encode(sum))
}

// parseHash accepts exactly what formatHash writes.
func parseHash(hash string) (c cost, salt, sum []byte, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 {
		return cost{}, nil, nil, ErrBadHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.threads); err != nil {
		return cost{}, nil, nil, ErrBadHash
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	sum, errSum := base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errSum != nil || len(salt) != saltSize || len(sum) != hashSize || formatHash(c, salt, sum) != hash {
		return cost{}, nil, nil, ErrBadHash
	}
	return c, salt, sum, nil
}
