package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorder keeps what was sent.
type recorder struct {
	memory
	header http.Header
	length int
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.header = request.Header
	if request.Body != nil {
		body, _ := io.ReadAll(request.Body)
		r.length, request.Body = len(body), io.NopCloser(bytes.NewReader(body))
	}
	return r.memory.RoundTrip(request)
}

func (s scenario) observe(t *testing.T, open func(access) fetch) (*recorder, []adapters.Balance) {
	t.Helper()
	sent := &recorder{memory: *s.memory()}
	fixed := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	fetch := open(access{memoryURL, &http.Client{Transport: sent}, func() time.Time { return fixed }})
	balances, err := fetch(context.Background(), s.account)
	require.NoError(t, err)
	for i := range balances {
		balances[i].RequestID = "" // random, and not kept by hand
		balances[i].AsOf = balances[i].AsOf.UTC()
	}
	return sent, balances
}

// TestBothSidesDoTheSame: both send the same headers and as long a body, and return the same balances, the scale of
// amounts included.
func TestBothSidesDoTheSame(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		ours, balances := s.observe(t, s.ours)
		hand, expected := s.observe(t, s.hand)
		assert.Len(t, balances, s.balances)
		assert.Equal(t, expected, balances, s.String())
		assert.ElementsMatch(t, slices.Collect(maps.Keys(hand.header)), slices.Collect(maps.Keys(ours.header)), s.String())
		assert.Equal(t, hand.length, ours.length, s.String())
	}
}

// BenchmarkCall is what to profile: go test -run - -bench Call/ours -cpuprofile cpu.out ./adapters/internal/bench
func BenchmarkCall(b *testing.B) {
	for _, s := range scenarios {
		for name, open := range map[string]func(access) fetch{"ours": s.ours, "hand": s.hand} {
			call := s.call(open, inMemory(s.memory()))
			b.Run(name+"/"+s.String(), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					call()
				}
			})
		}
	}
}
