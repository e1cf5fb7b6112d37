package adapters_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"

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

// tracing counts what a real one would hand to a tracer.
type tracing struct{ calls *int }

func (t tracing) RoundTrip(request *http.Request) (*http.Response, error) {
	*t.calls++
	return http.DefaultTransport.RoundTrip(request)
}

// An own HTTP client keeps its transport and its timeout; the adapter's guards come on top of a copy. Spans and
// connection events come through the context as everywhere in Go.
func ExampleOptions() {
	server := bank()
	defer server.Close()
	var calls int
	client, err := neonomics.New(neonomics.Credentials{AccessToken: "token", SessionID: "session", DeviceID: "device"},
		&adapters.Options{BaseURL: server.URL + "/neonomics", HTTPClient: &http.Client{Transport: tracing{&calls}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var connected int
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected++ },
	})
	_, err = client.Balances(ctx, "7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0001", adapters.Unattended())
	fmt.Println(calls, connected, err)
	// Output:
	// 1 1 <nil>
}
