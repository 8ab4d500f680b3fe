package cryptvfs_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"alcove/store/cryptvfs"
)

func Example() {
	dir, err := os.MkdirTemp("", "cryptvfs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "journal.db")
	key := cryptvfs.NewKey() // keep it somewhere safe

	if err := cryptvfs.Create(path, key); err != nil {
		log.Fatal(err)
	}
	vfs, err := cryptvfs.Register("journal", key, cryptvfs.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer vfs.Close()
	db, err := sql.Open("sqlite", vfs.DSN(path, "_pragma=busy_timeout(5000)", "_pragma=synchronous(FULL)"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	_, err = db.Exec("CREATE TABLE entry (text TEXT); INSERT INTO entry VALUES ('Today I slept well.')")
	if err != nil {
		log.Fatal(vfs.Explain(err))
	}
	var text string
	if err := db.QueryRow("SELECT text FROM entry").Scan(&text); err != nil {
		log.Fatal(vfs.Explain(err))
	}
	fmt.Println(text)

	// A backup under a key of its own, while others write.
	backup := filepath.Join(dir, "backup.db")
	if err := cryptvfs.Copy(context.Background(), db, backup, cryptvfs.NewKey()); err != nil {
		log.Fatal(err)
	}
	err = cryptvfs.Probe(backup, key)
	fmt.Println("opens with the wrong key:", !errors.Is(err, cryptvfs.ErrKey))
	// Output:
	// Today I slept well.
	// opens with the wrong key: false
}
