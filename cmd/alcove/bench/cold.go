package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// cold is how long a large practice takes from its start to its address, and how large it is on disk.
func cold(ctx context.Context, r *run) (err error) {
	var mine, floor []float64
	var size, text float64
	for range r.Rounds {
		bare, err := r.bare(ctx, 1)
		if err != nil {
			return err
		}
		if err := bare.end(); err != nil {
			return err
		}
		ours, err := r.practice(ctx, "threads", twoThreads(r.Entries))
		if err != nil {
			return err
		}
		if err := ours.end(); err != nil {
			return err
		}
		floor, mine = append(floor, Millis(bare.began)), append(mine, Millis(ours.began))
		if size, err = sizeOf(ours.data); err != nil {
			return err
		}
		text = float64(ours.filled.Bytes)
	}
	s := r.of("cold", int(size/(1<<20)), "MB on disk")
	s.add("start to listening", "ms", median(mine), median(floor), &budget{plus: 300})
	s = r.of("cold", r.Entries, "entries, floor their text")
	s.add("size of the database", "MB", size/(1<<20), text/(1<<20), &budget{factor: 1.25})
	return nil
}

// sizeOf is the size of a practice's database in bytes.
func sizeOf(data string) (float64, error) {
	var size float64
	for _, name := range []string{"alcove.db", "alcove.db-wal"} {
		info, err := os.Stat(filepath.Join(data, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		size += float64(info.Size())
	}
	return size, nil
}
