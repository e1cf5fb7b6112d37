package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

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
