package adaptertest_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

// callFaults are about limits, time, connections and what calls share.
var callFaults = []fault{
	{name: "reads sixteen times the limit", options: limited(16 * adapters.DefaultMaxBodyBytes), caught: "body-gzip-bomb body-of-exactly-the-limit body-without-end"},
	{name: "reads one byte less than the limit", options: limited(adapters.DefaultMaxBodyBytes - 1), caught: "body-of-exactly-the-limit"},
	{name: "ignores the context", plant: func(c *client) { c.under = context.WithoutCancel }, options: func(options *adapters.Options) {
		own := *cmp.Or(options.HTTPClient, adapters.NewHTTPClient(nil))
		own.Timeout, options.HTTPClient = time.Second, &own // or it would wait for ever
	}, caught: "server-stalls context-cancelled errors-disclose-nothing"},
	{name: "wraps the context's error away", plant: outcomes(func(balances []adapters.Balance, err error) ([]adapters.Balance, error) {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return nil, unavailable(nil)
		}
		return balances, err
	}), caught: "server-stalls context-cancelled no-retry no-retry-unattended"},
	{name: "makes an Error of the context's error", plant: outcomes(func(balances []adapters.Balance, err error) ([]adapters.Balance, error) {
		if errors.Is(err, context.Canceled) {
			return nil, unavailable(err)
		}
		return balances, err
	}), caught: "context-cancelled"},
	{name: "takes a lost connection for protocol", plant: failing(func(failure *adapters.Error) {
		if failure.Status == 0 && failure.Kind == adapters.ErrUnavailable {
			failure.Kind = adapters.ErrProtocol
		}
	}), caught: "http-odd-framing headers-without-end server-stalls tls-untrusted tls-texts tls-client-certificate no-retry no-retry-unattended connection-broken-off"},
	{name: "has one text for every server certificate", plant: failing(func(failure *adapters.Error) {
		if strings.HasPrefix(failure.Detail, "server certificate") {
			failure.Detail = "server certificate not accepted"
		}
	}), caught: "tls-texts"},
	{name: "leaves a body open", waits: true, plant: replies(func(_ *http.Request, response *http.Response) {
		if response.StatusCode == http.StatusOK && response.Header.Get("Content-Type") == "" {
			response.Body = io.NopCloser(response.Body)
		}
	}), caught: "context-cancelled"},
	{name: "opens a connection for each call", plant: sending(func(request *http.Request) { request.Close = true }),
		caught: "context-cancelled requests/attended requests/batch requests/unattended"},
	{name: "makes one call after the other", waits: true, plant: func(c *client) {
		turn, send := make(chan bool, 1), c.send
		c.send = func(request *http.Request) (*http.Response, error) {
			select {
			case turn <- true:
				defer func() { <-turn }()
				return send(request)
			case <-request.Context().Done():
				return nil, request.Context().Err()
			}
		}
	}, caught: "calls-at-once"},
	{name: "shares state between calls without a lock", racy: true, plant: func(c *client) {
		calls, send := 0, c.send
		c.send = func(request *http.Request) (*http.Response, error) {
			calls++
			return send(request)
		}
	}, caught: "calls-at-once"},
	{name: "changes the caller's client", options: func(options *adapters.Options) {
		if options.HTTPClient != nil {
			options.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		}
	}, caught: "callers-client"},
	{name: "changes the answer's headers", plant: replies(func(_ *http.Request, response *http.Response) {
		response.Header.Set("X-Seen", "yes")
	}), caught: "callers-client"},
	{name: "uses http.DefaultClient", options: func(options *adapters.Options) {
		if options.HTTPClient == nil {
			options.HTTPClient = http.DefaultClient
		}
	}, caught: "headers-without-end", perhaps: "http-odd-framing"},
	{name: "calls again after an error", plant: again(func(response *http.Response, err error) bool {
		return err != nil || response.StatusCode >= http.StatusInternalServerError
	}), caught: "context-cancelled tls-untrusted tls-texts tls-client-certificate callers-second-try no-retry no-retry-unattended connection-broken-off"},
	{name: "calls again after a 429", plant: again(func(response *http.Response, err error) bool {
		return err == nil && response.StatusCode == http.StatusTooManyRequests
	}), caught: "server-stalls context-cancelled links-not-followed no-retry no-retry-unattended retry-after-beyond-deadline"},
	{name: "waits as long as Retry-After says", waits: true, plant: replies(func(r *http.Request, answer *http.Response) {
		if wait, err := time.ParseDuration(answer.Header.Get("Retry-After") + "s"); err == nil && wait == time.Hour {
			select {
			case <-time.After(wait):
			case <-r.Context().Done():
			}
		}
	}), caught: "retry-after-beyond-deadline"},
	{name: "asks twice for a PSU who is present", plant: again(func(response *http.Response, err error) bool {
		return err == nil && response.StatusCode == http.StatusOK && response.Request.Header.Get("PSU-IP-Address") != ""
	}), caught: "callers-client redirect-with-body links-not-followed credential-with-scheme psu-addresses no-retry requests/attended requests/batch"},
}

// limited replaces the limit for bodies.
func limited(limit int64) func(*adapters.Options) {
	return func(options *adapters.Options) { options.MaxBodyBytes = limit }
}

// unavailable is the error for a call that got no answer.
func unavailable(cause error) error {
	return &adapters.Error{
		Kind: adapters.ErrUnavailable, Origin: adapters.OriginTransport, Provider: examplebank, Operation: "get balances", Err: cause,
	}
}

// sending changes every request.
func sending(change func(*http.Request)) func(*client) {
	return func(c *client) {
		send := c.send
		c.send = func(request *http.Request) (*http.Response, error) {
			change(request)
			return send(request)
		}
	}
}

// again makes a second call where wanted says so.
func again(wanted func(*http.Response, error) bool) func(*client) {
	return func(c *client) {
		send := c.send
		c.send = func(request *http.Request) (*http.Response, error) {
			response, err := send(request)
			if !wanted(response, err) {
				return response, err
			}
			if err == nil {
				_ = response.Body.Close()
			}
			return send(request.Clone(request.Context()))
		}
	}
}
