package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

// The implementations, in the order in which they take turns.
const (
	ours = iota
	hand
	stock
	limit
)

var names = []string{ours: "ours", hand: "hand", stock: "stock", limit: "limit"}

// scenario is an answer of a bank.
type scenario struct {
	bank
	balances int
	text     []byte
}

func newScenario(b bank, balances int) (scenario, error) {
	text, err := b.body(balances)
	return scenario{b, balances, text}, err
}

func (s scenario) String() string { return fmt.Sprintf("%d (%s)", s.balances, s.name) }

const (
	memoryURL = "http://127.0.0.1" // which nothing listens to: the transport is in memory
	timeout   = 30 * time.Second
)

// inMemory has no timeout: for a transport that is not its own net/http starts a goroutine to keep it, which is no work
// of what is compared.
func inMemory(text []byte, stages *stages) access {
	return access{memoryURL, &http.Client{Transport: &memory{text, stages}}, time.Now}
}

// onLoopback starts a server in this process.
func onLoopback(text []byte) (access, func()) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		_, _ = io.Copy(io.Discard, request.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text)
	}))
	transport := &http.Transport{MaxIdleConnsPerHost: 4}
	stop := func() {
		transport.CloseIdleConnections()
		server.Close()
	}
	return access{server.URL, &http.Client{Transport: transport, Timeout: timeout}, time.Now}, stop
}

// calls returns the calls of all implementations, the limit last: the request that hand sends, the answer discarded.
func (s scenario) calls(a access) ([]func(), error) {
	var calls []func()
	for _, open := range []func(access) (fetch, error){s.ours, s.hand, s.stock} {
		fetch, err := open(a)
		if err != nil {
			return nil, err
		}
		calls = append(calls, func() {
			balances, err := fetch(context.Background(), s.account)
			must(err)
			if len(balances) != s.balances {
				panic("balances are missing")
			}
		})
	}
	sent, _, err := s.observe(s.hand)
	return append(calls, func() { must(discard(a, sent)) }), err
}

func discard(a access, sent *recorder) error {
	request, err := http.NewRequest(sent.request.Method, a.baseURL+sent.request.URL.Path, bytes.NewReader(sent.body))
	if err != nil {
		return err
	}
	request.Header = sent.request.Header.Clone()
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return response.Body.Close()
}

// observe makes one call at a fixed time and returns what was sent and what came of it.
func (s scenario) observe(open func(access) (fetch, error)) (*recorder, []adapters.Balance, error) {
	sent := &recorder{RoundTripper: &memory{body: s.text}}
	fixed := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	client := &http.Client{Transport: sent, Timeout: timeout}
	fetch, err := open(access{memoryURL, client, func() time.Time { return fixed }})
	if err != nil {
		return nil, nil, err
	}
	balances, err := fetch(context.Background(), s.account)
	return sent, balances, err
}

// prove returns an error unless all implementations send the same headers and return the same balances, the exponents
// of the amounts included.
func (s scenario) prove() error {
	want, expected, err := s.observe(s.ours)
	if err != nil {
		return fmt.Errorf("%s, ours: %w", s, err)
	}
	if len(expected) != s.balances {
		return fmt.Errorf("%s, ours: %d balances", s, len(expected))
	}
	for name, open := range map[string]func(access) (fetch, error){"hand": s.hand, "stock": s.stock} {
		sent, balances, err := s.observe(open)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", s, name, err)
		}
		if !slices.Equal(headerNames(want), headerNames(sent)) {
			return fmt.Errorf("%s, %s: sends other headers than ours", s, name)
		}
		if canonical(balances) != canonical(expected) {
			return fmt.Errorf("%s, %s: returns other balances than ours", s, name)
		}
	}
	return nil
}

func headerNames(sent *recorder) []string { return slices.Sorted(maps.Keys(sent.request.Header)) }

// canonical spells balances out with all fields, and the exponents that JSON does not show.
func canonical(balances []adapters.Balance) string {
	text, err := json.Marshal(balances)
	must(err)
	for _, balance := range balances {
		text = fmt.Appendf(text, " %d", balance.Amount.Exponent())
		for _, line := range balance.CreditLines {
			text = fmt.Appendf(text, ",%d", line.Amount.Decimal.Exponent())
		}
	}
	return string(text)
}
