// Package banks reads specs/<provider>/banks.yaml and finds what is wrong with it.
package banks

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters/kit/bank"
	"go.yaml.in/yaml/v3"
)

// list is the file. Countries are those of banks that name none.
type list struct {
	Countries []string          `json:"countries"`
	Sources   map[string]string `json:"sources"`
	Banks     []bank.Profile    `json:"banks"`
}

var (
	code        = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	country     = regexp.MustCompile(`^[A-Z]{2}$`)
	place       = regexp.MustCompile(`^(v[0-9.]+|production|sandbox)$`)
	confidences = []string{"documented", "inferred", "unknown"}
)

// Read returns the banks of a file and a line for everything that is wrong with it.
func Read(text []byte) (banks []bank.Profile, problems []string) {
	var any map[string]any
	if err := yaml.Unmarshal(text, &any); err != nil {
		return nil, []string{err.Error()}
	}
	plain, _ := json.Marshal(any) // the members have the names that profiles have in JSON
	decoder := json.NewDecoder(bytes.NewReader(plain))
	decoder.DisallowUnknownFields()
	var l list
	if err := decoder.Decode(&l); err != nil {
		return nil, []string{err.Error()}
	}
	known := map[string]bool{}
	for i := range l.Banks {
		b := &l.Banks[i]
		if b.Countries == nil {
			b.Countries = l.Countries
		}
		for _, problem := range problemsOf(*b, l.Sources, known) {
			problems = append(problems, b.Code+": "+problem)
		}
		known[b.Code], b.Source = true, cmp.Or(l.Sources[b.Source], b.Source)
	}
	return l.Banks, problems
}

func problemsOf(b bank.Profile, sources map[string]string, known map[string]bool) (all []string) {
	report := func(isWrong bool, problem string) {
		if isWrong {
			all = append(all, problem)
		}
	}
	report(!code.MatchString(b.Code) || known[b.Code], "its code is no word, or another bank's")
	report(b.Name == "" || sources[b.Source] == "", "it has no name, or no source that is listed")
	report(!slices.Contains(confidences, b.Confidence), "no such confidence")
	report(len(b.Countries) == 0 || slices.ContainsFunc(b.Countries, func(c string) bool { return !country.MatchString(c) }), "it has no countries in two capital letters")
	report(len(b.Addresses) == 0 && b.Note == "", "it has neither an address nor a note about it")
	for where, address := range b.Addresses {
		parsed, err := url.Parse(address)
		isPlain := err == nil && parsed.Scheme == "https" && parsed.Host != "" && parsed.User == nil && parsed.RawQuery+parsed.Fragment == ""
		report(!place.MatchString(where) || !isPlain || strings.HasSuffix(address, "/"), where+" is neither a version nor an environment, or its address no base URL")
	}
	report(b.Problem() != "", b.Problem())
	return all
}
