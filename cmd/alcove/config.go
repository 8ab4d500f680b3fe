package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"alcove/store"
)

// Settings. One mechanism for all: a setting is a flag; where the flag is not given, ALCOVE_<NAME> in the environment
// counts, then the key of the flag's name in the file that --config names. An empty value counts as not given. Whatever a
// file holds beside these keys is refused with its line.

// settings are the flags that also come from the environment and the file. The tags are the flags' names.
type settings struct {
	Config    string `toml:"-"`
	Data      string `toml:"data"`
	KeyFile   string `toml:"key-file"`
	Listen    string `toml:"listen"`
	Host      string `toml:"host"`
	CoachName string `toml:"coach-name"`

	SecondFactor string `toml:"second-factor"`

	Backup backupSettings `toml:"backup"` // in the file alone
	Limits limitSettings  `toml:"limits"` // the same
	Memory memorySettings `toml:"memory"` // the same
}

// value is the setting that belongs to a flag, nil if the flag is no setting.
func (s *settings) value(flag string) *string {
	switch flag {
	case "config":
		return &s.Config
	case "data":
		return &s.Data
	case "key-file":
		return &s.KeyFile
	case "listen":
		return &s.Listen
	case "host":
		return &s.Host
	case "coach-name":
		return &s.CoachName
	case "second-factor":
		return &s.SecondFactor
	}
	return nil
}

const (
	defaultListen = ":2222"
	envPrefix     = "ALCOVE_"
)

// dataFlags are the settings of every command that works on a practice.
func (a *app) dataFlags(cmd *cobra.Command) {
	a.setting(cmd, "data", "", "the practice's data folder (default $XDG_DATA_HOME/alcove or ~/.local/share/alcove)")
	a.setting(cmd, "key-file", "", "the master key's file (default DATA/alcove.key)")
	cmd.Flags().StringVar(&a.passphraseFD, "passphrase-fd", "",
		"read a passphrase or recovery words from the first line of this file descriptor, in the key file's place")
}

// placeFlags are the settings that say where members reach the server.
func (a *app) placeFlags(cmd *cobra.Command) {
	a.setting(cmd, "listen", defaultListen, "the address to listen on")
	a.setting(cmd, "host", "", "the public name[:port] for connect cards (default this host's name and the port of --listen)")
}

func (a *app) setting(cmd *cobra.Command, name, def, usage string) {
	cmd.Flags().StringVar(a.value(name), name, def, usage+" (setting)")
}

// fill completes the settings of the command about to run: flag beats environment beats file.
func (a *app) fill(cmd *cobra.Command) error {
	if !cmd.Flags().Changed("config") {
		a.Config = a.getenv("ALCOVE_CONFIG")
	}
	file, err := readConfig(a.Config)
	if err != nil {
		return err
	}
	a.warnOfStrangers()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		target := a.value(f.Name)
		if f.Changed || target == nil || f.Name == "config" {
			return
		}
		*target = cmp.Or(a.getenv(variable(f.Name)), *file.value(f.Name), f.DefValue)
	})
	a.Backup, a.Limits, a.Memory = file.Backup, file.Limits, file.Memory
	if f := cmd.Flags().Lookup("data"); f != nil && f.Changed && a.Data == "" { // an unset variable in a script, most likely
		return usagef("--data is empty; leave it out for the default folder")
	}
	if a.passphraseFD != "" {
		if cmd.Flags().Changed("key-file") {
			return usagef("--key-file and --passphrase-fd name two ways to open the practice; leave one out")
		}
		a.KeyFile = ""
	}
	return nil
}

// variable is the environment's name for a setting.
func variable(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// warnOfStrangers names the variables that look like settings and are none. They are no error, as an unknown key of the
// file is: the environment belongs to others too.
func (a *app) warnOfStrangers() {
	for _, entry := range a.environ() {
		name, value, _ := strings.Cut(entry, "=")
		rest, ours := strings.CutPrefix(name, envPrefix)
		flag := strings.ToLower(strings.ReplaceAll(rest, "_", "-"))
		if ours && value != "" && (a.value(flag) == nil || name != variable(flag)) {
			fmt.Fprintf(a.stderr, "alcove: %q in the environment is no setting and does nothing\n", name)
		}
	}
}

// readConfig reads a settings file; no name, no settings.
func readConfig(name string) (*settings, error) {
	var s settings
	if name == "" {
		return &s, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	dec := toml.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	err = dec.Decode(&s)
	var unknown *toml.StrictMissingError
	var malformed *toml.DecodeError
	switch {
	case errors.As(err, &unknown):
		first := unknown.Errors[0]
		line, _ := first.Position()
		return nil, usagef("%s, line %d: there is no setting %q", name, line, strings.Join(first.Key(), "."))
	case errors.As(err, &malformed):
		line, _ := malformed.Position()
		key := strings.Join(malformed.Key(), ".")
		if needs := s.needs(key); needs != "" && toml.Unmarshal(data, &map[string]any{}) == nil {
			return nil, usagef("%s, line %d: %s needs %s", name, line, key, needs) // good TOML, but another type
		}
		return nil, usagef("%s, line %d: %w", name, line, malformed)
	case err != nil:
		return nil, usagef("%s: %w", name, err)
	}
	if _, err := s.Backup.plan(); err != nil {
		return nil, usagef("%s: %w", name, err)
	}
	if _, err := s.Limits.limits(); err != nil {
		return nil, usagef("%s: %w", name, err)
	}
	if _, err := s.Limits.caps(); err != nil {
		return nil, usagef("%s: %w", name, err)
	}
	if err := s.Memory.into(&store.Config{}); err != nil {
		return nil, usagef("%s: %w", name, err)
	}
	return &s, nil
}

// needs says what the value of a key must be; empty for no key of ours.
func (s *settings) needs(key string) string {
	switch {
	case s.value(key) != nil, key == "backup.folder", key == "backup.interval":
		return "a text in quotes"
	case key == "backup.keep", key == "memory.names", key == "memory.searches":
		return "a whole number"
	case key == "backup", key == "limits", key == "memory":
		return "to be a table: [" + key + "]"
	}
	return ""
}

// dataDir is the data folder, made absolute so that messages say where it is.
func (a *app) dataDir() (string, error) {
	dir := a.Data
	if dir == "" {
		base := a.getenv("XDG_DATA_HOME")
		if !filepath.IsAbs(base) { // the XDG specification has relative ones ignored
			home, err := os.UserHomeDir()
			if err != nil {
				return "", usagef("no home folder to keep the data in, so --data is needed: %w", err)
			}
			base = filepath.Join(home, ".local", "share")
		}
		dir = filepath.Join(base, "alcove")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w", err)
	}
	return abs, nil
}

// factorFor is who must have a second factor, as --second-factor says it.
func (a *app) factorFor() (store.Role, error) {
	switch a.SecondFactor {
	case "":
		return "", nil
	case "coaches":
		return store.RoleCoach, nil
	}
	return "", usagef("--second-factor %q: leave it out, or say coaches", a.SecondFactor)
}

// publicAddress is what members type: the host and port of --host, filled up from this machine's name and --listen.
func (a *app) publicAddress() (host string, port int, err error) {
	_, listenPort, err := net.SplitHostPort(a.Listen)
	if err != nil {
		return "", 0, usagef("--listen %q is not an address like :2222 or 192.0.2.1:2222", a.Listen)
	}
	host, portText := a.Host, listenPort
	if h, p, err := net.SplitHostPort(a.Host); err == nil {
		host, portText = h, p
	}
	if host == "" {
		if host, err = os.Hostname(); err != nil {
			return "", 0, fmt.Errorf("find this host's name (--host sets it): %w", err)
		}
	}
	port, err = strconv.Atoi(portText)
	if err != nil || port < 0 || port > 65535 || strings.ContainsAny(host, " \t\n@/") {
		return "", 0, usagef("--host %q is not a name or name:port", a.Host)
	}
	return host, port, nil
}
