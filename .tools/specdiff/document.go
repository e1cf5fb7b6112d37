package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"
	"golang.org/x/mod/semver"
)

// compareDocuments compares two states of a document; breaksGo says that the generated client broke.
func compareDocuments(before, now string, breaksGo bool) []finding {
	is, err := load.NewSpecInfo(openapi3.NewLoader(), load.NewSource(now))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []finding{{breaking, "the provider is gone"}}
	case err != nil:
		return []finding{{fault, oneLine(err) + "; cure: correct the document"}}
	}
	was, err := load.NewSpecInfo(openapi3.NewLoader(), load.NewSource(before))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []finding{{change, "a new provider, info.version is " + is.GetVersion()}}
	case err != nil:
		return []finding{{change, "could not be read before: " + oneLine(err)}}
	}
	difference, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), was, is)
	if err != nil {
		return []finding{{fault, "cannot be compared: " + oneLine(err)}}
	}
	if difference.Empty() {
		return nil
	}
	findings := rulesOfOasdiff(difference, sources)
	if difference.ServersDiff != nil {
		findings = append(findings, finding{change, "the servers differ"})
	}
	if len(findings) == 0 {
		findings = []finding{{texts, "only texts, examples, x- keys or info differ"}}
	}
	return append(findings, judgeVersion(was.GetVersion(), is.GetVersion(), breaksGo || breaks(findings))...)
}

// ownRule switches off the rules of oasdiff on info.version.
var ownRule = checker.WithSeverityLevels(map[string]checker.Level{
	checker.APIVersionNotBumpedId:      checker.NONE,
	checker.APIVersionDecreasedId:      checker.NONE,
	checker.APIMajorVersionNotBumpedId: checker.NONE,
})

var levels = map[checker.Level]level{checker.ERR: breaking, checker.WARN: warning, checker.INFO: change}

var status = regexp.MustCompile("`[1-5][0-9][0-9]`")

// rulesOfOasdiff lists what oasdiff says, worst first. What it says of several answers of an operation is one finding.
func rulesOfOasdiff(difference *diff.Diff, sources *diff.OperationsSourcesMap) []finding {
	findings, statuses := []finding{}, map[finding][]string{}
	rules := checker.NewConfig(checker.GetAllChecks(), ownRule)
	for _, c := range checker.CheckBackwardCompatibilityUntilLevel(rules, difference, sources, checker.INFO) {
		text := c.GetUncolorizedText(checker.NewDefaultLocalizer())
		if where := strings.TrimSpace(c.GetOperation() + " " + c.GetPath()); where != "" {
			text = where + ": " + text
		}
		f := finding{levels[c.GetLevel()], status.ReplaceAllString(text, "`***`")}
		if statuses[f] == nil {
			findings = append(findings, f)
		}
		statuses[f] = append(statuses[f], cmp.Or(status.FindString(text), "-"))
	}
	for i, f := range findings {
		findings[i].text = strings.Replace(f.text, "`***`", strings.Join(statuses[f], ", "), 1)
	}
	return findings
}

// judgeVersion asks for a higher info.version: in the first or second number if the change breaks.
func judgeVersion(was, is string, breaking bool) []finding {
	said := fmt.Sprintf("info.version was %s, is %s", was, is)
	var major, minor int
	fmt.Sscanf(was, "%d.%d", &major, &minor)
	switch {
	case breaking && semver.Compare(semver.MajorMinor("v"+is), semver.MajorMinor("v"+was)) <= 0:
		return []finding{{fault, fmt.Sprintf("a breaking change, but %s; cure: set it to %d.%d.0", said, major, minor+1)}}
	case semver.Compare("v"+is, "v"+was) <= 0:
		return []finding{{texts, said + "; cure: raise it"}}
	}
	return []finding{{texts, said}}
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
