package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"alcove/store"
	"alcove/store/seal"
)

// roomLeast is how much room a disk must have at least, roomTimes how many times the database.
const (
	roomLeast = 1 << 30
	roomTimes = 3
)

// A backup is made each day and one is read back each week.
const (
	backupEvery = 24 * time.Hour
	checkEvery  = 7 * 24 * time.Hour
)

// clockSlack is how far the clock may be behind the newest record: that was written just now, and is compared later.
const clockSlack = time.Second

func (p *patient) checkPractice() {
	switch {
	case p.unopened == nil && p.server != 0:
		p.sayf("practice", fine, "", "open; a server runs, process %d", p.server)
	case p.unopened == nil:
		p.say("practice", fine, "its keys open it; no server runs", "")
	case errors.Is(p.unopened, errNoKey) && p.hasTyped():
		p.sayf("practice", warning, "alcove doctor --passphrase-fd 0", "not looked at: %v", p.unopened)
	default:
		p.say("practice", broken, p.unopened.Error(), advice(p.unopened))
	}
}

// hasTyped says whether a person may have what no file has.
func (p *patient) hasTyped() bool {
	kinds, err := typedKinds(p.dir)
	return err == nil && len(kinds) > 0
}

func (p *patient) checkStart() {
	switch {
	case p.condition.Plain:
		p.say("next start", warning, "the database is from before its file was encrypted; the next start encrypts it", "alcove serve")
	case p.condition.Unclean:
		p.say("next start", warning, "a server was killed or a rotation was cut off, which the next start puts right", "alcove serve")
	}
}

func (p *patient) checkStorage() {
	if p.condition.ReadOnly {
		p.say("storage", broken, "nothing can be written; members read only. The server's log has the reason", "df -h "+quoted(p.dir))
	} else if p.server != 0 && p.unopened == nil {
		p.say("storage", fine, "what is written reaches the disk", "")
	}
}

// checkSessions finds defects of the program. Each ended somebody's session; what they wrote is a draft.
func (p *patient) checkSessions() {
	switch {
	case p.server == 0:
	case p.panics > 0:
		p.sayf("sessions", warning, "grep 'panic in a session' in the server's log, and report what it says: it holds no texts and no names",
			"a defect of the program ended a session, %d times since the server began; drafts were kept", p.panics)
	default:
		p.say("sessions", fine, "none had to be ended since the server began", "")
	}
}

func (p *patient) checkKeyFile() {
	path := p.app.keyFile(p.dir)
	switch {
	case exists(filepath.Join(p.dir, masterKeyName)):
		beside := filepath.Join(p.dir, masterKeyName)
		p.say("key file", warning, beside+" lies beside the data, so who copies the folder has both; for production it belongs elsewhere",
			fmt.Sprintf("mv %s /etc/alcove.key, and --key-file /etc/alcove.key or a systemd credential", quoted(beside)))
	case exists(path):
		p.say("key file", fine, path+", apart from the data", "")
	default:
		p.say("key file", fine, "none here", "")
	}
}

func (p *patient) checkSlots() {
	if len(p.slots) == 0 {
		return
	}
	recovery := false
	for _, slot := range p.slots {
		recovery = recovery || slot.Kind == seal.KindRecovery
		if slot.Master {
			p.sayf("slot", warning, fmt.Sprintf("alcove key add-keyfile FILE, then alcove key remove %d, and destroy the old file", slot.Number),
				"the key file of slot %d is the master key itself, from before there were slots: removing the slot does not shut out who has "+
					"that file, and the master key cannot be changed", slot.Number)
		}
	}
	if !recovery {
		p.say("recovery key", broken, "there is none, so a lost key file is a lost practice", "alcove key add-recovery")
		return
	}
	p.say("recovery key", fine, "there is one; are its words where you can find them?", "")
}

// checkRights looks for what others can read or change.
func (p *patient) checkRights() {
	if runtime.GOOS == "windows" { // its rights are another matter
		return
	}
	before := len(p.found)
	p.wantClosed(p.dir, 0o077, "chmod 700 ")
	for _, name := range []string{databaseName, databaseName + "-wal", slotsName, ringName, hostKeyName, controlName} {
		p.wantClosed(filepath.Join(p.dir, name), 0o077, "chmod 600 ")
	}
	if p.app.Config != "" {
		p.wantClosed(p.app.Config, 0o022, "chmod go-w ")
	}
	key := p.app.keyFile(p.dir)
	if secret, err := seal.KeyFileSecret(key); errors.Is(err, seal.ErrKeyFileExposed) {
		p.say("rights", broken, err.Error(), "chmod 600 "+quoted(key))
	} else if err == nil {
		secret.Wipe()
	}
	if len(p.found) == before {
		p.say("rights", fine, "nobody else can read or change the folder, its files, the key file and the settings file", "")
	}
}

func (p *patient) wantClosed(path string, closed fs.FileMode, mend string) {
	info, err := os.Lstat(path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			p.say("rights", warning, err.Error(), "")
		}
		return
	}
	if info.Mode().Perm()&closed != 0 {
		p.sayf("rights", broken, mend+quoted(path), "%s has the mode %04o, so others can get at it", path, info.Mode().Perm())
	}
}

// checkLeftovers looks for what a first start or an adoption has left.
func (p *patient) checkLeftovers() {
	plain := filepath.Join(p.dir, databaseName+".plain")
	if exists(plain) && !p.condition.Plain {
		p.say("old database", broken, plain+" is the practice before its file was encrypted; a start that is not cut off destroys it",
			"restart the server")
	}
}

// checkBackup wants a backup each day, and one that was read back whole each week.
func (p *patient) checkBackup() {
	if p.condition.Newest.IsZero() { // not looked at
		return
	}
	state, now := p.condition.Backup, p.app.now()
	switch {
	case state.LastAt.IsZero():
		p.say("backup", broken, "there was never one", "alcove backup FILE, or [backup] in the settings file")
	case state.Failure != "":
		p.sayf("backup", broken, "look into the server's log", "the last one was of %s; %s", minute(state.LastAt), failureWords(state.Failure))
	case now.Sub(state.LastAt) > backupEvery:
		p.sayf("backup", broken, "alcove backup FILE, or [backup] in the settings file", "none within a day; the last one was of %s", minute(state.LastAt))
	case now.Sub(state.CheckedAt) > checkEvery:
		p.sayf("backup", warning, "with [backup] in the settings file the server reads each back; by hand alcove verify FILE does, of which this cannot know", "the last one was of %s, but the server read none back within a week", minute(state.LastAt))
	default:
		p.sayf("backup", fine, "", "the last one was of %s, and read back whole %s", minute(state.LastAt), minute(state.CheckedAt))
	}
}

// failureWords says what the server failed at.
func failureWords(failure string) string {
	switch failure {
	case store.FailedMaking:
		return "since then none could be made"
	case store.FailedChecking:
		return "one made since then does not read back whole, and is kept"
	}
	return "since then this failed: " + failure
}

// checkCopies wants every copy of the key ring to be the present one.
func (p *patient) checkCopies() {
	for _, c := range p.condition.Copies {
		if c.Current {
			p.sayf("ring copy", fine, "", "the present one lies in %s", c.Folder)
			continue
		}
		p.sayf("ring copy", broken, "alcove key copies, once its disk is there; a backup to it, where the copy was lost; --forget "+quoted(c.Folder)+", where it was destroyed",
			"%s has no copy of the key ring, without which the backups there do not open, or an old one, which brings back what was erased", c.Folder)
	}
}

// checkErasures tells who asks to be erased, and whether what was erased is erased in backups when its time has come.
func (p *patient) checkErasures() {
	switch {
	case p.condition.Untended && p.server != 0:
		p.say("erasure", broken, "the key ring could not be changed when it was due, so backups still open what was erased", "look into the server's log")
	case p.condition.Untended:
		p.say("erasure", warning, "the key ring was due to change while no server ran; until the next start backups still open what was erased", "alcove serve")
	}
	for _, handle := range p.condition.Asked {
		p.say("erasure", broken, handle+" asks to be erased", "alcove erase person "+handle)
	}
}

func (p *patient) checkClock() {
	if p.condition.Newest.IsZero() {
		return
	}
	if behind := p.condition.Newest.Sub(p.app.now()); behind > clockSlack {
		p.sayf("clock", broken, "timedatectl status", "it is %v behind the newest record, which was written at %s",
			behind.Round(time.Second), minute(p.condition.Newest))
		return
	}
	p.say("clock", fine, "not behind the newest record, of "+minute(p.condition.Newest), "")
}

func (p *patient) checkDisk() {
	free, err := freeBytes(p.dir)
	if err != nil {
		p.say("disk", warning, "how much room is left could not be found out: "+err.Error(), "")
		return
	}
	var size int64
	if info, err := os.Stat(filepath.Join(p.dir, databaseName)); err == nil {
		size = info.Size()
	}
	p.checkRoom(free, size)
}

// checkRoom wants room for the copies that a backup and a rotation make.
func (p *patient) checkRoom(free uint64, size int64) {
	if free < roomLeast || free < roomTimes*uint64(size) {
		p.sayf("disk", broken, "df -h "+quoted(p.dir), "%s free, beside a database of %s; a backup and a rotation write whole copies", sized(free), sized(uint64(size)))
		return
	}
	p.sayf("disk", fine, "", "%s free; the database has %s", sized(free), sized(uint64(size)))
}

// sized is a size for a reader.
func sized(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d kB", (n+1023)>>10)
}

func (p *patient) checkAddress() {
	host, port, err := net.SplitHostPort(p.app.Listen)
	if err != nil {
		p.sayf("address", broken, "", "--listen %q is not an address like %s", p.app.Listen, defaultListen)
		return
	}
	where := "on " + host
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		where = "on all networks of this machine"
	} else if ip != nil && ip.IsLoopback() || host == "localhost" {
		where = "for this machine alone"
	}
	p.sayf("address", fine, "", "by these settings the server listens at port %s, %s", port, where)
}

// checkLimits shows what strangers and members may use up, by these settings.
func (p *patient) checkLimits() {
	limits, err := p.app.Limits.limits()
	if err != nil {
		p.say("limits", broken, err.Error(), "mend [limits] in the settings file")
		return
	}
	var rows []string
	for _, row := range limits.Rows() {
		rows = append(rows, row[0]+" "+cmp.Or(row[1], "none"))
	}
	p.say("limits", fine, strings.Join(rows, ", "), "")
}

// quoted makes a path one that can be pasted into a shell.
func quoted(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }
