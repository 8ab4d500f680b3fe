package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" // RFC 6238
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Stories. The scripts in testdata/script drive the real program and real SSH connections. Beside what testscript brings
// they have these commands:
//
//	alcove ARG...               the program under test, one process each
//	assh WHO [-user U] [-code C] [-tty] [COMMAND...]
//	                            an ssh client that runs one command (ssh_test.go)
//	server start|demo [ARG...]  a server in the background, on a free port, with its logs in server.out and server.log
//	logged TEXT                 waits until the server's log says so
//	server stop|kill            SIGTERM, which must end it in good order, or SIGKILL
//	term WHO VERB [ARG...]      an ssh client with a screen (terminal_test.go)
//	exit CODE COMMAND...        a command that must exit with CODE
//	field VAR KEY FILE          sets VAR to the value of KEY in a JSON object
//	words VAR N WORD...         sets VAR to the N-th word
//	totp VAR STEPS KEY...       sets VAR to what an authenticator app shows so many half minutes from now
//	setvar VAR FILE             sets VAR to what FILE holds, without blanks around it
//	[!] nowhere TEXT PATH...    no file under the paths contains TEXT, in capitals or not; ! for some file does
//	private DIR                 nobody but its owner can read anything in DIR
//	empty DIR                   DIR holds nothing
//
// WHO names an SSH key, made when it is first used. $ALCOVE_DATA is the practice, $PORT the server's port.

// patience is how long a story waits for what must happen. It is long, because it decides only when to give up.
const patience = time.Minute

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"alcove": alcoveMain, "assh": asshMain})
}

// frozenClock is the variable that stops an alcove of the tests' clock at a time.
const frozenClock = "ALCOVE_TEST_NOW"

// alcoveMain is main, but for the clock.
func alcoveMain() {
	a := newApp()
	if at, err := time.Parse(time.RFC3339, os.Getenv(frozenClock)); err == nil {
		a.now = func() time.Time { return at }
	}
	a.environ = func() []string { // the tests' own is no setting
		return slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, frozenClock) })
	}
	os.Exit(a.run(context.Background(), os.Args[1:]))
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Setup:              setupStory,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server": serverCmd, "logged": loggedCmd, "term": termCmd, "exit": exitCmd, "field": fieldCmd, "setvar": setvarCmd, "words": wordsCmd, "totp": totpCmd, "nowhere": nowhereCmd,
			"private": privateCmd, "empty": emptyCmd,
		},
	})
}

type storyKey struct{}

// story is what a running script holds.
type story struct {
	server *exec.Cmd
	ended  chan error // of server
	terms  map[string]*terminal
}

func storyOf(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

func setupStory(env *testscript.Env) error {
	s := &story{terms: map[string]*terminal{}}
	env.Values[storyKey{}] = s
	env.Defer(func() {
		for _, t := range s.terms {
			t.cut()
		}
		s.killServer()
	})
	env.Setenv("ALCOVE_DATA", filepath.Join(env.WorkDir, "data"))
	env.Setenv("ALCOVE_HOST", "127.0.0.1")
	env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
	env.Setenv("KEYS", filepath.Join(env.WorkDir, "keys"))
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "XDG_DATA_HOME"} {
		env.Setenv(name, "")
	}
	env.Setenv("LANG", "en_US.UTF-8")
	return os.MkdirAll(filepath.Join(env.WorkDir, "keys"), 0o700)
}

func serverCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: server start|demo|stop|kill")
	}
	s := storyOf(ts)
	switch args[0] {
	case "start":
		s.startServer(ts, append([]string{"serve", "--listen", "127.0.0.1:0"}, args[1:]...))
	case "demo":
		s.startServer(ts, append([]string{"demo", "--listen", "127.0.0.1:0"}, args[1:]...))
	case "stop":
		ts.Check(s.server.Process.Signal(os.Interrupt))
		select {
		case err := <-s.ended:
			ts.Check(err)
		case <-time.After(patience):
			ts.Fatalf("the server did not stop")
		}
		s.server = nil
	case "kill":
		s.killServer()
	default:
		ts.Fatalf("unknown: server %s", args[0])
	}
}

func loggedCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: logged TEXT")
	}
	err := waitFor(func() error {
		if !strings.Contains(ts.ReadFile("server.log"), args[0]) {
			return fmt.Errorf("the server does not say %q", args[0])
		}
		return nil
	})
	if err != nil {
		ts.Fatalf("%v\n%s", err, ts.ReadFile("server.log"))
	}
}

func (s *story) killServer() {
	if s.server != nil {
		_ = s.server.Process.Kill() // it may have ended by itself
		<-s.ended
		s.server = nil
	}
}

func (s *story) startServer(ts *testscript.TestScript, args []string) {
	if s.server != nil {
		ts.Fatalf("a server runs already")
	}
	out, errs := openLog(ts, "server.out"), openLog(ts, "server.log")
	defer out.Close()
	defer errs.Close()
	before, err := errs.Seek(0, 2)
	ts.Check(err)
	cmd := exec.Command("alcove", args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Stdout, cmd.Stderr = out, errs
	cmd.Env = os.Environ()
	for _, name := range []string{"ALCOVE_DATA", "ALCOVE_HOST", "HOME", "LANG", "LC_ALL", "LC_MESSAGES", "XDG_DATA_HOME", "TMPDIR", "TZ", frozenClock} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s.server, s.ended = cmd, ended
	port := ""
	err = waitFor(func() error {
		select {
		case err := <-ended:
			ended <- err
			return errGivenUp{fmt.Errorf("the server ended: %w", err)}
		default:
		}
		if port = listeningOn(ts.ReadFile("server.log")[before:] + ts.ReadFile("server.out")); port == "" {
			return errors.New("the server does not say where it listens")
		}
		return nil
	})
	if err != nil {
		ts.Fatalf("%v\n%s", err, ts.ReadFile("server.log"))
	}
	ts.Setenv("PORT", port)
	ts.Setenv("ADDR", "127.0.0.1:"+port)
}

func openLog(ts *testscript.TestScript, name string) *os.File {
	f, err := os.OpenFile(ts.MkAbs(name), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	ts.Check(err)
	return f
}

// listeningOn finds the port in what serve or demo says when it is ready.
func listeningOn(said string) string {
	for _, mark := range []string{"address=127.0.0.1:", "LogLevel=ERROR -p "} {
		if _, rest, ok := strings.Cut(said, mark); ok {
			if end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); end > 0 {
				return rest[:end]
			}
		}
	}
	return ""
}

// errGivenUp ends waitFor at once.
type errGivenUp struct{ error }

// waitFor tries until there is no error, for as long as patience lasts.
func waitFor(try func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := try()
		if _, final := err.(errGivenUp); err == nil || final || time.Now().After(deadline) { //nolint:errorlint // never wrapped
			return err
		}
		<-time.After(5 * time.Millisecond)
	}
}

func exitCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exit CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d\n%s", got, want, ts.ReadFile("stderr"))
	}
}

func fieldCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: field VAR KEY FILE")
	}
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[2])), &object))
	value, ok := object[args[1]]
	if !ok {
		ts.Fatalf("no %q in %v", args[1], object)
	}
	if n, ok := value.(float64); ok {
		value = strconv.FormatFloat(n, 'f', -1, 64)
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}

func setvarCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: setvar VAR FILE")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

func wordsCmd(ts *testscript.TestScript, neg bool, args []string) {
	words := strings.Fields(strings.Join(args[min(2, len(args)):], " "))
	if neg || len(args) < 3 {
		ts.Fatalf("usage: words VAR N WORD...")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Setenv(args[0], words[n-1])
}

func totpCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: totp VAR STEPS KEY...")
	}
	steps, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	code, err := totp(strings.Join(args[2:], ""), steps)
	ts.Check(err)
	ts.Setenv(args[0], code)
}

// totp is RFC 6238, as an authenticator app has it.
func totp(key string, steps int64) (string, error) {
	secret, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(key, " ", ""))
	if err != nil {
		return "", err
	}
	h := hmac.New(sha1.New, secret)
	if err := binary.Write(h, binary.BigEndian, time.Now().Unix()/30+steps); err != nil {
		return "", err
	}
	sum := h.Sum(nil)
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[sum[19]&15:])&(1<<31-1))%1_000_000), nil
}

func nowhereCmd(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: nowhere TEXT PATH...")
	}
	var searched, hits []string
	for _, root := range args[1:] {
		ts.Check(filepath.WalkDir(ts.MkAbs(root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			if len(data) > 0 {
				searched = append(searched, path)
			}
			if bytes.Contains(bytes.ToLower(data), []byte(strings.ToLower(args[0]))) {
				hits = append(hits, path)
			}
			return err
		}))
	}
	slices.Sort(searched)
	ts.Logf("searched %s", strings.Join(searched, " "))
	if len(searched) == 0 {
		ts.Fatalf("nothing to search")
	}
	if (len(hits) > 0) != neg {
		ts.Fatalf("%q stands in %v", args[0], hits)
	}
}

func privateCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: private DIR")
	}
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			err = fmt.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	}))
}

func emptyCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: empty DIR")
	}
	names, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(names) > 0 {
		ts.Fatalf("%s holds %v", args[0], names)
	}
}
