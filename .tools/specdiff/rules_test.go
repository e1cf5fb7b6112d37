package main

import (
	"testing"

	"github.com/oasdiff/oasdiff/checker"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		old, new       string
		plain, enough  bool
		patched, minor string
	}{
		{"1.2.3", "1.2.3", false, false, "1.2.4", "1.3.0"},
		{"1.2.3", "1.2.4", true, false, "1.2.4", "1.3.0"},
		{"1.2.3", "1.3.0", true, true, "1.2.4", "1.3.0"},
		{"1.9.0", "1.10.0", true, true, "1.9.1", "1.10.0"},
		{"1.2.3", "2.0.0", true, true, "1.2.4", "1.3.0"},
		{"2.0.0", "1.9.9", false, false, "2.0.1", "2.1.0"},
		{"2.2.0", "2.1.9", false, false, "2.2.1", "2.3.0"},
		{"1.0.0", "next", false, false, "1.0.1", "1.1.0"},
		{"2026-11", "1.0.0", true, true, "0.0.1", "0.1.0"},
	} {
		old, fresh := parseVersion(c.old), parseVersion(c.new)
		if fresh.above(old, false) != c.plain || fresh.above(old, true) != c.enough {
			t.Errorf("%s to %s: %v, %v", c.old, c.new, fresh.above(old, false), fresh.above(old, true))
		}
		if old.next(false) != c.patched || old.next(true) != c.minor {
			t.Errorf("after %s: %s, %s", c.old, old.next(false), old.next(true))
		}
	}
}

// A rule that oasdiff does not have any more would judge nothing.
func TestJudgedRulesExist(t *testing.T) {
	t.Parallel()
	levels := checker.GetCheckLevels()
	for id := range judgedAnew {
		if _, ok := levels[id]; !ok {
			t.Errorf("oasdiff has no rule %s", id)
		}
	}
}

// The wording of every rule loses its status, so that equal changes of several answers become one line.
func TestStatusPhrases(t *testing.T) {
	t.Parallel()
	const added = "added the new `a` enum value to the `b` property"
	for text, want := range map[string]string{
		"removed the `a` from the response with the `400` status":         "removed the `a`",
		"added the media type `a` for the response with the status `400`": "added the media type `a`",
		"property `a` became optional for the status `400`":               "property `a` became optional",
		"the `type` changed from `a` to `b` for status `400`":             "the `type` changed from `a` to `b`",
		added + " for the response status `400`":                          added,
		"removed the response with the status `400`":                      "removed the response with the status `400`",
	} {
		got := statusSuffix.ReplaceAllString(statusPhrase.ReplaceAllString(text, ""), "")
		if got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}
