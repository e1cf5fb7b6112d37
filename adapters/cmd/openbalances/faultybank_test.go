package main_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fault is what happens to the call for one account.
type fault int

const (
	none      fault = iota
	truncated       // the body ends in its middle
	reset           // the connection is reset before an answer
	delayed         // there is no answer until the call has given up
	killed          // the server dies in the middle of the body, and another one takes its place
)

// drawFaults draws one for each account: 1 in 5 truncated, 1 in 10 delayed, 1 in 20 reset.
func drawFaults(seed uint64, accounts int) []fault {
	draw := rand.New(rand.NewPCG(seed, 0))
	all := make([]fault, accounts)
	for i := range all {
		switch n := draw.IntN(20); {
		case n < 4:
			all[i] = truncated
		case n < 6:
			all[i] = delayed
		case n < 7:
			all[i] = reset
		}
	}
	return all
}

// faultyBank is a provider's sandbox with as many accounts as it has faults. The sandbox sees the account of one of its
// examples instead of the one asked for, and the answer names the one asked for again. It answers for single accounts.
type faultyBank struct {
	adapters.Base
	source   adapters.Source
	provider string
	faults   []fault
	asked    []atomic.Int32 // requests for each account
	examples []bankExample
	sandbox  http.Handler
	account  *regexp.Regexp
	address  string
	server   atomic.Pointer[http.Server]
	failed   func(error)
}

type bankExample struct {
	account  string
	balances []adapters.Balance
}

func newFaultyBank(t *testing.T, provider string, faults []fault) *faultyBank {
	t.Helper()
	document, err := contract.Load(provider)
	require.NoError(t, err)
	open, err := openbalances.Opener(provider)
	require.NoError(t, err)
	b := &faultyBank{
		Base: adapters.Base(provider), provider: provider, faults: faults, asked: make([]atomic.Int32, len(faults)), address: quietAddress(),
		sandbox: sandbox.Handler(document, sandbox.AnySignature()), account: regexp.MustCompile(provider + `-(\d{4})`),
		failed: func(err error) { assert.NoError(t, err) },
	}
	b.examples = askSandbox(t, document, open)
	b.start()
	t.Cleanup(func() { _ = b.server.Load().Close() })
	b.source, err = open(&adapters.Options{BaseURL: "http://" + b.address})
	require.NoError(t, err)
	return b
}

// askSandbox returns what the examples hold when nothing goes wrong.
func askSandbox(t *testing.T, document *contract.Document,
	open func(*adapters.Options) (adapters.Source, error)) (found []bankExample) {
	t.Helper()
	source, err := open(&adapters.Options{BaseURL: serve(t, sandbox.Handler(document))})
	require.NoError(t, err)
	accounts, err := sandbox.Accounts(document.Provider)
	require.NoError(t, err)
	for _, account := range accounts {
		balances, err := source.Balances(t.Context(), account, adapters.Unattended())
		if err == nil && len(balances) > 0 {
			found = append(found, bankExample{account, balances})
		}
	}
	require.NotEmpty(t, found)
	return found
}

func (b *faultyBank) accountID(i int) string { return fmt.Sprintf("%s-%04d", b.provider, i) }

func (b *faultyBank) example(i int) bankExample { return b.examples[i%len(b.examples)] }

// index is the account that a text names.
func (b *faultyBank) index(text string) int {
	i, _ := strconv.Atoi(b.account.FindStringSubmatch(text)[1])
	return i
}

// Balances gives up soon where the bank never answers; other calls have all the time that a busy machine needs.
func (b *faultyBank) Balances(ctx context.Context, account string, psu adapters.PSU) ([]adapters.Balance, error) {
	limit := time.Minute
	if b.faults[b.index(account)] == delayed {
		limit = 20 * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return b.source.Balances(ctx, account, psu)
}

// quietAddress is free and below the ports that systems hand out for connections, so that it can be had again.
func quietAddress() string {
	for {
		address := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000))
		if listener, err := net.Listen("tcp", address); err == nil {
			_ = listener.Close()
			return address
		}
	}
}

// start listens, also when a server before it has been killed.
func (b *faultyBank) start() {
	listener, err := net.Listen("tcp", b.address)
	if err != nil {
		b.failed(err)
		return
	}
	server := &http.Server{Handler: b, ReadHeaderTimeout: time.Minute}
	b.server.Store(server)
	go func() { _ = server.Serve(listener) }()
}

// ServeHTTP does to the call what the account's fault says.
func (b *faultyBank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i, answer := b.ask(r)
	b.asked[i].Add(1)
	switch b.faults[i] {
	case delayed:
		<-r.Context().Done()
		return
	case reset:
		resetConnection(w)
		return
	}
	maps.Copy(w.Header(), answer.Header())
	body := answer.Body.Bytes()
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(answer.Code)
	if b.faults[i] == none {
		_, _ = w.Write(body)
		return
	}
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	if b.faults[i] == killed {
		_ = b.server.Load().Close()
		b.start()
	}
}

func resetConnection(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = connection.(*net.TCPConn).SetLinger(0)
		_ = connection.Close()
	}
}

// ask returns the account that the request is about, and what the sandbox answers.
func (b *faultyBank) ask(r *http.Request) (int, *httptest.ResponseRecorder) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.failed(err)
	}
	i := b.index(r.RequestURI + string(body))
	asked, known := b.accountID(i), b.example(i).account
	r = r.Clone(r.Context())
	r.URL.Path, r.URL.RawPath = strings.ReplaceAll(r.URL.Path, asked, known), ""
	r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, asked, known)
	r.Body = io.NopCloser(strings.NewReader(strings.ReplaceAll(string(body), asked, known)))
	answer := httptest.NewRecorder()
	b.sandbox.ServeHTTP(answer, r)
	answer.Body = bytes.NewBuffer(bytes.ReplaceAll(answer.Body.Bytes(), []byte(known), []byte(asked)))
	return i, answer
}
