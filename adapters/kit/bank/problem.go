package bank

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
)

// Parse reads the JSON of a profile. A member that is unknown, in another case or there twice is an error.
func Parse(text []byte) (*Profile, error) {
	var p Profile
	if err := strictjson.UnmarshalKnown(text, &p); err != nil {
		return nil, fmt.Errorf("no JSON of a profile: %w", err)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) { // null
		return nil, errors.New("no JSON of a profile: no object")
	}
	return &p, nil
}

// besides names a quirk that is none of those, or returns "".
func (q Quirks) besides(names []string) string {
	fields := reflect.ValueOf(q)
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Type().Field(i).Tag.Get("json"), ",")
		if !fields.Field(i).IsZero() && !slices.Contains(names, name) {
			return name + ": not a quirk of this standard"
		}
	}
	return ""
}

// Problem returns the first member that cannot be followed and why, or "".
func (q Quirks) Problem() string {
	for _, find := range []func() string{q.tokenProblem, q.headerProblem, q.queryProblem, q.balanceProblem, q.signatureProblem} {
		if problem := find(); problem != "" {
			return problem
		}
	}
	if _, err := time.LoadLocation(q.Zone); err != nil || q.Zone == "Local" { // which is another one on each machine
		return "zone: not in the database of time zones"
	}
	for _, address := range q.Links {
		if problem := check.BaseURL(address); problem != "" {
			return "links: " + problem
		}
	}
	return ""
}

func (q Quirks) tokenProblem() string {
	if !slices.Contains([]string{"", "required", "none"}, q.Token) {
		return "token: neither required nor none"
	}
	return ""
}

// headerProblem is about names and texts of headers. A profile adds headers and replaces none.
func (q Quirks) headerProblem() string {
	taken := map[string]bool{}
	problem := func(member, name string) string {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case name == "" || !isName(name):
			return member + ": no name of a header"
		case isSet(canonical):
			return member + ": a header that is set otherwise"
		case taken[canonical]:
			return member + ": a header that the profile has twice"
		}
		taken[canonical] = true
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(q.Headers)) {
		if found := problem("headers", name); found != "" {
			return found
		}
		if check.Header(q.Headers[name]) != "" {
			return "headers: no text that can be sent"
		}
	}
	for _, own := range [][2]string{{"tokenHeader", q.TokenHeader}, {"keyHeader", q.KeyHeader}, {"requestIdHeader", q.RequestIDHeader}} {
		if own[1] != "" {
			if found := problem(own[0], own[1]); found != "" {
				return found
			}
		}
	}
	return ""
}

// setOtherwise are headers that adapters or the transport set, besides those that begin with one of setPrefixes.
var (
	setOtherwise = []string{
		"Accept-Encoding", "Authorization", "Connection", "Consent-Id", "Cookie", "Date", "Digest", "Expect", "Host",
		"Keep-Alive", "Signature", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent", "X-Customer-User-Agent",
		"X-Jws-Signature", "X-Request-Id",
	}
	setPrefixes = []string{"Content-", "If-", "Proxy-", "Psu-", "Tpp-", "X-Fapi-"}
)

// isSet reports whether a header, in its canonical form, is set otherwise.
func isSet(name string) bool {
	return slices.Contains(setOtherwise, name) ||
		slices.ContainsFunc(setPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// isName reports whether a text is the name of a header, or empty.
func isName(text string) bool {
	return strings.Trim(text, "-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func (q Quirks) queryProblem() string {
	_, isTwice := q.Query[q.KeyQuery]
	_, isEmpty := q.Query[""]
	_, isOurs := q.Query["withBalance"]
	switch {
	case isEmpty:
		return "query: no name of a parameter"
	case isOurs || q.KeyQuery == "withBalance":
		return "query: withBalance is set otherwise"
	case isTwice:
		return "keyQuery: a parameter that the profile has twice"
	}
	return ""
}

func (q Quirks) balanceProblem() string {
	for name, meaning := range q.Types {
		switch own := adapters.ParseBalanceType(name); {
		case adapters.ParseBalanceType(meaning) == adapters.BalanceTypeUnknown:
			return "types: no such balance type"
		case own == adapters.BalanceTypeUnknown, own == adapters.BalanceTypeAuthorised: // which each bank uses as it likes
		case own != adapters.ParseBalanceType(meaning):
			return "types: a standard's name that means something else there"
		}
	}
	for _, sign := range q.CardDebts {
		if sign != "positive" && sign != "negative" {
			return "cardDebts: neither positive nor negative"
		}
	}
	switch {
	case alike(q.Types):
		return "types: names that differ in case only"
	case alike(q.CardDebts):
		return "cardDebts: names that differ in case only"
	case !slices.Contains([]string{"", "reversed", "unknown"}, q.CardIndicator):
		return "cardIndicator: neither reversed nor unknown"
	}
	return ""
}

// alike reports whether two names of a table are the same but for their case.
func alike(table map[string]string) bool {
	names := slices.Collect(maps.Keys(table))
	for i, name := range names {
		if slices.ContainsFunc(names[i+1:], func(other string) bool { return strings.EqualFold(name, other) }) {
			return true
		}
	}
	return false
}

func (q Quirks) signatureProblem() string {
	if slices.ContainsFunc(q.Signature.Covered, func(name string) bool { return name != strings.ToLower(name) || !isName(name) }) {
		return "signature.covered: no name in lower case"
	}
	if q.Signature.Algorithm != "" && q.Signature.Covered == nil {
		return "signature.covered: missing"
	}
	return ""
}
