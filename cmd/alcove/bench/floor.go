package bench

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"golang.org/x/crypto/ssh"
)

// The floor is the least that an SSH server in Go can do: bare golang.org/x/crypto/ssh that lets any key in, echoes what a
// shell is told, and answers a command at once. What we cost is told as a ratio to it, measured in the same run.

// floorReady is what the floor's shell says first.
const floorReady = markHome

// ServeFloor serves the floor until ctx ends, and then closes all connections and waits for them.
func ServeFloor(ctx context.Context, listener net.Listener) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make the floor's host key: %w", err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return fmt.Errorf("make the floor's host key: %w", err)
	}
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }, //nolint:nilnil // everybody
	}
	config.AddHostKey(key)
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		c, err := listener.Accept()
		if ctx.Err() != nil {
			if c != nil {
				_ = c.Close() // it came too late
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		all.Go(func() {
			defer context.AfterFunc(ctx, func() { _ = c.Close() })()
			defer c.Close()
			floorConnection(c, config)
		})
	}
}

func floorConnection(c net.Conn, config *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(c, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests) // it ends with the connection
	var all sync.WaitGroup
	defer all.Wait()
	for asked := range channels {
		channel, requests, err := asked.Accept()
		if err != nil {
			return
		}
		all.Go(func() { floorSession(channel, requests) })
	}
}

// floorSession says yes to everything, and starts the echo when it is asked for a shell.
func floorSession(channel ssh.Channel, requests <-chan *ssh.Request) {
	var echo sync.WaitGroup
	defer echo.Wait()
	defer channel.Close()
	for r := range requests {
		if r.WantReply {
			_ = r.Reply(true, nil) // who is gone needs none
		}
		switch r.Type {
		case "shell":
			echo.Go(func() { _ = floorEcho(channel) }) // how it ends does not matter
		case "exec":
			_, _ = io.WriteString(channel, "done\n")                                                // the same
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{0})) // the same
			return
		}
	}
}

func floorEcho(channel ssh.Channel) error {
	if _, err := io.WriteString(channel, floorReady); err != nil {
		return err
	}
	buffer := make([]byte, 256)
	for {
		n, err := channel.Read(buffer)
		if err == nil {
			_, err = channel.Write(buffer[:n])
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
