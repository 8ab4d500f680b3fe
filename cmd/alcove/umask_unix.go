//go:build unix

package main

import "syscall"

// hideUmask makes every file of this process readable by its owner alone, from the moment it is there.
func hideUmask() { syscall.Umask(0o077) }
