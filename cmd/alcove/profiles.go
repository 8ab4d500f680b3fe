package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// Profiles show where the server spends time and memory, by functions and lines of the program, and hold nothing that anybody
// wrote. Whoever has an account on the machine can reach them, for loopback asks nobody who they are; nobody else can.

// profiles answers "go tool pprof http://ADDRESS/debug/pprof/heap" and the like. The zero value serves none.
type profiles struct{ listener net.Listener }

// listenForProfiles opens an address of this machine; an empty one is none.
func listenForProfiles(ctx context.Context, address string) (profiles, error) {
	if address == "" {
		return profiles{}, nil
	}
	if hostName, _, err := net.SplitHostPort(address); err != nil || !onlyLoopback(hostName) {
		return profiles{}, usagef("--pprof %q: profiles are for this machine alone, as on 127.0.0.1:6060", address)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return profiles{}, fmt.Errorf("listen for profiles: %w", err)
	}
	return profiles{l}, nil
}

// close ends profiles that are not served yet.
func (p profiles) close() {
	if p.listener != nil {
		_ = p.listener.Close()
	}
}

// serve answers until ctx ends; a profile under way is cut off then.
func (p profiles) serve(ctx context.Context, log *slog.Logger) {
	if p.listener == nil {
		return
	}
	log.Info("serving profiles", "address", p.listener.Addr().String())
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index) // the command line and its file names are not among these
	mux.HandleFunc("/debug/pprof/cmdline", http.NotFound)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: toThisMachine(mux), ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
		log.Error("profiles are served no more", "err", err)
	}
}

// toThisMachine refuses requests under another name: a page in the operator's browser could reach loopback by a name of its own.
func toThisMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hostName, _, err := net.SplitHostPort(r.Host)
		if err != nil || !onlyLoopback(hostName) {
			http.Error(w, "ask for it as 127.0.0.1", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// onlyLoopback says whether nobody but this machine reaches a host.
func onlyLoopback(hostName string) bool {
	ip := net.ParseIP(hostName)
	return hostName == "localhost" || ip != nil && ip.IsLoopback()
}
