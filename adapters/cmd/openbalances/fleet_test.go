package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// kept is a connection that a fleet keeps.
func kept(name, url string) string {
	return strings.Replace(neonomics(name, url), `"credentials"`, `"fleet":true,"credentials"`, 1)
}

// What a fleet keeps is not asked for by get and accounts, which say so in one line.
func TestFleetConnectionsAreLeftOut(t *testing.T) {
	t.Parallel()
	url := serve(t, bank{"a": one, "": `[{"id":"a","accountName":""}]`})
	config := configOf(kept("till\\u001b", url), neonomics("home", url, "a"))
	got := on(t, config, "get")
	assert.Equal(t, outcome{0, got.stdout, `1 connection is kept by a fleet: till\u{1b}; see fleet status` + "\n1 balance from 1 account, 0 failed\n"}, got)
	assert.NotContains(t, got.stdout, "till")
	got = on(t, config, "accounts")
	assert.Contains(t, got.stderr, "1 connection is kept by a fleet: till")
	assert.NotContains(t, got.stdout, "till")
	assert.Empty(t, on(t, config, "get", "-quiet").stderr)
	assert.NoError(t, judge(t, schema(t, "config"), config))
	var many []string
	for i := range 12 {
		many = append(many, kept(fmt.Sprint("till ", i), url))
	}
	assert.Contains(t, on(t, configOf(append(many, neonomics("home", url, "a"))...), "get").stderr,
		"12 connections are kept by a fleet: till 0, till 1, till 2, till 3, till 4,…till 7, till 8, till 9, till 10, till 11; see fleet status\n")
}

// A run with nothing to ask is a misuse that names the way out, and sends nothing.
func TestFleetKeepsEverything(t *testing.T) {
	t.Parallel()
	calls := &proxy{calls: map[string]int{}}
	config := configOf(kept("a", serve(t, calls)), kept("b", serve(t, calls)))
	for _, command := range []string{"get", "accounts"} {
		assert.Equal(t, outcome{2, "", "openbalances: " + command + ": every connection is kept by a fleet, so nothing is asked; " +
			"see fleet status, or take \"fleet\" out of the connection to be asked for here\n"}, on(t, config, command))
	}
	assert.Empty(t, calls.since())
}

// Check and explain take them: the one asks no balances, and the other was asked for this connection.
func TestFleetConnectionsAreCheckedAndExplained(t *testing.T) {
	t.Parallel()
	config := configOf(kept("till", serve(t, bank{"a": one})))
	got := on(t, config, "check")
	assert.Zero(t, got.exit)
	assert.Contains(t, got.stdout, "a fleet keeps it current; get and accounts do not ask for it")
	assert.Contains(t, got.stdout, "the fleet makes and counts them; see fleet status")
	assert.Zero(t, on(t, config, "explain", "-connection", "till", "-account", "a").exit)
}
