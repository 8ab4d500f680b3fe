//go:build unix

package seal

import (
	"io/fs"
	"syscall"
)

// rootsOwn says whether a file belongs to root and to root's group, and nobody can write to it. The group's right to read it
// then gives it to nobody, for who is in that group is as good as root. systemd hands a credential to a service so: it stays
// root's, the service's user may read it by an access list, and the list's mask shows as the group's right.
func rootsOwn(info fs.FileInfo) bool {
	owner, known := info.Sys().(*syscall.Stat_t)
	return known && owner.Uid == 0 && owner.Gid == 0 && info.Mode().Perm()&^0o440 == 0
}
