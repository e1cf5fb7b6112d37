package adapters

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Kind says what sort of failure an [Error] is. Every kind is itself the sentinel for [errors.Is]:
//
//	if errors.Is(err, adapters.ErrRateLimited) { ... }
type Kind string

// The kinds of failure. A cancelled or expired context is none of them: it stays the context's own error, which [KindOf] names.
const (
	// ErrInvalidArgument: a credential, account id, option or PSU context cannot be used. With Status 0 it was
	// found before anything was sent; with a status the provider refused the request as malformed.
	ErrInvalidArgument Kind = "invalid_argument"
	// ErrUnauthorized: the provider does not accept the credentials.
	ErrUnauthorized Kind = "unauthorized"
	// ErrForbidden: the credentials are good, but not for this account or operation; or the bank does not offer it.
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
	// ErrUnsupported: the provider has no such call; nothing was sent. It is also [errors.ErrUnsupported].
	ErrUnsupported Kind = "unsupported"
)

// The kinds that [KindOf] has for errors other than an [*Error].
const (
	KindCanceled Kind = "canceled" // context.Canceled
	KindDeadline Kind = "deadline" // context.DeadlineExceeded
	KindOther    Kind = "other"    // any other error
)

// Error returns the kind's name.
func (k Kind) Error() string { return string(k) }

// Is reports whether target means the same in the standard library.
func (k Kind) Is(target error) bool { return k == ErrUnsupported && target == errors.ErrUnsupported }

// KindOf names any error: the kind of an [*Error], a Kind itself, [KindCanceled] or [KindDeadline] for a context's,
// [ErrUnsupported] for [errors.ErrUnsupported], "" for nil, and [KindOther].
func KindOf(err error) Kind {
	var failure *Error
	var kind Kind
	switch {
	case err == nil:
		return ""
	case errors.As(err, &failure):
		return cmp.Or(failure.Kind, KindOther)
	case errors.As(err, &kind):
		return kind
	case errors.Is(err, context.Canceled):
		return KindCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return KindDeadline
	case errors.Is(err, errors.ErrUnsupported):
		return ErrUnsupported
	}
	return KindOther
}

// Origin says where a failure arose.
type Origin string

// The origins. A provider that speaks for many banks may state that the bank behind it failed; without such a word an
// answer's failure is the provider's.
const (
	OriginLocal     Origin = "local"     // in this process; nothing was sent
	OriginTransport Origin = "transport" // between us and the provider
	OriginProvider  Origin = "provider"
	OriginBank      Origin = "bank"
)

// ConsentState tells apart why a consent is required. Each one is itself a sentinel for [errors.Is], and each is an
// [ErrConsentRequired].
type ConsentState string

// The states of a consent that can no longer be used, as far as the provider states them.
const (
	ErrConsentExpired ConsentState = "expired"
	ErrConsentRevoked ConsentState = "revoked"
	ErrConsentUnknown ConsentState = "unknown" // the provider does not know the consent
)

// Error returns the state in words.
func (s ConsentState) Error() string { return "consent " + string(s) }

// Is reports whether target is [ErrConsentRequired].
func (s ConsentState) Is(target error) bool { return target == ErrConsentRequired }

// Error is the one error type of all adapters. Its text is made of our own words and documented codes only: it
// never holds a token, key, account id, IBAN, amount, URL or body. The fields that repeat what the provider sent
// (Code, Message, RequestID, Links) may hold personal data and are the caller's to show or hide.
type Error struct {
	Kind       Kind
	Consent    ConsentState      // of an ErrConsentRequired, if the provider states it
	Origin     Origin            // where it failed
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

// Is reports whether target is the error's kind, or the state of its consent.
func (e *Error) Is(target error) bool {
	switch target := target.(type) {
	case Kind:
		return target == e.Kind
	case ConsentState:
		return target == e.Consent
	}
	return e.Kind.Is(target)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Format writes the same text as Error, whatever the verb.
func (e Error) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, e.Error()) }

// MarshalText writes the same text as Error, as MarshalBinary does for encoding/gob.
func (e Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// MarshalBinary writes the same text as Error.
func (e Error) MarshalBinary() ([]byte, error) { return e.MarshalText() }

// MarshalJSON writes the fields that are safe to log: it leaves out what the provider sent, and the cause.
func (e Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Kind       Kind         `json:"kind"`
		Consent    ConsentState `json:"consent,omitempty"`
		Origin     Origin       `json:"origin,omitempty"`
		Provider   string       `json:"provider,omitempty"`
		Operation  string       `json:"operation,omitempty"`
		Status     int          `json:"status,omitempty"`
		Detail     string       `json:"detail,omitempty"`
		RetryAfter time.Time    `json:"retryAfter,omitzero"`
	}{e.Kind, e.Consent, e.Origin, e.Provider, e.Operation, e.Status, e.Detail, e.RetryAfter})
}
