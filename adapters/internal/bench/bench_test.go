package main

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Both sides send the same headers and as long a body, and return the same balances, with the same scale.
func TestBothSidesDoTheSame(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		transport, sent, balances := s.memory(), [2]*http.Request{}, [2][]adapters.Balance{}
		options := inMemory(transport)
		options.Now = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
		for side, fetch := range s.fetches(options) {
			transport.reached = func(request *http.Request) { sent[side] = request }
			got, err := fetch(context.Background(), s.account)
			require.NoError(t, err)
			for i := range got {
				got[i].RequestID, got[i].Warnings = "", nil // random, and not kept by hand
				got[i].AsOf = got[i].AsOf.UTC()
			}
			balances[side] = got
		}
		assert.Len(t, balances[0], s.balances)
		assert.Equal(t, balances[1], balances[0], s.String())
		assert.Equal(t, slices.Sorted(maps.Keys(sent[1].Header)), slices.Sorted(maps.Keys(sent[0].Header)), s.String())
		assert.Equal(t, sent[1].ContentLength, max(sent[0].ContentLength, 0), s.String())
	}
}
