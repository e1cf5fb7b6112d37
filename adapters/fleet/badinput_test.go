package fleet

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A connection without its entry is shown as missing, with the reason; others go on, and it goes on itself as soon as its entry
// is there.
func TestAConnectionWithoutItsEntry(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		bank := newBank(t)
		entry := Connection{Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{sound}}
		s := simulate(t, address, map[string]Connection{"there": entry}, nil)
		s.add(t, "there")
		s.add(t, "gone")
		s.pass(t, day)
		gone := status(t, s.db, "gone")
		assert.Equal(t, StateMissing, gone.State)
		assert.Equal(t, adapters.ErrInvalidArgument, gone.Kind)
		assert.Equal(t, "the connection cannot be opened: "+errNoEntry.Error(), gone.Detail)
		assert.Greater(t, bank.called(soundPath), 1)
		assert.Empty(t, s.config.raised())
		summary, err := s.db.Summary(t.Context())
		require.NoError(t, err)
		assert.Equal(t, map[State]int{StateActive: 1, StateMissing: 1}, summary.Connections)

		s.config.set("gone", entry)
		s.pass(t, time.Hour)
		gone = status(t, s.db, "gone")
		assert.Equal(t, StateActive, gone.State)
		assert.Empty(t, gone.Detail)
		assert.False(t, gone.Newest.IsZero())
	})
}

// Whatever Open returns or does, the connection is missing, and nothing else happens.
func TestEntriesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	bank := newBank(t)
	good := bank.mypos(t, consent)
	s := simulate(t, t.TempDir()+"/fleet.db", map[string]Connection{
		"no source":  {Consent: consent},
		"no consent": {Source: good},
		"no name":    {Source: adapters.Base(""), Consent: consent},
		"unknown":    {Source: adapters.Base("somewhere"), Consent: consent},
		"there":      {Source: good, Consent: consent, Accounts: []string{sound}},
	}, nil)
	open := s.options.Open
	s.options.Open = func(ctx context.Context, name string) (Connection, error) {
		if name == "panics" {
			panic("secret")
		}
		return open(ctx, name)
	}
	for _, name := range []string{"no source", "no consent", "no name", "unknown", "panics", "there"} {
		s.add(t, name)
	}
	s.pass(t, day)
	for name, want := range map[string]string{
		"no source": "source: missing", "no consent": "consent: missing", "no name": "source: missing", "unknown": "access: missing",
		"panics": "a panic",
	} {
		is := status(t, s.db, name)
		assert.Equal(t, StateMissing, is.State, name)
		assert.Contains(t, is.Detail, want, name)
		assert.NotContains(t, is.Detail, "secret")
	}
	assert.Equal(t, StateActive, status(t, s.db, "there").State)
}

func TestNamesThatCannotBeAdded(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		f := newFleet(t, open(t, address), &configuration{}, nil)
		for _, name := range []string{"", strings.Repeat("x", 513), "a\x00b", "\xff"} {
			added, err := f.Add(t.Context(), slices.Values([]string{name}))
			require.Error(t, err, "%q", name)
			assert.Zero(t, added)
			assert.NotContains(t, err.Error(), "xxx")
		}
		added, err := f.Add(t.Context(), slices.Values([]string{"twice", "twice", "ünï", "'; DROP TABLE fleet_call; --"}))
		require.NoError(t, err)
		assert.Equal(t, 3, added)
		added, err = f.Add(t.Context(), slices.Values([]string{"twice"}))
		require.NoError(t, err)
		assert.Zero(t, added)
		all, err := f.db.Connections(t.Context(), "", 10)
		require.NoError(t, err)
		assert.Len(t, all, 3)
		var jobs int
		require.NoError(t, f.db.bound().row(t.Context(), "SELECT count(*) FROM river_job WHERE kind = 'list'").Scan(&jobs))
		assert.Equal(t, 3, jobs)
	})
}

// Tables of a later version are refused and left as they are.
func TestLaterVersions(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		for table, insert := range map[string]string{
			"fleet_meta": "UPDATE fleet_meta SET version = 1000", "river_migration": "INSERT INTO river_migration (line, version) VALUES ('main', 1000)",
		} {
			db, err := OpenDatabase(t.Context(), address)
			require.NoError(t, err)
			_, err = db.bound().exec(t.Context(), insert)
			require.NoError(t, err)
			require.NoError(t, db.Close())
			_, err = OpenDatabase(t.Context(), address)
			require.ErrorIs(t, err, ErrVersion, table)
			raw, err := connect(t.Context(), address)
			require.NoError(t, err)
			version, err := raw.latest(t.Context(), raw.bound(), table)
			require.NoError(t, err)
			assert.Equal(t, 1000, version)
			for _, statement := range []string{"UPDATE fleet_meta SET version = 1", "DELETE FROM river_migration WHERE version = 1000"} {
				_, err = raw.bound().exec(t.Context(), statement)
				require.NoError(t, err)
			}
			require.NoError(t, raw.Close())
		}
	})
}

var (
	locks sync.Map // the programs that lock databases
	quiet = slog.New(slog.DiscardHandler)
)

// A database that takes no writes is told by the summary, work goes on without a crash, and when writes are taken again
// nothing is lost.
func TestDatabasesThatTakeNoWrites(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		begin, end func(t *testing.T, db *Database)
		want       string
	}{
		"full": {func(t *testing.T, db *Database) {
			var pages int
			require.NoError(t, db.db.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages))
			set(t, db, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
			for err := error(nil); err == nil; {
				_, err = db.bound().exec(t.Context(), "INSERT INTO filling VALUES (randomblob(1000))")
			}
		}, func(t *testing.T, db *Database) { set(t, db, "PRAGMA max_page_count = 1000000") }, ""},
		"read-only": {
			func(t *testing.T, db *Database) { set(t, db, "PRAGMA query_only = 1") },
			func(t *testing.T, db *Database) { set(t, db, "PRAGMA query_only = 0") }, "it is read-only",
		},
		"locked": {func(t *testing.T, db *Database) {
			set(t, db, "PRAGMA busy_timeout = 10")
			other, err := sql.Open("sqlite", "file:"+db.path+"?_pragma=busy_timeout(5000)")
			require.NoError(t, err)
			other.SetMaxOpenConns(1)
			_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
			require.NoError(t, err)
			locks.Store(db, other)
		}, func(t *testing.T, db *Database) {
			other, _ := locks.Load(db)
			require.NoError(t, other.(*sql.DB).Close())
		}, "it is locked by another program"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bank, db := newBank(t), open(t, filepath.Join(t.TempDir(), "fleet.db"))
			var ids []string
			for i := range 40 {
				ids = append(ids, fmt.Sprintf("%d", i))
			}
			bank.good = newCounted(t, 0).Config.Handler
			config := &configuration{entries: map[string]Connection{"shop": {Source: bank.mypos(t, consent), Consent: consent, Accounts: ids}}}
			config.set("first", Connection{Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{"first"}})
			f := newFleet(t, db, config, func(o *Options) { o.Logger = quiet })
			set(t, db, "CREATE TABLE filling (x)")
			working(t, f)
			_, err := f.Add(t.Context(), slices.Values([]string{"first"}))
			require.NoError(t, err)
			eventually(t, "it works", func() bool { return bank.total() == 1 }) // its outcome may come too late to be stored
			row.begin(t, db)
			summary, err := db.Summary(t.Context())
			require.NoError(t, err)
			if row.want != "" {
				assert.Equal(t, []string{"the database takes no writes: " + row.want}, summary.Problems)
				_, err = f.Add(t.Context(), slices.Values([]string{"shop"}))
				require.Error(t, err)
			}
			time.Sleep(300 * time.Millisecond) // for jobs to fail
			row.end(t, db)
			_, err = f.Add(t.Context(), slices.Values([]string{"shop"}))
			require.NoError(t, err)
			eventually(t, "all are fetched", func() bool {
				s, err := db.Summary(t.Context())
				require.NoError(t, err)
				return s.Accounts == 41 && s.NeverFetched == 0 && len(s.Problems) == 0
			})
			assert.Equal(t, 41, bank.total(), "each is called once")
		})
	}
}

func set(t *testing.T, db *Database, statement string) {
	t.Helper()
	_, err := db.db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}

// A disk that is full is told, and when there is room again nothing is lost.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("a small disk cannot be mounted: %s", out)
	}
	t.Cleanup(func() { require.NoError(t, exec.Command("umount", folder).Run()) })
	db, filling := open(t, filepath.Join(folder, "fleet.db")), filepath.Join(folder, "filling")
	require.Error(t, os.WriteFile(filling, make([]byte, 20<<20), 0o600))
	summary, err := db.Summary(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"the database takes no writes: it is full"}, summary.Problems)
	f := newFleet(t, db, &configuration{}, nil)
	_, err = f.Add(t.Context(), slices.Values([]string{"shop"}))
	require.Error(t, err)
	require.NoError(t, os.Remove(filling))
	_, err = f.Add(t.Context(), slices.Values([]string{"shop"}))
	require.NoError(t, err)
	summary, err = db.Summary(t.Context())
	require.NoError(t, err)
	assert.Empty(t, summary.Problems)
	assert.Equal(t, 1, summary.Connections[StateActive])
}

// A file that is taken away ends the work, because what would be stored in it would be lost.
func TestAFileThatIsTakenAway(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "fleet.db"))
	assert.False(t, db.isGone())
	require.NoError(t, os.Rename(db.path, db.path+".moved"))
	assert.True(t, db.isGone())
	summary, err := db.Summary(t.Context())
	require.NoError(t, err)
	assert.Contains(t, summary.Problems, errGone.Error())
	require.NoError(t, os.WriteFile(db.path, nil, 0o600))
	assert.True(t, db.isGone(), "another file")
}

// A clock that is a year ahead for a day, and one that is a year behind, lead to no crash, and afterwards to balances that are as
// fresh as ever.
func TestAClockThatJumps(t *testing.T) {
	t.Parallel()
	for name, jump := range map[string]time.Duration{"ahead": 365 * day, "somewhat ahead": 3 * day, "behind": -365 * day} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bank := newBank(t)
			s := simulate(t, t.TempDir()+"/fleet.db", map[string]Connection{
				"shop": {Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{odd, sound}},
			}, nil)
			bank.now = s.options.Now
			s.add(t, "shop")
			s.pass(t, 2*day)
			right := *s.clock
			*s.clock = right.Add(jump)
			s.pass(t, day)
			*s.clock = right.Add(day)
			require.NoError(t, s.tend(t.Context()))
			clear(s.units)
			s.lists[status(t, s.db, "shop").ID] = *s.clock
			s.pass(t, 2*day)
			shop := status(t, s.db, "shop")
			assert.Equal(t, StateActive, shop.State)
			for _, a := range accounts(t, s.db, "shop") {
				assert.Empty(t, a.Kind)
				assert.WithinDuration(t, *s.clock, a.FetchedAt, 7*time.Hour)
				assert.WithinDuration(t, *s.clock, a.NextAt, 7*time.Hour)
			}
		})
	}
}

// What sleeps because of a clock that was ahead, though its row is due, is woken.
func TestJobsThatSleepTooLong(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		bank := newBank(t)
		s := simulate(t, address, map[string]Connection{
			"shop": {Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{sound}},
		}, func(o *Options) { o.Now = time.Now })
		*s.clock = time.Now()
		s.add(t, "shop")
		s.pass(t, time.Minute)
		past, far := instant{time.Now().Add(-day)}, s.db.engineTime(time.Now().Add(365*day))
		for statement, args := range map[string][]any{
			"UPDATE river_job SET state = 'scheduled', scheduled_at = ?": {far},
			"UPDATE fleet_unit SET next_at = ?":                          {past},
			"UPDATE fleet_account SET next_at = ?":                       {past},
			"UPDATE fleet_connection SET next_list_at = ?":               {past},
		} {
			_, err := s.db.bound().exec(t.Context(), statement, args...)
			require.NoError(t, err)
		}
		require.Equal(t, 2, rows(t, s.db, "river_job WHERE state = 'scheduled'"))
		require.NoError(t, s.tend(t.Context()))
		assert.Equal(t, 2, rows(t, s.db, "river_job WHERE state = 'available'"))
	})
}

// The clock of the options is the engine's, too, where the database has none.
func TestTheEnginesClock(t *testing.T) {
	t.Parallel()
	bank := newBank(t)
	f := newFleet(t, open(t, t.TempDir()+"/fleet.db"), &configuration{entries: map[string]Connection{
		"shop": {Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{sound}},
	}}, func(o *Options) {
		o.Now = func() time.Time { return time.Now().Add(365 * day) }
		o.Every, o.Access = time.Second, accessguard.Usual(specs.Limit{Calls: 500, Window: time.Minute})
	})
	_, err := f.Add(t.Context(), slices.Values([]string{"shop"}))
	require.NoError(t, err)
	working(t, f)
	eventually(t, "the account is called again", func() bool { return bank.called(soundPath) > 1 })
}
