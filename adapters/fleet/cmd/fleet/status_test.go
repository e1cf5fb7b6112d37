package main

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters/use/printable"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Calls that nobody makes are something to do, whatever the form is.
func TestStatusOfOverdueCalls(t *testing.T) {
	t.Parallel()
	d := fetched(t)
	assert.Zero(t, d.run("status").exit)
	d.sql("UPDATE fleet_unit SET next_at = ? WHERE connection = (SELECT id FROM fleet_connection WHERE name = 'shop')", ago(30*time.Minute))
	for _, form := range []string{"table", "json", "csv"} {
		got := d.run("status", "-format", form)
		assert.Equal(t, exitToDo, got.exit, form)
		assert.Equal(t, form == "csv", got.stderr != "", got.stderr)
	}
	table := d.run("status").stdout
	assert.Contains(t, table, "\nTo do:\n  2 calls overdue; see whether fleet work runs\n  shop: Overdue. See whether fleet work runs\n")
	assert.Equal(t, "See whether fleet work runs", d.status().Connections[1].ToDo)
	assert.Empty(t, d.status().Connections[0].ToDo)
	assert.Contains(t, d.run("status", "shop").stdout, "\n  shop: Overdue.", "its accounts do not say so")
	assert.Equal(t, exitToDo, d.run("status", "shop").exit)
	d.sql("UPDATE fleet_account SET next_at = ?", ago(30*time.Minute))
	assert.Contains(t, d.run("status", "shop").stdout, ": Overdue. See whether fleet work runs\n")
}

// A failure before anything was printed leaves nothing on stdout.
func TestStatusThatFails(t *testing.T) {
	t.Parallel()
	d := fetched(t)
	d.sql("PRAGMA foreign_keys = OFF; DROP TABLE fleet_unit")
	for _, form := range []string{"table", "json", "csv"} {
		got := d.run("status", "-format", form)
		assert.Equal(t, exitFailed, got.exit)
		assert.Empty(t, got.stdout, form)
		assert.Regexp(t, `^fleet: read the [^\n]+\n$`, got.stderr)
	}
}

// A connection that is not active has a line of its own above its accounts, and a member of its own.
func TestStatusOfAConnectionThatStopped(t *testing.T) {
	t.Parallel()
	d := fetched(t)
	const link = "https://bank.example/consent?id=0123456789012345678901234567890123456789&state=0123456789012345678901234567890123456789"
	d.sql("UPDATE fleet_connection SET state = 'consent_required', kind = 'consent_required', consent_link = ? WHERE name = 'shop'", link)
	rows := func(args ...string) (cells [][]string) {
		got := d.run(append([]string{"status"}, args...)...)
		assert.Equal(t, exitToDo, got.exit, got.stderr)
		table, _, _ := strings.Cut(got.stdout, "\nTo do:\n")
		for line := range strings.Lines(table) {
			cells = append(cells, strings.Fields(line))
		}
		return cells
	}
	got := rows("shop", "=cmd")
	require.Len(t, got, 8)
	assert.Equal(t, []string{"CONNECTION", "PROVIDER", "ACCOUNTS", "AGE"}, got[0][:4])
	assert.Equal(t, []string{"shop", "mypos", "2"}, got[1][:3])
	assert.Empty(t, got[2])
	assert.Equal(t, []string{"CONNECTION", "ID", "ACCOUNT", "AGE"}, got[3][:4])
	for i, name := range []string{"shop", "shop", "=cmd", "=cmd"} {
		assert.Equal(t, name, got[4+i][0])
	}
	all := d.status("shop", "=cmd")
	assert.Len(t, all.Accounts, 4)
	require.Len(t, all.Connections, 2)
	assert.Equal(t, "consent_required", all.Connections[0].State)
	for _, one := range all.Accounts {
		assert.NotZero(t, one.Account)
	}
	table, err := csv.NewReader(strings.NewReader(d.run("status", "-format", "csv", "shop").stdout)).ReadAll()
	require.NoError(t, err)
	require.Len(t, table, 4)
	assert.Equal(t, []string{"shop", "mypos", "", ""}, table[1][:4], "a connection is a row without account")

	// What has to be done fits the terminal, but for the link, which stays whole.
	_, todo, _ := strings.Cut(d.run("status").stdout, "\nTo do:\n")
	assert.Equal(t, "  shop: Consent needed. Let the account holder consent again, then\n    fleet add shop\n    "+link+"\n", todo)
	d.sql("UPDATE fleet_connection SET detail = ? WHERE name = 'shop'", strings.Repeat("long words ", 30))
	for _, columns := range []string{"80", "120"} {
		d.env = append(d.env, "COLUMNS="+columns)
		for line := range strings.Lines(d.run("status").stdout) {
			if limit := map[string]int{"80": 80, "120": 120}[columns]; !strings.Contains(line, link) {
				assert.LessOrEqual(t, printable.Width(strings.TrimSuffix(line, "\n")), limit, line)
			}
		}
	}
}

// A balance from the future is no fresh one.
func TestStatusOfAWrongClock(t *testing.T) {
	t.Parallel()
	d := fetched(t)
	d.sql("UPDATE fleet_account SET fetched_at = ? WHERE connection = (SELECT id FROM fleet_connection WHERE name = 'shop')", ago(-72*time.Hour))
	text := d.good("status")
	assert.Contains(t, text, ": newest balance in the future, oldest ")
	assert.Regexp(t, `\nshop +mypos +2 +in the future  `, text)
	assert.Regexp(t, `\n=cmd +neonomics +2 +\d+ s  `, text)
	now := time.Now()
	assert.Equal(t, "0 s", age(now.Add(30*time.Second), now), "two clocks may differ a little")
}

// What providers and people have written is safe in every form.
func TestWhatIsPrintedIsSafe(t *testing.T) {
	t.Parallel()
	d := fetched(t)
	const odd = "\u2800<&>\x1b\u202e;\"=cmd"
	d.sql("UPDATE fleet_connection SET name = ?, detail = ?, kind = 'other' WHERE name = 'shop'", odd, odd)
	d.sql("UPDATE fleet_balance SET currency = ?, type = 'unknown', provider_type = ?", odd, odd)
	account := "1"
	for _, one := range d.status(odd).Accounts {
		if one.State == "ok" {
			account = numberText(one.Account)
		}
	}
	for _, command := range []string{"status", "status " + odd, "history -account " + account} {
		for _, form := range []string{"table", "json", "csv"} {
			words := append(strings.Fields(command), "-format", form)
			got := d.run(words...)
			text := got.stdout + got.stderr
			assert.False(t, strings.ContainsAny(text, "\u2800\x1b\u202e"), text)
			switch form {
			case formatJSON:
				assert.Contains(t, text, `\u2800<&>\u001b\u202e;\"=cmd`, command)
				assert.True(t, json.Valid([]byte(got.stdout)), text)
			case formatCSV:
				assert.Contains(t, text, `\u{2800}<&>\u{1b}\u{202e};""\u{3d}cmd`, command)
			}
		}
	}
}
