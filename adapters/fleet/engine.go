package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

const (
	queue       = "openbalances" // an engine's tables may serve other programs besides
	chunk       = 1000           // rows of one statement, jobs of one insertion
	tendEvery   = time.Minute
	pruneEvery  = time.Hour
	attempts    = 1<<15 - 1 // the engine's largest; only work whose worker died counts
	retryJitter = 2 * time.Second
	leastSnooze = time.Second // of a job that woke too early, so that clocks that disagree make no busy loop
)

// listArgs are those of the one job that a connection has for life: which accounts it has, and whether it can be opened.
type listArgs struct {
	Connection int64 `json:"connection" river:"unique"`
}

// refreshArgs are those of the one job that a unit has for life: the balances of its accounts.
type refreshArgs struct {
	Unit int64 `json:"unit" river:"unique"`
}

// tendArgs are those of a job that queues what has no job.
type tendArgs struct{}

// pruneArgs are those of a job that deletes what is older than Options.Keep.
type pruneArgs struct{}

func (listArgs) Kind() string    { return "list" }
func (refreshArgs) Kind() string { return "refresh" }
func (tendArgs) Kind() string    { return "tend" }
func (pruneArgs) Kind() string   { return "prune" }

func (f *Fleet) engineConfig() *river.Config {
	config := &river.Config{
		Logger:                      slog.New(warnings{f.options.Logger.Handler()}),
		RescueStuckJobsAfter:        f.options.RescueAfter,
		JobTimeout:                  min(f.options.RescueAfter/2, longestJob),
		SoftStopTimeout:             stopTimeout,
		CompletedJobRetentionPeriod: time.Hour,
		CancelledJobRetentionPeriod: time.Hour,
		RetryPolicy:                 atOnce{},
		Test:                        river.TestConfig{Time: clock{f}},
	}
	if f.options.Open == nil {
		return config // it queues jobs for others
	}
	config.Workers = river.NewWorkers()
	river.AddWorker(config.Workers, river.WorkFunc(func(ctx context.Context, job *river.Job[listArgs]) error {
		return f.work(ctx, job.JobRow, func(ctx context.Context) (time.Time, error) {
			return f.list(ctx, job.Args.Connection, job.ScheduledAt)
		})
	}))
	river.AddWorker(config.Workers, river.WorkFunc(func(ctx context.Context, job *river.Job[refreshArgs]) error {
		return f.work(ctx, job.JobRow, func(ctx context.Context) (time.Time, error) {
			return f.refresh(ctx, job.Args.Unit, job.ScheduledAt)
		})
	}))
	river.AddWorker(config.Workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[tendArgs]) error {
		return f.tend(ctx)
	}))
	river.AddWorker(config.Workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[pruneArgs]) error {
		return f.prune(ctx)
	}))
	config.Queues = map[string]river.QueueConfig{queue: {MaxWorkers: f.options.MaxWorkers}}
	// The leader of all processes adds these.
	for args, every := range map[river.JobArgs]time.Duration{tendArgs{}: tendEvery, pruneArgs{}: pruneEvery} {
		config.PeriodicJobs = append(config.PeriodicJobs, river.NewPeriodicJob(river.PeriodicInterval(every),
			func() (river.JobArgs, *river.InsertOpts) {
				unique := river.UniqueOpts{ByState: unfinished}
				return args, &river.InsertOpts{Queue: queue, MaxAttempts: 1, Priority: 2, UniqueOpts: unique}
			}, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	return config
}

// warnings are the records of the engine that are worth a word: it counts its jobs by the minute.
type warnings struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// clock is the fleet's time for the engine.
type clock struct{ *Fleet }

// Now implements [rivertype.TimeGenerator].
func (c clock) Now() time.Time { return c.now() }

// NowOrNil implements [rivertype.TimeGenerator]. PostgreSQL is asked for the time, so that workers agree.
func (c clock) NowOrNil() *time.Time {
	if c.db.pool != nil {
		return nil
	}
	now := c.now()
	return &now
}

// atOnce lets the work of a worker that died go on at once; how long a call that failed waits is no matter of the engine.
type atOnce struct{}

// NextRetry implements [river.ClientRetryPolicy].
func (atOnce) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(rand.N(retryJitter)) }

// unfinished are the states of a job that make another one with the same arguments superfluous.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable,
	rivertype.JobStateScheduled,
}

// errEnded ends a job that nothing is left for.
var errEnded = errors.New("nothing is left to be done")

// work does what a job is for and lets it sleep until the time that do returns. A database that fails costs no attempt.
func (f *Fleet) work(ctx context.Context, job *rivertype.JobRow, do func(context.Context) (time.Time, error)) error {
	ctx, end := f.job(ctx, job.Kind)
	next, err := do(ctx)
	if errors.Is(err, errEnded) {
		end(nil)
	} else {
		end(err)
	}
	switch {
	case errors.Is(err, errEnded):
		return nil
	case err != nil && ctx.Err() != nil:
		return river.JobSnooze(0) // another worker goes on
	case err != nil:
		f.options.Logger.ErrorContext(ctx, "fleet: a job failed and is tried again", "kind", job.Kind, "job", job.ID, "error", err)
		return river.JobSnooze(retryDatabase/2 + rand.N(retryDatabase))
	}
	return river.JobSnooze(max(leastSnooze, next.Sub(f.now())))
}

const retryDatabase = 20 * time.Second

// table is one whose rows have jobs.
type table struct {
	name string
	due  string // the column of when a job is due
	idle string // what is true of rows that need no job
	args func(id int64) river.JobArgs
}

var (
	connectionJobs = table{"fleet_connection", "next_list_at", "FALSE", func(id int64) river.JobArgs { return listArgs{id} }}
	unitJobs       = table{"fleet_unit", "next_at", `t.next_at IS NULL OR NOT EXISTS
		(SELECT 1 FROM fleet_connection c WHERE c.id = t.connection AND c.state IN ('active', 'missing'))`,
		func(id int64) river.JobArgs { return refreshArgs{id} }}
)

// enqueue gives rows that fit a job each, unless they have one, in bounded steps. A row whose job is about to end keeps
// none, so that it gets one the next time.
func (f *Fleet) enqueue(ctx context.Context, t table, where string, args ...any) error {
	last := int64(0)
	for {
		type row struct {
			id  int64
			due instant
		}
		rows, err := f.db.bound().query(ctx, "SELECT t.id, t."+t.due+" FROM "+t.name+" t WHERE t.id > ? AND ("+where+
			") AND NOT ("+t.idle+") ORDER BY t.id LIMIT "+strconv.Itoa(chunk), append([]any{last}, args...)...)
		found, err := collectRows(rows, err, func(scan func(...any) error) (r row, err error) { return r, scan(&r.id, &r.due) })
		if err != nil || len(found) == 0 {
			return err
		}
		var params []river.InsertManyParams
		for _, r := range found {
			unique := river.UniqueOpts{ByArgs: true, ByState: unfinished}
			options := &river.InsertOpts{Queue: queue, MaxAttempts: attempts, UniqueOpts: unique}
			if r.due.After(f.now()) { // a job that is to be scheduled waits for the scheduler's turn
				options.ScheduledAt = r.due.Time
			}
			params = append(params, river.InsertManyParams{Args: t.args(r.id), InsertOpts: options})
		}
		results, err := f.engine.InsertMany(ctx, params)
		if err != nil {
			return fmt.Errorf("insert jobs: %w", err)
		}
		jobs := map[int64]int64{}
		for i, result := range results {
			if !result.UniqueSkippedAsDuplicate || result.Job.State != rivertype.JobStateRunning {
				jobs[found[i].id] = result.Job.ID
			}
		}
		if err := f.db.setJobs(ctx, t, jobs); err != nil {
			return err
		}
		last = found[len(found)-1].id
	}
}

// setJobs stores which job each row has.
func (d *Database) setJobs(ctx context.Context, t table, jobs map[int64]int64) error {
	if len(jobs) == 0 {
		return nil
	}
	var args []any
	for id, job := range jobs {
		args = append(args, id, job)
	}
	return d.bound().setAll(ctx, t.name, "job", args)
}

// setAll sets a column of rows that refers to others. args are the id of each row and the value.
func (b bound) setAll(ctx context.Context, table, column string, args []any) error {
	values := places("(CAST(? AS BIGINT), CAST(? AS BIGINT))", len(args)/2)
	_, err := b.exec(ctx, "WITH v (id, value) AS (VALUES "+values+") UPDATE "+table+" SET "+column+
		" = v.value FROM v WHERE "+table+".id = v.id", args...)
	return err
}

// places repeats a placeholder.
func places(one string, n int) string { return strings.TrimSuffix(strings.Repeat(one+", ", n), ", ") }

// wake lets the jobs of rows run at once that sleep, because something has changed.
func (f *Fleet) wake(ctx context.Context, t table, where string, args ...any) error {
	rows, err := f.db.bound().query(ctx, "SELECT t.job FROM "+t.name+" t WHERE t.job IS NOT NULL AND ("+where+")", args...)
	jobs, err := collectRows(rows, err, func(scan func(...any) error) (job int64, err error) { return job, scan(&job) })
	if err != nil {
		return err
	}
	for _, job := range jobs {
		if _, err := f.engine.JobRetry(ctx, job); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
			return fmt.Errorf("wake a job: %w", err)
		}
	}
	return nil
}

// tend gives jobs to what has none: what was added when the database failed, or whose job the engine has given up. And it
// brings forward what a clock that was wrong for a time has put off too far.
func (f *Fleet) tend(ctx context.Context) error {
	if err := f.bringForward(ctx); err != nil {
		return err
	}
	slack := f.options.RescueAfter + recheckEvery // more than any pause that no row knows
	late, far := instant{f.now().Add(-slack)}, f.db.engineTime(f.now().Add(slack))
	for _, t := range []table{connectionJobs, unitJobs} {
		if err := f.enqueue(ctx, t, "t.job IS NULL"); err != nil {
			return err
		}
		if err := f.enqueue(ctx, t, "t."+t.due+" < ?", late); err != nil {
			return err
		}
		err := f.wake(ctx, t, "t."+t.due+` < ? AND EXISTS
			(SELECT 1 FROM river_job j WHERE j.id = t.job AND j.state = 'scheduled' AND j.scheduled_at > ?)`, late, far)
		if err != nil {
			return err
		}
	}
	return nil
}

// engineTime is a time as the engine's tables have it.
func (d *Database) engineTime(t time.Time) any {
	if d.pool != nil {
		return t
	}
	return t.UTC().Format("2006-01-02 15:04:05.000")
}

const (
	longestWindow = 2 * 24 * time.Hour // more than the windows of all allowances that are known
	clockError    = 5 * time.Minute    // by which clocks that are right differ at most
)

// bringForward makes due what is due later than any rule says, except what a provider has put off itself, and what a call
// has put off that ended in the future. Times in the future become that of now, the latest that they can have been.
func (f *Fleet) bringForward(ctx context.Context) error {
	now, future := instant{f.now()}, instant{f.now().Add(clockError)}
	never := instant{now.Add(2*max(f.options.Every, f.options.ListEvery) + longestWindow)}
	units, connections := int64(0), int64(0)
	err := f.db.transaction(ctx, func(tx bound) (err error) {
		const ahead = "FROM fleet_call WHERE ended_at > ?)"
		units, connections = 0, 0
		for _, change := range []struct {
			of        *int64
			statement string
			args      []any
		}{
			{&units, `UPDATE fleet_account SET next_at = ? WHERE next_at > ? AND kind <> 'rate_limited'
				AND unit IN (SELECT id FROM fleet_unit WHERE next_at > ?)`, []any{now, never, never}},
			{&units, "UPDATE fleet_account SET next_at = ? WHERE next_at > ? AND unit IN (SELECT unit " + ahead, []any{now, now, future}},
			{nil, "UPDATE fleet_account SET fetched_at = ? WHERE fetched_at > ? AND connection IN (SELECT connection " + ahead,
				[]any{now, future, future}},
			{&connections, "UPDATE fleet_connection SET next_list_at = ? WHERE next_list_at > ? AND kind <> 'rate_limited'",
				[]any{now, never}},
			{&connections, "UPDATE fleet_connection SET next_list_at = ? WHERE next_list_at > ? AND id IN (SELECT connection " +
				"FROM fleet_call WHERE unit IS NULL AND ended_at > ?)", []any{now, now, future}},
			{nil, "UPDATE fleet_connection SET listed_at = ? WHERE listed_at > ? AND id IN (SELECT connection " + ahead,
				[]any{now, future, future}},
			{nil, "UPDATE fleet_call SET ended_at = ? WHERE ended_at > ?", []any{now, future}},
		} {
			n, err := tx.exec(ctx, change.statement, change.args...)
			if err != nil {
				return err
			}
			if change.of != nil {
				*change.of += n
			}
		}
		if units > 0 {
			_, err = tx.exec(ctx, "UPDATE fleet_unit SET next_at = "+unitDue+" WHERE next_at > ?", now)
		}
		return err
	})
	if err != nil || units+connections == 0 {
		return err
	}
	f.options.Logger.WarnContext(ctx, "fleet: the clock was wrong for a time; what it has put off is brought forward",
		"accounts", units, "connections", connections)
	if err := f.wake(ctx, unitJobs, "t.next_at <= ?", now); err != nil {
		return err
	}
	return f.wake(ctx, connectionJobs, "t.next_list_at <= ?", now)
}
