package adaptertest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const anotherID = "53bc1d24-0a3f-4a3a-b3a6-0f5d0a3f6b11"

// requestID is the header with the UUID of a request that the document declares for the answer too, or the usual one.
func (h Harness) requestID(t *testing.T) string {
	t.Helper()
	bank, found := h.bank(t), "X-Request-Id"
	source := h.open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bank.ServeHTTP(w, r)
		for name, values := range w.Header() {
			if uuids.MatchString(values[0]) && values[0] == r.Header.Get(name) {
				found = name
			}
		}
	}))
	_, err := source.Balances(t.Context(), h.example(t).Account, psu)
	require.NoError(t, err)
	return found
}

// checkRequestID answers with the request's id, with that of another request and with ids of a gateway's own.
func checkRequestID(t *testing.T, h Harness) {
	example, stage, header := h.example(t), h.stage(t), h.requestID(t)
	var sent atomic.Value
	echo := func(status int, echoed func(sent string) []string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			sent.Store(r.Header.Get(header))
			w.Header()[header] = echoed(r.Header.Get(header))
			with(status, "application/json", string(example.JSON))(w, r)
		}
	}
	before, err := stage.play(t, with(http.StatusOK, "application/json", string(example.JSON)))
	require.NoError(t, err)
	for name, same := range map[string]func(id string) []string{
		"as sent":         func(id string) []string { return []string{id} },
		"in capitals":     func(id string) []string { return []string{strings.ToUpper(id)} },
		"as a URN":        func(id string) []string { return []string{"urn:uuid:" + id} },
		"without hyphens": func(id string) []string { return []string{"{" + strings.ReplaceAll(id, "-", "") + "}"} },
		"with another":    func(id string) []string { return []string{id + ", gw-77"} },
		"behind another":  func(id string) []string { return []string{anotherID, id} },
		"decorated":       func(id string) []string { return []string{"gw-77/" + id + "#1"} },
	} {
		after, err := stage.play(t, echo(http.StatusOK, same))
		require.NoError(t, err, name)
		assert.Equal(t, before, after, name)
	}
	sentNone := sent.Load() == ""
	for _, gateway := range []string{"gw-77", "1-5759e988-bd862e3fe1be46a994272793", "-"} {
		after, err := stage.play(t, echo(http.StatusOK, func(string) []string { return []string{gateway} }))
		require.NoError(t, err)
		for _, balance := range after {
			assert.Equal(t, !sentNone, slices.Contains(balance.Warnings, adapters.WarningRequestID), gateway)
		}
	}
	for _, another := range []string{
		anotherID, strings.ToUpper(anotherID), "urn:uuid:" + anotherID, strings.ReplaceAll(anotherID, "-", ""), "gw-77, " + anotherID,
	} {
		after, err := stage.play(t, echo(http.StatusOK, func(string) []string { return []string{another} }))
		if sentNone {
			assert.Equal(t, before, after, "what was not sent cannot be echoed")
			continue
		}
		assert.Empty(t, after)
		h.assertFailure(t, err, adapters.ErrProtocol)
		_, err = stage.play(t, echo(http.StatusNotFound, func(string) []string { return []string{another} }))
		failure := h.assertFailure(t, err, adapters.ErrProtocol)
		assert.Equal(t, http.StatusNotFound, failure.Status)
		assert.Equal(t, sent.Load(), failure.RequestID)
	}
}

// late is what a server with one answer too many on a connection answers next.
type late struct{ next *httptest.ResponseRecorder }

type lateKey struct{}

// lateBank answers each request of a connection but the first with the answer to the one before it.
func (h Harness) lateBank(t *testing.T, answer http.Handler) string {
	t.Helper()
	server := httptest.NewUnstartedServer(h.front(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own, connection := httptest.NewRecorder(), r.Context().Value(lateKey{}).(*late)
		answer.ServeHTTP(own, r)
		if connection.next == nil {
			connection.next = own
		}
		reply := connection.next
		connection.next = own
		for name := range reply.Header() {
			w.Header().Set(name, reply.Header().Get(name))
		}
		w.WriteHeader(reply.Code)
		_, _ = w.Write(reply.Body.Bytes())
	})))
	server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, lateKey{}, &late{})
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.URL + basePath
}

// checkLateAnswers asks for accounts with amounts of their own, by one client and by several that share connections. The
// bank repeats the request's id or does not.
func checkLateAnswers(t *testing.T, h Harness) {
	example, header := h.example(t), h.requestID(t)
	for name, echoes := range map[string]bool{"with the request's id": true, "without it": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := h.lateBank(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, ids, err := h.Document.Asked(r)
				if !assert.NoError(t, err) || !assert.Len(t, ids, 1) {
					return
				}
				if id := r.Header.Get(header); id != "" && echoes {
					w.Header().Set(header, id)
				}
				with(http.StatusOK, "application/json", string(h.statement(t, example.JSON, ids[0])))(w, r)
			}))
			client := ownClient(t)
			var customers sync.WaitGroup
			for i := range 4 {
				source := h.connect(t, &adapters.Options{BaseURL: address, HTTPClient: client})
				customers.Go(func() { h.askInTurn(t, source, i) })
			}
			customers.Wait()
		})
	}
	t.Run("lists", h.lateLists)
}

func (h Harness) askInTurn(t *testing.T, source adapters.Source, customer int) {
	right := 0
	for i := range 20 {
		id := "account-" + strconv.Itoa(100*customer+i)
		balances, err := source.Balances(t.Context(), id, adapters.Unattended())
		if err != nil {
			h.assertFailure(t, err, adapters.ErrProtocol)
			continue
		}
		if assert.NotEmpty(t, balances) && assert.Equal(t, number(id), balances[0].Amount.String(), "the balance of another account") {
			right++
		}
	}
	assert.Positive(t, right)
}

// lateLists sees that a list, which names nothing that was asked for, comes over a connection of its own.
func (h Harness) lateLists(t *testing.T) {
	bank := h.bank(t)
	w := h.gauge(t, func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		bank.ServeHTTP(answer, r)
		with(answer.Code, answer.Header().Get("Content-Type"), answer.Body.String())(w, r)
	})
	for range 2 {
		_, _ = w.source.Accounts(t.Context(), psu)
		_, _ = w.source.AllBalances(t.Context(), psu)
	}
	assert.Equal(t, w.requests.Load(), w.opened.Load(), "a connection is used again after an answer that proves nothing")
}
