package accessguard_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/accessguard/internal/storetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	storetest.Main(m, func(path string) accessguard.Store { return accessguard.File(path) })
}

func unchanged(r accessguard.Record) accessguard.Record { return r }

func TestMemory(t *testing.T) {
	t.Parallel()
	store := accessguard.Memory()
	storetest.Run(t, func(*testing.T) accessguard.Store { return store })
	storetest.Churn(t, store, 20_000)
	assert.LessOrEqual(t, strings.Count(fmt.Sprintf("%+v", store), "Blocked:"), 2048)
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.json")
	storetest.Run(t, func(*testing.T) accessguard.Store { return accessguard.File(path) })
	storetest.Processes(t, path)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Less(t, strings.Count(string(text), "blocked"), 12)
	entries, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	for _, entry := range entries {
		assert.Contains(t, []string{path, path + ".lock"}, entry)
		info, err := os.Stat(entry)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode(), entry)
	}
}

func TestFileStaysLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.json")
	holder := accessguard.File(path)
	require.NoError(t, holder.Update(t.Context(), "key", time.Now(), func(r accessguard.Record) accessguard.Record {
		beside, _ := filepath.Glob(path + ".*")
		for _, file := range beside { // somebody tidies up
			_ = os.Remove(file)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		for _, store := range []accessguard.Store{holder, accessguard.File(path)} {
			assert.ErrorIs(t, store.Update(ctx, "key", time.Now(), unchanged), context.DeadlineExceeded)
		}
		return r
	}))
}

func TestUnusableFileIsAnErrorAndIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.json")
	require.Empty(t, storetest.Storm(t.Context(), &storetest.Bank{}, "consent", []string{"account"}, 1, accessguard.File(path)))
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	good := string(written)
	assert.NotContains(t, good, "account")
	assert.NotContains(t, good, "consent")
	digit := []byte(good)
	digit[strings.Index(good, "calls")+10] ^= 1
	holding := func(body string) string { return fmt.Sprintf("2 %x\n%s", sha256.Sum256([]byte(body)), body) }
	for text, want := range map[string]error{
		"": accessguard.ErrDamaged, "{}": accessguard.ErrDamaged, good[:40]: accessguard.ErrDamaged,
		good[:len(good)-1]: accessguard.ErrDamaged, good + "\n": accessguard.ErrDamaged, good[65:]: accessguard.ErrDamaged,
		string(digit): accessguard.ErrDamaged, "1" + good[1:]: accessguard.ErrDamaged,
		holding("[]"): accessguard.ErrDamaged, holding("null"): accessguard.ErrDamaged,
		"3 whatever": accessguard.ErrVersion, "3 ": accessguard.ErrVersion, "99999999999999999999 x\n{}": accessguard.ErrVersion,
	} {
		path := filepath.Join(t.TempDir(), "access.json")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		storetest.Refuses(t, accessguard.File(path), want, "account")
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, text, string(after))
	}
}

// The file was written by the first version, which wrote no version (commit cfbcae0): four calls of one account, one of
// another, and a 429 of a third, from 2026-11-21 10:00 on.
func TestFileOfTheFirstVersionCounts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.json")
	text, err := os.ReadFile("testdata/first.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o600))
	storetest.RunFirstVersion(t, accessguard.File(path))
	text, err = os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "2 ", string(text[:2]))
}

func TestLinkIsTheFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, absolute, relative := filepath.Join(folder, "real"), filepath.Join(folder, "a"), filepath.Join(folder, "r")
	if err := errors.Join(os.Symlink(path, absolute), os.Symlink("real", relative)); err != nil {
		t.Skip(err)
	}
	bank := &storetest.Bank{}
	assert.Empty(t, storetest.Storm(t.Context(), bank, "consent", []string{"account"}, 30,
		accessguard.File(absolute), accessguard.File(path), accessguard.File(relative)))
	assert.Equal(t, 4, bank.Asked("account"))
	info, err := os.Lstat(relative)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeSymlink)
}

// Somebody removes the file while a call is being counted, and another program counts one.
func TestFileThatIsRemoved(t *testing.T) {
	t.Parallel()
	path, now := filepath.Join(t.TempDir(), "access.json"), time.Now()
	tidy := func() {}
	var found accessguard.Record
	count := func(r accessguard.Record) accessguard.Record {
		tidy()
		found = accessguard.Record{Keep: time.Hour, Calls: append(r.Calls[:len(r.Calls):len(r.Calls)], now.UnixMilli())}
		return found
	}
	tidy = func() {
		tidy = func() {}
		require.NoError(t, os.Remove(path))
		require.NoError(t, accessguard.File(path).Update(t.Context(), "key", now, count))
	}
	require.NoError(t, accessguard.File(path).Update(t.Context(), "key", now, count))
	assert.Len(t, found.Calls, 2)
}

func TestPathThatIsNoFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	circle := filepath.Join(folder, "access.json")
	if err := os.Symlink("access.json", circle); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{circle, folder} {
		require.ErrorIs(t, accessguard.File(path).Update(t.Context(), "key", time.Now(), unchanged), accessguard.ErrDamaged)
	}
}

// hanging is a database that never answers.
type hanging struct{ driver.Connector }

func (hanging) Connect(ctx context.Context) (driver.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestDatabaseThatHangsKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	store := accessguard.SQL(sql.OpenDB(hanging{}), accessguard.PlaceholderQuestionMark)
	require.ErrorIs(t, store.Update(ctx, "key", time.Now(), unchanged), context.DeadlineExceeded)
}
