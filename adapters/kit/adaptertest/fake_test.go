package adaptertest_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/kit/answer"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// The adapter of a made-up bank, written without a generated client, as somebody outside this module would write it:
// nothing here is internal. It is what passes the suite, and what broken_test.go breaks.
const (
	examplebank    = "examplebank"
	consentExpired = "CONSENT_EXPIRED"
)

// TestFake runs the whole suite on it. It passes, unless TestBroken has planted a fault.
func TestFake(t *testing.T) {
	text, err := os.ReadFile("testdata/openapi.yaml")
	require.NoError(t, err)
	document, err := contract.Parse(examplebank, text)
	require.NoError(t, err)
	fault := planted()
	adaptertest.Run(t, adaptertest.Harness{
		Provider: examplebank,
		Document: document,
		New: func(options *adapters.Options) (adapters.Source, error) {
			return fault.open(given, options)
		},
		Credentials: adaptertest.Tagged(given, fault.open),
		Secrets:     []string{"token-1234", "consent-5678"},
	})
}

type credentials struct {
	adapters.Masked

	AccessToken adapters.Secret      `credential:"accessToken,oneof"`
	TokenSource adapters.TokenSource `credential:"-,oneof"`
	ConsentID   adapters.Secret      `credential:"consentId"`
}

var given = credentials{AccessToken: "token-1234", ConsentID: "consent-5678"}

// client is the adapter. Beside its parts there are the places where a fault can get in; a fault replaces or wraps them.
type client struct {
	adapters.Base
	endpoint    *call.Endpoint
	credentials call.Sealed[credentials]

	tokens func(text string, dead func()) func()                           // what is called when the provider does not accept a token
	shown  func(accountID string, psu adapters.PSU) (string, adapters.PSU) // what is checked before anything is sent
	under  func(context.Context) context.Context
	build  func(*http.Request) // completes each request
	send   func(*http.Request) (*http.Response, error)
	body   func(*accountBody) // sees each part of an answer before it is mapped
	amount func(jsontext.Value) (decimal.Decimal, error)
	same   func(named, asked string) bool
	seen   func(answer adapters.Exchange, balances []adapters.Balance, err error)
	result func(accountID string, balances []adapters.Balance, err error) ([]adapters.Balance, error)
}

func newClient(given credentials, options *adapters.Options) (*client, error) {
	own := *cmp.Or(options.HTTPClient, adapters.NewHTTPClient(nil))
	transport := cmp.Or(own.Transport, http.DefaultTransport)
	if guard, ok := transport.(interface{ Unwrap() http.RoundTripper }); ok {
		transport = guard.Unwrap()
	}
	c := &client{
		Base:        examplebank,
		credentials: call.Seal(given),
		tokens:      func(_ string, dead func()) func() { return dead },
		shown:       func(accountID string, psu adapters.PSU) (string, adapters.PSU) { return accountID, psu },
		under:       func(ctx context.Context) context.Context { return ctx },
		build:       func(*http.Request) {},
		send:        transport.RoundTrip,
		body:        func(*accountBody) {},
		amount:      parseAmount,
		same:        func(named, asked string) bool { return named == asked },
		seen:        func(adapters.Exchange, []adapters.Balance, error) {},
		result: func(_ string, balances []adapters.Balance, err error) ([]adapters.Balance, error) {
			return balances, err
		},
	}
	own.Transport = roundTripper(func(request *http.Request) (*http.Response, error) { return c.send(request) })
	changed := *options
	changed.HTTPClient, changed.OnExchange = &own, note(options.OnExchange)
	var err error
	c.endpoint, err = call.Open(call.Provider{Name: examplebank, URL: "https://psd2.examplebank.example", Refusal: refusal}, given, &changed)
	if err != nil {
		return nil, err
	}
	c.endpoint.Edit(call.Authorize("Bearer", given.AccessToken, c.asking(given.TokenSource)), func(_ context.Context, request *http.Request) error {
		c.build(request)
		return nil
	})
	return c, nil
}

// asking returns the source with what the client makes of its tokens.
func (c *client) asking(source adapters.TokenSource) adapters.TokenSource {
	return func(ctx context.Context) (string, error) {
		text, dead, err := source.Ask(ctx)
		adapters.OnDeadToken(ctx, c.tokens(text, dead))
		return text, err
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

type exchangeKey struct{}

// note returns a hook that keeps the exchange where the context says, beside calling the caller's.
func note(hook func(context.Context, adapters.Exchange)) func(context.Context, adapters.Exchange) {
	return func(ctx context.Context, exchange adapters.Exchange) {
		*ctx.Value(exchangeKey{}).(*adapters.Exchange) = exchange
		if hook != nil {
			hook(ctx, exchange)
		}
	}
}

// Balances implements [adapters.Source].
func (c *client) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	var exchange adapters.Exchange
	ctx = context.WithValue(c.under(ctx), exchangeKey{}, &exchange)
	request := c.request("GET /v2/accounts/{accountId}/balances", "v2/accounts/"+url.PathEscape(accountID)+"/balances", psu)
	shown, psu := c.shown(accountID, psu)
	balances, err := call.Balances(ctx, c.endpoint, shown, psu, request, func(body accountBody) ([]adapters.Balance, error) {
		return c.toBalances(body, accountID)
	})
	c.seen(exchange, balances, err)
	return c.result(accountID, balances, err)
}

// BatchBalances implements [adapters.Source].
func (c *client) BatchBalances(ctx context.Context, accountIDs []string, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	var exchange adapters.Exchange
	ctx = context.WithValue(c.under(ctx), exchangeKey{}, &exchange)
	request := c.request("GET /v2/balances", "v2/balances?"+url.Values{"account_id": accountIDs}.Encode(), psu)
	shown := slices.Clone(accountIDs)
	user := psu
	for i := range shown {
		shown[i], user = c.shown(shown[i], psu)
	}
	results, err := call.Batch(ctx, c.endpoint, shown, user, request, func(body batchBody) ([]adapters.AccountBalances, error) {
		return call.Match("accounts", body.Accounts, accountIDs, c.names, c.toBalances, func(string) error {
			return call.Broken("accounts", "holds nothing about the account")
		})
	})
	if err != nil {
		_, err = c.result("", nil, err)
		return nil, err
	}
	for i := range results {
		r := &results[i]
		c.seen(exchange, r.Balances, r.Err)
		r.Balances, r.Err = c.result(r.AccountID, r.Balances, r.Err)
	}
	return results, nil
}

func (c *client) request(route, path string, psu adapters.PSU) call.Request {
	return call.Request{Route: route, Build: func(e *call.Endpoint) (*http.Request, error) {
		request, err := http.NewRequest(http.MethodGet, e.Server()+path, nil)
		if err != nil {
			return nil, err
		}
		request.Header.Set("Consent-ID", string(c.credentials.Open().ConsentID))
		request.Header.Set("X-Request-ID", call.NewRequestID())
		if user, present := psu.Context(); present {
			request.Header.Set("PSU-IP-Address", user.IPAddress.String())
			if user.DeviceID != "" {
				request.Header.Set("PSU-Device-ID", user.DeviceID)
			}
		}
		return request, nil
	}}
}

type batchBody struct {
	Accounts []call.Element[accountBody] `json:"accounts"`
}

type accountBody struct {
	AccountID string        `json:"accountId"`
	IBAN      string        `json:"iban,omitzero"`
	Balances  []balanceBody `json:"balances,omitzero"`
	Refused   string        `json:"refused,omitzero"` // in a batch, instead of all the above
	Code      string        `json:"code,omitzero"`
}

// Lenient names what no balance is made of.
func (accountBody) Lenient() []string { return []string{"refused", "code"} }

type balanceBody struct {
	Type     string         `json:"type,omitzero"`
	Amount   jsontext.Value `json:"amount,omitzero"`
	Currency string         `json:"currency,omitzero"`
	At       *string        `json:"at,omitzero"`
	Credit   *creditBody    `json:"credit,omitzero"`
}

// Lenient names what may be of any type: a time that is none is a warning.
func (balanceBody) Lenient() []string { return []string{"at"} }

type creditBody struct {
	Amount   jsontext.Value `json:"amount,omitzero"`
	Currency string         `json:"currency,omitzero"`
	Included *bool          `json:"included,omitzero"`
}

type errorBody struct {
	Code    string                           `json:"code,omitzero"`
	Message string                           `json:"message,omitzero"`
	Links   map[string]struct{ Href string } `json:"_links,omitzero"`
}

var codes = map[string]adapters.Kind{
	"TOKEN_INVALID": adapters.ErrUnauthorized, consentExpired: adapters.ErrConsentRequired,
	"RESOURCE_UNKNOWN": adapters.ErrNotFound, "ACCESS_EXCEEDED": adapters.ErrRateLimited,
}

var form = call.Form{
	Code: []string{"code"}, Message: []string{"message"}, Kinds: codes,
	Consents: map[string]adapters.ConsentState{consentExpired: adapters.ErrConsentExpired},
}

func refusal(answer call.Answer) call.Refusal { return answer.Refusal(form) }

func (c *client) names(body accountBody, id string) bool {
	return body.Refused == id || c.same(body.AccountID, id)
}

func (c *client) toBalances(body accountBody, asked string) ([]adapters.Balance, error) {
	c.body(&body)
	if body.Refused != "" {
		return nil, call.Refusal{Code: body.Code}.Error(adapters.ErrProtocol)
	}
	if !c.same(body.AccountID, asked) {
		return nil, call.Mismatch("accountId")
	}
	return call.Each("balances", body.Balances, func(part balanceBody) (adapters.Balance, error) {
		balance, err := c.toBalance(part)
		balance.IBAN = body.IBAN
		return balance, err
	})
}

func (c *client) toBalance(part balanceBody) (adapters.Balance, error) {
	amount, err := c.amount(part.Amount)
	if err != nil {
		return adapters.Balance{}, call.Broken("amount", err.Error())
	}
	balance := adapters.Balance{
		Type: adapters.ParseBalanceType(part.Type), ProviderType: part.Type, Amount: adapters.NewAmount(amount), Currency: part.Currency,
	}
	if part.At != nil {
		balance.AsOf, balance.Warnings = call.ToTime("at", *part.At)
	}
	if part.Credit == nil {
		return balance, nil
	}
	limit, err := parseAmount(part.Credit.Amount)
	if err != nil {
		return adapters.Balance{}, call.Broken("credit.amount", err.Error())
	}
	line := adapters.NewAmount(limit)
	balance.CreditLines = []adapters.CreditLine{{Included: part.Credit.Included, Amount: &line, Currency: part.Credit.Currency}}
	return balance, nil
}

var (
	errMissing = errors.New("missing")
	errGrammar = errors.New("not an amount")
)

func parseAmount(raw jsontext.Value) (decimal.Decimal, error) {
	var amount decimal.NullDecimal
	switch {
	case len(raw) == 0, raw.Kind() == 'n':
		return decimal.Decimal{}, errMissing
	case answer.Unmarshal(raw, &amount) != nil:
		return decimal.Decimal{}, errGrammar
	}
	return amount.Decimal, nil
}
