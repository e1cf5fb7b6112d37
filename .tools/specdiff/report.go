package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A kind is the class of a finding; the order is that of the report.
type kind int

const (
	silent kind = iota
	gone        // a provider
	breaking
	breaksGo
	caution
	change
	fresh // a provider
	addsGo
	textual
	cameFrom
	versioned
	unread // and so not compared
	fault
)

var kindNames = map[kind]string{
	gone: "removed", breaking: "breaking", breaksGo: "breaks Go", caution: "caution", change: "change", fresh: "new",
	addsGo: "adds Go", textual: "texts", cameFrom: "origin", versioned: "version", unread: "FAIL", fault: "FAIL",
}

// breaks says whether a program that works today may stop working.
func (k kind) breaks() bool { return k == gone || k == breaking || k == breaksGo }

// A finding is one line of the report.
type finding struct {
	kind kind
	text string
}

// A verdict is all there is to say about one provider.
type verdict struct {
	provider string
	findings []finding
}

func (v *verdict) add(findings ...finding) { v.findings = append(v.findings, findings...) }

func (v *verdict) has(wanted func(kind) bool) bool {
	return slices.ContainsFunc(v.findings, func(f finding) bool { return wanted(f.kind) })
}

// compareAll judges every provider that is or was there.
func compareAll(before, now snapshot) []*verdict {
	names := append(before.providers(), now.providers()...)
	slices.Sort(names)
	verdicts := []*verdict{}
	for _, name := range slices.Compact(names) {
		v := &verdict{provider: name}
		v.judge(before, now)
		slices.SortStableFunc(v.findings, func(a, b finding) int { return int(a.kind - b.kind) })
		verdicts = append(verdicts, v)
	}
	return verdicts
}

func (v *verdict) judge(before, now snapshot) {
	file := "specs/" + v.provider + "/openapi.yaml"
	if now.document(v.provider) == nil {
		v.add(finding{gone, "the provider, with its document and all identifiers of gen/" + v.provider})
		return
	}
	is, err := parse(now.document(v.provider), file)
	if err != nil {
		v.add(finding{unread, fmt.Sprintf("%s cannot be read: %s; cure: correct the document", file, oneLine(err))})
		return
	}
	if before.document(v.provider) == nil {
		v.add(finding{fresh, fmt.Sprintf("provider %s, document %s", is.title(), is.version().text)})
		return
	}
	sameDocument := bytes.Equal(before.document(v.provider), now.document(v.provider))
	v.judgeClient(before.generated(v.provider), now.generated(v.provider), sameDocument)
	if sameDocument {
		return
	}
	was, err := parse(before.document(v.provider), file)
	if err != nil {
		v.add(finding{change, "the document could not be read before: " + oneLine(err)})
		return
	}
	v.judgeDocument(was, is, file)
}

// judgeClient compares the generated Go.
func (v *verdict) judgeClient(before, now snapshot, sameDocument bool) {
	if maps.EqualFunc(before, now, bytes.Equal) {
		return
	}
	found, err := apiFindings(v.provider, before, now)
	if sameDocument && err == nil {
		v.add(finding{cameFrom, "the document is the same: the generator or its settings changed gen/" + v.provider})
	}
	switch {
	case err != nil:
		v.add(finding{unread, oneLine(err) + "; cure: make generate"})
	case len(now) == 0 && len(before) > 0:
		v.add(finding{breaksGo, "package gen/" + v.provider + " (removed; if that is not meant: make generate)"})
	case len(found) == 0 && sameDocument:
		v.add(finding{textual, "gen/" + v.provider + " differs in comments or function bodies only"})
	default:
		v.add(found...)
	}
}

// judgeDocument compares the documents and asks for a version that fits.
func (v *verdict) judgeDocument(was, is *document, file string) {
	contract, err := contractChanges(was, is)
	if err != nil {
		v.add(finding{unread, "the documents cannot be compared: " + oneLine(err)})
		return
	}
	all := places(was, is)
	told := len(contract) > 0 || v.has(func(k kind) bool { return k < textual })
	v.add(contract...)
	v.add(placeFindings(all, told)...)
	if v.has(func(k kind) bool { return k < textual }) {
		v.add(finding{cameFrom, origin(was, is)})
	}
	v.judgeVersion(was.version(), is.version(), len(all) > 0, file)
}

func (v *verdict) judgeVersion(was, is version, differs bool, file string) {
	breaks := v.has(kind.breaks) && differs
	switch {
	case !differs && was == is:
	case is.above(was, breaks):
		v.add(finding{versioned, fmt.Sprintf("info.version was %s, is %s", was.text, is.text)})
	case breaks:
		v.add(finding{fault, fmt.Sprintf("a breaking change, but info.version was %s and is %s; "+
			"cure: set it to %s in %s", was.text, is.text, was.next(true), file)})
	default:
		v.add(finding{versioned, fmt.Sprintf("the document changed, but info.version was %s and is %s; "+
			"cure: set it to %s in %s", was.text, is.text, was.next(false), file)})
	}
}

// write prints the report and says whether it holds a fault.
func write(out io.Writer, verdicts []*verdict) (failed bool) {
	same := []string{}
	for _, v := range verdicts {
		if len(v.findings) == 0 {
			same = append(same, v.provider)
		}
		for _, f := range v.findings {
			fmt.Fprintf(out, "%s: %s: %s\n", v.provider, kindNames[f.kind], f.text)
			failed = failed || f.kind >= unread
		}
	}
	if len(same) > 0 {
		fmt.Fprintf(out, "unchanged: %s\n", strings.Join(same, ", "))
	}
	fmt.Fprintln(out, "module:", moduleVersion(verdicts))
	return failed
}

// moduleVersion is the version that a release with these changes needs.
func moduleVersion(verdicts []*verdict) string {
	who := func(wanted func(kind) bool) (names []string) {
		for _, v := range verdicts {
			if v.has(wanted) {
				names = append(names, v.provider)
			}
		}
		return names
	}
	if names := who(func(k kind) bool { return k == unread }); names != nil {
		return "the version it needs shows when these can be compared: " + strings.Join(names, ", ")
	}
	if names := who(kind.breaks); names != nil {
		return "needs a major version (before v1: a minor one): breaks callers of " + strings.Join(names, ", ")
	}
	if names := who(func(k kind) bool { return k < textual }); names != nil {
		return "needs a minor version: changes or additions in " + strings.Join(names, ", ")
	}
	if names := who(func(k kind) bool { return k == textual }); names != nil {
		return "a patch version is enough: only texts differ in " + strings.Join(names, ", ")
	}
	return "needs no new version for specs/ and gen/"
}

// oneLine keeps an error on one line.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
