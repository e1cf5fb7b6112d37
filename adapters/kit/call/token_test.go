package call_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// issuer is a server of tokens with a clock of its own.
type issuer struct {
	source adapters.TokenSource
	asked  atomic.Int64
	now    atomic.Pointer[time.Time]
	answer atomic.Pointer[string]
	hold   chan struct{}                     // nil, or what every answer waits for
	seen   atomic.Pointer[adapters.Exchange] // the last one
	during func()                            // runs in every exchange
}

func newIssuer(t *testing.T, answer string) *issuer {
	t.Helper()
	i := &issuer{}
	i.answer.Store(&answer)
	i.tick(0)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		if i.hold != nil {
			<-i.hold
		}
		w.Header().Set("Content-Type", "application/json")
		if text := *i.answer.Load(); text != "" {
			_, _ = io.WriteString(w, strings.Replace(text, "TOKEN", fmt.Sprint("t", i.asked.Load()), 1))
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	options := &adapters.Options{BaseURL: server.URL, Now: func() time.Time { return *i.now.Load() }}
	options.OnExchange = func(_ context.Context, x adapters.Exchange) {
		i.seen.Store(&x)
		if i.during != nil {
			i.during()
		}
	}
	e, err := call.Open(call.Provider{Name: "bank"}, struct{}{}, options)
	require.NoError(t, err)
	post := call.Request{Route: "POST /token", Build: func(e *call.Endpoint) (*http.Request, error) {
		return http.NewRequest(http.MethodPost, e.Server(), strings.NewReader("S3CR3T"))
	}}
	i.source = call.Tokens(e, func() call.Request { return post }, func(body call.Token) (call.Token, error) { return body, nil })
	return i
}

// tick sets the clock.
func (i *issuer) tick(sinceStart time.Duration) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(sinceStart)
	i.now.Store(&now)
}

const good = `{"access_token": "TOKEN", "expires_in": 3600}`

// requireToken checks which token the source returns, by the number of its fetch, and returns how to tell that it is dead.
func (i *issuer) requireToken(t *testing.T, fetch int64) (dead func()) {
	t.Helper()
	token, dead, err := i.source.Ask(t.Context())
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint("t", fetch), token)
	require.Equal(t, fetch, i.asked.Load())
	return dead
}

// RFC 6749, section 5.1: expires_in is the lifetime in seconds. Other members are nobody's business here.
func TestLifetimesOfTokens(t *testing.T) {
	t.Parallel()
	const hour, aDay = 59 * time.Minute, 24*time.Hour - time.Minute
	for sent, kept := range map[string]time.Duration{
		"3600": hour, `"3600"`: hour, "3600.0": hour, `"3600.0"`: hour, "3.6e3": hour, `"3.6E+03"`: hour, "36000e-1": hour, `"+03600."`: hour,
		"60": 30 * time.Second, "1": time.Second / 2, `"0.5"`: time.Second / 4,
		"86460": aDay, "3155760000": aDay, "9223372036854775808": aDay, `"1e30"`: aDay, "1e400": aDay, `"1e999999999"`: aDay,
		"0": 0, "-9": 0, `"-1e400"`: 0, "0.0": 0, "1e-400": 0, "null": 0, `""`: 0,
		`null, "refresh_expires_in": "1800", "scope": ["a"], "refresh_token": 5, "session_state": {}, "token_type": null`: 0,
		`3600, "token_type": ""`: hour, `3600, "token_type": "BEARER"`: hour,
	} {
		t.Run(sent, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t, `{"access_token": "TOKEN", "expires_in": `+sent+`}`)
			i.requireToken(t, 1)
			if kept > 0 {
				i.tick(kept - 1)
				i.requireToken(t, 1)
			}
			i.tick(kept)
			i.requireToken(t, 2)
		})
	}
}

// A machine that sleeps stops its monotonic clock, and the wall clock can be set. Either may show that a token is over.
func TestTokensEndByEitherClock(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	for name, later := range map[string]time.Time{
		"wall clock, after sleep":  shift(begun, 5*time.Hour, time.Second),
		"monotonic clock":          shift(begun, time.Second, 2*time.Hour),
		"set back":                 shift(begun, -24*time.Hour, time.Second),
		"set back, no monotonic":   begun.Round(0).Add(-time.Millisecond),
		"ahead, no monotonic":      begun.Round(0).Add(time.Hour),
		"set back by half an hour": shift(begun, 29*time.Minute, 59*time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t, good)
			for _, now := range []time.Time{begun, shift(begun, time.Minute, time.Minute)} {
				i.now.Store(&now)
				i.requireToken(t, 1)
			}
			i.now.Store(&later)
			i.requireToken(t, 2)
			i.requireToken(t, 2)
		})
	}
}

// shift moves the wall clock and the monotonic clock of a time apart.
func shift(t time.Time, wall, monotonic time.Duration) time.Time {
	t = t.Add(wall)
	reading := reflect.ValueOf(&t).Elem().FieldByName("ext") // nanoseconds, where there is a monotonic reading
	*(*int64)(reading.Addr().UnsafePointer()) += int64(monotonic - wall)
	return t
}

func TestDeadTokensAreReplaced(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, good)
	first := i.requireToken(t, 1)
	i.requireToken(t, 1)()
	second := i.requireToken(t, 2)
	first() // of another call with the old token
	i.requireToken(t, 2)
	var group sync.WaitGroup
	for range 50 {
		group.Go(second)
	}
	group.Wait()
	i.requireToken(t, 3)()
	i.requireToken(t, 4)()
	for n := range int64(3) { // four were replaced at once
		for range 20 {
			i.requireToken(t, 5+n)()
		}
		i.tick(time.Duration(n+1)*time.Minute - 1)
		i.requireToken(t, 5+n)()
		i.tick(time.Duration(n+1) * time.Minute)
	}
	i.requireToken(t, 8)
	i.tick(50 * time.Minute)
	for n := range int64(5) {
		i.requireToken(t, 8+n)()
	}
	i.requireToken(t, 12)
	i.tick(-year) // the clock is set back: the token is of the future, and the pauses are over
	i.requireToken(t, 13)()
	i.requireToken(t, 14)
}

const year = 365 * 24 * time.Hour

// What the caller's transport or hook does to a shared fetch reaches each caller who waits for it, and the next fetch
// begins anew.
func TestFetchesThatPanic(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, good)
	for end, want := range map[*func()]string{
		new(func() { panic("boom") }): "panic: boom",
		new(runtime.Goexit):           "other: the goroutine that fetches the token has ended",
	} {
		i.hold, i.during = make(chan struct{}), *end
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				defer func() {
					if value := recover(); value != nil {
						assert.Equal(t, want, fmt.Sprint("panic: ", value))
					}
				}()
				_, err := i.source(t.Context())
				assert.ErrorContains(t, err, want)
			})
		}
		close(i.hold)
		group.Wait()
	}
	i.during = nil
	token, err := i.source(t.Context())
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprint("t", i.asked.Load()), token)
}

func TestConcurrentCallersShareOneFetch(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, good)
	i.hold = make(chan struct{})
	impatient, leave := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		_, err := i.source(impatient) // perhaps the one that began the fetch
		assert.ErrorIs(t, err, context.Canceled)
		close(i.hold)
	})
	for range 100 {
		group.Go(func() {
			token, err := i.source(t.Context())
			assert.NoError(t, err)
			assert.Equal(t, "t1", token)
		})
	}
	for i.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	leave()
	group.Wait()
	assert.EqualValues(t, 1, i.asked.Load())
}

func TestFailuresAreNotKept(t *testing.T) {
	t.Parallel()
	for answer, detail := range map[string]string{
		"":                             "bank: get token: unauthorized (HTTP 401)",
		`{}`:                           "bank: get token: protocol (HTTP 200): access_token: missing",
		`{"access_token": null}`:       "bank: get token: protocol (HTTP 200): access_token: missing",
		`{"access_token": "t\n"}`:      "bank: get token: protocol (HTTP 200): access_token: holds a control character",
		`{"access_token": "bearer t"}`: "bank: get token: protocol (HTTP 200): access_token: starts with an authentication scheme, which the adapter adds itself",
		`{"access_token": "t", "token_type": "mac"}`:     "bank: get token: protocol (HTTP 200): token_type: not bearer",
		`{"access_token": "t", "token_type": 5}`:         "bank: get token: protocol (HTTP 200): token_type: wrong JSON type",
		`{"access_token": "t", "expires_in": "a while"}`: "bank: get token: protocol (HTTP 200): expires_in: not a number",
		`{"access_token": "t", "expires_in": "Inf"}`:     "bank: get token: protocol (HTTP 200): expires_in: not a number",
		`{"access_token": "t", "expires_in": "0x10"}`:    "bank: get token: protocol (HTTP 200): expires_in: not a number",
		`{"access_token": "t", "expires_in": [3600]}`:    "bank: get token: protocol (HTTP 200): expires_in: not a number",
		`{"access_token": "t", "expires_in": true}`:      "bank: get token: protocol (HTTP 200): expires_in: not a number",
	} {
		i := newIssuer(t, answer)
		_, err := i.source(t.Context())
		var failure *adapters.Error
		require.True(t, errors.As(err, &failure), answer)
		seen := i.seen.Load()
		assert.Equal(t, []any{"bank", "get token", "POST /token", failure.Kind, failure.Status}, []any{seen.Provider, seen.Operation, seen.Route, seen.Kind, seen.Status})
		assert.NotContains(t, fmt.Sprintf("%+v", seen), "S3CR3T")
		assert.EqualError(t, err, detail)
		i.answer.Store(new(good))
		ctx, count := call.Counting(t.Context())
		_, err = i.source(ctx)
		assert.NoError(t, err)
		assert.Negative(t, count(), "a token is no call of an account")
		assert.Empty(t, i.seen.Load().Kind)
	}
}
