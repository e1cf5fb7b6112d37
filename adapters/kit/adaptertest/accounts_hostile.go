package adaptertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listHostile answers with lists that do not hold what they should, and with no lists at all.
func (h Harness) listHostile(t *testing.T, call listCall) {
	for name, test := range map[string]struct {
		kind  adapters.Kind
		serve http.HandlerFunc
	}{
		"429 HTML":       {adapters.ErrRateLimited, with(http.StatusTooManyRequests, "text/html", "<html>")},
		"401 nothing":    {adapters.ErrUnauthorized, with(http.StatusUnauthorized, "application/json", "")},
		"503 JSON":       {adapters.ErrUnavailable, with(http.StatusServiceUnavailable, "application/json", "{}")},
		"redirect":       {adapters.ErrRedirect, with(http.StatusFound, "text/html", "")},
		"200 HTML":       {adapters.ErrProtocol, with(http.StatusOK, "text/html", "<html>")},
		"200 nothing":    {adapters.ErrProtocol, with(http.StatusOK, "application/json", "")},
		"200 null":       {adapters.ErrProtocol, with(http.StatusOK, "application/json", "null")},
		"200 object":     {adapters.ErrProtocol, with(http.StatusOK, "application/json", "{}")},
		"account twice":  {adapters.ErrProtocol, h.listOf(t, call, "a", "b", "a")},
		"11000 accounts": {adapters.ErrTooLarge, h.listOf(t, call, numbered(11_000)...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := call.ask(t.Context(), h.open(t, test.serve), psu)
			assert.Zero(t, got.len())
			h.assertFailure(t, err, test.kind)
		})
	}
	t.Run("2000 accounts", func(t *testing.T) {
		ids := numbered(2000)
		got, err := call.ask(t.Context(), h.open(t, h.listOf(t, call, ids...)), psu)
		require.NoError(t, err)
		assert.Equal(t, ids, got.ids())
	})
	t.Run("odd ids", func(t *testing.T) { h.listOddIDs(t, call) })
	t.Run("arguments", func(t *testing.T) { h.listArguments(t, call) })
}

// listOf answers with the shortest account of the examples, once with each id.
func (h Harness) listOf(t *testing.T, call listCall, ids ...string) http.HandlerFunc {
	t.Helper()
	var account string
	var shortest []byte
	for _, example := range h.goodLists(t, call) {
		listed := example.Listed
		if len(listed) == 0 {
			continue
		}
		one := relisted(t, withoutTotal(t, example.JSON), listed[0], listed[:1])
		if shortest == nil || len(one) < len(shortest) {
			account, shortest = listed[0], one
		}
	}
	require.NotNil(t, shortest)
	return with(http.StatusOK, "application/json", string(settled(t, relisted(t, shortest, account, ids), len(ids))))
}

// relisted replaces the list around the account by one with an account for each id.
func relisted(t *testing.T, text []byte, account string, ids []string) []byte {
	t.Helper()
	all, err := values(text)
	require.NoError(t, err)
	i := slices.IndexFunc(all, func(v value) bool {
		var id string
		return json.Unmarshal(text[v.start:v.end], &id) == nil && id == account
	})
	require.GreaterOrEqual(t, i, 0)
	id, element := all[i], all[all[i].parent]
	list := all[element.parent]
	made := [][]byte{}
	for _, other := range ids {
		name, err := json.Marshal(other)
		require.NoError(t, err)
		one := slices.Concat(text[element.start:id.start], name, text[id.end:element.end])
		var short bytes.Buffer
		require.NoError(t, json.Compact(&short, one))
		made = append(made, short.Bytes())
	}
	return apply(text, edit{list.start, list.end, slices.Concat([]byte("["), bytes.Join(made, []byte(",")), []byte("]"))})
}

// withoutTotal takes out what a list says about its pages.
func withoutTotal(t *testing.T, text []byte) []byte {
	t.Helper()
	all, err := values(text)
	require.NoError(t, err)
	for _, v := range all {
		if v.key == "pagination" {
			return apply(text, without(text, v))
		}
	}
	return text
}

// settled takes out what an answer says about its pages, unless it is all of a list with n accounts.
func settled(t *testing.T, text []byte, n int) []byte {
	t.Helper()
	for range 8 {
		pages, err := strictjson.UnmarshalPage(text, new(struct{}))
		if err != nil { // it is meant not to be read
			break
		}
		pages.Hold(n)
		place := pages.Silent()
		if problem := pages.Whole(); problem != nil {
			place = problem.Path
		}
		if place == "" {
			break
		}
		all, err := values(text)
		require.NoError(t, err)
		text = apply(text, without(text, spanOf(all, "/"+strings.ReplaceAll(place, ".", "/"))))
	}
	return text
}

func numbered(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("id-%d", i)
	}
	return ids
}

func (l listed) ids() (ids []string) {
	for _, account := range l.accounts {
		ids = append(ids, account.ID)
	}
	for _, account := range l.all {
		ids = append(ids, account.AccountID)
	}
	return ids
}

// listOddIDs lists ids that no request can carry: they are listed as they are, and refused when they are asked for.
func (h Harness) listOddIDs(t *testing.T, call listCall) {
	ids := []string{"..", "a/../b", "a b ", "\u202e", "%2e%2e"}
	source := h.open(t, h.listOf(t, call, ids...))
	got, err := call.ask(t.Context(), source, psu)
	require.NoError(t, err)
	assert.Equal(t, ids, got.ids())
	for _, id := range ids {
		_, err := source.Balances(t.Context(), id, psu)
		h.assertFailure(t, err, adapters.ErrInvalidArgument)
	}
}

func (h Harness) listArguments(t *testing.T, call listCall) {
	source := h.open(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
	_, err := call.ask(t.Context(), source, adapters.PSU{})
	h.assertFailure(t, err, adapters.ErrInvalidArgument)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = call.ask(cancelled, source, psu)
	assert.ErrorIs(t, err, context.Canceled)
}
