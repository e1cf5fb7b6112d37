package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/fleet/page"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/specs"
)

var workCommand = command{
	name: "work", example: "fleet work -listen 127.0.0.1:8080",
	summary: "keep the balances of all added connections current, until it is stopped",
	setup:   setupWork,
}

func setupWork(flags *flag.FlagSet) action {
	config, db, pages, log := configFlag(flags), databaseFlag(flags), pageFlags(flags), logFlag(flags)
	var o fleet.Options
	flags.DurationVar(&o.Every, "every", 6*time.Hour, "how often balances are fetched; less often where the provider allows fewer calls")
	flags.DurationVar(&o.Keep, "keep", 0, "how long balances and failures are kept, such as 17520h for two years; without it, without end")
	flags.IntVar(&o.MaxWorkers, "workers", 100, "`number` of calls that may be under way at once")
	flags.DurationVar(&o.RescueAfter, "rescue-after", time.Hour, "how long the work of a worker that died waits; "+
		"no call takes longer than half of it")
	flags.Var((*allowance)(&o.Access), "allowance", "`calls/time`, such as 4/24h, instead of what the providers' documents state: "+
		"for a sandbox")
	notify := flags.String("notify", "", "`program` that is started for each alarm, with the alarm as JSON on its standard input")
	health := flags.String("health", "", "`host:port` for /healthz without the page")
	return func(ctx context.Context, p *process, _ []string) error {
		if o.Every <= 0 || o.Keep < 0 || o.RescueAfter <= 0 || o.MaxWorkers <= 0 {
			return misuse{"-every, -rescue-after and -workers must be more than 0, and -keep not less"}
		}
		served, err := pages.options(false)
		if err != nil {
			return err
		}
		logger, err := log.logger(p)
		if err != nil {
			return err
		}
		configured, path, err := readConfiguration(*config, "work")
		if err != nil {
			return err
		}
		for _, warning := range configured.Warnings() {
			logger.WarnContext(ctx, "fleet: "+warning)
		}
		notifier, err := newNotifier(*notify, logger)
		if err != nil {
			return err
		}
		store, err := db.open(ctx, true)
		if err != nil {
			return err
		}
		defer func() { _ = store.Close() }()
		telemetry, err := startTelemetry(ctx, logger)
		if err != nil {
			return err
		}
		o.TracerProvider, o.MeterProvider = telemetry.traces, telemetry.metrics
		o.Open, o.OnAlarm, o.Logger = newOpener(path, configured, logger).open, notifier.notify, logger
		workers, err := fleet.New(store, &o)
		if err == nil {
			err = work(ctx, p, workers, store, pages, served, *health, logger)
		}
		notifier.close()
		telemetry.stop()
		return err
	}
}

// work keeps balances current, and answers for the page and for those who ask whether it works.
func work(
	ctx context.Context, p *process, workers *fleet.Fleet, store *fleet.Database, shown pages, served page.Options, health string,
	logger *slog.Logger,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var servers []*server
	if *shown.listen != "" {
		served.Left = workers.Left
		handler, err := shown.handler(ctx, store, served, logger)
		if err != nil {
			return err
		}
		one, err := listen(ctx, *shown.listen, handler)
		if err != nil {
			return err
		}
		servers = append(servers, one)
		if err := p.print("the page is at " + one.url + "/\n"); err != nil {
			return err
		}
	}
	if health != "" {
		one, err := listen(ctx, health, healthHandler(store))
		if err != nil {
			return err
		}
		servers = append(servers, one)
		if err := p.print("health is at " + one.url + "/healthz\n"); err != nil {
			return err
		}
	}
	failed := make(chan error, len(servers))
	for _, one := range servers {
		go func() {
			if err := one.wait(); err != nil {
				failed <- err
				cancel()
			}
		}()
	}
	logger.InfoContext(ctx, "fleet: works", "version", strings.TrimPrefix(version(), "fleet "))
	err := workers.Work(ctx)
	select {
	case problem := <-failed:
		err = errors.Join(err, problem)
	default:
	}
	logger.InfoContext(ctx, "fleet: has stopped")
	return err
}

// mostCalls is how many calls a limit of the guard has at most.
const mostCalls = 500

// allowance is a flag that replaces the allowances of all providers.
type allowance specs.Access

// String implements [flag.Value].
func (a *allowance) String() string { return "" }

// Set implements [flag.Value].
func (a *allowance) Set(text string) error {
	before, after, found := strings.Cut(text, "/")
	calls, err := strconv.Atoi(before)
	window, wrong := time.ParseDuration(after)
	if err := errors.Join(err, wrong); err != nil || !found || calls <= 0 || calls > mostCalls || window <= 0 {
		return errors.New("it is not CALLS/TIME, such as 4/24h, with 1 to 500 calls")
	}
	*a = allowance(accessguard.Usual(specs.Limit{Calls: calls, Window: window}))
	return nil
}

// logging is the flag that says how the log is written.
type logging struct{ form *string }

func logFlag(flags *flag.FlagSet) logging {
	return logging{flags.String("log", "text", "`form` of the log on stderr: text or json")}
}

func (l logging) logger(p *process) (*slog.Logger, error) {
	switch cmp.Or(*l.form, "text") {
	case "text":
		return slog.New(slog.NewTextHandler(p.stderr, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(p.stderr, nil)), nil
	}
	return nil, misuse{"-log is text or json"}
}
