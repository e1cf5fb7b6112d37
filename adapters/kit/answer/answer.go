// Package answer reads what a method of a generated client returns, so that a generated client used alone is as safe as
// behind an adapter:
//
//	balances, err := answer.Decode[mypos.AccountBalances](client.GetBalances(ctx, id, params))
//
// An answer to another request is refused. The status is judged first, then the media type; the body is read up to a limit
// and decoded strictly; a member that the document requires has to be there. Everything else is an [*Error]. Adapters read
// answers in the same steps.
package answer

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
)

// DefaultLimit is how many bytes of a body [Decode] reads.
const DefaultLimit = 1 << 20

// maxRefusal is how many bytes of an error body are looked at.
const maxRefusal = 64 << 10

// ErrTooLarge is the cause of an [Error] about a body that is larger than the limit, or that has more elements than any
// answer needs.
var ErrTooLarge = errors.New("answer: too large")

// ErrAnotherRequest is the cause of an [Error] about an answer whose X-Request-ID, or the header that the provider
// has for it, is the UUID of another request. Whatever it says, it says of another account or another customer. An id of a
// gateway's own that is no UUID is none. Of a request that no adapter made only X-Request-ID is known.
var ErrAnotherRequest = errors.New("answer: of another request")

// Error says why an answer cannot be used. Its text, in whatever form, is made of our own words; what the provider sent
// is in the fields, which may hold personal data. Err is the cause, without the request's address; a context's error is
// found in it.
type Error struct {
	Status int         // HTTP status; 0 when there was no answer
	Header http.Header // of the answer
	Body   []byte      // of an answer other than 200, at most 64 KiB of it
	Detail string      // the step or the field, and what is wrong with it
	Err    error
}

// Error returns one line: status and detail.
func (e *Error) Error() string {
	switch {
	case e.Status == 0:
		return "answer: " + e.Detail
	case e.Detail == "":
		return fmt.Sprintf("answer: HTTP %d", e.Status)
	}
	return fmt.Sprintf("answer: HTTP %d: %s", e.Status, e.Detail)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Format writes the same text as Error, whatever the verb.
func (e Error) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, e.Error()) }

// MarshalText writes the same text as Error; encoding/json and log/slog use it.
func (e Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// Decode returns the body of a 200 as a T. Its arguments are the results of a generated client's method.
func Decode[T any](response *http.Response, err error) (T, error) {
	var target T
	if err != nil || response == nil {
		return target, Unsent(err)
	}
	err = Read(response, DefaultLimit, func(body []byte) error {
		if err := Unmarshal(body, &target); err != nil {
			return err
		}
		if place := strictjson.Missing(body, &target); place != "" {
			return &Error{Detail: place + ": missing"}
		}
		return nil
	})
	if err != nil {
		target = *new(T)
	}
	return target, err
}

// Unmarshal decodes the body of a 200 strictly: no duplicate names, not even in case only; valid UTF-8; amounts that are
// decimal numbers or texts of them; nothing after the document. Members that the type lacks are ignored.
func Unmarshal(body []byte, target any) error {
	err := strictjson.Unmarshal(body, target)
	if err == nil {
		return nil
	}
	cause := err
	if errors.Is(err, strictjson.ErrTooMany) {
		cause = fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	return &Error{Detail: err.Error(), Err: cause}
}

// CheckID returns why a text cannot stand percent-encoded in a request's path, or nil. A generated client encodes it, but
// resolves "." and "..", so such an id would call another endpoint, with the credentials. The error does not show the id.
func CheckID(id string) error {
	if problem := check.ID(id); problem != "" {
		return &Error{Detail: "id: " + problem}
	}
	return nil
}

// complete adds the answer's status and headers.
func complete(err error, response *http.Response) error {
	if fault, ok := err.(*Error); ok {
		fault.Status, fault.Header = response.StatusCode, response.Header
	}
	return err
}
