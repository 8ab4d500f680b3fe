package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"alcove/cmd/alcove/bench"
)

// startFloodServer serves the practice with the usual limits, but that loopback is as strange as anywhere.
func startFloodServer(ctx context.Context, dir, data string) (*bench.Process, error) {
	config := filepath.Join(dir, "settings.toml")
	if err := os.WriteFile(config, []byte("[limits]\nexempt = []\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write the settings: %w", err)
	}
	cmd, err := serveCommandLine(ctx, data, config)
	if err != nil {
		return nil, err
	}
	return bench.Start(cmd)
}
