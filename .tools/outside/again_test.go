package outside_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/sony/gobreaker/v2"
)

// repeating returns a client that repeats what a gateway could not pass on. It wraps the whole client of openbalances: so each
// repetition is counted, and what it gives up on keeps its status. A 429 is never repeated, nor an answer with Retry-After,
// for which retryablehttp would wait inside the call, an hour if the answer says so.
func repeating() *http.Client {
	client := retryablehttp.NewClient()
	client.HTTPClient, client.Logger = adapters.NewHTTPClient(nil), nil // the logger would write addresses
	client.RetryMax, client.RetryWaitMin = 2, time.Millisecond
	client.CheckRetry = func(ctx context.Context, response *http.Response, err error) (bool, error) {
		return err == nil && response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") == "", ctx.Err()
	}
	return &http.Client{Transport: &retryablehttp.RoundTripper{Client: client}}
}

// busy answers with one status after the other, a 429 with Retry-After; for 200 and at the end the sandbox answers.
func busy(statuses ...int) *httptest.Server {
	sandbox := bank()
	next := sandbox.Config.Handler
	sandbox.Close()
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		if len(statuses) > 0 {
			status, statuses = statuses[0], statuses[1:]
		}
		switch status {
		case http.StatusOK:
			next.ServeHTTP(w, r)
			return
		case http.StatusTooManyRequests:
			w.Header().Set("Retry-After", "3600")
		}
		w.WriteHeader(status)
	}))
}

// Each repetition is one of the four calls that the bank allows in a day, so one has to be sure that it is worth it.
func Example_retries() {
	for _, statuses := range [][]int{{503, 503}, {503, 503, 503}, {429}} {
		server := busy(statuses...)
		client := open(server.URL, adapters.Options{HTTPClient: repeating()})
		guarded := must(accessguard.New(client, "session", accessguard.Memory(), nil))
		balances, err := balancesOf(guarded, account)
		left := must(guarded.Left(context.Background(), account))
		fmt.Println(statuses, len(balances), err, "left:", left.Calls)
		server.Close()
	}
	// Output:
	// [503 503] 2 <nil> left: 1
	// [503 503 503] 0 neonomics: get balances: unavailable (HTTP 503) left: 1
	// [429] 0 neonomics: get balances: rate_limited (HTTP 429) left: 0
}

// breaker keeps off a provider that is down. What only one PSU or account suffers from, a consent that has ended or the fifth
// call of a day, says nothing about the provider, and what the caller broke off neither.
func breaker(name string) *gobreaker.CircuitBreaker[[]adapters.Balance] {
	return gobreaker.NewCircuitBreaker[[]adapters.Balance](gobreaker.Settings{
		Name: name, Timeout: time.Minute,
		ReadyToTrip: func(counts gobreaker.Counts) bool { return counts.ConsecutiveFailures >= 2 },
		IsSuccessful: func(err error) bool {
			return !errors.Is(err, adapters.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded)
		},
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
	})
}

// The breaker stands around the guard: what it keeps off spends no call.
func Example_breaker() {
	server := busy(200, 200, 503, 503)
	defer server.Close()
	guarded := must(accessguard.New(open(server.URL, adapters.Options{}), "session", accessguard.Memory(), nil))
	down := breaker("neonomics")
	for _, id := range []string{noConsent, noConsent, account, account, account} {
		_, err := down.Execute(func() ([]adapters.Balance, error) { return balancesOf(guarded, id) })
		fmt.Println(err)
	}
	fmt.Println("left:", must(guarded.Left(context.Background(), account)).Calls)
	// Output:
	// neonomics: get balances: consent_required (HTTP 510): code 1426
	// neonomics: get balances: consent_required (HTTP 510): code 1426
	// neonomics: get balances: unavailable (HTTP 503)
	// neonomics: get balances: unavailable (HTTP 503)
	// circuit breaker is open
	// left: 2
}
