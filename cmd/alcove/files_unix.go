//go:build unix

package main

import "syscall"

// openFilesAtMost is how many files this process may have open, 0 if that is not known. Go raises the limit to the hard one when
// a program begins, so this is what the machine allows.
func openFilesAtMost() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return uint64(limit.Cur) //nolint:unconvert // it is signed on some systems
}
