package seal_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"alcove/store/seal"
)

// A practice is made, a thread is opened in it, and an entry written.
func Example() {
	folder, err := os.MkdirTemp("", "alcove-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()

	master, err := seal.CreateKeyFile(filepath.Join(folder, "master.key"))
	if err != nil {
		log.Fatal(err)
	}
	instance := seal.NewInstance() // kept in the database
	ring, err := seal.CreateRing(filepath.Join(folder, "example.ring"), master, instance, time.Now())
	if err != nil {
		log.Fatal(err)
	}
	master.Wipe()

	const thread, author = 4711, 2
	owner := seal.Owner{Kind: "member", A: thread, B: author}
	key, _, wrapped, err := ring.NewKey(owner) // wrapped is kept in the database
	if err != nil {
		log.Fatal(err)
	}
	place := seal.Where{Table: "entries", Column: "text", Thread: thread, Row: 1, Author: author, Revision: 1}
	record := key.Seal(nil, place, []byte("How did the two-minute start feel?"))

	key, err = ring.Key(owner, wrapped)
	if err != nil {
		log.Fatal(err)
	}
	text, err := key.Open(nil, place, record)
	fmt.Println(string(text), err)

	place.Author = 3 // somebody moved the row under another name
	_, err = key.Open(nil, place, record)
	fmt.Println(errors.Is(err, seal.ErrOpen))

	fmt.Println(key, ring, seal.NewCode())
	// Output:
	// How did the two-minute start feel? <nil>
	// true
	// [key] [key] [key]
}

// A practice gets two ways in, and a key that can be erased from every backup.
func ExampleSlots() {
	folder, err := os.MkdirTemp("", "alcove-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	ctx, now, instance := context.Background(), time.Now(), seal.NewInstance()

	slots, master, err := seal.CreateSlots(filepath.Join(folder, "alcove.slots"), instance)
	if err != nil {
		log.Fatal(err)
	}
	recovery := seal.NewRecovery() // Reveal it once, to be printed
	if _, err := slots.Add(ctx, master, recovery.Secret(), now); err != nil {
		log.Fatal(err)
	}
	keyFile := filepath.Join(folder, "alcove.key")
	if _, err := seal.CreateKeyFile(keyFile); err != nil {
		log.Fatal(err)
	}
	secret, err := seal.KeyFileSecret(keyFile)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := slots.Add(ctx, master, secret, now); err != nil {
		log.Fatal(err)
	}
	master, number, err := slots.Unlock(ctx, secret)
	fmt.Println(number, slots.List()[0].Kind, err)

	ring, err := seal.CreateRing(filepath.Join(folder, "alcove.ring"), master, instance, now)
	if err != nil {
		log.Fatal(err)
	}
	owner := seal.Owner{Kind: "thread", A: 4711}
	epoch, wrapped, err := ring.Wrap(owner, seal.NewDataKey()) // both are kept in the thread's row
	if err != nil {
		log.Fatal(err)
	}
	belongs := func(o seal.Owner) bool { return o == owner }
	if err := ring.Erase(seal.Erased{Kind: "thread", ID: 4711, At: now}, belongs); err != nil {
		log.Fatal(err)
	}
	const horizon = 30 * 24 * time.Hour
	if _, err := ring.Roll(now, horizon); err != nil {
		log.Fatal(err)
	}
	gone, err := ring.Destroy(now.Add(horizon + time.Minute))
	fmt.Println(gone, err)
	_, err = ring.Unwrap(owner, epoch, wrapped)
	fmt.Println(errors.Is(err, seal.ErrEpochGone))
	fmt.Println(ring.Erased()[0].ID) // to be erased again, should an older backup be put back
	// Output:
	// 2 recovery key <nil>
	// [1] <nil>
	// true
	// 4711
}
