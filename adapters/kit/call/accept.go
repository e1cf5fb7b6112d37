package call

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
)

// maxRefusal is how many bytes of an error body are looked at.
const maxRefusal = 64 << 10

// accept returns the body of a 200 with plain JSON, and an error for every other answer.
func (c *Connection) accept(ctx context.Context, response *http.Response, b *buffer, received time.Time) ([]byte, error) {
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, c.refused(response, b, received)
	}
	if problem := contentProblem(response.Header); problem != "" {
		return nil, c.failed(Broken("content", problem), response.StatusCode)
	}
	if err := b.fill(response.Body, c.limit); err != nil {
		return nil, c.unread(ctx, err, response.StatusCode)
	}
	return b.data, nil
}

// refused turns an answer that is not a 200 into an error. Its body helps where it can and never hides the status.
func (c *Connection) refused(response *http.Response, b *buffer, received time.Time) error {
	_ = b.fill(io.LimitReader(response.Body, maxRefusal), maxRefusal)
	refusal := c.refusal(Answer{response.StatusCode, response.Header, b.data})
	failure := &adapters.Error{
		Kind: statusKind(response.StatusCode), Provider: c.Provider, Operation: c.operation, Status: response.StatusCode,
		RequestID: response.Request.Header.Get(requestID), RetryAfter: retryAfter(response.Header, received),
	}
	refusal.complete(failure)
	return failure
}

// complete adds to failure what the provider's body says. A 429 stays a 429 whatever code comes with it.
func (r Refusal) complete(failure *adapters.Error) {
	if r.Kind != "" && failure.Status != http.StatusTooManyRequests {
		failure.Kind = r.Kind
	}
	if r.RequestID != "" {
		failure.RequestID = r.RequestID
	}
	failure.Code, failure.Message, failure.Links = r.Code, shorten(r.Message), r.Links
	if r.Known && r.Code != "" {
		failure.Detail = "code " + r.Code
	}
}

// Decode reads an error body as strictly as any other. Its error only means that the body says nothing.
func Decode(body []byte, target any) error { return strictjson.Unmarshal(body, target) }

// Error returns the failure that a provider reports inside a 200.
func (r Refusal) Error(fallback adapters.Kind) error {
	failure := &adapters.Error{Kind: fallback}
	r.complete(failure)
	return failure
}

func shorten(text string) string {
	const limit = 256
	if len(text) <= limit {
		return text
	}
	characters := []rune(text)
	return string(characters[:min(len(characters), limit)])
}

// statusKind is the one switch from HTTP status to kind.
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

// contentProblem returns why a body cannot be read as plain UTF-8 JSON, or "".
func contentProblem(header http.Header) string {
	if values := header["Content-Type"]; len(values) == 1 && values[0] == "application/json" && header["Content-Encoding"] == nil {
		return ""
	}
	for _, encoding := range header.Values("Content-Encoding") {
		if encoding != "" && !strings.EqualFold(encoding, "identity") {
			return "encoded in a way that was not asked for"
		}
	}
	media, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || media != "application/json" || len(header.Values("Content-Type")) != 1 {
		return "not application/json"
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return "not UTF-8"
	}
	return ""
}

// failed completes err with provider, operation and status, unless it is the failure of another operation.
func (c *Connection) failed(err error, status int) error {
	var failure *adapters.Error
	if !errors.As(err, &failure) {
		failure = &adapters.Error{Kind: adapters.ErrProtocol, Err: err}
	}
	if failure.Operation != "" {
		return failure
	}
	complete := *failure
	complete.Provider, complete.Operation, complete.Status = c.Provider, c.operation, status
	return &complete
}
