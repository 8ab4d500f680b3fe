package cryptvfs

// The functions SQLite calls. Each is a top-level function, so that its
// address lives as long as the program, and each ends a panic of its own:
// unwinding through the transpiled engine would leave its locks held.

import (
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Version 2 of the table has shared memory, which WAL needs, and no xFetch:
// a page that is mapped cannot be decrypted.
var ioMethods = sqlite3.Tsqlite3_io_methods{
	FiVersion:               2,
	FxClose:                 functionPointer(xClose),
	FxRead:                  functionPointer(xRead),
	FxWrite:                 functionPointer(xWrite),
	FxTruncate:              functionPointer(xTruncate),
	FxSync:                  functionPointer(xSync),
	FxFileSize:              functionPointer(xFileSize),
	FxLock:                  functionPointer(xLock),
	FxUnlock:                functionPointer(xUnlock),
	FxCheckReservedLock:     functionPointer(xCheckReservedLock),
	FxFileControl:           functionPointer(xFileControl),
	FxSectorSize:            functionPointer(xSectorSize),
	FxDeviceCharacteristics: functionPointer(xDeviceCharacteristics),
	FxShmMap:                functionPointer(xShmMap),
	FxShmLock:               functionPointer(xShmLock),
	FxShmBarrier:            functionPointer(xShmBarrier),
	FxShmUnmap:              functionPointer(xShmUnmap),
}

var ioMethodsAddress = uintptr(unsafe.Pointer(&ioMethods))

// answer turns the outcome of a callback into SQLite's code. It is deferred,
// with the code for errors that have none of their own, and also ends a panic.
func answer(rc *int32, l *layer, err *error, otherwise int32) {
	if p := recover(); p != nil {
		*err = &PanicError{Value: p}
	}
	code, fault := codeOf(*err, otherwise)
	*rc = code
	if !fault || *l == nil {
		return
	}
	defer func() { _ = recover() }() // the owner's OnFault may panic too
	(*l).report(*err, code)
}

// do runs one operation on the file behind pFile.
func do(pFile uintptr, otherwise int32, op func(f file) error) (rc int32) {
	var l layer
	var err error
	defer answer(&rc, &l, &err, otherwise)
	o := opened(pFile)
	l = o.layer
	err = op(o.file)
	return
}

func xOpen(t *libc.TLS, pVfs, zName, pFile uintptr, flags int32, pOutFlags uintptr) (rc int32) {
	var l layer
	var err error
	defer answer(&rc, &l, &err, sqlite3.SQLITE_CANTOPEN)
	h := (*header)(pointer(pFile))
	*h = header{} // no methods: SQLite does not close what did not open
	l = *layers.get((*sqlite3.Tsqlite3_vfs)(pointer(pVfs)).FpAppData)
	o := &openFile{layer: l, low: lower{file: pFile + headerSize}}
	var out int32
	o.file, out, err = l.open(t, &openRequest{zName: zName, flags: flags, low: &o.low})
	if err != nil {
		return
	}
	h.handle = files.add(o)
	h.methods = ioMethodsAddress
	if pOutFlags != 0 {
		storeInt32(pOutFlags, out)
	}
	return
}

func xDelete(t *libc.TLS, pVfs, zName uintptr, syncDir int32) (rc int32) {
	var l layer
	var err error
	defer answer(&rc, &l, &err, sqlite3.SQLITE_IOERR_DELETE)
	l = *layers.get((*sqlite3.Tsqlite3_vfs)(pointer(pVfs)).FpAppData)
	err = l.remove(t, zName, syncDir)
	return
}

func xClose(t *libc.TLS, pFile uintptr) int32 {
	return do(pFile, sqlite3.SQLITE_IOERR_CLOSE, func(f file) error {
		h := (*header)(pointer(pFile))
		files.remove(h.handle)
		*h = header{}
		return f.close(t)
	})
}

func xRead(t *libc.TLS, pFile, buf uintptr, n int32, off int64) int32 {
	return do(pFile, sqlite3.SQLITE_IOERR_READ, func(f file) error {
		return f.read(t, bytesAt(buf, int(n)), off)
	})
}

func xWrite(t *libc.TLS, pFile, buf uintptr, n int32, off int64) int32 {
	return do(pFile, sqlite3.SQLITE_IOERR_WRITE, func(f file) error {
		return f.write(t, bytesAt(buf, int(n)), off)
	})
}

func xTruncate(t *libc.TLS, pFile uintptr, size int64) int32 {
	return do(pFile, sqlite3.SQLITE_IOERR_TRUNCATE, func(f file) error { return f.truncate(t, size) })
}

func xSync(t *libc.TLS, pFile uintptr, flags int32) int32 {
	return do(pFile, sqlite3.SQLITE_IOERR_FSYNC, func(f file) error { return f.sync(t, flags) })
}

func xFileSize(t *libc.TLS, pFile, pSize uintptr) int32 {
	return do(pFile, sqlite3.SQLITE_IOERR_FSTAT, func(f file) error {
		size, err := f.size(t)
		storeInt64(pSize, size)
		return err
	})
}

func xFileControl(t *libc.TLS, pFile uintptr, op int32, arg uintptr) int32 {
	return do(pFile, sqlite3.SQLITE_IOERR, func(f file) error { return f.control(t, op, arg) })
}

func xDeviceCharacteristics(t *libc.TLS, pFile uintptr) (rc int32) {
	do(pFile, sqlite3.SQLITE_IOERR, func(f file) error {
		rc = f.characteristics(t)
		return nil
	})
	return rc // none, if that panicked: a safe answer
}

// Locks and shared memory are the business of the VFS below.

// pass runs one call on the file below that of pFile.
func pass(pFile uintptr, call func(l *lower) int32) (rc int32) {
	defer func() {
		if recover() != nil {
			rc = sqlite3.SQLITE_IOERR
		}
	}()
	return call(&opened(pFile).low)
}

func xSectorSize(t *libc.TLS, pFile uintptr) int32 {
	return pass(pFile, func(l *lower) int32 { return function[fnFile](l.m.FxSectorSize)(t, l.file) })
}

func xLock(t *libc.TLS, pFile uintptr, level int32) int32 {
	return pass(pFile, func(l *lower) int32 { return function[fnFileInt](l.m.FxLock)(t, l.file, level) })
}

func xUnlock(t *libc.TLS, pFile uintptr, level int32) int32 {
	return pass(pFile, func(l *lower) int32 { return function[fnFileInt](l.m.FxUnlock)(t, l.file, level) })
}

func xCheckReservedLock(t *libc.TLS, pFile, pOut uintptr) int32 {
	return pass(pFile, func(l *lower) int32 { return function[fnFilePtr](l.m.FxCheckReservedLock)(t, l.file, pOut) })
}

func xShmMap(t *libc.TLS, pFile uintptr, page, size, extend int32, pp uintptr) int32 {
	return pass(pFile, func(l *lower) int32 {
		return function[fnShmMap](l.m.FxShmMap)(t, l.file, page, size, extend, pp)
	})
}

func xShmLock(t *libc.TLS, pFile uintptr, off, n, flags int32) int32 {
	return pass(pFile, func(l *lower) int32 { return function[fnShmLock](l.m.FxShmLock)(t, l.file, off, n, flags) })
}

func xShmBarrier(t *libc.TLS, pFile uintptr) {
	pass(pFile, func(l *lower) int32 {
		function[fnVoid](l.m.FxShmBarrier)(t, l.file)
		return sqlite3.SQLITE_OK
	})
}

func xShmUnmap(t *libc.TLS, pFile uintptr, remove int32) int32 {
	return pass(pFile, func(l *lower) int32 { return function[fnFileInt](l.m.FxShmUnmap)(t, l.file, remove) })
}
