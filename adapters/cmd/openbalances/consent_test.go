package main_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A day is part of the consent; the warning begins 14 days before its end, or as many as are asked for.
func TestConsentsEndInSight(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)
	for until, want := range map[string]string{
		"2027-01-10":                "ends on 2027-01-11T00:00:00Z, in less than a day; cure: let the PSU renew it",
		"2027-01-11":                "ends on 2027-01-12T00:00:00Z, in 1 day; cure: let the PSU renew it",
		"2027-01-24T11:59:59Z":      "ends on 2027-01-24T11:59:59Z, in 13 days; cure: let the PSU renew it",
		"2027-01-24T12:00:00Z":      "",
		"2027-01-10T11:59:59Z":      "has ended on 2027-01-10T11:59:59Z; cure: let the PSU consent again",
		"2027-01-10T13:00:00+01:00": "ends on 2027-01-10T12:00:00Z, in less than a day; cure: let the PSU renew it",
		"1999-12-31":                "has ended on 2000-01-01T00:00:00Z; cure: let the PSU consent again",
		"9999-12-31":                "",
	} {
		d := newDesk(t, `"consentValidUntil":"`+until+`",`)
		d.Now = func() time.Time { return now }
		if want != "" {
			want = "warning: home neonomics: the consent " + want + "\n"
		}
		got := d.run(t, "get -quiet")
		assert.Equal(t, outcome{0, got.stdout, want}, got, until)
		assert.Equal(t, want != "", strings.Contains(d.run(t, "get -json").stdout, `"consents"`), until)
		assert.Contains(t, d.run(t, "accounts").stderr, want, until)
	}
	d := newDesk(t, `"consentValidUntil":"2027-02-10",`)
	d.Now = func() time.Time { return now }
	assert.Contains(t, d.run(t, "get -quiet -consent-days 40").stderr, "in 31 days")
	assert.Empty(t, d.run(t, "get -quiet -consent-days 30").stderr)
	assert.Equal(t, outcome{2, "", "openbalances: -consent-days must be from 0 to 3660\n"}, d.run(t, "get -consent-days -1"))
	for _, wrong := range []string{"soon", "2027-02-30", "2027-1-1", "2027-01-10T12:00:00"} {
		got := newDesk(t, `"consentValidUntil":"`+wrong+`",`).run(t, "get")
		assert.Equal(t, outcome{2, "", "openbalances: config: connections[0] (home): consentValidUntil: neither a day, 2027-01-31, nor a time, 2027-01-31T12:00:00Z\n"}, got)
	}
}

// Each piece of news is told once: that the consent ends, that it is over, and of a renewed one that it ends. What the command
// does not take is told again.
func TestNotifyTellsOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, `"consentValidUntil":"2027-01-20",`)
	now := time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)
	d.Now = func() time.Time { return now }
	told := func() string {
		text, _ := os.ReadFile(d.path("told"))
		_ = os.Remove(d.path("told"))
		return string(text)
	}
	got := d.run(t, "get -quiet -notify false")
	assert.Equal(t, 1, got.exit)
	assert.Contains(t, got.stderr, "openbalances: -notify: the command failed, and is told again the next time: exit status 1\n")
	d.write(t, "tell", "#!/bin/sh\ncat >> "+d.path("told")+"\n")
	require.NoError(t, os.Chmod(d.path("tell"), 0o700))
	for _, c := range []struct {
		at     string
		config [2]string
		want   string
	}{
		{"2027-01-10", [2]string{}, "home neonomics: the consent ends on 2027-01-21T00:00:00Z, in 10 days; cure: let the PSU renew it\n"},
		{"2027-01-11", [2]string{}, ""},
		{"2027-01-21", [2]string{}, "home neonomics: the consent has ended on 2027-01-21T00:00:00Z; cure: let the PSU consent again\n"},
		{"2027-01-22", [2]string{}, ""},
		{"2027-01-10", [2]string{}, ""}, // a clock that is set back
		{"2027-04-15", [2]string{"2027-01-20", "2027-04-20"}, "home neonomics: the consent ends on 2027-04-21T00:00:00Z, in 5 days; cure: let the PSU renew it\n"},
		{"2027-04-16", [2]string{`"a"`, `"refused"`}, "home neonomics refused: neonomics: get balances: consent_required (HTTP 510): code 1426; cure: let the PSU consent again\n"},
		{"2027-04-17", [2]string{}, ""},
		{"2027-04-18", [2]string{`"s"`, `"another"`}, "home neonomics: the consent ends on 2027-04-21T00:00:00Z, in 2 days; cure: let the PSU renew it\n" +
			"home neonomics refused: neonomics: get balances: consent_required (HTTP 510): code 1426; cure: let the PSU consent again\n"},
	} {
		at, err := time.Parse(time.DateOnly, c.at)
		require.NoError(t, err)
		now = at.Add(12 * time.Hour)
		text, err := os.ReadFile(d.path("config.json"))
		require.NoError(t, err)
		d.write(t, "config.json", strings.Replace(string(text), c.config[0], c.config[1], 1))
		d.run(t, "get -quiet -notify HERE/tell")
		assert.Equal(t, c.want, told(), "%v", c)
	}
}

func TestNotifyThatCannotRemember(t *testing.T) {
	t.Parallel()
	d := newDesk(t, `"consentValidUntil":"2027-01-20",`)
	d.write(t, "state/openbalances/news.json", "5 x")
	d.Env["XDG_STATE_HOME"] = d.path("state")
	assert.Equal(t, outcome{2, "", "openbalances: -notify: HERE/state/openbalances/news.json: it was written by a later version; cure: set XDG_STATE_HOME to a folder of your own\n"},
		d.run(t, "get -notify cat"))
	assert.Zero(t, d.calls.Load())
}

// A command that does not end is ended with the run, and so is what it has started.
func TestNotifyEnds(t *testing.T) {
	t.Parallel()
	d := newDesk(t, `"consentValidUntil":"2020-01-20",`)
	d.write(t, "tell", "#!/bin/sh\n(while sleep 1; do date >> "+d.path("alive")+"; done) &\nwait\n")
	require.NoError(t, os.Chmod(d.path("tell"), 0o700))
	got := d.run(t, "get -timeout 3s -notify HERE/tell")
	assert.Equal(t, 1, got.exit)
	assert.Contains(t, got.stderr, "it did not end in time")
	_ = os.Remove(d.path("alive"))
	time.Sleep(2500 * time.Millisecond)
	assert.NoFileExists(t, d.path("alive"))
}
