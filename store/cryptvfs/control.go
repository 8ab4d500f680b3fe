package cryptvfs

import (
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// control answers xFileControl. Only what is known to be harmless goes down.
func control(t *libc.TLS, low *lower, op int32, arg uintptr) error {
	switch op {
	case sqlite3.SQLITE_FCNTL_CHUNK_SIZE, sqlite3.SQLITE_FCNTL_SIZE_HINT:
		// The file would grow by bytes that are not sealed.
		return nil
	case sqlite3.SQLITE_FCNTL_MMAP_SIZE:
		storeInt64(arg, 0)
		return nil
	case sqlite3.SQLITE_FCNTL_POWERSAFE_OVERWRITE:
		storeInt32(arg, 1)
		return nil
	case sqlite3.SQLITE_FCNTL_LOCKSTATE, sqlite3.SQLITE_FCNTL_LAST_ERRNO, sqlite3.SQLITE_FCNTL_PERSIST_WAL,
		sqlite3.SQLITE_FCNTL_VFSNAME, sqlite3.SQLITE_FCNTL_TEMPFILENAME, sqlite3.SQLITE_FCNTL_HAS_MOVED,
		sqlite3.SQLITE_FCNTL_BUSYHANDLER, sqlite3.SQLITE_FCNTL_SYNC, sqlite3.SQLITE_FCNTL_SYNC_OMITTED,
		sqlite3.SQLITE_FCNTL_OVERWRITE, sqlite3.SQLITE_FCNTL_COMMIT_PHASETWO, sqlite3.SQLITE_FCNTL_CKPT_START,
		sqlite3.SQLITE_FCNTL_CKPT_DONE, sqlite3.SQLITE_FCNTL_PRAGMA, sqlite3.SQLITE_FCNTL_PDB,
		sqlite3.SQLITE_FCNTL_LOCK_TIMEOUT, sqlite3.SQLITE_FCNTL_WAL_BLOCK:
		return low.control(t, op, arg)
	}
	return errNotFound
}

// characteristics says what SQLite may rely on. Of the promises of the VFS
// below those about atomic writes no longer hold. That a write leaves the
// bytes around it alone even when the power fails is assumed of every disk, as
// SQLite itself does by default: without it transactions in the WAL would be
// padded by writes in parts.
func characteristics(t *libc.TLS, low *lower) int32 {
	return low.characteristics(t)&sqlite3.SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN | sqlite3.SQLITE_IOCAP_POWERSAFE_OVERWRITE
}
