package seal_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

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
	keys, err := master.Keys(seal.NewInstance()) // the instance is kept in the database
	if err != nil {
		log.Fatal(err)
	}
	master.Wipe()

	const thread = 4711
	key, wrapped, err := keys.NewThreadKey(thread) // wrapped is kept in the thread's row
	if err != nil {
		log.Fatal(err)
	}
	place := seal.Where{Table: "entries", Column: "text", Thread: thread, Row: 1, Author: 2, Revision: 1}
	record := key.Seal(nil, place, []byte("How did the two-minute start feel?"))

	key, err = keys.ThreadKey(thread, wrapped)
	if err != nil {
		log.Fatal(err)
	}
	text, err := key.Open(nil, place, record)
	fmt.Println(string(text), err)

	place.Author = 3 // somebody moved the row under another name
	_, err = key.Open(nil, place, record)
	fmt.Println(errors.Is(err, seal.ErrOpen))

	fmt.Println(key, keys, seal.NewCode())
	// Output:
	// How did the two-minute start feel? <nil>
	// true
	// [key] [key] [key]
}
