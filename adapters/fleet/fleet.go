package fleet

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/specs"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// ErrNotFound says that the database holds no such connection or account.
var ErrNotFound = errors.New("not found")

// Connection is one access to one provider, as [Options].Open makes it from the configuration.
type Connection struct {
	Name     string // ignored; the name that was asked for counts
	Provider string // as the page shows it; the source's if empty
	Bank     string
	Host     string // as in [collect.Connection]; it bounds the calls of one job only
	// Source has no guard; the fleet puts its own around it.
	Source adapters.Source
	// Consent is the text that changes when the PSU consents again, as for [accessguard.New]. Only a SHA-256 of it is stored.
	Consent adapters.Secret
	// Accounts are the ids to ask for; nil means all that the provider lists.
	Accounts []string
	// ConsentValidUntil is when the consent ends, if the configuration states it.
	ConsentValidUntil time.Time
}

// Alarm says that something has stopped and needs a person. It is raised once for each stop.
type Alarm struct {
	At          time.Time
	Connection  string // its name
	Account     int64  // the id of the account in the database; 0: the connection as a whole has stopped
	Kind        adapters.Kind
	Consent     adapters.ConsentState
	Detail      string // in our words; no secret, no id
	ConsentLink string // where the PSU can consent again; may hold personal data, so no log has it
}

// Options are what a caller can choose. Zero fields mean the defaults.
type Options struct {
	// Open opens a connection by its name; required for [Fleet.Work] and [Fleet.Left]. It is called before every call to a
	// provider, by many goroutines at once, so what is costly or kept, such as a token, an HTTP client and its connections, is
	// better kept by the caller. While it fails, the connection is [StateMissing] with the kind and, of an [adapters.Error],
	// the text of its error.
	Open func(ctx context.Context, name string) (Connection, error)
	// Every is how often balances are fetched, six hours by default. Where the provider allows fewer calls, it is less often.
	Every time.Duration
	// ListEvery is how often accounts are listed where a list has no balances, a day by default.
	ListEvery time.Duration
	// RescueAfter is how long the work of a worker that died waits, an hour by default. No call takes longer than half of it.
	// The clock of the process that leads the others may be ahead of the database's by less than the other half; else calls
	// that are under way are taken for lost, and their outcomes for unknown.
	RescueAfter time.Duration
	// Keep is how long balances, failures and calls are kept; without end if zero. The newest balances of an account always are.
	Keep time.Duration
	// MaxWorkers is how many calls may be under way at once, 100 by default.
	MaxWorkers int
	// Access replaces the allowances that the providers' documents state, as in [accessguard.Options].
	Access specs.Access
	// Now replaces the clock, that of the engine and of the guard too. With PostgreSQL it only tells how much time has passed
	// since the database was asked for its time, every ten seconds.
	Now func() time.Time
	// Logger takes what is worth a word; slog.Default() if nil. No record holds an account id, IBAN, amount, name or secret.
	Logger *slog.Logger
	// OnAlarm is called for each alarm besides the record of the logger, after the stop was stored. If the process ends in
	// between, it is not called again; the stop stays visible in the database.
	OnAlarm func(context.Context, Alarm)
	// TracerProvider and MeterProvider take the spans of jobs and calls, and metrics of calls and of what the database holds.
	// Nothing is measured without them. They hold providers, kinds and states, and no name, id or amount.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}

const (
	defaultEvery       = 6 * time.Hour
	defaultListEvery   = 24 * time.Hour
	defaultRescueAfter = time.Hour
	defaultMaxWorkers  = 100
	mostWorkers        = 10_000    // the engine's limit
	longestJob         = time.Hour // of one job, whatever RescueAfter is
	stopTimeout        = 20 * time.Second
)

// Fleet keeps the balances of connections current. Make it with [New]; it is safe for concurrent use.
type Fleet struct {
	db      *Database
	options Options
	store   accessguard.Store
	engine  engine
	worker  string // names this process in calls
	anchor  atomic.Pointer[anchor]
	onStore func(call int64) // for tests: an outcome was stored
	telemetry
}

// engine is what the clients of the engine have in common, whatever the database.
type engine interface {
	Start(ctx context.Context) error
	Stopped() <-chan struct{}
	InsertMany(ctx context.Context, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
	JobRetry(ctx context.Context, id int64) (*rivertype.JobRow, error)
	JobDelete(ctx context.Context, id int64) (*rivertype.JobRow, error)
	ID() string
}

// New returns a fleet on a database. Nothing is started.
func New(db *Database, options *Options) (*Fleet, error) {
	o := *cmp.Or(options, &Options{})
	o.Every, o.ListEvery = cmp.Or(o.Every, defaultEvery), cmp.Or(o.ListEvery, defaultListEvery)
	o.RescueAfter, o.MaxWorkers = cmp.Or(o.RescueAfter, defaultRescueAfter), cmp.Or(o.MaxWorkers, defaultMaxWorkers)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	if o.Now == nil {
		o.Now = time.Now
	}
	switch {
	case db == nil:
		return nil, errors.New("fleet: database: missing")
	case o.Every < 0 || o.ListEvery < 0 || o.Keep < 0:
		return nil, errors.New("fleet: options: a negative duration")
	case o.RescueAfter < 2*time.Second:
		return nil, errors.New("fleet: options: RescueAfter is shorter than two seconds")
	case o.MaxWorkers < 0 || o.MaxWorkers > mostWorkers:
		return nil, fmt.Errorf("fleet: options: MaxWorkers is not from 1 to %d", mostWorkers)
	}
	if o.Access != nil {
		_, err := accessguard.New(adapters.Base("fleet"), "consent", accessguard.Memory(), &accessguard.Options{Access: o.Access})
		if err != nil {
			return nil, fmt.Errorf("fleet: options: %w", err)
		}
	}
	f := &Fleet{db: db, options: o, store: db.store()}
	var err error
	if f.telemetry, err = newTelemetry(o); err != nil {
		return nil, fmt.Errorf("fleet: make the telemetry: %w", err)
	}
	if f.engine, err = f.newEngine(); err != nil {
		return nil, fmt.Errorf("fleet: make the engine: %w", err)
	}
	host, _ := os.Hostname()
	f.worker = fmt.Sprintf("%s %d %s", host, os.Getpid(), f.engine.ID())
	return f, nil
}

func (f *Fleet) newEngine() (engine, error) {
	config := f.engineConfig()
	if f.db.pool != nil {
		return river.NewClient[pgx.Tx](riverpgxv5.New(f.db.pool), config)
	}
	config.PollOnly = true // one connection leaves none to listen with
	return river.NewClient[*sql.Tx](riversqlite.New(f.db.db), config)
}

// Work keeps balances current until ctx ends; several processes may do so with one database. Then no further call is made,
// those under way may end within 20 seconds, and their outcomes are stored. It returns earlier only if it cannot start, or if
// the file of an SQLite database is taken away.
func (f *Fleet) Work(ctx context.Context) error {
	if f.options.Open == nil {
		return errors.New("fleet: options: Open is missing")
	}
	if err := f.measure(ctx); err != nil {
		return fmt.Errorf("fleet: ask the database for the time: %w", err)
	}
	unobserve, err := f.observe()
	if err != nil {
		return fmt.Errorf("fleet: make the telemetry: %w", err)
	}
	defer unobserve()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if err := f.engine.Start(ctx); err != nil {
		return fmt.Errorf("fleet: start the engine: %w", err)
	}
	err = f.watch(ctx)
	stop()
	<-f.engine.Stopped()
	if err != nil {
		return fmt.Errorf("fleet: work: %w", err)
	}
	return nil
}

// Left tells how many unattended calls for the balances of an account are left, as [accessguard.Guard.Left]. It opens the
// account's connection, and makes no call.
func (f *Fleet) Left(ctx context.Context, account int64) (accessguard.Left, error) {
	left, err := f.left(ctx, account)
	if err != nil {
		return accessguard.Left{}, fmt.Errorf("fleet: read the allowance: %w", err)
	}
	return left, nil
}

func (f *Fleet) left(ctx context.Context, account int64) (left accessguard.Left, err error) {
	status, err := f.db.Account(ctx, account)
	if err != nil {
		return left, err
	}
	if f.options.Open == nil {
		return left, errors.New("the option Open is missing")
	}
	opened, err := f.options.Open(ctx, status.Connection)
	if err != nil {
		return left, err
	}
	guard, err := f.guard(opened)
	if err != nil {
		return left, err
	}
	return guard.Left(ctx, status.AccountID)
}

func (f *Fleet) guard(c Connection) (*accessguard.Guard, error) {
	return accessguard.New(observed{c.Source, f.telemetry}, c.Consent, f.store, &accessguard.Options{Access: f.options.Access, Now: f.now})
}

// fingerprint is what is stored of a consent.
func (c Connection) fingerprint() string {
	sum := sha256.Sum256([]byte(c.Source.Provider() + "\x00" + string(c.Consent)))
	return hex.EncodeToString(sum[:])
}
