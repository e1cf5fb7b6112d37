package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestNothingToCompareIsNoFault(t *testing.T) {
	t.Parallel()
	one := newWorkspace(t)
	shallow := workspace{t, t.TempDir()}
	one.commit()
	shallow.git("clone", "-q", "--depth", "1", "file://"+filepath.ToSlash(one.root), ".")
	without := workspace{t, t.TempDir()}
	without.git("init", "-q")
	without.commit()
	without.write(acmeDocument, testdata(t, "openapi.yaml"))
	const unless, deepen = "; cure, if there should be one: ", "the clone is shallow: git fetch --unshallow"
	for name, c := range map[string]struct {
		in         workspace
		base, want string
	}{
		"no such parent":   {one, "HEAD~2", "this history has no HEAD~2" + unless + "git log names the revisions there are"},
		"a shallow clone":  {shallow, "HEAD~1", "this history has no HEAD~1" + unless + deepen},
		"no documents yet": {without, "HEAD", "HEAD holds no documents under specs/"},
	} {
		code, stdout, stderr := c.in.specdiff(c.base)
		if code != 0 || stdout != "specdiff: nothing to compare: "+c.want+"\n" || stderr != "" {
			t.Errorf("%s: exit code %d, %q, %q", name, code, stdout, stderr)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	w, nogit := newWorkspace(t), workspace{t, t.TempDir()}
	empty := workspace{t, t.TempDir()}
	empty.git("init", "-q")
	empty.commit()
	for name, c := range map[string]struct {
		in        workspace
		arguments []string
		want      string
	}{
		"no revision":      {w, nil, "cure: make spec-diff BASE=HEAD~1"},
		"an empty one":     {w, []string{""}, "cure: make spec-diff BASE=HEAD~1"},
		"two":              {w, []string{"HEAD", "HEAD"}, "cure: make spec-diff BASE=HEAD~1"},
		"an unknown one":   {w, []string{"v9.9.9"}, `unknown revision "v9.9.9"; cure: git log`},
		"an option of git": {w, []string{"--", "--all"}, `"--all" is no revision`},
		"an unknown flag":  {w, []string{"-x", "HEAD"}, "Exit codes:"},
		"no repository":    {nogit, []string{"HEAD"}, "is no git work tree"},
		"no documents":     {empty, []string{"HEAD"}, "cure: name the repository with -root"},
	} {
		code, stdout, stderr := c.in.specdiff(c.arguments...)
		oneLine := strings.Count(stderr, "\n") == 1 || name == "an unknown flag"
		if code != 2 || stdout != "" || !strings.Contains(stderr, c.want) || !oneLine {
			t.Errorf("%s: exit code %d, %q, %q", name, code, stdout, stderr)
		}
	}
	if code, _, stderr := w.specdiff("-h"); code != 0 || stderr != help {
		t.Errorf("help: exit code %d, %q", code, stderr)
	}
}

// A repository may hold the module in a folder, and the base may be a tag.
func TestModuleInAFolder(t *testing.T) {
	t.Parallel()
	outer := workspace{t, t.TempDir()}
	outer.git("init", "-q")
	inner := workspace{t, filepath.Join(outer.root, "module")}
	inner.write(acmeDocument, testdata(t, "openapi.yaml"))
	outer.commit()
	outer.git("tag", "v0.1.0")
	outer.commit()
	code, stdout, _ := inner.specdiff("v0.1.0")
	if code != 0 || !strings.Contains(stdout, "unchanged: acme") {
		t.Errorf("exit code %d, %q", code, stdout)
	}
}
