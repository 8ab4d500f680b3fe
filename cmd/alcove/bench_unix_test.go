//go:build unix

package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestBenchInterrupted holds that a bench that is cut off takes its servers and its folder with it.
func TestBenchInterrupted(t *testing.T) {
	scratch := t.TempDir()
	path, err := os.Executable()
	must(t, err)
	cmd := exec.Command(path, "bench", "typing", "--sessions", "4", "--for", "10m")
	cmd.Args[0] = "alcove" // see TestMain
	cmd.Env = append(os.Environ(), "TMPDIR="+scratch)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stderr, err := cmd.StderrPipe()
	must(t, err)
	must(t, cmd.Start())
	said := bufio.NewReader(stderr)
	for line := ""; !strings.Contains(line, "round 1"); {
		line, err = said.ReadString('\n')
		must(t, err)
	}
	must(t, cmd.Process.Signal(syscall.SIGTERM)) // to it alone, as an operator's kill does
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitFailed {
		t.Errorf("it ends with %v", err)
	}
	if err := syscall.Kill(-cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("of its processes some run on: %v", err)
	}
	left, err := os.ReadDir(scratch)
	must(t, err)
	if len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}
