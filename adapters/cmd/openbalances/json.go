package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/printable"
)

// balances is what get and demo print as JSON: the first two lists are always there, the others if they have elements, and
// the last with -contract.
type balances struct {
	Balances   []balance   `json:"balances"`
	Failures   []failure   `json:"failures"`
	Closed     []place     `json:"closed,omitempty" jsonschema:"accounts that were not asked for, as the provider lists them as closed"`
	Empty      []place     `json:"empty,omitempty" jsonschema:"accounts without balances, and connections without accounts"`
	Consents   []ending    `json:"consents,omitempty" jsonschema:"those that end soon or are over"`
	Left       []left      `json:"left,omitempty" jsonschema:"unattended calls, where they are counted"`
	Totals     []total     `json:"totals,omitempty" jsonschema:"with -totals"`
	Deviations []deviation `json:"deviations,omitzero" jsonschema:"with -contract"`
}

// balance is a balance with the result that it is part of.
type balance struct {
	Connection string `json:"connection"`
	adapters.Balance
	AgeSeconds *int64 `json:"ageSeconds,omitempty" jsonschema:"from asOf to receivedAt; absent where asOf is"`
	Reason     string `json:"reason,omitempty" jsonschema:"why -pick has chosen this balance"`
	of         result
}

// lines returns the result's balances one by one.
func (r result) lines() []balance {
	var all []balance
	for _, b := range r.balances {
		line := balance{Connection: r.connection, Balance: b, Reason: r.reason, of: r}
		if !b.AsOf.IsZero() && !b.ReceivedAt.IsZero() {
			age := int64(b.ReceivedAt.Sub(b.AsOf) / time.Second)
			line.AgeSeconds = &age
		}
		all = append(all, line)
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

// everyLine has also one for what has no balances: an account, a connection without accounts, a failure.
func everyLine(results []result) []balance {
	var all []balance
	for _, r := range results {
		if r.outcome() != outcomeBalance {
			all = append(all, balance{of: r})
		}
		all = append(all, r.lines()...)
	}
	return all
}

// What became of an account.
const (
	outcomeBalance = "balance"
	outcomeClosed  = "closed"
	outcomeEmpty   = "empty"
	outcomeFailed  = "failed"
)

func (r result) outcome() string {
	switch {
	case r.err != nil:
		return outcomeFailed
	case r.closed:
		return outcomeClosed
	case len(r.balances) == 0:
		return outcomeEmpty
	}
	return outcomeBalance
}

// failure has nothing in it if there is none.
func (r result) failure() failure {
	if r.err == nil {
		return failure{}
	}
	return toFailure(r)
}

// place is an account or, without accountId, a connection without accounts.
type place struct {
	Connection string `json:"connection"`
	Provider   string `json:"provider"`
	AccountID  string `json:"accountId,omitempty"`
}

func places(results []result, outcome string) (all []place) {
	for _, r := range results {
		if r.outcome() == outcome {
			all = append(all, place{r.connection, r.provider, r.accountID})
		}
	}
	return all
}

// indented returns value as one document, for people and programs.
func indented(value any) (string, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	return printable.JSON(text) + "\n", err
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
	case isUnpicked(r.err):
		f.Kind, f.Message = kindNoChoice, r.err.Error()
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
	case isUnpicked(err):
		return err.Error()
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
