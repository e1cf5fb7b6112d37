package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/openbalances/openbalances/adapters"
)

// document is what -json prints: the first two lists are always there, the third and the fourth if they have elements, and
// the last with -contract.
type document struct {
	Balances   []balance   `json:"balances"`
	Failures   []failure   `json:"failures"`
	Closed     []place     `json:"closed,omitempty"`
	Empty      []place     `json:"empty,omitempty"`
	Deviations []deviation `json:"deviations,omitzero"`
}

// balance is a balance with the result that it is part of.
type balance struct {
	Connection string `json:"connection"`
	adapters.Balance
	of result
}

// lines returns the result's balances one by one.
func (r result) lines() []balance {
	var all []balance
	for _, b := range r.balances {
		all = append(all, balance{r.connection, b, r})
	}
	return all
}

func allLines(results []result) []balance {
	all := []balance{}
	for _, r := range results {
		all = append(all, r.lines()...)
	}
	return all
}

// place is an account or, without accountId, a connection without accounts.
type place struct {
	Connection string `json:"connection"`
	Provider   string `json:"provider"`
	AccountID  string `json:"accountId,omitempty"`
}

func places(results []result, belongs func(result) bool) (all []place) {
	for _, r := range results {
		if belongs(r) {
			all = append(all, place{r.connection, r.provider, r.accountID})
		}
	}
	return all
}

func isClosed(r result) bool { return r.closed }

func isEmpty(r result) bool { return r.err == nil && !r.closed && len(r.balances) == 0 }

// indented returns value as one document, for people and programs.
func indented(value any) (string, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	return plainJSON(string(text)) + "\n", err
}

// htmlEscapes undoes what encoding/json escapes for web pages only. The first pair keeps an escaped backslash whole.
var htmlEscapes = strings.NewReplacer(`\\`, `\\`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&")

// plainJSON returns the same JSON value, readable and harmless on a terminal: no escapes for web pages, and escapes
// for everything that is not harmless. In JSON such characters occur in strings only.
func plainJSON(text string) string {
	var plain strings.Builder
	for _, r := range htmlEscapes.Replace(text) {
		if r == '\n' || isHarmless(r) {
			plain.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&plain, `\u%04x`, unit)
		}
	}
	return plain.String()
}

const noAnswerInTime = "no answer in time"

// failure is the JSON form of a result without balances; one of a whole connection has no accountId. It shows what the
// provider sent, which may be personal.
type failure struct {
	Connection string                `json:"connection"`
	Provider   string                `json:"provider"`
	AccountID  string                `json:"accountId,omitempty"`
	Kind       adapters.Kind         `json:"kind"`
	Consent    adapters.ConsentState `json:"consent,omitempty"`
	Origin     adapters.Origin       `json:"origin,omitempty"`
	Status     int                   `json:"status,omitempty"`
	Code       string                `json:"code,omitempty"`
	Message    string                `json:"message,omitempty"`
	RequestID  string                `json:"requestId,omitempty"`
	RetryAfter time.Time             `json:"retryAfter,omitzero"`
	Links      map[string]string     `json:"links,omitempty"`
}

// toFailure relies on the adapters' promise: an error is an *adapters.Error or the context's.
func toFailure(r result) failure {
	f := failure{Connection: r.connection, Provider: r.provider, AccountID: r.accountID, Kind: adapters.KindOf(r.err)}
	var sent *adapters.Error
	switch {
	case errors.As(r.err, &sent):
		f.Consent, f.Origin, f.Status, f.Code = sent.Consent, sent.Origin, sent.Status, sent.Code
		f.Message, f.RequestID, f.Links = cmp.Or(sent.Message, sent.Detail), sent.RequestID, sent.Links
		f.RetryAfter = wholeSecond(sent.RetryAfter)
	case f.Kind == adapters.KindCanceled:
		f.Message = "the run was stopped"
	default:
		f.Message = noAnswerInTime
	}
	return f
}

// failures returns those of the results, and an empty list if all is well.
func failures(results []result) []failure {
	all := []failure{}
	for _, r := range results {
		if r.err != nil {
			all = append(all, toFailure(r))
		}
	}
	return all
}

// failureText is the one line for people: our own words, and no more personal data than the account id beside it.
func failureText(err error) string {
	var sent *adapters.Error
	switch {
	case errors.As(err, &sent):
		return sent.Error()
	case errors.Is(err, context.Canceled):
		return string(adapters.KindCanceled)
	}
	return noAnswerInTime
}

// wholeSecond rounds up, because a call before the time that was named is refused again.
func wholeSecond(t time.Time) time.Time {
	if whole := t.Truncate(time.Second); whole.Equal(t) {
		return whole.UTC()
	}
	return t.Truncate(time.Second).Add(time.Second).UTC()
}
