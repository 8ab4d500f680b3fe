package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
	_ "modernc.org/sqlite" // the engine itself is asked for its version
)

// versionInfo is what 'alcove version --json' prints. Fields are added, never renamed.
type versionInfo struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	SQLite   string `json:"sqlite"`
	Revision string `json:"revision"` // of the source, empty if unknown
	Time     string `json:"time"`     // of the revision, RFC 3339, empty if unknown
	Modified bool   `json:"modified"` // the source had changes beside the revision
	Platform string `json:"platform"`
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the versions of Alcove, Go and SQLite, and the source's revision",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := buildVersion()
			var err error
			if v.SQLite, err = sqliteVersion(cmd.Context()); err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(v)
			}
			v.print(a.stdout)
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func buildVersion() versionInfo {
	v := versionInfo{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func sqliteVersion(ctx context.Context) (string, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return "", fmt.Errorf("open SQLite: %w", err)
	}
	defer db.Close()
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return "", fmt.Errorf("ask SQLite for its version: %w", err)
	}
	return version, nil
}

func (v versionInfo) print(w io.Writer) {
	revision := v.Revision
	switch {
	case revision == "":
		revision = "unknown"
	case v.Modified:
		revision += ", with changes"
	}
	fmt.Fprintf(w, "alcove   %s\nrevision %s\ngo       %s\nsqlite   %s\nplatform %s\n", v.Version, revision, v.Go, v.SQLite, v.Platform)
}
