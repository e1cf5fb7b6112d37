package sqltest

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// required is the environment variable that makes a missing PostgreSQL a failure.
const required = "REQUIRE_POSTGRESQL"

// postgres starts a PostgreSQL server of the test's own, reached by a Unix socket only, and returns its address.
func postgres(t *testing.T) string {
	t.Helper()
	initdb, server := program("initdb"), program("postgres")
	if initdb == "" || server == "" {
		if os.Getenv(required) != "" {
			t.Fatal("PostgreSQL's server is not installed; cure: apt-get install postgresql")
		}
		t.Skip("PostgreSQL's server is not installed")
	}
	folder, err := os.MkdirTemp("", "accessguard") // t.TempDir is closed to other users
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(folder)) })
	attributes := unprivileged(t, folder)
	data := filepath.Join(folder, "data")

	create := exec.CommandContext(t.Context(), initdb, "-D", data, "-U", "test", "-A", "trust", "-N", "--no-locale",
		"-E", "UTF8")
	create.SysProcAttr, create.Dir = attributes, folder
	out, err := create.CombinedOutput()
	require.NoError(t, err, string(out))

	run := exec.Command(server, "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off")
	run.SysProcAttr, run.Dir = attributes, folder
	log, err := os.Create(filepath.Join(folder, "log"))
	require.NoError(t, err)
	run.Stdout, run.Stderr = log, log
	require.NoError(t, run.Start())
	t.Cleanup(func() {
		require.NoError(t, run.Process.Signal(syscall.SIGINT)) // a fast shutdown
		require.NoError(t, run.Wait())
		require.NoError(t, log.Close())
	})
	address := "host=" + folder + " user=test dbname=postgres"
	await(t, address)
	return address
}

// program finds one of PostgreSQL's programs, "" if there is none. Debian keeps them out of PATH.
func program(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return ""
	}
	return slices.Max(found)
}

// unprivileged makes root start programs as nobody, who gets the folder: PostgreSQL refuses to run as root.
func unprivileged(t *testing.T, folder string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	nobody, err := user.Lookup("nobody")
	require.NoError(t, err)
	uid, err := strconv.Atoi(nobody.Uid)
	require.NoError(t, err)
	gid, err := strconv.Atoi(nobody.Gid)
	require.NoError(t, err)
	require.NoError(t, os.Chown(folder, uid, gid))
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// await returns when the server answers.
func await(t *testing.T, address string) {
	t.Helper()
	db, err := sql.Open("pgx", address)
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for err = db.PingContext(ctx); err != nil; err = db.PingContext(ctx) {
		require.NoError(t, ctx.Err(), "the server does not answer: %v", err)
		time.Sleep(20 * time.Millisecond)
	}
}
