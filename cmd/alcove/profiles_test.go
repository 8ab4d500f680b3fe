package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestProfilesAreForThisMachine(t *testing.T) {
	for _, address := range []string{"0.0.0.0:6060", ":6060", "192.0.2.1:6060", "example.com:6060", "6060"} {
		if p, err := listenForProfiles(context.Background(), address); err == nil {
			p.close()
			t.Errorf("profiles are served on %q", address)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p, err := listenForProfiles(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		p.serve(ctx, slog.New(slog.DiscardHandler))
		close(ended)
	}()
	for _, try := range []struct {
		path, host string
		code       int
	}{
		{"heap", "", http.StatusOK},
		{"goroutine?debug=1", "localhost:1", http.StatusOK},
		{"profile?seconds=1", "", http.StatusOK},
		{"trace?seconds=0.01", "", http.StatusOK},
		{"cmdline", "", http.StatusNotFound},
		{"heap", "practice.example:6060", http.StatusForbidden},
	} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.listener.Addr().String()+"/debug/pprof/"+try.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = try.host
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if answer.StatusCode != try.code || err != nil || len(body) == 0 {
			t.Errorf("%s of %q: %d, %v, %d bytes", try.path, try.host, answer.StatusCode, err, len(body))
		}
		if strings.HasPrefix(try.path, "goroutine") && !strings.Contains(string(body), "goroutine profile:") {
			t.Errorf("the goroutines are told as %.80q", body)
		}
		_ = answer.Body.Close()
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("profiles do not end with the server")
	}
	none, err := listenForProfiles(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	none.serve(context.Background(), slog.New(slog.DiscardHandler)) // comes back at once
}
