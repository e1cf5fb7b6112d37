package adapters_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/openbalances/openbalances/specs/sandbox"
)

// bank is a sandbox on loopback; a client without Options.BaseURL calls the provider itself.
func bank() *httptest.Server {
	handler, err := sandbox.New()
	if err != nil {
		panic(err)
	}
	return httptest.NewServer(handler)
}

// One account of one provider, while the PSU is there.
func Example() {
	server := bank()
	defer server.Close()
	client, err := neonomics.New(neonomics.Credentials{AccessToken: "token", SessionID: "session", DeviceID: "device"},
		&adapters.Options{BaseURL: server.URL + "/neonomics"})
	if err != nil {
		fmt.Println(err)
		return
	}
	psu := adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr("203.0.113.7")})
	balances, err := client.Balances(context.Background(), "7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0001", psu)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, balance := range balances {
		fmt.Println(balance.Type, balance.Amount, balance.Currency)
	}
	// Output:
	// interimAvailable 42850.00 NOK
	// closingBooked 41990.50 NOK
}

// Every failure is an Error with a kind; its text is safe to log, and its fields say what to do next.
func ExampleError() {
	server := bank()
	defer server.Close()
	client, err := neonomics.New(neonomics.Credentials{AccessToken: "token", SessionID: "session", DeviceID: "device"},
		&adapters.Options{BaseURL: server.URL + "/neonomics"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Balances(context.Background(), "7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f5101", adapters.Unattended())
	fmt.Println(err)
	var failure *adapters.Error
	switch {
	case errors.Is(err, adapters.ErrConsentRequired) && errors.As(err, &failure):
		_, known := failure.Links["consent"]
		fmt.Println("send the PSU to the consent link:", known)
	case errors.Is(err, adapters.ErrRateLimited) && errors.As(err, &failure):
		fmt.Println("come back at", failure.RetryAfter)
	}
	// Output:
	// neonomics: get balances: consent_required (HTTP 510): code 1426
	// send the PSU to the consent link: true
}

// tracing names spans as otelhttp does with otelhttp.WithSpanNameFormatter(spanName).
type tracing struct{ base http.RoundTripper }

func (t tracing) RoundTrip(request *http.Request) (*http.Response, error) {
	fmt.Println(spanName("", request))
	return t.base.RoundTrip(request)
}

// spanName is an otelhttp formatter. The path would hold the account id.
func spanName(_ string, request *http.Request) string {
	provider, operation, route := adapters.OperationOf(request.Context())
	return provider + ": " + operation + ": " + route
}

// An own HTTP client keeps its transport and its timeout; the adapter's guards come on top of a copy. Spans and
// connection events come through the context as everywhere in Go.
func ExampleOptions() {
	server := bank()
	defer server.Close()
	guarded := adapters.NewHTTPClient(nil)
	guarded.Transport = tracing{guarded.Transport}
	client, err := neonomics.New(neonomics.Credentials{AccessToken: "token", SessionID: "session", DeviceID: "device"},
		&adapters.Options{BaseURL: server.URL + "/neonomics", HTTPClient: guarded})
	if err != nil {
		fmt.Println(err)
		return
	}
	var connected int
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected++ },
	})
	_, err = client.Balances(ctx, "7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0001", adapters.Unattended())
	fmt.Println(connected, err)
	// Output:
	// neonomics: get balances: GET /ics/v3/accounts/{id}/balances
	// 1 <nil>
}

// oauthSource stands for an oauth2.TokenSource, whose Token takes no context, and oauthError for *oauth2.RetrieveError.
type oauthSource struct{ status int }

type oauthError struct{ status int }

func (e oauthError) Error() string { return http.StatusText(e.status) }

func (s oauthSource) Token() (string, error) {
	switch s.status {
	case http.StatusOK:
		return "token", nil
	case http.StatusGatewayTimeout:
		select {} // the token endpoint never answers
	}
	return "", oauthError(s)
}

// tokensOf returns a source that ends with its context, although the fetch goes on, and tells a wrong client secret from
// an outage.
func tokensOf(source oauthSource) adapters.TokenSource {
	return func(ctx context.Context) (text string, err error) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			text, err = source.Token()
		}()
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-done:
		}
		if refused := (oauthError{}); errors.As(err, &refused) && refused.status < http.StatusInternalServerError {
			return "", &adapters.Error{Kind: adapters.ErrUnauthorized, Status: refused.status, Detail: "access token: refused"}
		}
		return text, err
	}
}

func ExampleTokenSource() {
	server := bank()
	defer server.Close()
	for _, status := range []int{http.StatusOK, http.StatusUnauthorized, http.StatusServiceUnavailable, http.StatusGatewayTimeout} {
		client, err := neonomics.New(neonomics.Credentials{TokenSource: tokensOf(oauthSource{status}), SessionID: "session", DeviceID: "device"},
			&adapters.Options{BaseURL: server.URL + "/neonomics"})
		if err != nil {
			fmt.Println(err)
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		balances, err := client.Balances(ctx, "7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0001", adapters.Unattended())
		fmt.Println(len(balances), err)
		cancel()
	}
	// Output:
	// 2 <nil>
	// 0 neonomics: get token: unauthorized (HTTP 401): access token: refused
	// 0 neonomics: get balances: unavailable: access token: the source failed
	// 0 neonomics: get balances: context deadline exceeded
}
