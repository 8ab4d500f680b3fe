//go:build e2e

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// The tests behind the tag e2e use what members use: the OpenSSH client, its agent, and a terminal (tmux); in
// e2e_clients_test.go other clients. They fail, and never skip, where one of them is missing; .ci/run installs them.

// e2e is a practice with a running server, and the folder that the tools of one test use.
type e2e struct {
	t    *testing.T
	dir  string
	port string
	pid  int
	log  string
}

func newE2E(t *testing.T) *e2e {
	t.Helper()
	for _, tool := range []string{"ssh", "ssh-keygen", "ssh-agent", "ssh-add", "tmux"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is needed: %v", tool, err)
		}
	}
	dir, err := os.MkdirTemp("", "e2e") // t.TempDir is too long for the sockets of ssh and tmux
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	e := &e2e{t: t, dir: dir, log: filepath.Join(dir, "server.log")}
	e.alcove("init")
	e.serve()
	e.knowHost()
	return e
}

func (e *e2e) path(name string) string { return filepath.Join(e.dir, name) }

func (e *e2e) alcove(args ...string) string {
	e.t.Helper()
	return e.must(exec.Command("alcove", append(args, "--data", e.path("data"))...))
}

// must runs a command that has to succeed and answers its stdout.
func (e *e2e) must(cmd *exec.Cmd) string {
	e.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		e.t.Fatalf("%s: %v\n%s%s\nserver:\n%s", cmd, err, stdout.String(), stderr.String(), e.read(e.log))
	}
	return stdout.String()
}

func (e *e2e) read(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		e.t.Fatal(err)
	}
	return string(data)
}

func (e *e2e) serve() {
	e.t.Helper()
	log, err := os.Create(e.log)
	if err != nil {
		e.t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command("alcove", "serve", "--data", e.path("data"), "--listen", "127.0.0.1:0", "--host", "127.0.0.1")
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	e.pid = cmd.Process.Pid
	e.t.Cleanup(func() {
		if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
			e.t.Errorf("stop the server: %v\n%s", err, e.read(e.log))
		}
	})
	e.await("the server listens", func() bool { e.port = listeningOn(e.read(e.log)); return e.port != "" })
}

func (e *e2e) await(what string, ok func() bool) {
	e.t.Helper()
	if waitFor(func() error {
		if !ok() {
			return errors.New("not yet")
		}
		return nil
	}) != nil {
		e.t.Fatalf("not in time: %s\nserver:\n%s", what, e.read(e.log))
	}
}

// knowHost writes the server's key into known_hosts, so that ssh checks it strictly.
func (e *e2e) knowHost() {
	e.t.Helper()
	key, err := ssh.ParsePrivateKey([]byte(e.read(filepath.Join(e.path("data"), hostKeyName))))
	if err != nil {
		e.t.Fatal(err)
	}
	line := fmt.Sprintf("[127.0.0.1]:%s %s", e.port, ssh.MarshalAuthorizedKey(key.PublicKey()))
	if err := os.WriteFile(e.path("known_hosts"), []byte(line), 0o600); err != nil {
		e.t.Fatal(err)
	}
}

// invite makes an account and answers its code.
func (e *e2e) invite(args ...string) string {
	e.t.Helper()
	var inv invited
	if err := json.Unmarshal([]byte(e.alcove(append([]string{"invite", "--json"}, args...)...)), &inv); err != nil {
		e.t.Fatal(err)
	}
	return inv.Code
}

// keygen makes a key of a type and answers its file.
func (e *e2e) keygen(name, kind string) string {
	e.t.Helper()
	args := []string{"-q", "-t", kind, "-N", "", "-C", name, "-f", e.path(name)}
	if kind == "rsa" {
		args = append(args, "-b", "3072")
	}
	e.must(exec.Command("ssh-keygen", args...))
	return e.path(name)
}

// options are the ssh options that keep the machine's own settings out.
func (e *e2e) options(more ...string) []string {
	options := []string{
		"-F", "/dev/null", "-p", e.port, "-o", "UserKnownHostsFile=" + e.path("known_hosts"), "-o", "GlobalKnownHostsFile=/dev/null",
		"-o", "StrictHostKeyChecking=yes",
	}
	return append(options, more...)
}

// with signs in with one key file, and no agent.
func with(key string) []string {
	return []string{"-i", key, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"}
}

// ssh runs a command as the owner of key.
func (e *e2e) ssh(key, user string, command ...string) *exec.Cmd {
	args := append(e.options(with(key)...), user+"@127.0.0.1")
	return exec.Command("ssh", append(args, command...)...)
}

// join redeems a code with the real prompt, answered by the askpass program, and runs whoami.
func (e *e2e) join(key, code string) string {
	e.t.Helper()
	askpass := e.path("askpass")
	if err := os.WriteFile(askpass, []byte("#!/bin/sh\ncat '"+e.path("code")+"'\n"), 0o700); err != nil {
		e.t.Fatal(err)
	}
	if err := os.WriteFile(e.path("code"), []byte(code+"\n"), 0o600); err != nil {
		e.t.Fatal(err)
	}
	cmd := e.ssh(key, "join", "whoami")
	cmd.Env = append(os.Environ(), "SSH_ASKPASS="+askpass, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:none")
	return e.must(cmd)
}

// coach joins as Jonas, with a key of the kind, and answers its file.
func (e *e2e) coach(kind string) string {
	e.t.Helper()
	code := e.invite("--role", "coach", "--handle", "jonas", "--name", "Jonas Weber")
	key := e.keygen("jonas-"+kind, kind)
	if out := e.join(key, code); !strings.Contains(out, "Jonas Weber") {
		e.t.Fatalf("whoami says %q", out)
	}
	return key
}

func TestE2EJoinWithEveryKindOfKey(t *testing.T) {
	e := newE2E(t)
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		key := e.coach(kind)
		if out := e.must(e.ssh(key, "anybody", "whoami")); !strings.Contains(out, "Jonas Weber") {
			t.Errorf("%s: whoami says %q", kind, out)
		}
	}
}

func TestE2EEveryCommand(t *testing.T) {
	e := newE2E(t)
	key := e.coach("ed25519")
	run := func(stdin string, command ...string) string {
		t.Helper()
		cmd := e.ssh(key, "jonas", command...)
		cmd.Stdin = strings.NewReader(stdin)
		return e.must(cmd)
	}
	number := strings.TrimSpace(run("First line.\n", "new", "'The tax letter'"))
	if _, err := strconv.Atoi(number); err != nil {
		t.Fatalf("new printed %q", number)
	}
	run("Second line, with ä.\n", "write", number)
	for _, c := range []struct {
		command []string
		want    string
	}{
		{[]string{"help"}, "whoami"},
		{[]string{"whoami"}, "Jonas Weber"},
		{[]string{"threads"}, "The tax letter"},
		{[]string{"threads", "--json"}, `"title"`},
		{[]string{"read", number}, "Second line, with ä."},
		{[]string{"read", number, "--json"}, "First line."},
		{[]string{"search", "second"}, "Second line"},
		{[]string{"search", "second", "--json"}, number},
		{[]string{"export"}, "First line."},
		{[]string{"export", "--format", "json"}, "First line."},
		{[]string{"keys"}, "SHA256:"},
	} {
		if out := run("", c.command...); !strings.Contains(out, c.want) {
			t.Errorf("%v: no %q in\n%s", c.command, c.want, out)
		}
	}

	if out := run("quit\n", "linear"); !strings.Contains(out, "Hello Jonas") {
		t.Errorf("linear says %q", out)
	}

	other := e.keygen("second", "ed25519")
	run(e.read(other+".pub"), "keys", "add")
	if out := e.must(e.ssh(other, "jonas", "whoami")); !strings.Contains(out, "Jonas Weber") {
		t.Errorf("with the added key, whoami says %q", out)
	}
	fingerprint := strings.Fields(e.must(exec.Command("ssh-keygen", "-lf", other+".pub")))[1]
	run("", "keys", "remove", fingerprint)
	if err := e.ssh(other, "jonas", "whoami").Run(); err == nil {
		t.Error("the removed key still signs in")
	}
	var exit *exec.ExitError
	if err := e.ssh(key, "jonas", "frobnicate").Run(); !errors.As(err, &exit) || exit.ExitCode() != exitUsage {
		t.Errorf("an unknown verb: %v", err)
	}
}

// TestE2EAgentWithFiveKeys signs in with an agent that offers three strange keys before the right one.
func TestE2EAgentWithFiveKeys(t *testing.T) {
	e := newE2E(t)
	right := e.coach("ed25519")
	socket := e.path("agent.sock")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = agent.Process.Kill() // it does not end by itself
		_ = agent.Wait()
	})
	e.await("the agent listens", func() bool { _, err := os.Stat(socket); return err == nil })
	for i := range 5 {
		key := right
		if i != 3 {
			key = e.keygen(fmt.Sprintf("strange%d", i), "ed25519")
		}
		add := exec.Command("ssh-add", "-q", key)
		add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
		e.must(add)
	}
	args := append(e.options("-o", "IdentityAgent="+socket, "-o", "IdentityFile=none"), "127.0.0.1", "whoami")
	if out := e.must(exec.Command("ssh", args...)); !strings.Contains(out, "Jonas Weber") {
		t.Errorf("whoami says %q", out)
	}
}

// TestE2EStoppedTwice: whoever presses twice wants it gone. Whichever signal finds the server still there, what was written
// is there afterwards, and nothing stands in the way of the next start.
func TestE2EStoppedTwice(t *testing.T) {
	e := newE2E(t)
	data := e.path("twice")
	e.must(exec.Command("alcove", "init", "--data", data))
	for range 3 {
		var log bytes.Buffer
		server := exec.Command("alcove", "serve", "--data", data, "--listen", "127.0.0.1:0")
		server.Stderr = &log
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		e.await("the server answers", func() bool { _, err := os.Stat(filepath.Join(data, controlName)); return err == nil })
		e.must(exec.Command("alcove", "person", "list", "--data", data))
		began := time.Now()
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		_ = server.Process.Signal(syscall.SIGTERM) // it may be gone already
		err := server.Wait()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM) {
			t.Errorf("it ended with %v\n%s", err, log.String())
		}
		if took := time.Since(began); took > stopWithin {
			t.Errorf("it took %v", took)
		}
		e.must(exec.Command("alcove", "person", "list", "--data", data))
		if err := os.Remove(filepath.Join(data, controlName)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}
