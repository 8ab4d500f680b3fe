//go:build e2e

package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pane is a window of tmux with a program in it.
type pane struct {
	e      *e2e
	socket string
}

// open runs a command in a terminal of its own.
func (e *e2e) open(name string, command ...string) *pane {
	e.t.Helper()
	p := &pane{e, e.path(name + ".tmux")}
	quoted := make([]string, len(command))
	for i, c := range command {
		quoted[i] = "'" + strings.ReplaceAll(c, "'", `'\''`) + "'"
	}
	p.tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "exec "+strings.Join(quoted, " "), ";",
		"set-option", "-g", "remain-on-exit", "on")
	e.t.Cleanup(func() { _ = exec.Command("tmux", "-S", p.socket, "kill-server").Run() }) // it may be gone
	return p
}

func (p *pane) tmux(args ...string) string {
	p.e.t.Helper()
	return p.e.must(exec.Command("tmux", append([]string{"-S", p.socket}, args...)...))
}

func (p *pane) screen() string { return p.tmux("capture-pane", "-p") }

func (p *pane) expect(text string) {
	p.e.t.Helper()
	if err := waitFor(func() error {
		if !strings.Contains(flat(p.screen()), flat(text)) {
			return os.ErrNotExist
		}
		return nil
	}); err != nil {
		p.e.t.Fatalf("%q is not on the screen:\n%s\nserver:\n%s", text, framed(p.screen()), p.e.read(p.e.log))
	}
}

// keys presses keys by tmux's names for them, no quicker than a hand.
func (p *pane) keys(names ...string) {
	p.e.t.Helper()
	for _, name := range names {
		p.tmux("send-keys", name)
		<-time.After(keyPace)
	}
}

func (p *pane) write(text string) {
	p.e.t.Helper()
	for _, r := range text {
		p.tmux("send-keys", "-l", string(r))
		<-time.After(keyPace)
	}
}

// ended waits until the program in the pane is gone.
func (p *pane) ended() {
	p.e.t.Helper()
	p.e.await("the program in the terminal ends", func() bool { return strings.TrimSpace(p.tmux("display-message", "-p", "#{pane_dead}")) == "1" })
}

// kill ends the program in the pane as kill -9 does.
func (p *pane) kill() {
	p.e.t.Helper()
	pid := strings.TrimSpace(p.tmux("display-message", "-p", "#{pane_pid}"))
	p.e.must(exec.Command("kill", "-9", pid))
	p.ended()
}

// screen opens the screens as the owner of key.
func (e *e2e) screen(name, key string, more ...string) *pane {
	e.t.Helper()
	return e.open(name, append(append([]string{"ssh"}, e.options(append(with(key), more...)...)...), "127.0.0.1")...)
}

func TestE2EScreens(t *testing.T) {
	e := newE2E(t)
	jonas := e.coach("ed25519")
	code := e.invite("--role", "client", "--handle", "anna", "--name", "Anna Klein", "--with", "jonas")

	// Anna joins at the prompt, in a terminal, and mistypes the code once.
	annaKey := e.keygen("anna", "ed25519")
	join := append(append([]string{"ssh"}, e.options(with(annaKey)...)...), "join@127.0.0.1")
	anna := e.open("anna", join...)
	anna.expect("Invitation code")
	anna.write("AAAA-BBBB")
	anna.keys("Enter")
	anna.expect("not right")
	anna.write(code)
	anna.keys("Enter")
	anna.expect("Hello Anna")
	if strings.Contains(anna.screen(), code) {
		t.Error("the code shows on the screen")
	}

	// They write to each other.
	opened := e.ssh(jonas, "jonas", "new", "'The tax letter'", "--with", "anna")
	opened.Stdin = strings.NewReader("How did the two-minute start feel?")
	e.must(opened)
	anna.expect("The tax letter")
	anna.keys("1")
	anna.expect("end of thread")
	anna.expect("How did the two-minute start feel?")
	coach := e.screen("jonas", jonas)
	coach.expect("The tax letter")
	coach.keys("1")
	coach.expect("end of thread")
	anna.write("Better than I thought.")
	anna.keys("C-s")
	coach.expect("Better than I thought.")

	// What was typed when the client was killed is there again.
	anna.write("And next week I")
	anna.expect("And next week I")
	anna.kill()
	again := e.screen("again", annaKey)
	again.expect("The tax letter")
	again.keys("1")
	again.expect("And next week I")
}

// TestE2EDisabledEndsWithinASecond holds the promise by the clock of who is shut out, from when the operator was answered.
// The kernel and two busy cores may take as much again to end ssh and tell us.
func TestE2EDisabledEndsWithinASecond(t *testing.T) {
	const promised, loaded = time.Second, time.Second
	e := newE2E(t)
	key := e.coach("ed25519")
	args := append(append([]string{"-tt"}, e.options(with(key)...)...), "127.0.0.1")
	live := exec.Command("ssh", args...)
	stdin, err := live.StdinPipe() // stays open, so that ssh does not end by itself
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	before := strings.Count(e.read(e.log), `msg="signed in"`)
	if err := live.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan time.Time, 1)
	go func() { _ = live.Wait(); ended <- time.Now() }() // how it ends is for the server to say
	e.await("the session is there", func() bool { return strings.Count(e.read(e.log), `msg="signed in"`) > before })
	e.alcove("person", "disable", "jonas")
	answered := time.Now()
	select {
	case at := <-ended:
		if took := at.Sub(answered); took > promised+loaded {
			t.Errorf("the session ended %v after the answer", took)
		}
	case <-time.After(patience):
		_ = live.Process.Kill()
		t.Fatal("the session of a disabled person goes on")
	}
}

// TestE2ENothingIsLeft ends sessions in every way and looks whether the server still works for them.
func TestE2ENothingIsLeft(t *testing.T) {
	e := newE2E(t)
	key := e.coach("ed25519")
	for name, end := range map[string]func(*pane){
		"quit":          func(p *pane) { p.keys("q"); p.ended() },
		"tilde dot":     func(p *pane) { p.keys("Enter", "~", "."); p.ended() },
		"kill":          func(p *pane) { p.kill() },
		"terminal gone": func(p *pane) { p.tmux("kill-server") },
		"window resized": func(p *pane) {
			p.tmux("resize-window", "-x", "40", "-y", "20")
			p.expect("Hello Jonas")
			p.keys("q")
			p.ended()
		},
	} {
		before := strings.Count(e.read(e.log), `msg="signed out"`)
		p := e.screen(strings.ReplaceAll(name, " ", "-"), key)
		p.expect("Hello Jonas")
		end(p)
		e.await(name+": the server lets go of the connection", func() bool {
			return strings.Count(e.read(e.log), `msg="signed out"`) > before
		})
	}
	e.awaitIdle()
}

// TestE2EWindowClosedOnAKeptConnection: with ControlMaster the connection outlives its session, which must leave nothing.
func TestE2EWindowClosedOnAKeptConnection(t *testing.T) {
	e := newE2E(t)
	key := e.coach("ed25519")
	socket := e.path("mux")
	master := e.screen("master", key, "-M", "-S", socket, "-N")
	e.await("the master connection stands", func() bool { _, err := os.Stat(socket); return err == nil })
	for _, guest := range []string{"one", "two", "three"} {
		p := e.open(guest, append(append([]string{"ssh"}, e.options("-S", socket)...), "127.0.0.1")...)
		p.expect("Hello Jonas")
		p.kill()
		p.tmux("kill-server")
	}
	e.must(exec.Command("ssh", e.options("-S", socket, "-O", "check", "127.0.0.1")...))
	e.awaitIdle()
	if out := e.must(exec.Command("ssh", append(e.options("-S", socket), "127.0.0.1", "whoami")...)); !strings.Contains(out, "Jonas Weber") {
		t.Errorf("on the kept connection, whoami says %q", out)
	}
	master.kill()
	e.awaitIdle()
}

// awaitIdle waits for two seconds in which the server uses next to no processor time. A loop that spins uses all of them.
func (e *e2e) awaitIdle() {
	e.t.Helper()
	const span, most = 2 * time.Second, 10 // hundredths of a second
	e.await("the server is idle", func() bool {
		before := e.ticks()
		<-time.After(span)
		return e.ticks()-before <= most
	})
}

// ticks is the processor time that the server has used, in hundredths of a second.
func (e *e2e) ticks() int {
	e.t.Helper()
	stat := e.read("/proc/" + strconv.Itoa(e.pid) + "/stat")
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		e.t.Fatal(err)
	}
	system, err := strconv.Atoi(fields[12])
	if err != nil {
		e.t.Fatal(err)
	}
	return user + system
}
