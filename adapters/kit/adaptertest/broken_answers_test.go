package adaptertest_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

// answerFaults are about status, headers and the bodies of refusals.
var answerFaults = []fault{
	{name: "takes any media type", plant: replies(func(_ *http.Request, response *http.Response) {
		if response.StatusCode == http.StatusOK {
			response.Header.Set("Content-Type", "application/json")
		}
	}), caught: "048 049 050 051"},
	{name: "takes a web page for no balances", plant: replies(func(request *http.Request, response *http.Response) {
		if response.StatusCode == http.StatusOK && strings.Contains(response.Header.Get("Content-Type"), "html") {
			response.Header.Set("Content-Type", "application/json")
			response.Body = refilled(response.Body, nothing(request), nil)
		}
	}), caught: "048 051"},
	{name: "takes every +json for JSON", plant: replies(func(_ *http.Request, response *http.Response) {
		if strings.Contains(response.Header.Get("Content-Type"), "+json") {
			response.Header.Set("Content-Type", "application/json")
		}
	}), caught: "050 051"},
	{name: "takes every success for a 200", plant: replies(func(_ *http.Request, response *http.Response) {
		if response.StatusCode/100 == 2 {
			response.StatusCode = http.StatusOK
		}
	}), caught: "052"},
	{name: "swallows a 429", plant: func(c *client) {
		c.result = func(_ string, balances []adapters.Balance, err error) ([]adapters.Balance, error) {
			if errors.Is(err, adapters.ErrRateLimited) {
				return []adapters.Balance{}, nil
			}
			return balances, err
		}
	}, caught: "046 054 055 056 061 064 068 069 100 101 102 examples/accessExceeded"},
	{name: "lets a code overrule a 429", plant: refusing(func(failure *adapters.Error, _ []byte) {
		if failure.Status == http.StatusTooManyRequests && failure.Code == consentExpired {
			failure.Kind = adapters.ErrConsentRequired
		}
	}), caught: "055"},
	{name: "knows a 429 by its body only", plant: refusing(func(failure *adapters.Error, body []byte) {
		if failure.Status == http.StatusTooManyRequests && failure.Code != "ACCESS_EXCEEDED" {
			failure.Kind = adapters.ErrProtocol
		}
	}), caught: "054 055 056 064 068 069 102"},
	{name: "takes a status from the body", plant: refusing(func(failure *adapters.Error, body []byte) {
		var said struct{ Status int }
		if json.Unmarshal(body, &said) == nil && said.Status >= 400 {
			failure.Kind = statusKind(said.Status)
		}
	}), caught: "055 061 examples/tokenInvalid"},
	{name: "takes a refusal that is not JSON for protocol", plant: refusing(func(failure *adapters.Error, body []byte) {
		if !json.Valid(body) {
			failure.Kind = adapters.ErrProtocol
		}
	}), caught: "053 054 055 056 057 061 064 068 069"},
	{name: "loses the status of a refusal that is not JSON", plant: refusing(func(failure *adapters.Error, body []byte) {
		if !json.Valid(body) {
			failure.Status = 0
		}
	}), caught: "052 053 054 055 057"},
	{name: "loses the code", plant: refusing(func(failure *adapters.Error, _ []byte) { failure.Code = "" }),
		caught: "examples/accessExceeded examples/consentExpired examples/tokenInvalid examples/unknownAccount"},
	{name: "loses the message", plant: refusing(func(failure *adapters.Error, _ []byte) { failure.Message = "" }),
		caught: "examples/accessExceeded examples/consentExpired examples/tokenInvalid"},
	{name: "loses the links", plant: refusing(func(failure *adapters.Error, _ []byte) { failure.Links = nil }),
		caught: "examples/consentExpired"},
	{name: "takes every 401 for a missing consent", plant: refusing(func(failure *adapters.Error, _ []byte) {
		if failure.Status == http.StatusUnauthorized {
			failure.Kind = adapters.ErrConsentRequired
		}
	}), caught: "053 054 examples/tokenInvalid"},
	{name: "takes a 500 for a fault of the caller", plant: refusing(func(failure *adapters.Error, _ []byte) {
		if failure.Status == http.StatusInternalServerError {
			failure.Kind = adapters.ErrInvalidArgument
		}
	}), caught: "054 057"},
	{name: "ignores Retry-After", plant: refusing(func(failure *adapters.Error, _ []byte) {
		failure.RetryAfter = time.Time{}
	}), caught: "056 102"},
	{name: "knows Retry-After in seconds only", plant: replies(func(_ *http.Request, response *http.Response) {
		if _, err := strconv.Atoi(response.Header.Get("Retry-After")); err != nil {
			response.Header.Del("Retry-After")
		}
	}), caught: "056"},
	{name: "believes any Retry-After", plant: func(c *client) {
		refuse := c.refuse
		c.refuse = func(response *http.Response, received time.Time) *adapters.Error {
			failure := refuse(response, received)
			if wait, err := time.ParseDuration(response.Header.Get("Retry-After") + "s"); err == nil {
				failure.RetryAfter = received.Add(wait)
			}
			return failure
		}
	}, caught: "056"},
	{name: "takes one of two Retry-After", plant: replies(func(_ *http.Request, response *http.Response) {
		if values := response.Header.Values("Retry-After"); len(values) > 1 {
			response.Header["Retry-After"] = values[:1]
		}
	}), caught: "056"},
	{name: "does not look at the echoed id", plant: replies(func(_ *http.Request, response *http.Response) {
		response.Header.Del("X-Request-ID")
	}), caught: "062 072"},
	{name: "compares echoed ids by bytes", plant: replies(func(request *http.Request, response *http.Response) {
		if echo := response.Header.Get("X-Request-ID"); echo != request.Header.Get("X-Request-ID") && echo != "" {
			response.Header.Set("X-Request-ID", "another")
		}
	}), caught: "062"},
	{name: "names no request", plant: refusing(func(failure *adapters.Error, _ []byte) { failure.RequestID = "" }),
		caught: "062"},
	{name: "ignores Content-Encoding", plant: replies(func(_ *http.Request, response *http.Response) {
		response.Header.Del("Content-Encoding")
	}), caught: "066"},
}

// refusing changes every error that an answer other than a 200 leads to, given the answer's body.
func refusing(change func(failure *adapters.Error, body []byte)) func(*client) {
	return func(c *client) {
		refuse := c.refuse
		c.refuse = func(response *http.Response, received time.Time) *adapters.Error {
			body, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
			response.Body = refilled(response.Body, body, err)
			failure := refuse(response, received)
			change(failure, body)
			return failure
		}
	}
}
