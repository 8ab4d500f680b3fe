package sshserver

import (
	"context"
	"fmt"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
)

// Every command for everybody; store/access_test.go has the verbs behind them. All come on connections that were there before
// their account, their key or their membership went.

// roles of the scene: who may read the thread between anna and jonas, who else is signed in, and who is not any more.
var (
	readers   = []string{"anna", "jonas"}
	signedIn  = []string{"piet", "fred", "stan", "carla"} // a client of the same coach, a former member, of nobody, another coach
	signedOut = []string{"dora", "kira", "ezra"}          // members: disabled, without their key, erased
)

// commandRow is how a command is tried: line with %d for the thread. others is the exit code of those who are signed in and
// cannot read the thread, own that of its readers.
type commandRow struct {
	line, stdin string
	own, others int
	tells       string // what readers find in the output
}

var commandRows = map[string][]commandRow{
	"help":    {{line: "help", tells: "threads"}},
	"whoami":  {{line: "whoami", tells: "SHA256:"}, {line: "whoami --json", tells: "handle"}},
	"threads": {{line: "threads", tells: "canary-title"}, {line: "threads --json", tells: "canary-title"}},
	"new":     {{line: "new Mine --with dora", own: exitFailed, others: exitFailed}, {line: "new Mine --with stan --with anna", own: exitFailed, others: exitFailed}},
	"read": {
		{line: "read %d", others: exitFailed, tells: "canary-text"}, {line: "read %d --json", others: exitFailed, tells: "canary-text"},
		{line: "read %d --since 2020-01-01", others: exitFailed, tells: "canary-text"},
	},
	"write":  {{line: "write %d", stdin: "words", others: exitFailed}},
	"search": {{line: "search canary", tells: "canary-text"}, {line: "search --json canary", tells: "canary-title"}},
	"export": {{line: "export", tells: "canary-text"}, {line: "export --format json", tells: "canary-title"}},
	"keys":   {{line: "keys", tells: "SHA256:"}, {line: "keys remove KEY", own: exitFailed, others: exitFailed}},
	"linear": {{line: "linear", stdin: "1\nquit\n", tells: "canary-text"}},
}

func TestEveryCommandForEverybody(t *testing.T) {
	p := newPractice(t)
	ctx, op := context.Background(), p.store.Operator()
	p.join("carla", store.RoleCoach, "Carla")
	p.join("stan", store.RoleClient, "Stan")
	members := append([]string{"fred", "anna"}, signedOut...)
	for _, who := range append([]string{"fred"}, signedOut...) {
		p.join(who, store.RoleClient, "A Member", "jonas")
	}
	th, err := p.as("jonas").NewThread(ctx, "canary-title", members, "canary-text")
	must(t, err)
	clients := map[string]*gossh.Client{}
	for _, all := range [][]string{readers, signedIn, signedOut} {
		for _, who := range all {
			clients[who] = p.client(who)
		}
	}
	must(t, p.as("fred").Leave(ctx, th.Number))
	must(t, op.Disable(ctx, "dora"))
	p.loseKey("kira")
	_, err = op.ErasePerson(ctx, "ezra")
	must(t, err)
	keys, err := p.as("carla").Keys(ctx)
	must(t, err)

	for _, cmd := range p.server.commands() {
		rows, ok := commandRows[cmd.verb]
		if !ok {
			t.Errorf("no row for the command %s: say how it is called and what it answers to whom", cmd.verb)
			continue
		}
		for _, row := range rows {
			line := strings.ReplaceAll(row.line, "KEY", keys[0].Fingerprint)
			if strings.Contains(line, "%d") {
				line = fmt.Sprintf(line, th.Number)
			}
			try := func(who string) result { return runOn(t, clients[who], line, row.stdin) }
			for _, who := range readers {
				if r := try(who); r.code != row.own || !strings.Contains(r.out, row.tells) || (r.code != exitOK) != (r.out == "") {
					t.Errorf("%s, %s: %+v", line, who, r)
				}
			}
			for _, who := range signedIn {
				code := row.others
				if line == "keys remove "+keys[0].Fingerprint && who == "carla" {
					code = exitFailed // it is their last
				}
				if r := try(who); r.code != code || strings.Contains(r.out+r.err, "canary-t") || (r.code != exitOK && r.out != "") {
					t.Errorf("%s, %s, who is not in the thread: %+v", line, who, r)
				}
			}
			for _, who := range signedOut {
				if r := try(who); r.code != exitFailed || r.out != "" || !strings.Contains(r.err, "You have been signed out") {
					t.Errorf("%s, %s, who is signed out: %+v", line, who, r)
				}
			}
		}
	}
}

// loseKey takes away the key that somebody came with; another one of theirs stays.
func (p *practice) loseKey(handle string) {
	p.t.Helper()
	ctx := context.Background()
	other := publicKey(newKey(p.t))
	must(p.t, p.as(handle).AddKey(ctx, other))
	who, err := p.store.ConfirmKey(ctx, handle, other.Blob)
	must(p.t, err)
	must(p.t, p.store.As(who).RemoveKey(ctx, gossh.FingerprintSHA256(p.keys[handle].PublicKey())))
}
