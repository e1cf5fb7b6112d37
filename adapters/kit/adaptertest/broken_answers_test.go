package adaptertest_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/openbalances/openbalances/adapters"
)

// answerFaults are about status, headers and the bodies of refusals.
var answerFaults = []fault{
	{name: "takes the answer to another request", plant: replies(func(request *http.Request, response *http.Response) {
		received := response.Header.Get("X-Request-ID")
		if uuid.Validate(received) == nil && received != request.Header.Get("X-Request-ID") {
			response.Header.Del("X-Request-ID")
		}
	}), caught: "request-id-differs"},
	{name: "takes every answer for its own", plant: func(c *client) { c.same = func(string, string) bool { return true } },
		options: func(options *adapters.Options) {
			if options.HTTPClient != nil {
				client := *options.HTTPClient
				client.Transport, options.HTTPClient = echoing{client.Transport}, &client
			}
		}, caught: "batch/batch account-of-another answers-late callers-client members-unmapped request-id-differs declared examples/anotherAccount"},
	{name: "takes any media type", plant: replies(func(_ *http.Request, response *http.Response) {
		if response.StatusCode == http.StatusOK {
			response.Header.Set("Content-Type", "application/json")
		}
	}), caught: "ok-with-html ok-without-media-type ok-with-problem-json media-type-relatives"},
	{name: "takes a web page for no balances", plant: replies(func(request *http.Request, response *http.Response) {
		if response.StatusCode == http.StatusOK && strings.Contains(response.Header.Get("Content-Type"), "html") {
			response.Header.Set("Content-Type", "application/json")
			response.Body = io.NopCloser(bytes.NewReader(nothing(request)))
		}
	}), caught: "ok-with-html media-type-relatives"},
	{name: "takes every +json for JSON", plant: replies(func(_ *http.Request, response *http.Response) {
		if strings.Contains(response.Header.Get("Content-Type"), "+json") {
			response.Header.Set("Content-Type", "application/json")
		}
	}), caught: "ok-with-problem-json media-type-relatives"},
	{name: "takes every success for a 200", plant: replies(func(_ *http.Request, response *http.Response) {
		if response.StatusCode/100 == 2 {
			response.StatusCode = http.StatusOK
		}
	}), caught: "success-other-than-200"},
	{name: "swallows a 429", plant: outcomes(func(balances []adapters.Balance, err error) ([]adapters.Balance, error) {
		if errors.Is(err, adapters.ErrRateLimited) {
			return []adapters.Balance{}, nil
		}
		return balances, err
	}), caught: "body-without-end code-wins codes-undocumented headers-without-end no-retry no-retry-unattended rate-limited refusal-code-spelling refusal-side-members refusal-wrapped retry-after retry-after-beyond-deadline server-stalls status-wins text-control-characters examples/accessExceeded"},
	{name: "lets a code overrule a 429", plant: refusing(func(failure *adapters.Error, _ []byte) {
		if failure.Status == http.StatusTooManyRequests && failure.Code == consentExpired {
			failure.Kind = adapters.ErrConsentRequired
		}
	}), caught: "rate-limited"},
	{name: "knows a 429 by its body only", plant: refusing(func(failure *adapters.Error, body []byte) {
		if failure.Status == http.StatusTooManyRequests && failure.Code != "ACCESS_EXCEEDED" {
			failure.Kind = adapters.ErrProtocol
		}
	}), caught: "body-without-end headers-without-end rate-limited refusal-code-spelling retry-after retry-after-beyond-deadline server-stalls status-wins"},
	{name: "takes a status from the body", plant: refusing(func(failure *adapters.Error, body []byte) {
		var said struct{ Status int }
		if json.Unmarshal(body, &said) == nil && said.Status >= 400 {
			failure.Kind = adapters.ErrInvalidArgument
		}
	}), caught: "code-wins codes-undocumented rate-limited refusal-side-members refusal-wrapped examples/tokenInvalid"},
	{name: "takes a refusal that is not JSON for protocol", plant: refusing(func(failure *adapters.Error, body []byte) {
		if !json.Valid(body) {
			failure.Kind = adapters.ErrProtocol
		}
	}), caught: "bearer-challenge body-without-end codes-undocumented headers-without-end rate-limited refusal-side-members refusal-wrapped retry-after server-stalls status-wins unauthorized-odd-bodies unavailable"},
	{name: "loses the status of a refusal that is not JSON", plant: refusing(func(failure *adapters.Error, body []byte) {
		if !json.Valid(body) {
			failure.Status = 0
		}
	}), caught: "client-certificate-page rate-limited request-id-differs status-wins success-other-than-200 unauthorized-odd-bodies unavailable"},
	{name: "loses the code", plant: refusing(func(failure *adapters.Error, _ []byte) { failure.Code = "" }),
		caught: "bearer-challenge refusal-side-members examples/accessExceeded examples/consentExpired examples/tokenInvalid examples/unknownAccount"},
	{name: "loses the message", plant: refusing(func(failure *adapters.Error, _ []byte) { failure.Message = "" }),
		caught: "bearer-challenge examples/accessExceeded examples/consentExpired examples/tokenInvalid"},
	{name: "loses the links", plant: refusing(func(failure *adapters.Error, _ []byte) { failure.Links = nil }),
		caught: "examples/consentExpired"},
	{name: "lets an odd member hide the others", plant: refusing(func(failure *adapters.Error, body []byte) {
		var strict struct {
			errorBody
			Status *int
		}
		if len(body) == maxErrorBody || json.Valid(body) && json.Unmarshal(body, &strict) != nil {
			forget(failure)
		}
	}), caught: "bearer-challenge refusal-side-members refusal-wrapped"},
	{name: "knows an error at the top only", plant: refusing(func(failure *adapters.Error, body []byte) {
		var top struct{ Code any }
		if json.Unmarshal(body, &top) != nil || top.Code == nil {
			forget(failure)
		}
	}), caught: "bearer-challenge refusal-side-members refusal-wrapped request-id-differs"},
	{name: "knows a code in one spelling only", plant: refusing(func(failure *adapters.Error, _ []byte) {
		if codes[failure.Code] == "" {
			failure.Kind, failure.Consent = ofStatus(failure), ""
		}
	}), caught: "refusal-code-spelling request-id-differs"},
	{name: "says nothing of client certificates", plant: refusing(func(failure *adapters.Error, _ []byte) {
		if failure.Code == "" {
			failure.Detail = ""
		}
	}), caught: "client-certificate-page"},
	{name: "ignores WWW-Authenticate", plant: replies(func(_ *http.Request, response *http.Response) {
		response.Header.Del("WWW-Authenticate")
	}), caught: "bearer-challenge"},
	{name: "takes every 401 for a missing consent", plant: refusing(func(failure *adapters.Error, _ []byte) {
		if failure.Status == http.StatusUnauthorized {
			failure.Kind = adapters.ErrConsentRequired
		}
	}), caught: "bearer-challenge code-wins status-wins unauthorized-odd-bodies examples/tokenInvalid"},
	{name: "takes a 500 for a fault of the caller", plant: refusing(func(failure *adapters.Error, _ []byte) {
		if failure.Status == http.StatusInternalServerError {
			failure.Kind = adapters.ErrInvalidArgument
		}
	}), caught: "code-wins status-wins unavailable"},
	{name: "ignores Retry-After", plant: refusing(func(failure *adapters.Error, _ []byte) {
		failure.RetryAfter = time.Time{}
	}), caught: "refusal-code-spelling refusal-side-members refusal-wrapped retry-after retry-after-beyond-deadline"},
	{name: "knows Retry-After in seconds only", plant: replies(func(_ *http.Request, response *http.Response) {
		if _, err := strconv.Atoi(response.Header.Get("Retry-After")); err != nil {
			response.Header.Del("Retry-After")
		}
	}), caught: "retry-after"},
	{name: "believes any Retry-After", plant: func(c *client) {
		c.seen = func(answer adapters.Exchange, _ []adapters.Balance, err error) {
			var failure *adapters.Error
			wait, none := time.ParseDuration(answer.Header.Get("Retry-After") + "s")
			if errors.As(err, &failure) && none == nil {
				failure.RetryAfter = c.endpoint.Now().Add(wait)
			}
		}
	}, caught: "retry-after"},
	{name: "takes one of two Retry-After", plant: replies(func(_ *http.Request, response *http.Response) {
		if values := response.Header.Values("Retry-After"); len(values) > 1 {
			response.Header["Retry-After"] = values[:1]
		}
	}), caught: "retry-after"},
	{name: "does not look at the echoed id", plant: replies(func(_ *http.Request, response *http.Response) {
		response.Header.Del("X-Request-ID")
	}), caught: "callers-client context-cancelled request-id-differs"},
	{name: "compares echoed ids by bytes", plant: replies(func(request *http.Request, response *http.Response) {
		if echo := response.Header.Get("X-Request-ID"); echo != request.Header.Get("X-Request-ID") && echo != "" {
			response.Header.Set("X-Request-ID", "another")
		}
	}), caught: "request-id-differs"},
	{name: "names no request", plant: refusing(func(failure *adapters.Error, _ []byte) { failure.RequestID = "" }),
		caught: "request-id-differs"},
	{name: "ignores Content-Encoding", plant: replies(func(_ *http.Request, response *http.Response) {
		response.Header.Del("Content-Encoding")
	}), caught: "content-encoding"},
}

// kinds are those of the statuses that the document has.
var kinds = map[int]adapters.Kind{
	http.StatusUnauthorized: adapters.ErrUnauthorized, http.StatusNotFound: adapters.ErrNotFound,
	http.StatusTooManyRequests: adapters.ErrRateLimited,
}

func ofStatus(failure *adapters.Error) adapters.Kind {
	return cmp.Or(kinds[failure.Status], failure.Kind)
}

// forget leaves of a failure what its status says.
func forget(failure *adapters.Error) {
	failure.Kind, failure.Consent = ofStatus(failure), ""
	failure.Code, failure.Message, failure.Links = "", "", nil
}

const maxErrorBody = 64 << 10 // of it is read

// refusing changes every error that an answer other than a 200 leads to, given the answer's body.
func refusing(change func(failure *adapters.Error, body []byte)) func(*client) {
	return func(c *client) {
		c.seen = func(answer adapters.Exchange, _ []adapters.Balance, err error) {
			var failure *adapters.Error
			if errors.As(err, &failure) && answer.Status != 0 && answer.Status != http.StatusOK {
				change(failure, answer.Body)
			}
		}
	}
}

// echoing puts the request's id into every answer, so that every connection is used again.
type echoing struct{ base http.RoundTripper }

func (e echoing) RoundTrip(request *http.Request) (*http.Response, error) {
	base := e.base
	if base == nil {
		base = http.DefaultTransport
	}
	response, err := base.RoundTrip(request)
	if err == nil {
		response.Header.Set("X-Request-ID", request.Header.Get("X-Request-ID"))
	}
	return response, err
}
