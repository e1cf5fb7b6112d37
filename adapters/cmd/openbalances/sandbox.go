package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/sandbox"
)

const (
	headerTime    = 5 * time.Second
	exchangeTime  = 30 * time.Second
	idleTime      = 2 * time.Minute
	shutdownTime  = 1 * time.Second // less than patience
	maxHeaderSize = 64 << 10
)

var sandboxCommand = command{
	name:    "sandbox",
	summary: "serve the providers' documented examples over HTTP",
	example: "openbalances sandbox -addr 127.0.0.1:9000",
	setup:   setupSandbox,
}

func setupSandbox(flags *flag.FlagSet) action {
	address := flags.String("addr", "127.0.0.1:9000", "`host:port` to listen on")
	return func(ctx context.Context, p *process) error {
		if _, _, err := net.SplitHostPort(*address); err != nil {
			return misuse{"-addr is not HOST:PORT"}
		}
		running, err := startSandbox(ctx, *address)
		if err != nil {
			return err
		}
		for _, name := range specs.Providers() {
			if _, err := fmt.Fprintf(p.stdout, "sandbox listening on %s/%s\n", running.url, name); err != nil {
				return errors.Join(fmt.Errorf("cannot write the output: %w", err), running.stop())
			}
		}
		select {
		case <-ctx.Done():
			return running.stop()
		case err := <-running.failed:
			return err
		}
	}
}

// server is a sandbox that answers on a loopback or other address until it is stopped.
type server struct {
	url    string
	http   *http.Server
	failed chan error
}

func startSandbox(ctx context.Context, address string) (*server, error) {
	handler, err := sandbox.New()
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	s := &server{
		url: "http://" + listener.Addr().String(),
		http: &http.Server{
			Handler: withDocs(handler), ReadHeaderTimeout: headerTime, ReadTimeout: exchangeTime, WriteTimeout: exchangeTime,
			IdleTimeout: idleTime, MaxHeaderBytes: maxHeaderSize,
		},
		failed: make(chan error, 1),
	}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	return s, nil
}

// withDocs serves the reference pages under /docs/<provider>, where make docs has written them into the working directory.
func withDocs(sandbox http.Handler) http.Handler {
	pages := http.StripPrefix("/docs", http.FileServer(http.Dir(".docs")))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/docs/") {
			pages.ServeHTTP(w, r)
			return
		}
		sandbox.ServeHTTP(w, r)
	})
}

// stop lets running answers finish for a while.
func (s *server) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}
