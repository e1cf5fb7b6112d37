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
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	faultSeed       = 20260102
	accountsPerCall = 20 // of one bank, before it is the next one's turn
)

// TestFaultsLoseNothing asks banks that fail in every way for 10,000 accounts, in the order that get has. The first bank
// drops all its connections now and then; the others must not notice. The test stands here because this package knows how
// to open every adapter.
func TestFaultsLoseNothing(t *testing.T) {
	t.Parallel()
	perBank := 10_000 / len(specs.Providers())
	if testing.Short() {
		perBank = 160
	}
	var banks []*faultyBank
	for i, provider := range specs.Providers() {
		faults := drawFaults(faultSeed+uint64(i), perBank)
		for at := 50; i == 0 && at < perBank; at += 100 {
			faults[at] = killed
		}
		banks = append(banks, newFaultyBank(t, provider, faults))
	}
	var connections []collect.Connection
	var want []string
	for first := 0; first < perBank; first += accountsPerCall {
		for _, bank := range banks {
			var ids []string
			for i := first; i < min(first+accountsPerCall, perBank); i++ {
				ids = append(ids, bank.accountID(i))
			}
			want = append(want, ids...)
			connections = append(connections, collect.Connection{Key: bank, Source: bank, PSU: adapters.Unattended(), Accounts: slices.Values(ids)})
		}
	}
	run := collect.Balances(t.Context(), slices.Values(connections), &collect.Options{Ordered: true})
	counted := collect.Report{Failures: map[string]int{}}
	for result := range run.Results() {
		require.Equal(t, want[counted.Accounts], result.AccountID, "each account once, in order")
		bank := result.Key.(*faultyBank)
		bank.assert(t, result, bank == banks[0])
		counted.Accounts++
		counted.Balances += len(result.Balances)
		if result.Err == nil {
			counted.Answered++
		} else {
			counted.Failures[string(adapters.KindOf(result.Err))]++
		}
	}
	assert.Len(t, want, counted.Accounts)
	report := run.Report()
	for _, bank := range banks {
		calls := report.Calls[bank.Provider()]
		assert.LessOrEqual(t, calls, perBank)
		assert.GreaterOrEqual(t, calls, perBank-bank.unseen(), "a call that gave up at once need not have been sent")
	}
	report.Calls = nil
	assert.Equal(t, counted, report)
}

// unseen is for how many accounts no request came.
func (b *faultyBank) unseen() (n int) {
	for i := range b.asked {
		n += 1 - int(b.asked[i].Load())
	}
	return n
}

// assert checks that an account ended as its fault makes it end. What a restless bank does to it depends on the moment.
func (b *faultyBank) assert(t *testing.T, got collect.Result, restless bool) {
	t.Helper()
	i := b.index(got.AccountID)
	assert.LessOrEqual(t, b.asked[i].Load(), int32(1), "%s: nothing is asked twice", got.AccountID)
	want := map[fault]adapters.Kind{
		none: "", truncated: adapters.ErrProtocol, killed: adapters.ErrProtocol, reset: adapters.ErrUnavailable, delayed: adapters.KindDeadline,
	}[b.faults[i]]
	if kind := adapters.KindOf(got.Err); !restless || kind == "" {
		assert.Equal(t, want, kind, "%s", got.AccountID)
	} else {
		assert.NotEqual(t, adapters.KindOther, kind, "every failure has a name")
	}
	var balances []adapters.Balance
	if got.Err == nil {
		balances = withoutCall(b.example(i).balances)
		for i := range balances {
			balances[i].AccountID = got.AccountID
		}
		got.Balances = withoutCall(got.Balances)
	}
	assert.Equal(t, balances, got.Balances, "an error comes with no balances")
}

// fault is what happens to the call for one account.
type fault int

const (
	none      fault = iota
	truncated       // the body ends in its middle
	reset           // the connection is reset before an answer
	delayed         // there is no answer until the call has given up
	killed          // all connections of the server end, in the middle of the body
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
	faults   []fault
	asked    []atomic.Int32 // requests for each account
	examples []bankExample
	sandbox  http.Handler
	account  *regexp.Regexp
	server   *httptest.Server
}

type bankExample struct {
	account  string
	balances []adapters.Balance
}

func newFaultyBank(t *testing.T, provider string, faults []fault) *faultyBank {
	t.Helper()
	document, err := contract.Load(provider)
	require.NoError(t, err)
	b := &faultyBank{
		Base: adapters.Base(provider), faults: faults, asked: make([]atomic.Int32, len(faults)),
		sandbox: sandbox.Handler(document, sandbox.AnySignature()), account: regexp.MustCompile(provider + `-(\d{4})`),
	}
	// What the examples hold when nothing goes wrong.
	good, err := openbalances.Opener(provider)(&adapters.Options{BaseURL: serve(t, sandbox.Handler(document))})
	require.NoError(t, err)
	accounts, err := sandbox.Accounts(provider)
	require.NoError(t, err)
	for _, id := range accounts {
		balances, err := good.Balances(t.Context(), id, adapters.Unattended())
		if err == nil && len(balances) > 0 {
			b.examples = append(b.examples, bankExample{id, balances})
		}
	}
	require.NotEmpty(t, b.examples)
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	b.source, err = openbalances.Opener(provider)(&adapters.Options{BaseURL: b.server.URL})
	require.NoError(t, err)
	return b
}

func (b *faultyBank) accountID(i int) string { return fmt.Sprintf("%s-%04d", b.Provider(), i) }

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

// ServeHTTP does to the call what the account's fault says.
func (b *faultyBank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i, answer := b.ask(r)
	b.asked[i].Add(1)
	switch b.faults[i] {
	case delayed:
		<-r.Context().Done()
		return
	case reset:
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.(*net.TCPConn).SetLinger(0)
			_ = connection.Close()
		}
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
		b.server.CloseClientConnections()
	}
}

// ask returns the account that the request is about, and what the sandbox answers.
func (b *faultyBank) ask(r *http.Request) (int, *httptest.ResponseRecorder) {
	body, _ := io.ReadAll(r.Body)
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
