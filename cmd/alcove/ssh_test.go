package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
)

// asshMain is the command assh of the stories: the ssh client without a screen. It reads stdin, writes stdout and stderr,
// and exits as the remote command did, or with 255 if it could not connect.
func asshMain() {
	code, err := assh(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "assh:", err)
		os.Exit(255)
	}
	os.Exit(code)
}

func assh(args []string) (int, error) {
	if len(args) == 0 {
		return 0, errors.New("usage: assh WHO [-user U] [-code C] [-tty] [COMMAND...]")
	}
	flags := flag.NewFlagSet("assh", flag.ContinueOnError)
	user := flags.String("user", args[0], "the user name to send")
	code := flags.String("code", "", "the answer to every question")
	tty := flags.Bool("tty", false, "ask for a terminal")
	if err := flags.Parse(args[1:]); err != nil {
		return 0, err
	}
	config, err := clientConfig(os.Getenv("KEYS"), args[0], *user)
	if err != nil {
		return 0, err
	}
	config.BannerCallback = func(text string) error { _, err := io.WriteString(os.Stderr, text); return err }
	config.Auth = append(config.Auth, ssh.KeyboardInteractive(func(_, say string, questions []string, _ []bool) ([]string, error) {
		fmt.Fprintln(os.Stderr, say, strings.Join(questions, " "))
		if *code == "" && len(questions) > 0 {
			return nil, errors.New("asked, and no -code to answer")
		}
		answers := make([]string, len(questions))
		for i := range answers {
			answers[i] = *code
		}
		return answers, nil
	}))
	client, err := ssh.Dial("tcp", os.Getenv("ADDR"), config)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return 0, err
	}
	if *tty {
		if err := session.RequestPty("xterm-256color", 24, 80, nil); err != nil {
			return 0, err
		}
	}
	if err := session.Setenv("LANG", os.Getenv("LANG")); err != nil {
		return 0, err
	}
	session.Stdin, session.Stdout, session.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = session.Run(strings.Join(flags.Args(), " "))
	var exit *ssh.ExitError
	if errors.As(err, &exit) {
		return exit.ExitStatus(), nil
	}
	return 0, err
}

// clientConfig signs in as user with the key of that name, which is made if it is not there. The name "nobody" has none.
func clientConfig(keys, name, user string) (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{
		User:            user,
		HostKeyCallback: func(string, net.Addr, ssh.PublicKey) error { return nil },
		Timeout:         patience,
	}
	if name == "nobody" {
		return config, nil
	}
	signer, err := storyKeyPair(filepath.Join(keys, name))
	if err != nil {
		return nil, err
	}
	config.Auth = []ssh.AuthMethod{ssh.PublicKeys(signer)}
	return config, nil
}

// storyKeyPair reads a key, or makes one with its public half in path.pub.
func storyKeyPair(path string) (ssh.Signer, error) {
	data, err := os.ReadFile(path)
	if err == nil {
		return ssh.ParsePrivateKey(data)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(private, filepath.Base(path))
	if err != nil {
		return nil, err
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path+".pub", ssh.MarshalAuthorizedKey(signer.PublicKey()), 0o600); err != nil {
		return nil, err
	}
	return signer, os.WriteFile(path, pem.EncodeToMemory(block), 0o600)
}
