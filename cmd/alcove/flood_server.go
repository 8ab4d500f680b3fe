package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// floodServer is "alcove serve" in a process of its own, so that its memory is nobody else's.
type floodServer struct {
	cmd  *exec.Cmd
	addr string
	read chan struct{} // closed when its log has ended
}

// ownCommand is a command line of this program. Settings of the environment are the operator's own practice, so it has none.
func ownCommand(ctx context.Context, args ...string) (*exec.Cmd, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // this very program
	cmd.Args[0] = os.Args[0]
	cmd.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "ALCOVE_") })
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// startFloodServer serves the practice with the usual limits, but that loopback is as strange as anywhere.
func startFloodServer(ctx context.Context, dir, data string) (*floodServer, error) {
	config := filepath.Join(dir, "settings.toml")
	if err := os.WriteFile(config, []byte("[limits]\nexempt = []\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write the settings: %w", err)
	}
	cmd, err := ownCommand(ctx, "serve", "--config", config, "--data", data, "--listen", "127.0.0.1:0", "--host", "127.0.0.1")
	if err != nil {
		return nil, err
	}
	cmd.Stderr = nil
	log, err := cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	s := &floodServer{cmd: cmd, read: make(chan struct{})}
	lines := bufio.NewReader(log)
	var said strings.Builder
	for s.addr == "" {
		line, err := lines.ReadString('\n')
		said.WriteString(line)
		if err != nil {
			return nil, fmt.Errorf("the server did not start: %w\n%s", errors.Join(err, cmd.Wait()), said.String())
		}
		if _, rest, ok := strings.Cut(line, "msg=serving address="); ok {
			s.addr, _, _ = strings.Cut(rest, " ")
		}
	}
	go func() { // a server whose log is not read would stand still
		defer close(s.read)
		_, _ = io.Copy(io.Discard, lines) // it ends with the server
	}()
	return s, nil
}

// memory is what the server's process has of the machine's memory now, and what it had at most since it was asked before.
func (s *floodServer) memory() (now, most int64, err error) {
	folder := filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid))
	status, err := os.ReadFile(filepath.Join(folder, "status"))
	if err != nil {
		return 0, 0, fmt.Errorf("read the server's memory, which works on Linux only: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		var into *int64
		switch {
		case strings.HasPrefix(line, "VmRSS:"):
			into = &now
		case strings.HasPrefix(line, "VmHWM:"):
			into = &most
		default:
			continue
		}
		kilo, err := strconv.ParseInt(strings.Fields(line)[1], 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("read the server's memory: %w", err)
		}
		*into = kilo << 10
	}
	if err := os.WriteFile(filepath.Join(folder, "clear_refs"), []byte("5"), 0); err != nil { // see proc(5)
		return 0, 0, fmt.Errorf("begin to measure the server's memory: %w", err)
	}
	return now, most, nil
}

// stop ends the server as its operator would.
func (s *floodServer) stop() error {
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.read
	if err := errors.Join(err, s.cmd.Wait()); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	return nil
}
