package main

import "fmt"

// ownFiles is how many files the server has open for itself at most, beside one for each connection: the database by all its
// readers, its log, the sockets, a backup.
const ownFiles = 100

// checkFiles wants room for as many connections as the limits allow. Each is an open file, and a server that has no more of them
// lets nobody in until somebody leaves.
func (p *patient) checkFiles() {
	limits, err := p.app.Limits.limits()
	if err != nil || p.files == 0 {
		return // checkLimits said so, or there is no limit
	}
	need := uint64(limits.Members + limits.Strangers + ownFiles)
	if p.files < need {
		p.sayf("open files", warning, fmt.Sprintf("LimitNOFILE=%d in the unit of systemd, or ulimit -n %d before the server; or a lower members in [limits]", need, need),
			"a server may have %d open here, and by the limits up to %d connections come at once, each of them one; who comes when there is none "+
				"left has to wait", p.files, limits.Members+limits.Strangers)
		return
	}
	p.sayf("open files", fine, "", "room for %d, and by the limits there are never more than %d", p.files, need)
}
