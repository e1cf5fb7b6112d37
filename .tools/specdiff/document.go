package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/flatten/allof"
	"github.com/oasdiff/oasdiff/load"
	"golang.org/x/mod/semver"
)

// compareDocuments compares two states of a document; breaksGo says that the generated client broke.
func compareDocuments(before, now string, breaksGo bool) []finding {
	is, err := read(now)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []finding{{breaking, "the provider is gone"}}
	case err != nil:
		return []finding{{fault, oneLine(err) + "; cure: correct the document"}}
	}
	was, err := read(before)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []finding{{change, "a new provider, info.version is " + is.GetVersion()}}
	case err != nil:
		return []finding{{unknown, "it could not be read before: " + oneLine(err)}}
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
	return append(findings, judgeVersion(was.GetVersion(), is.GetVersion(), breaksGo || breaks(findings)))
}

// read returns a document whose schemas are merged with what they take from others by allOf.
func read(file string) (*load.SpecInfo, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	info, err := load.NewSpecInfoFromData(openapi3.NewLoader(), text, filepath.Base(file))
	if err != nil {
		return nil, err
	}
	info.Spec, err = allof.MergeSpec(info.Spec)
	return info, err
}

// ownLevels are those of oasdiff that do not fit callers who read answers through a typed client.
var ownLevels = checker.WithSeverityLevels(map[string]checker.Level{
	checker.ResponsePropertyEnumValueAddedId:  checker.WARN, // lists of values stay open
	checker.ResponseOptionalPropertyRemovedId: checker.ERR,  // a new name may make the same Go field
	checker.APIVersionNotBumpedId:             checker.NONE, // judgeVersion has another rule
	checker.APIVersionDecreasedId:             checker.NONE,
	checker.APIMajorVersionNotBumpedId:        checker.NONE,
})

var levels = map[checker.Level]level{checker.ERR: breaking, checker.WARN: warning, checker.INFO: change}

var status = regexp.MustCompile("`[1-5][0-9][0-9]`")

// rulesOfOasdiff lists what oasdiff says, worst first. What it says of several answers of an operation is one finding.
func rulesOfOasdiff(difference *diff.Diff, sources *diff.OperationsSourcesMap) []finding {
	findings, statuses := []finding{}, map[finding][]string{}
	rules := checker.NewConfig(checker.GetAllChecks(), ownLevels)
	for _, c := range checker.CheckBackwardCompatibilityUntilLevel(rules, difference, sources, checker.INFO) {
		where := strings.TrimSpace(c.GetOperation() + " " + c.GetPath())
		text := strings.TrimPrefix(where+": "+c.GetUncolorizedText(checker.NewDefaultLocalizer()), ": ")
		at := append(status.FindStringIndex(text), 0, 0) // 0, 0 if no status is named
		f := finding{levels[c.GetLevel()], text[:at[0]] + "\x00" + text[at[1]:]}
		if statuses[f] == nil {
			findings = append(findings, f)
		}
		statuses[f] = append(statuses[f], text[at[0]:at[1]])
	}
	for i, f := range findings {
		findings[i].text = strings.Replace(f.text, "\x00", strings.Join(slices.Compact(statuses[f]), ", "), 1)
	}
	return findings
}

// judgeVersion asks for a higher info.version: in the first or second number if the change breaks.
func judgeVersion(was, is string, breaking bool) finding {
	said := fmt.Sprintf("info.version was %s, is %s", was, is)
	var major, minor int
	fmt.Sscanf(was, "%d.%d", &major, &minor)
	switch {
	case breaking && semver.Compare(semver.MajorMinor("v"+is), semver.MajorMinor("v"+was)) <= 0:
		return finding{wrong, fmt.Sprintf("a breaking change, but %s; cure: set it to %d.%d.0", said, major, minor+1)}
	case semver.Compare("v"+is, "v"+was) <= 0:
		return finding{texts, said + "; cure: raise it"}
	}
	return finding{texts, said}
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
