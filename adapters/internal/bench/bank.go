package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs/contract"
)

// fetch returns the balances of one account.
type fetch func(ctx context.Context, account string) ([]adapters.Balance, error)

// bank is a provider and the ways of fetching from it: ours is the adapter with all its checks; hand is what somebody
// would write with net/http and encoding/json for this one provider, with no check but that of the status.
type bank struct {
	name    string
	example string   // of the document, with the account below
	list    []string // the path to the balances in it; an array stands for its first element
	account string
	ours    func(*adapters.Options) adapters.Source
	hand    func(*adapters.Options) fetch
}

// scenario is an answer of a bank with a number of balances.
type scenario struct {
	bank
	balances int
}

var scenarios = []scenario{{eikaBank, 1}, {myposBank, 1}, {eikaBank, 4}, {onesingleviewBank, 500}}

func (s scenario) String() string { return fmt.Sprintf("%d (%s)", s.balances, s.name) }

// body is the bank's example with its list repeated until it has all the balances.
func (s scenario) body() []byte {
	for _, example := range must(contract.Load(s.name)).Examples() {
		if example.Name == s.example && example.Account == s.account {
			var compact bytes.Buffer
			must(0, json.Compact(&compact, repeat(example.JSON, s.list, s.balances)))
			return compact.Bytes()
		}
	}
	panic("no such example")
}

// repeat sets the length of the list at path to n. Numbers and texts stay as written.
func repeat(text json.RawMessage, path []string, n int) json.RawMessage {
	var array []json.RawMessage
	if json.Unmarshal(text, &array) == nil && len(path) == 0 {
		return must(json.Marshal(slices.Repeat(array, n/len(array)+1)[:n]))
	} else if array != nil {
		array[0] = repeat(array[0], path, n)
		return must(json.Marshal(array))
	}
	var object map[string]json.RawMessage
	must(0, json.Unmarshal(text, &object))
	object[path[0]] = repeat(object[path[0]], path[1:], n)
	return must(json.Marshal(object))
}

// fetches returns both ways, ours first.
func (s scenario) fetches(o *adapters.Options) [2]fetch {
	source := s.ours(o)
	ours := func(ctx context.Context, account string) ([]adapters.Balance, error) {
		return source.Balances(ctx, account, adapters.Unattended())
	}
	return [2]fetch{ours, s.hand(o)}
}

// call returns a function that fetches in one of the ways.
func (s scenario) call(fetch fetch) func() {
	return func() {
		if balances := must(fetch(context.Background(), s.account)); len(balances) != s.balances {
			panic("balances are missing")
		}
	}
}

// memory answers every request with a body, without a network, and notes when it is reached and left.
type memory struct {
	body    []byte
	reached func(*http.Request)
	left    func()
}

var jsonHeader = http.Header{"Content-Type": {"application/json"}}

func (m *memory) RoundTrip(request *http.Request) (*http.Response, error) {
	m.reached(request)
	if request.Body != nil {
		_, _ = io.Copy(io.Discard, request.Body)
		_ = request.Body.Close()
	}
	response := &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: jsonHeader,
		Body: io.NopCloser(bytes.NewReader(m.body)), ContentLength: int64(len(m.body)), Request: request,
	}
	m.left()
	return response, nil
}

// inMemory has no timeout: for a transport that is not its own net/http starts a goroutine to keep it, which is no work
// of what is compared.
func inMemory(m *memory) *adapters.Options {
	// Nothing listens there: the transport is in memory.
	return &adapters.Options{BaseURL: "http://127.0.0.1", HTTPClient: &http.Client{Transport: m}, Now: time.Now}
}

// serve starts servers in this process. They share a certificate if they have one.
func serve(n int, secure bool, answer func(*http.Request) []byte) (urls []string, certificate string, stop func()) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		_, _ = io.Copy(io.Discard, request.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-ID", request.Header.Get("X-Request-ID")) // as the banks do
		_, _ = w.Write(answer(request))
	})
	var servers []*httptest.Server
	for range n {
		server := httptest.NewUnstartedServer(handler)
		if secure {
			server.StartTLS()
			certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
		} else {
			server.Start()
		}
		urls, servers = append(urls, server.URL), append(servers, server)
	}
	return urls, certificate, func() {
		for _, server := range servers {
			server.CloseClientConnections()
			server.Close()
		}
	}
}

// get makes a hand-written call for balances with its own headers, by name and value.
func get(ctx context.Context, o *adapters.Options, path string, target any, header ...string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.BaseURL+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("X-Request-ID", uuid.NewString())
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return decode(o.HTTPClient, request, target)
}

// decode reads the answer to a hand-written request as most people do.
func decode(client *http.Client, request *http.Request, target any) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return json.NewDecoder(response.Body).Decode(target)
}
