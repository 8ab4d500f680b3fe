//go:build !unix

package seal

import "io/fs"

// rootsOwn says no: there is no root.
func rootsOwn(fs.FileInfo) bool { return false }
