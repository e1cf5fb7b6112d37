package call

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
	"github.com/openbalances/openbalances/adapters/kit/answer"
)

// Error returns the failure that a provider reports inside a 200.
func (r Refusal) Error(fallback adapters.Kind) error {
	failure := &adapters.Error{Kind: fallback}
	r.complete(failure)
	return failure
}

// complete adds to failure what the provider's body says. A 429 stays a 429 whatever code comes with it.
func (r Refusal) complete(failure *adapters.Error) {
	r = r.trimmed()
	if r.Kind != "" && failure.Status != http.StatusTooManyRequests {
		failure.Kind = r.Kind
	}
	if failure.Kind == adapters.ErrConsentRequired {
		failure.Consent = r.Consent
	}
	failure.Origin, failure.RequestID = r.Origin, r.RequestID
	failure.Code, failure.Message, failure.Links = r.Code, r.Message, r.Links
	switch {
	case r.Known != "":
		failure.Detail = "code " + r.Known
	case failure.Detail != "": // what is known already says what to do
		return
	}
	if r.Advice != "" && failure.Status != http.StatusTooManyRequests {
		failure.Detail = strings.TrimPrefix(failure.Detail+"; "+r.Advice, "; ")
	}
}

func shorten(text string) string {
	const limit = 256
	if len(text) <= limit {
		return text
	}
	characters := []rune(text)
	return string(characters[:min(len(characters), limit)])
}

// outcome turns the error of any step into a complete one. The failure of another operation, such as that of a token,
// stays as it is, and so does the end of the caller's context.
func (e *Endpoint) outcome(ctx context.Context, r Request, x *exchanged, err error) error {
	var failure *adapters.Error
	switch cause := err.(type) {
	case nil:
		return nil
	case *adapters.Error:
		if x.response == nil && ctx.Err() != nil && errors.Is(cause, ctx.Err()) { // while a source of tokens was asked
			return e.interrupted(r, ctx.Err())
		}
		failure = cause
	case *answer.Error:
		if answered := cause.Status != 0 && cause.Status != http.StatusOK; ctx.Err() != nil && !answered {
			return e.interrupted(r, ctx.Err())
		}
		failure = e.failed(cause, x)
	default:
		if ctx.Err() != nil {
			return e.interrupted(r, ctx.Err())
		}
		failure = e.foreign(cause, x)
	}
	if failure.Operation != "" && failure.Provider != "" {
		return failure
	}
	return e.complete(*failure, r, x)
}

// failed is the failure that an answer, or the lack of one, means.
func (e *Endpoint) failed(cause *answer.Error, x *exchanged) *adapters.Error {
	failure := &adapters.Error{Kind: kindOf(cause), Status: cause.Status, Detail: cause.Detail, Err: cause}
	if cause.Status == 0 {
		failure.Origin = adapters.OriginTransport
	}
	if cause.Status == 0 || cause.Status == http.StatusOK || errors.Is(cause, answer.ErrAnotherRequest) {
		return failure
	}
	if detail := gatewayProblem(cause.Status, cause.Body); detail != "" {
		failure.Detail = detail
		if failure.Kind == adapters.ErrInvalidArgument && detail != gatewayRefused {
			failure.Kind = adapters.ErrUnauthorized
		}
	}
	if e.provider.Refusal != nil {
		e.provider.Refusal(Answer{cause.Status, cause.Header, cause.Body}).complete(failure)
	}
	failure.RetryAfter = retryAfter(cause.Header, x.received)
	x.body = cause.Body
	return failure
}

// What a server says in HTTP of a connection whose TLS it does not like, in our words.
const (
	certificateMissing = "client certificate required"
	certificateRefused = "client certificate not accepted"
	gatewayRefused     = "refused by the server in front, perhaps for want of a client certificate"
)

// gatewayProblem is what the page of a server in front says of the client certificate, "" if nothing. Nginx answers with
// a 400 and a page that names the cause, or with the bare page, or with statuses of its own; IIS with a 403.
func gatewayProblem(status int, body []byte) string {
	page := bytes.ToLower(body)
	has := func(text string) bool { return bytes.Contains(page, []byte(text)) }
	switch {
	case status < 400 || status >= 500 || status == http.StatusTooManyRequests:
	case status == 496, has("no required ssl certificate"), has("client certificate required"), has("client certificate is required"):
		return certificateMissing
	case status == 495, has("the ssl certificate error"), has("client certificate") && has("<html"):
		return certificateRefused
	case status == http.StatusBadRequest && has("<html") && has("400 bad request") && has("nginx"):
		return gatewayRefused
	}
	return ""
}

// reported is the failure that a 200 reports which cannot be used, or else err.
func (e *Endpoint) reported(body []byte, x *exchanged, err error) error {
	if err == nil || e.provider.Reported == nil {
		return err
	}
	body = body[:min(len(body), maxRefusal)]
	refusal, ok := e.provider.Reported(Answer{x.response.StatusCode, x.response.Header, body})
	if !ok {
		return err
	}
	return refusal.Error(adapters.ErrProtocol)
}

// foreign is the failure that an error of a mapping, a builder or an editor means. Nobody knows its words.
func (e *Endpoint) foreign(cause error, x *exchanged) *adapters.Error {
	unsent := answer.Unsent(cause)
	switch {
	case x.response != nil:
		return &adapters.Error{Kind: adapters.ErrProtocol, Err: unsent.Err}
	case errors.Is(cause, context.DeadlineExceeded):
		return e.failed(unsent, x)
	}
	return &adapters.Error{Kind: adapters.ErrUnavailable, Detail: "request could not be made", Err: unsent.Err}
}

// complete adds what all failures of an exchange have in common.
func (e *Endpoint) complete(failure adapters.Error, r Request, x *exchanged) error {
	failure.Provider, failure.Operation = e.provider.Name, cmp.Or(failure.Operation, r.operation)
	if failure.RequestID == "" {
		failure.RequestID = x.sentID()
	}
	if x.response != nil {
		failure.Status = x.response.StatusCode
	}
	switch {
	case failure.Origin != "":
	case x.response != nil:
		failure.Origin = adapters.OriginProvider
	default:
		failure.Origin = adapters.OriginLocal
	}
	return &failure
}

func (e *Endpoint) interrupted(r Request, err error) error {
	return fmt.Errorf("%s: %s: %w", e.provider.Name, r.operation, err)
}

// kindOf is the one place where an answer becomes a kind; a provider's own codes may override it.
func kindOf(cause *answer.Error) adapters.Kind {
	var network net.Error
	switch {
	case errors.Is(cause, answer.ErrTooLarge), errors.Is(cause, strictjson.ErrTooMany):
		return adapters.ErrTooLarge
	case errors.Is(cause, answer.ErrAnotherRequest):
		return adapters.ErrProtocol
	case cause.Status == 0:
		return adapters.ErrUnavailable
	case cause.Status != http.StatusOK:
		return statusKind(cause.Status)
	case errors.As(cause.Err, &network) && network.Timeout():
		return adapters.ErrUnavailable
	}
	return adapters.ErrProtocol
}

func statusKind(status int) adapters.Kind {
	switch {
	case status == http.StatusUnauthorized:
		return adapters.ErrUnauthorized
	case status == http.StatusForbidden:
		return adapters.ErrForbidden
	case status == http.StatusNotFound, status == http.StatusGone:
		return adapters.ErrNotFound
	case status == http.StatusTooManyRequests:
		return adapters.ErrRateLimited
	case status == http.StatusRequestTimeout, status >= 500:
		return adapters.ErrUnavailable
	case status >= 400:
		return adapters.ErrInvalidArgument
	case status >= 300:
		return adapters.ErrRedirect
	}
	return adapters.ErrProtocol
}
