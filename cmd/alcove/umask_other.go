//go:build !unix

package main

// hideUmask does nothing: where there is no umask, files take the rights of their folder.
func hideUmask() {}
