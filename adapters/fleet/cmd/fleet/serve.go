package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/fleet/page"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"riverqueue.com/riverui"
)

const (
	shutdownTime = 5 * time.Second
	healthTime   = 5 * time.Second
	maxToken     = 4 << 10
	minToken     = 16 // as the page has it
	usualPage    = "127.0.0.1:8080"
)

var serveCommand = command{
	name: "serve", example: "fleet serve",
	summary: "serve the page: what is current, what failed, and the history of each account",
	setup: func(flags *flag.FlagSet) action {
		config, db, pages, log := configFlag(flags), databaseFlag(flags), pageFlags(flags), logFlag(flags)
		flags.Lookup("listen").Usage += " (default " + usualPage + ")"
		return func(ctx context.Context, p *process, _ []string) error {
			if *pages.listen == "" {
				*pages.listen = usualPage
			}
			o, err := pages.options(true)
			if err != nil {
				return err
			}
			logger, err := log.logger(p)
			if err != nil {
				return err
			}
			store, err := db.open(ctx, false)
			if err != nil {
				return err
			}
			defer func() { _ = store.Close() }()
			left, err := quotas(*config, store, logger)
			if err != nil {
				return err
			}
			o.Left = left
			handler, err := pages.handler(ctx, store, o, logger)
			if err != nil {
				return err
			}
			one, err := listen(ctx, *pages.listen, handler)
			if err != nil {
				return err
			}
			if err := p.print("the page is at " + one.url + "/\n"); err != nil {
				return err
			}
			return one.wait()
		}
	},
}

// left tells what is left of an account's allowance.
type left func(ctx context.Context, account int64) (accessguard.Left, error)

// quotas tells what is left of allowances, if there is a configuration: nil if none was named and none is at its usual place.
func quotas(config string, store *fleet.Database, logger *slog.Logger) (left, error) {
	configured, path, err := readConfiguration(config, "serve")
	if err != nil && config != "" {
		return nil, err
	}
	if err != nil {
		logger.Info("fleet: the page shows no allowances, because the configuration cannot be read")
		return nil, nil
	}
	workers, err := fleet.New(store, &fleet.Options{Open: newOpener(path, configured, logger).open, Logger: logger})
	if err != nil {
		return nil, err
	}
	return workers.Left, nil
}

// pages are the flags of the page.
type pages struct {
	listen, tokenFile *string
	hosts             *names
	river             *bool
}

func pageFlags(flags *flag.FlagSet) pages {
	p := pages{
		listen: flags.String("listen", "", "`host:port` for the page"),
		tokenFile: flags.String("token-file", "", "`file` with the token that every request for the page has to bring; "+
			"needed elsewhere than on loopback"),
		river: flags.Bool("river-ui", false, "serve also the page of the job engine, under /river/; needs -token-file"),
		hosts: new(names),
	}
	flags.Var(p.hosts, "allow-host", "`name` under which the page is reached besides localhost; may be repeated")
	return p
}

// names is a flag that may be repeated.
type names []string

// String implements [flag.Value].
func (n *names) String() string { return "" }

// Set implements [flag.Value].
func (n *names) Set(name string) error {
	if name == "" || strings.ContainsAny(name, ":/ ") {
		return errors.New("it is no name of a host without port")
	}
	*n = append(*n, name)
	return nil
}

// options checks the flags, and reads the token.
func (p pages) options(isServed bool) (o page.Options, err error) {
	others := *p.tokenFile != "" || *p.river || len(*p.hosts) > 0
	if *p.listen == "" && !isServed {
		if others {
			err = misuse{"-token-file, -allow-host and -river-ui are for the page; -listen serves it"}
		}
		return o, err
	}
	o.AllowedHosts = *p.hosts
	host, _, wrong := net.SplitHostPort(*p.listen)
	switch address, problem := netip.ParseAddr(host); {
	case wrong != nil:
		return o, misuse{"-listen is not HOST:PORT"}
	case *p.tokenFile != "":
		o.Token, err = readToken(*p.tokenFile)
	case *p.river:
		return o, misuse{"-river-ui needs -token-file"}
	case len(*p.hosts) > 0:
		return o, misuse{"-allow-host needs -token-file"}
	case host != "localhost" && (problem != nil || !address.IsLoopback()):
		return o, misuse{"-listen elsewhere than on loopback needs -token-file"}
	}
	return o, err
}

// handler is the page. That of the job engine works until ctx ends.
func (p pages) handler(ctx context.Context, store *fleet.Database, o page.Options, logger *slog.Logger) (http.Handler, error) {
	o.Facts, o.Logger = store, logger
	if *p.river {
		engine, err := riverPage(ctx, store, logger)
		if err != nil {
			return nil, fmt.Errorf("cannot make the page of the job engine: %w", err)
		}
		o.River = engine
	}
	return page.New(o)
}

func readToken(path string) (adapters.Secret, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", misuse{"-token-file cannot be read"}
	}
	defer func() { _ = file.Close() }()
	text := make([]byte, maxToken)
	n, _ := file.Read(text)
	token := bytes.TrimSpace(text[:n])
	if len(token) < minToken || n == maxToken {
		return "", misuse{fmt.Sprintf("-token-file has not from %d to %d characters; cure: openssl rand -hex 32 > FILE", minToken, maxToken-1)}
	}
	return adapters.Secret(token), nil
}

// riverPage is the page of the job engine, for the prefix under which ours has it.
func riverPage(ctx context.Context, store *fleet.Database, logger *slog.Logger) (http.Handler, error) {
	o := &riverui.HandlerOpts{Logger: logger, Prefix: "/river"}
	if pool := store.Pool(); pool != nil {
		client, err := river.NewClient[pgx.Tx](riverpgxv5.New(pool), &river.Config{Logger: logger})
		if err != nil {
			return nil, err
		}
		o.Endpoints = riverui.NewEndpoints(client, nil)
	} else {
		client, err := river.NewClient[*sql.Tx](riversqlite.New(store.SQL()), &river.Config{Logger: logger})
		if err != nil {
			return nil, err
		}
		o.Endpoints = riverui.NewEndpoints(client, nil)
	}
	handler, err := riverui.NewHandler(o)
	if err != nil {
		return nil, err
	}
	return handler, handler.Start(ctx)
}

// healthHandler answers 200 while the database can be read, and 503 otherwise.
func healthHandler(store *fleet.Database) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), healthTime)
		defer cancel()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if _, err := store.Connections(ctx, "", 1); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte("database\n"))
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	return mux
}

// server answers at an address until its context ends.
type server struct {
	url   string
	ended chan error
}

func listen(ctx context.Context, address string, handler http.Handler) (*server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen: %w", err)
	}
	s := &server{"http://" + listener.Addr().String(), make(chan error, 1)}
	serving := page.Server(handler)
	stopped := context.AfterFunc(ctx, func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		defer cancel()
		if serving.Shutdown(ending) != nil {
			_ = serving.Close()
		}
		s.ended <- nil
	})
	go func() {
		if err := serving.Serve(listener); !errors.Is(err, http.ErrServerClosed) && stopped() {
			s.ended <- fmt.Errorf("cannot serve: %w", err)
		}
	}()
	return s, nil
}

// wait returns when the server has ended, and why if that was not its context.
func (s *server) wait() error { return <-s.ended }
