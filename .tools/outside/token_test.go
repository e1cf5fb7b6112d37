package outside_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// tokensOf keeps a token until it ends or the provider refuses it. Config.TokenSource of oauth2 would keep one, too, but it
// asks with the context that it was made with, and so does not end with the call.
func tokensOf(config *clientcredentials.Config) adapters.TokenSource {
	turn := make(chan struct{}, 1) // a mutex for which one need not wait
	client := adapters.NewHTTPClient(nil)
	var kept *oauth2.Token
	return func(ctx context.Context) (string, error) {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return "", ctx.Err()
		}
		if !kept.Valid() {
			fresh, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
			if err != nil {
				return "", meaning(err)
			}
			kept = fresh
		}
		handed := kept
		adapters.OnDeadToken(ctx, func() {
			turn <- struct{}{}
			if kept == handed {
				kept = nil
			}
			<-turn
		})
		return handed.AccessToken, nil
	}
}

// meaning tells a wrong client secret and a token endpoint that was asked too often from an outage.
func meaning(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return err
	}
	failure := &adapters.Error{Status: refused.Response.StatusCode, Detail: "access token: refused"}
	switch status := failure.Status; {
	case status == http.StatusTooManyRequests:
		failure.Kind = adapters.ErrRateLimited
		if seconds, err := strconv.Atoi(refused.Response.Header.Get("Retry-After")); err == nil {
			failure.RetryAfter = time.Now().Add(time.Duration(seconds) * time.Second)
		}
	case status >= http.StatusInternalServerError:
		failure.Kind = adapters.ErrUnavailable
	default:
		failure.Kind = adapters.ErrUnauthorized
	}
	return failure
}

// authority answers as the client id says; it never ends for "slow".
func authority() (server *httptest.Server, asked *atomic.Int32) {
	asked = new(atomic.Int32)
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_ = r.ParseForm() // only then the server sees that a client has gone
		id, _, _ := r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "60")
		switch id {
		case "slow":
			<-r.Context().Done()
		case "good":
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "token", "token_type": "Bearer", "expires_in": 3600})
		default:
			w.WriteHeader(must(strconv.Atoi(id)))
		}
	})), asked
}

func Example_oauth2() {
	server := bank()
	defer server.Close()
	tokens, asked := authority()
	defer tokens.Close()
	for _, id := range []string{"good", "401", "429", "503", "slow"} {
		source := tokensOf(&clientcredentials.Config{
			ClientID: id, ClientSecret: "secret", TokenURL: tokens.URL, AuthStyle: oauth2.AuthStyleInHeader, // else it is tried out with a call more
		})
		client := must(neonomics.New(neonomics.Credentials{TokenSource: source, SessionID: "session", DeviceID: "device"},
			&adapters.Options{BaseURL: server.URL + "/neonomics"}))
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		asked.Store(0)
		for range 2 {
			balances, err := client.Balances(ctx, account, adapters.Unattended())
			fmt.Println(id, len(balances), err)
		}
		cancel()
		fmt.Println("asked for tokens:", asked.Load())
	}
	// Output:
	// good 2 <nil>
	// good 2 <nil>
	// asked for tokens: 1
	// 401 0 neonomics: get token: unauthorized (HTTP 401): access token: refused
	// 401 0 neonomics: get token: unauthorized (HTTP 401): access token: refused
	// asked for tokens: 2
	// 429 0 neonomics: get token: rate_limited (HTTP 429): access token: refused
	// 429 0 neonomics: get token: rate_limited (HTTP 429): access token: refused
	// asked for tokens: 2
	// 503 0 neonomics: get token: unavailable (HTTP 503): access token: refused
	// 503 0 neonomics: get token: unavailable (HTTP 503): access token: refused
	// asked for tokens: 2
	// slow 0 neonomics: get balances: context deadline exceeded
	// slow 0 neonomics: get balances: context deadline exceeded
	// asked for tokens: 1
}

// A token that the bank refuses is replaced with the next call.
func TestOAuth2(t *testing.T) {
	t.Parallel()
	adaptertest.Tokens{
		Provider: "neonomics",
		Source: func(options *adapters.Options) (adapters.TokenSource, error) {
			return tokensOf(&clientcredentials.Config{
				ClientID: "id", ClientSecret: "secret", AuthStyle: oauth2.AuthStyleInParams,
				TokenURL: options.BaseURL + "/auth/realms/sandbox/protocol/openid-connect/token",
			}), nil
		},
		Client: func(source adapters.TokenSource, options *adapters.Options) (adapters.Source, error) {
			return neonomics.New(neonomics.Credentials{TokenSource: source, SessionID: "session", DeviceID: "device"}, options)
		},
	}.Run(t)
}
