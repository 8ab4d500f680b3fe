package bench

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is a server in a process of its own, so that its memory and its time are nobody else's.
type Process struct {
	Addr string

	cmd  *exec.Cmd
	read chan struct{} // closed when its log has ended
}

// Start runs a command that serves, and returns when its log on stderr has said where.
func Start(cmd *exec.Cmd) (*Process, error) {
	cmd.Stderr = nil
	log, err := cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	p := &Process{cmd: cmd, read: make(chan struct{})}
	lines := bufio.NewReader(log)
	var said strings.Builder
	for p.Addr == "" {
		line, err := lines.ReadString('\n')
		said.WriteString(line)
		if err != nil {
			return nil, fmt.Errorf("the server did not start: %w\n%s", errors.Join(err, cmd.Wait()), said.String())
		}
		if _, rest, ok := strings.Cut(line, "msg=serving address="); ok {
			p.Addr, _, _ = strings.Cut(strings.TrimSpace(rest), " ")
		}
	}
	go func() { // a server whose log is not read would stand still
		defer close(p.read)
		_, _ = io.Copy(io.Discard, lines) // it ends with the server
	}()
	return p, nil
}

// Memory is what the process has of the machine's memory now, and what it had at most since it was asked before, in bytes.
// Elsewhere than on Linux it is an error.
func (p *Process) Memory() (now, most int64, err error) {
	folder := p.folder()
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

// CPU is the processor time that the threads of the process have used. Elsewhere than on Linux it is an error.
func (p *Process) CPU() (time.Duration, error) {
	files, err := filepath.Glob(filepath.Join(p.folder(), "task", "*", "schedstat")) // finer than the hundredths of stat
	if err == nil && len(files) == 0 {
		err = errors.ErrUnsupported
	}
	if err != nil {
		return 0, fmt.Errorf("read the server's processor time, which works on Linux only: %w", err)
	}
	var all time.Duration
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // the thread has ended
		}
		if err != nil {
			return 0, fmt.Errorf("read the server's processor time: %w", err)
		}
		spent, _, _ := strings.Cut(string(text), " ")
		nanos, err := strconv.ParseInt(spent, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the server's processor time: %w", err)
		}
		all += time.Duration(nanos)
	}
	return all, nil
}

func (p *Process) folder() string { return filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid)) }

// Stop ends the server as its operator would.
func (p *Process) Stop() error {
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil // how it ended, Wait says
	}
	<-p.read
	if err := errors.Join(err, p.cmd.Wait()); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	return nil
}
