package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"alcove/store"
)

func newTestApp(env map[string]string) *app {
	return &app{
		stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}, now: time.Now,
		getenv: func(name string) string { return env[name] },
		environ: func() (all []string) {
			for name, value := range env {
				all = append(all, name+"="+value)
			}
			return all
		},
	}
}

// TestSettings holds what beats what, for a setting with a dash in its name.
func TestSettings(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "alcove.toml")
	if err := os.WriteFile(file, []byte(`key-file = "file"`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		"default":                  {want: ""},
		"file":                     {args: []string{"--config", file}, want: "file"},
		"file by environment":      {env: map[string]string{"ALCOVE_CONFIG": file}, want: "file"},
		"environment over file":    {args: []string{"--config", file}, env: map[string]string{"ALCOVE_KEY_FILE": "env"}, want: "env"},
		"empty environment":        {args: []string{"--config", file}, env: map[string]string{"ALCOVE_KEY_FILE": ""}, want: "file"},
		"flag over environment":    {args: []string{"--key-file", "flag"}, env: map[string]string{"ALCOVE_KEY_FILE": "env"}, want: "flag"},
		"empty flag over all else": {args: []string{"--config", file, "--key-file", ""}, env: map[string]string{"ALCOVE_KEY_FILE": "env"}, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newTestApp(c.env)
			ran := false
			root := a.rootCommand()
			cmd := &cobra.Command{Use: "try", RunE: func(*cobra.Command, []string) error { ran = true; return nil }}
			a.dataFlags(cmd)
			root.AddCommand(cmd)
			root.SetArgs(append([]string{"try"}, c.args...))
			if err := root.Execute(); err != nil || !ran {
				t.Fatalf("ran %v, %v", ran, err)
			}
			if a.KeyFile != c.want {
				t.Errorf("key file %q, want %q", a.KeyFile, c.want)
			}
		})
	}
}

// TestEverySettingHasItsFlag holds the struct and the switch over its flags together.
func TestEverySettingHasItsFlag(t *testing.T) {
	t.Parallel()
	var s settings
	fields := reflect.TypeOf(s)
	for i := range fields.NumField() {
		name := fields.Field(i).Tag.Get("toml")
		if kind := fields.Field(i).Type.Kind(); name == "-" || kind == reflect.Struct || kind == reflect.Map { // a table, which has no flag
			continue
		}
		if value := s.value(name); value != reflect.ValueOf(&s).Elem().Field(i).Addr().Interface() {
			t.Errorf("the flag %s is not bound to its field", name)
		}
	}
}

func TestConfigRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":   {"listen = ':1'\nfrob = 1\n", `line 2: there is no setting "frob"`},
		"unknown table": {"[server]\nlisten = ':1'\n", `line 1: there is no setting "server"`},
		"not TOML":      {"listen\n", "line 1:"},
		"not a text":    {"listen = 2222\n", "line 1:"},

		"unknown key of a table":   {"[backup]\nfolder = '/b'\nfrob = 1\n", `line 3: there is no setting "backup.frob"`},
		"a number that is none":    {"[backup]\nfolder = '/b'\nkeep = 'all'\n", "line 3: backup.keep needs a whole number"},
		"a text that is none":      {"[backup]\nfolder = 1\n", "line 2: backup.folder needs a text"},
		"a table that is none":     {"backup = '/b'\n", "line 1: backup needs to be a table"},
		"no interval":              {"[backup]\nfolder = '/b'\ninterval = 'daily'\n", `backup.interval "daily" is not a time like 24h`},
		"a very short interval":    {"[backup]\nfolder = '/b'\ninterval = '1s'\n", "a minute or more"},
		"no backup to be kept":     {"[backup]\nfolder = '/b'\nkeep = 0\n", "backup.keep 0 must be 1 or more"},
		"an unknown limit":         {"[limits]\nfrob = 1\n", `limit: there is none named "frob"`},
		"a limit that is no time":  {"[limits]\nhello = 20\n", `limit hello: "20" is not a time`},
		"a limit that is no count": {"[limits]\nstrangers = 1.5\n", `limit strangers: "1.5" is not a number`},
		"nothing to be kept":       {"[limits]\nstored = 0\n", `limit stored: "0" is not a number from 1`},
		"a pace that is no count":  {"[limits]\nentries-per-minute = '1m'\n", `limit entries-per-minute: "1m" is not a number`},
		"limits at odds":           {"[limits]\nkept = 600\n", "kept must be less than strangers"},
		"no room for names":        {"[memory]\nnames = 0\n", "memory.names 0 is not a number of MiB from 1 to 1024"},
		"no room for searches":     {"[memory]\nsearches = 2000\n", "memory.searches 2000 is not a number of MiB from 1 to 1024"},
		"room that is no count":    {"[memory]\nnames = '8M'\n", "line 2: memory.names needs a whole number"},
		"memory that is no table":  {"memory = 8\n", "line 1: memory needs to be a table"},
		"limits that are no table": {"limits = 'all'\n", "line 1: limits needs to be a table"},
		"an interval, but no more": {"[backup]\ninterval = '1h'\n", "backup.folder is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "a.toml")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := readConfig(file)
			var usage usageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want a usage error with %q", err, c.want)
			}
		})
	}
}

func TestLimitsFromTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.toml")
	const text = "[limits]\nhello = '5s'\nstrangers = 300\nstored = 2\nentries-per-minute = 7\nexempt = []\nproxies = ['192.0.2.1', '2001:db8::/32']\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := readConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	limits, err := s.Limits.limits()
	if err != nil {
		t.Fatal(err)
	}
	if caps, err := s.Limits.caps(); err != nil || caps != (store.Caps{Stored: 2 << 20, PerMinute: 7}) {
		t.Errorf("caps %+v, %v", caps, err)
	}
	got := map[string]string{}
	for _, row := range limits.Rows() {
		got[row[0]] = row[1]
	}
	for name, want := range map[string]string{
		"hello": "5s", "strangers": "300", "exempt": "", "proxies": "192.0.2.1/32, 2001:db8::/32", "kept": "256",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

func TestPublicAddress(t *testing.T) {
	t.Parallel()
	hostName, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		listen, host, wantHost string
		wantPort               int
		bad                    bool
	}{
		{listen: ":2222", wantHost: hostName, wantPort: 2222},
		{listen: "127.0.0.1:22", host: "coaching.example", wantHost: "coaching.example", wantPort: 22},
		{listen: ":2222", host: "coaching.example:22", wantHost: "coaching.example", wantPort: 22},
		{listen: ":2222", host: "2001:db8::1", wantHost: "2001:db8::1", wantPort: 2222},
		{listen: "2222", bad: true},
		{listen: ":2222", host: "coaching.example:ssh", bad: true},
		{listen: ":2222", host: "a b", bad: true},
		{listen: ":2222", host: "join@coaching.example", bad: true},
		{listen: ":2222", host: "coaching.example:70000", bad: true},
	} {
		a := newTestApp(nil)
		a.Listen, a.Host = c.listen, c.host
		host, port, err := a.publicAddress()
		var usage usageError
		if c.bad != errors.As(err, &usage) || (!c.bad && (host != c.wantHost || port != c.wantPort)) {
			t.Errorf("listen %q, host %q: %q, %d, %v", c.listen, c.host, host, port, err)
		}
	}
}
