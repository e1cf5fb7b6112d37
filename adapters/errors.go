package adapters

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Kind says what sort of failure an [Error] is. Every kind is itself the sentinel for [errors.Is]:
//
//	if errors.Is(err, adapters.ErrRateLimited) { ... }
type Kind string

// The kinds of failure. A cancelled or expired context is none of them: it stays the context's own error.
const (
	// ErrInvalidArgument: a credential, account id, option or PSU context cannot be used. With Status 0 it was
	// found before anything was sent; with a status the provider refused the request as malformed.
	ErrInvalidArgument Kind = "invalid_argument"
	// ErrUnauthorized: the provider does not accept the credentials.
	ErrUnauthorized Kind = "unauthorized"
	// ErrForbidden: the credentials are good, but not for this account or operation.
	ErrForbidden Kind = "forbidden"
	// ErrConsentRequired: the PSU has to give or renew a consent; Links may say where.
	ErrConsentRequired Kind = "consent_required"
	// ErrNotFound: the provider does not know the account.
	ErrNotFound Kind = "not_found"
	// ErrRateLimited: too many calls, in practice the four unattended calls a day; RetryAfter may say until when.
	ErrRateLimited Kind = "rate_limited"
	// ErrUnavailable: the provider or the bank behind it could not answer, or could not be reached.
	ErrUnavailable Kind = "unavailable"
	// ErrProtocol: the answer does not follow the provider's document, so nothing in it can be trusted.
	ErrProtocol Kind = "protocol"
	// ErrTooLarge: the answer is larger than the cap.
	ErrTooLarge Kind = "too_large"
	// ErrRedirect: the provider answered with a redirect, which is never followed.
	ErrRedirect Kind = "redirect"
)

// Error returns the kind's name.
func (k Kind) Error() string { return string(k) }

// Error is the one error type of all adapters. Its text is made of our own words and documented codes only: it
// never holds a token, key, account id, IBAN, amount, URL or body. The fields that repeat what the provider sent
// (Code, Message, RequestID, Links) may hold personal data and are the caller's to show or hide.
type Error struct {
	Kind       Kind
	Provider   string            // the adapter's name, such as "eika"
	Operation  string            // what was attempted, such as "get balances"
	Status     int               // HTTP status, 0 when there was no answer; it survives whatever the body holds
	Code       string            // the provider's error code as sent
	Message    string            // the provider's text, at most 256 characters
	RequestID  string            // what to quote to the provider's support: its own id for the call, else the one sent
	RetryAfter time.Time         // the earliest time for another call; zero when not stated
	Links      map[string]string // relation to address as sent, such as "consent"; never followed by this library
	Detail     string            // the field or step that failed, in our words
	Err        error             // the cause, for errors.As; nil if there is none
}

// Error returns one line: provider, operation, kind, status and detail.
func (e *Error) Error() string {
	var text strings.Builder
	for _, part := range []string{e.Provider, e.Operation} {
		if part != "" {
			text.WriteString(part + ": ")
		}
	}
	text.WriteString(string(e.Kind))
	if e.Status != 0 {
		fmt.Fprintf(&text, " (HTTP %d)", e.Status)
	}
	if e.Detail != "" {
		text.WriteString(": " + e.Detail)
	}
	return text.String()
}

// Is reports whether target is the error's kind.
func (e *Error) Is(target error) bool {
	kind, ok := target.(Kind)
	return ok && kind == e.Kind
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// GoString returns the same text as Error, so that %#v shows no more than %v.
func (e *Error) GoString() string { return e.Error() }

// MarshalJSON writes the fields that are safe to log: it leaves out what the provider sent, and the cause.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Kind       Kind      `json:"kind"`
		Provider   string    `json:"provider,omitempty"`
		Operation  string    `json:"operation,omitempty"`
		Status     int       `json:"status,omitempty"`
		Detail     string    `json:"detail,omitempty"`
		RetryAfter time.Time `json:"retryAfter,omitzero"`
	}{e.Kind, e.Provider, e.Operation, e.Status, e.Detail, e.RetryAfter})
}
