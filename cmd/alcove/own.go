package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

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

// serveCommandLine serves a practice on a free port of loopback, in a process of its own.
func serveCommandLine(ctx context.Context, data, config string) (*exec.Cmd, error) {
	return ownCommand(ctx, "serve", "--config", config, "--data", data, "--listen", "127.0.0.1:0", "--host", "127.0.0.1")
}
