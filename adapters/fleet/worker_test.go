package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/openbalances/openbalances/adapters/tokenio"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/require"
)

// workerOf is the environment variable that makes the test's program a worker: its work as JSON.
const workerOf = "FLEET_TEST_WORKER"

// work is what a worker process works on: connections "mypos N" and "tokenio N" with a number of accounts each.
type work struct {
	Database, Bank string
	Accounts       int           // of a connection
	Off            time.Duration // its clock
	Every          time.Duration
	RescueAfter    time.Duration
	MaxWorkers     int
	Calls          int // the allowance of an account in a window
	Window         time.Duration
	Add            int    // connections to add, in place of work
	Stored         string // the file that it tells of outcomes that it has stored, by the ids of their calls, one a line
}

func (w work) options() *Options {
	access := specs.Access{{
		Of: []specs.Call{specs.CallBalances, specs.CallBatch}, Per: specs.PerAccount, Limits: []specs.Limit{{Calls: w.Calls, Window: w.Window}},
	}}
	return &Options{
		Open: w.open, Every: w.Every, ListEvery: time.Hour, RescueAfter: w.RescueAfter, MaxWorkers: w.MaxWorkers, Access: access,
		Now:    func() time.Time { return time.Now().Add(w.Off) },
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	}
}

// account returns the id of an account of a connection.
func (w work) account(connection string, i int) string {
	provider, number, _ := strings.Cut(connection, " ")
	return fmt.Sprintf("%s-%s-%d", provider, number, i)
}

func (w work) open(_ context.Context, name string) (c Connection, err error) {
	for i := range w.Accounts {
		c.Accounts = append(c.Accounts, w.account(name, i))
	}
	c.Consent = adapters.Secret(name)
	provider, _, _ := strings.Cut(name, " ")
	options := &adapters.Options{BaseURL: w.Bank + "/" + provider}
	if provider == "mypos" {
		c.Source, err = mypos.New(mypos.Credentials{AccessToken: "token", APIKey: "key", ConsentID: c.Consent}, options)
	} else {
		c.Source, err = tokenio.New(tokenio.Credentials{OnBehalfOf: "ta:1", APIKey: "key"}, options)
	}
	return c, err
}

// beWorker works until it is told to stop.
func beWorker(text string) int {
	var w work
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		panic(err)
	}
	if w.Add > 0 {
		if err := w.add(); err != nil {
			panic(err)
		}
		return 0
	}
	stored, err := os.OpenFile(w.Stored, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		panic(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	for ctx.Err() == nil {
		if err := w.run(ctx, stored); err != nil {
			fmt.Fprintln(os.Stderr, err)
			time.Sleep(200 * time.Millisecond) // the database restarts
		}
	}
	return 0
}

// add adds connections by made-up names.
func (w work) add() error {
	db, err := OpenDatabase(context.Background(), w.Database)
	if err != nil {
		return err
	}
	f, err := New(db, w.options())
	if err != nil {
		return err
	}
	added, err := f.Add(context.Background(), func(yield func(string) bool) {
		for i := 0; i < w.Add && yield("mypos "+strconv.Itoa(i)); i++ {
		}
	})
	if err == nil && added != w.Add {
		err = fmt.Errorf("%d were added", added)
	}
	return errors.Join(err, db.Close())
}

func (w work) run(ctx context.Context, stored io.Writer) error {
	db, err := OpenDatabase(ctx, w.Database)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	f, err := New(db, w.options())
	if err != nil {
		return err
	}
	f.onStore = func(call int64) { _, _ = io.WriteString(stored, strconv.FormatInt(call, 10)+"\n") }
	return f.Work(ctx)
}

// start starts a process.
func (w work) start(t testing.TB) *exec.Cmd {
	t.Helper()
	body, err := json.Marshal(w)
	require.NoError(t, err)
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), workerOf+"="+string(body))
	process.Stderr = os.Stderr
	require.NoError(t, process.Start())
	return process
}
