// Package cryptvfs encrypts and authenticates SQLite databases, page by page,
// under an unmodified modernc.org/sqlite.
//
// It is a SQLite VFS. Each page of the database and each frame of its WAL is
// sealed with an AEAD, so that a stolen file says nothing, not even that it is
// SQLite's, and a changed byte is an error instead of wrong data. Connections
// are pooled as usual, readers beside a writer.
//
//	err := cryptvfs.Create(path, key)                     // once
//	vfs, err := cryptvfs.Register("journal", key, cryptvfs.Options{})
//	db, err := sql.Open("sqlite", vfs.DSN(path, "_pragma=busy_timeout(5000)"))
//
// # What it promises
//
//   - On disk are: the database, its WAL, and unlinked temporary files. All of
//     it is ciphertext but a random salt and random nonces. There is never a
//     -shm file and never a rollback journal.
//   - A page or frame that was changed, moved, exchanged with another, zeroed,
//     or taken from another file does not open: SQLite gets SQLITE_IOERR_DATA
//     (8202), the owner a [DamageError] with its number ([VFS.LastFault],
//     [VFS.Explain], [Options].OnFault). Other pages go on working.
//   - Never is data read that was not written, and never a part of a
//     transaction. A main file that is cut is an error; so is a change or a cut
//     anywhere in what was synced of the WAL: under synchronous=FULL that is
//     every transaction that was acknowledged, also after the process was
//     killed. See below for the one exception, which takes a power cut.
//   - Durability is SQLite's: what was committed under synchronous=FULL
//     survives a power cut, under NORMAL the newest transactions may go, but
//     whole. Disks are assumed to write sectors of 512 bytes whole or not at
//     all, and to leave the bytes around a write alone, as SQLite assumes.
//   - What SQLite is not known to do is an error ([ShapeError]), not a guess.
//
// # What it does not
//
//   - After a power cut a changed byte in the last transaction of a WAL drops
//     that transaction whole, though it was acknowledged, as if the power had
//     failed a moment earlier; a cut there too. Nothing on disk need say yet
//     that it had been complete, so it cannot be told from one that was torn.
//     Under NORMAL that goes for what came after the last checkpoint, and
//     without a power cut as well, since nothing of it is known to be on disk.
//   - Replay: an old page put back in its place, an old WAL or WAL header, a
//     WAL removed whole, or the whole file of yesterday are authentic. Keep a
//     counter elsewhere if that matters.
//   - Sizes, times and which pages change are seen by who watches the disk.
//   - Keys and pages are in the memory of the process.
//   - sqlite3_serialize (the driver's Serialize) and an ATTACH or VACUUM INTO
//     that names another VFS give out plaintext, since no VFS can see that.
//   - One process at a time: a second one is told "database is locked".
//     Opening and closing the live file elsewhere in the process drops its
//     POSIX locks, whoever does it; [Probe] refuses to.
//   - It needs SQLite's VFS "unix-excl": Linux, macOS and the BSDs. On Windows
//     the package compiles, and [Register] and [Create] answer
//     [errors.ErrUnsupported]: "win32" would put the WAL index on disk.
//   - Refused: other journal modes than WAL, super-journals, nolock and
//     immutable, files without write permission, pages of another size than
//     4096 bytes or without the reserved bytes. synchronous=OFF works and
//     promises nothing after a power cut, not even that the file opens.
//
// A database is never created by opening it. [Create] makes an empty one and
// [Copy] a full one; a missing file, an empty one or one in plain SQLite is an
// error and stays as it is.
//
// # Keys
//
// From the 32-byte file key and the 16-byte salt at the start of the file
// HKDF-SHA256 derives two keys, with the info "main" for pages and "wal" for
// the WAL. Records are sealed by XAES-256-GCM (https://c2sp.org/XAES-256-GCM).
// Of the 24 bytes of nonce the first 12 are drawn once per opening of the
// database (and again after 2^30 records), so that the key they derive can be
// kept; the other 12 are drawn for each record. Temporary files are sealed
// under a random key that is only in memory.
//
// A sealed record is: ciphertext, 16 bytes of tag, 24 bytes of nonce. Numbers
// are big-endian, in associated data 64 bits, elsewhere 32.
//
// # The main file
//
// SQLite's pages of 4096 bytes with 40 of them reserved for the tag and nonce,
// in their places, so sizes and alignment are as without encryption:
//
//	page 1   salt[16] | sealed(bytes 16..4055) tag[16] nonce[24]
//	page n   sealed(bytes 0..4055) tag[16] nonce[24]
//
// The associated data is "page" and the page number. The salt replaces
// SQLite's magic, which is put back on reading. Page 1 always says WAL mode.
// The page of SQLite's lock bytes, at 1 GiB, is never written. Pages that
// SQLite allocated, freed and never wrote are sealed zeros.
//
// # The WAL
//
//	header   sealed(SQLite's header[32] | safe[4] | required[4] | id[16]) tag nonce: 96 bytes
//	frame    sealed(frame header[24] | page[4096] | synced[4]) tag nonce: 4164 bytes
//
// The associated data of the header is "walh" and zero; of a frame, "walf",
// its index counted from 1, and the id, which is random and new whenever
// SQLite begins the WAL anew. SQLite sees a WAL of headers of 32 and frames of
// 4120 bytes; offsets, sizes and truncations are translated.
//
//   - synced: how many frames were known to be on disk when this one was
//     written. It lets recovery tell a torn frame, which ends the WAL, from a
//     changed one, which is an error: see walState.
//   - required: how many frames must be there. It is written, and not synced,
//     after each sync of the WAL, and is synced before a checkpoint writes its
//     first page: see note and beforeCheckpoint.
//   - safe: how many pages of the main file were on disk when the WAL began.
//     What lies behind them counts for nothing until a checkpoint has written
//     it: see database.filled.
//
// # Temporary files
//
// Blocks of 4096 bytes and 40 of overhead, with the associated data "temp",
// block number and a number of the file.
//
// # Proofs
//
// The tests run modernc's engine upon this package upon a VFS that counts,
// remembers and fails. They kill a process with four writers; cut the power and
// open what the disk may hold then, any subset of the unsynced sectors; flip
// bits in every region of file and WAL; swap, zero, cut and exchange pages and
// frames; let each call to the disk fail once, with EIO and as full; copy under
// eight writers; and watch every byte written for a canary. An ordinary run
// takes about a minute; with CRYPTVFS_LONG=1 there are 1,000 kills, 2,000
// images, 20,000 flips, and every call fails. The benchmark AgainstPlain says
// what it all costs.
//
// # Source
//
// lower.go, bridge.go and callbacks.go join Go to the transpiled engine and
// are the only files that touch memory which is not Go's. open.go opens files:
// page.go with ahead.go, wal.go with walread.go, and temp.go are the three
// kinds; copy.go and create.go make whole databases. database.go, walheader.go
// and walstate.go are what connections share; xaes.go is the cipher. Tested
// with modernc.org/sqlite v1.60.1 (SQLite 3.53.4) on linux/amd64; a newer one
// may do reads or writes that are unknown here, and the tests will say so.
package cryptvfs
