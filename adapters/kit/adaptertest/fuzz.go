package adaptertest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"regexp"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Fuzz gives an adapter any status, account id and body, without a network:
//
//	func FuzzBalances(f *testing.F) { adaptertest.Fuzz(f, harness) }
//
// Whatever comes, the adapter returns soon and at bounded cost, and the same answer gives the same result: balances
// that keep their contract and state nothing that was not sent, or one typed error whose text is ours. The seeds are
// the examples of the document and what the catalogue makes of them; testdata/fuzz may add more.
func Fuzz(f *testing.F, h Harness) {
	h.load(f)
	bank := &memory{}
	source, err := h.New(&adapters.Options{
		BaseURL: "http://127.0.0.1" + basePath, HTTPClient: &http.Client{Transport: bank},
		Now: func() time.Time { return now },
	})
	require.NoError(f, err)
	h.addSeeds(f)
	f.Fuzz(func(t *testing.T, status int, account string, body []byte) {
		*bank = memory{status, body}
		balances, err := bounded(t, source, account)
		again, errAgain := source.Balances(t.Context(), account, adapters.Unattended())
		withoutRequestID(again)
		if err != nil {
			assert.Empty(t, balances, "an error comes with no balances")
			h.assertOwnWords(t, err)
			assert.EqualError(t, errAgain, err.Error(), "the same answer gives the same error")
			return
		}
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, balances, again, "the same answer gives the same balances")
		assertSound(t, balances)
		assertStated(t, balances, string(body))
	})
}

// maxSeed keeps texts out of the seeds that are only long: mutating them takes time and finds nothing.
const maxSeed = 16 << 10

func (h Harness) addSeeds(f *testing.F) {
	for _, example := range h.documented() {
		if example.Status != 0 && example.Account != "" {
			f.Add(example.Status, example.Account, example.JSON)
		}
	}
	cases, err := entries()
	require.NoError(f, err)
	for _, c := range cases {
		for _, mutation := range c.Bodies {
			if mutation.applies(f, h) {
				h.addMutation(f, mutation)
			}
		}
	}
}

func (h Harness) addMutation(f *testing.F, m mutation) {
	example := h.exampleWith(f, m.At)
	for _, change := range m.changes() {
		body := h.change(f, example.JSON, slices.Concat([]bodyEdit{change}, m.Also))
		if len(body) <= maxSeed {
			f.Add(http.StatusOK, example.Account, body)
		}
	}
}

// memory is a bank in the same process: it gives one answer to every request.
type memory struct {
	status int
	body   []byte
}

// RoundTrip implements [http.RoundTripper].
func (m *memory) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
	return &http.Response{
		StatusCode: m.status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(m.body)), ContentLength: int64(len(m.body)), Request: request,
	}, nil
}

// maxAllocated is what one call may allocate for the largest answer that the cap lets through.
const maxAllocated = 64 << 20

// bounded makes the call and checks what it costs.
func bounded(t *testing.T, source adapters.Source, account string) ([]adapters.Balance, error) {
	t.Helper()
	begun, before := time.Now(), allocated()
	balances, err := source.Balances(t.Context(), account, adapters.Unattended())
	withoutRequestID(balances)
	assert.Less(t, time.Since(begun), patience, "the answer takes too long to be read")
	assert.Less(t, allocated()-before, uint64(maxAllocated), "the answer takes too much memory to be read")
	return balances, err
}

// allocated is how many bytes the process has allocated so far.
func allocated() uint64 {
	samples := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64()
}

// assertOwnWords checks that err is the one error type, with a text of one short and printable line.
func (h Harness) assertOwnWords(t *testing.T, err error) {
	t.Helper()
	var failure *adapters.Error
	require.True(t, errors.As(err, &failure), "not an *adapters.Error: %v", err)
	assert.Equal(t, h.Provider, failure.Provider)
	assert.Less(t, len(err.Error()), 256, "the text is not ours alone")
	assertPlain(t, err.Error())
	if len(failure.Message) > 20 { // shorter ones may well be words of ours
		assert.NotContains(t, err.Error(), failure.Message)
	}
}

// rewritten finds what lets a JSON text hold an amount or a currency in other letters.
var rewritten = regexp.MustCompile(`\\|[0-9][eE]`)

// assertStated checks that every amount and currency stands in the answer.
func assertStated(t *testing.T, balances []adapters.Balance, body string) {
	t.Helper()
	if rewritten.MatchString(body) {
		return
	}
	for _, balance := range balances {
		assert.True(t, strings.Contains(body, strings.TrimPrefix(balance.Amount.String(), "-")), "an amount nobody sent")
		assert.True(t, strings.Contains(body, balance.Currency), "a currency nobody sent")
	}
}
