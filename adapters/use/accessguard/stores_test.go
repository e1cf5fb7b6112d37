package accessguard_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/accessguard/storetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stormFile names the file on which a process started by the tests makes calls.
const stormFile = "ACCESSGUARD_STORM_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(stormFile); path != "" {
		bank := &storetest.Bank{}
		for _, err := range storetest.Storm(context.Background(), bank, "consent", []string{"account"}, 250,
			accessguard.File(path)) {
			fmt.Fprintln(os.Stderr, err)
		}
		fmt.Println(bank.Asked("account"))
		return
	}
	os.Exit(m.Run())
}

func TestMemory(t *testing.T) {
	t.Parallel()
	store := accessguard.Memory()
	storetest.Run(t, func(*testing.T) accessguard.Store { return store })
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.json")
	storetest.Run(t, func(*testing.T) accessguard.Store { return accessguard.File(path) })
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, entry := range entries {
		info, err := entry.Info()
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode(), entry.Name())
	}
	assert.Len(t, entries, 2, "the file and its lock")
}

func TestFileIsSharedByProcesses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.json")
	total := 0
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			passed := storm(t, path)
			mu.Lock()
			defer mu.Unlock()
			total += passed
		})
	}
	group.Wait()
	assert.Equal(t, 4, total)
}

// storm runs a process that makes 250 concurrent calls and returns how many passed.
func storm(t *testing.T, path string) int {
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), stormFile+"="+path)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	assert.NoError(t, err)
	assert.Empty(t, problems.String())
	passed, err := strconv.Atoi(strings.TrimSpace(string(out)))
	assert.NoError(t, err)
	return passed
}

func TestFileStaysLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.json")
	holder, wait := accessguard.File(path), make(chan struct{})
	var group sync.WaitGroup
	entered := make(chan struct{})
	group.Go(func() {
		assert.NoError(t, holder.Update(context.Background(), "key", time.Now(),
			func(r accessguard.Record) accessguard.Record { close(entered); <-wait; return r }))
	})
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	unchanged := func(r accessguard.Record) accessguard.Record { return r }
	for _, store := range []accessguard.Store{holder, accessguard.File(path)} {
		require.ErrorIs(t, store.Update(ctx, "key", time.Now(), unchanged), context.DeadlineExceeded)
	}
	close(wait)
	group.Wait()
}

func TestDamagedFileIsAnErrorAndIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.json")
	bank := &storetest.Bank{}
	require.Empty(t, storetest.Storm(t.Context(), bank, "consent", []string{"account"}, 1, accessguard.File(path)))
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.NotContains(t, string(good), "account")
	assert.NotContains(t, string(good), "consent")
	digit := bytes.Clone(good)
	digit[bytes.Index(digit, []byte("calls"))+10] ^= 1
	for name, text := range map[string][]byte{
		"empty": {}, "cut in the sum": good[:40], "cut at its end": good[:len(good)-1], "without sum": good[65:],
		"one digit differs": digit, "something after it": append(bytes.Clone(good), '\n'), "other text": []byte("{}"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "access.json")
			require.NoError(t, os.WriteFile(path, text, 0o600))
			guarded, err := accessguard.New(bank, "consent", accessguard.File(path), nil)
			require.NoError(t, err)
			_, err = guarded.Balances(t.Context(), "account", adapters.Unattended())
			require.ErrorIs(t, err, adapters.ErrUnavailable)
			require.ErrorIs(t, err, accessguard.ErrDamaged)
			require.EqualError(t, err,
				"eika: get balances: unavailable: access guard: the store is damaged, nothing was sent")
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, text, after)
		})
	}
	assert.Equal(t, 1, bank.Asked("account"))
}

func TestExpiredRecordsAreForgotten(t *testing.T) {
	t.Parallel()
	memory := accessguard.Memory()
	churn(t, memory, 20_000)
	assert.LessOrEqual(t, memory.Len(), 2048)

	path := filepath.Join(t.TempDir(), "access.json")
	churn(t, accessguard.File(path), 200)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(2048))
}

// churn writes n records, each of which may be forgotten about ten records later.
func churn(t *testing.T, store accessguard.Store, n int) {
	start := time.Now()
	for i := range n {
		now := start.Add(time.Duration(i) * 4 * 24 * time.Hour)
		require.NoError(t, store.Update(t.Context(), strconv.Itoa(i), now,
			func(accessguard.Record) accessguard.Record {
				return accessguard.Record{Blocked: now.Add(10 * 24 * time.Hour)}
			}))
	}
}

// The file was written by the first version, which wrote no version (commit cfbcae0): four calls of one account, one of
// another, and a 429 of a third, from 2026-11-21 10:00 on.
func TestFileOfTheFirstVersionCounts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/first.json")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "access.json")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	storetest.RunFirstVersion(t, accessguard.File(path))
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, bytes.HasPrefix(written, []byte("2 ")))
}

func TestFileOfALaterVersionIsRefusedAndKept(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"3 whatever", "3 ", "99999999999999999999 x\n{}"} {
		path := filepath.Join(t.TempDir(), "access.json")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		guard, err := accessguard.New(&storetest.Bank{}, "consent", accessguard.File(path), nil)
		require.NoError(t, err)
		_, err = guard.Balances(t.Context(), "account", adapters.Unattended())
		require.ErrorIs(t, err, accessguard.ErrVersion)
		require.EqualError(t, err,
			"eika: get balances: unavailable: access guard: the store is of a later version, nothing was sent")
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, text, string(after))
	}
}

func TestFileWithoutRecordsIsDamaged(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"null", "[]", `{"x":null}`, `{"x":{}}`, ""} {
		path := filepath.Join(t.TempDir(), "access.json")
		text := fmt.Sprintf("2 %x\n%s", sha256.Sum256([]byte(body)), body)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		guard, err := accessguard.New(&storetest.Bank{}, "consent", accessguard.File(path), nil)
		require.NoError(t, err)
		_, err = guard.Balances(t.Context(), "account", adapters.Unattended())
		require.ErrorIs(t, err, accessguard.ErrDamaged, body)
	}
}

func TestLinkIsTheFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, absolute, relative := filepath.Join(folder, "real"), filepath.Join(folder, "a"), filepath.Join(folder, "r")
	if err := errors.Join(os.Symlink(path, absolute), os.Symlink("real", relative)); err != nil {
		t.Skip(err)
	}
	bank := &storetest.Bank{}
	var stores []accessguard.Store
	for _, name := range []string{absolute, path, relative} {
		stores = append(stores, accessguard.File(name))
	}
	assert.Empty(t, storetest.Storm(t.Context(), bank, "consent", []string{"account"}, 30, stores...))
	assert.Equal(t, 4, bank.Asked("account"))
	for _, name := range []string{absolute, relative} {
		info, err := os.Lstat(name)
		require.NoError(t, err)
		assert.NotZero(t, info.Mode()&os.ModeSymlink)
	}
}

// Somebody removes the lock file while a call is being counted, and another program counts one.
func TestLockFileThatIsTidiedAway(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.json")
	now := time.Now()
	count := func(r accessguard.Record) accessguard.Record {
		return accessguard.Record{Keep: time.Hour, Calls: append(r.Calls[:len(r.Calls):len(r.Calls)], now.UnixMilli())}
	}
	var found accessguard.Record
	removed := false
	require.NoError(t, accessguard.File(path).Update(t.Context(), "key", now, func(r accessguard.Record) accessguard.Record {
		if !removed {
			removed = true
			require.NoError(t, os.Remove(path+".lock"))
			require.NoError(t, accessguard.File(path).Update(t.Context(), "key", now, count))
		}
		found = count(r)
		return found
	}))
	assert.Len(t, found.Calls, 2)
}

func TestPathThatIsNoFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.json")
	if err := exec.CommandContext(t.Context(), "mkfifo", path).Run(); err != nil {
		t.Skip(err)
	}
	target := filepath.Join(t.TempDir(), "made by the lock")
	linked := filepath.Join(t.TempDir(), "access.json")
	require.NoError(t, os.Symlink(target, linked+".lock"))
	for _, path := range []string{path, linked, t.TempDir()} {
		err := accessguard.File(path).Update(t.Context(), "key", time.Now(),
			func(r accessguard.Record) accessguard.Record { return r })
		require.ErrorIs(t, err, accessguard.ErrDamaged)
	}
	assert.NoFileExists(t, target)
}

// hanging is a database that never answers.
type hanging struct{ asked chan struct{} }

func (h hanging) Connect(ctx context.Context) (driver.Conn, error) {
	h.asked <- struct{}{}
	<-ctx.Done()
	return nil, ctx.Err()
}

func (hanging) Driver() driver.Driver { return nil }

func TestDatabaseThatHangsKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	database := hanging{make(chan struct{}, 2)}
	store := accessguard.SQL(sql.OpenDB(database), accessguard.QuestionMark)
	update := func(ctx context.Context) error {
		return store.Update(ctx, "key", time.Now(), func(r accessguard.Record) accessguard.Record { return r })
	}
	first, leave := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- update(first) }()
	<-database.asked
	second, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	require.ErrorIs(t, update(second), context.DeadlineExceeded)
	assert.Empty(t, ended, "the first still waits")
	leave()
	require.ErrorIs(t, <-ended, context.Canceled)
}
