package adaptertest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters"
	"github.com/shopspring/decimal"
)

// The adapter of a made-up bank, written by hand and without a generated client, as somebody outside this module would
// write it: nothing here is internal. It is what passes the suite, and what broken_test.go breaks.
const (
	examplebank    = "examplebank"
	getBalances    = "get balances"
	consentExpired = "CONSENT_EXPIRED"
	productionURL  = "https://psd2.examplebank.example"

	maxErrorBody = 64 << 10
	maxBalances  = 1000
	maxText      = 256
	maxWait      = 7 * 24 * time.Hour
)

var _ adapters.Source = (*client)(nil)

type credentials struct {
	AccessToken adapters.Secret `credential:"accessToken"`
	ConsentID   adapters.Secret `credential:"consentId"`
}

// Format writes no credential, whatever the verb.
func (credentials) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, "credentials[secret]")
}

// client is the adapter. The functions are its steps; a fault replaces or wraps one of them.
type client struct {
	adapters.Base
	credentials func() credentials // a function, because fmt can look through any pointer
	baseURL     string
	http        *http.Client
	now         func() time.Time

	check  func(accountID string, psu adapters.PSU) error
	build  func(ctx context.Context, path string, psu adapters.PSU) (*http.Request, error)
	send   func(*http.Request) (*http.Response, error)
	refuse func(response *http.Response, received time.Time) *adapters.Error
	decode func(data []byte, target any) error
	whole  func(data []byte, target any) error
	amount func(jsontext.Value) (decimal.Decimal, error)
	short  func(text string) string
	same   func(named, asked string) bool
	result func(accountID string, balances []adapters.Balance, err error) ([]adapters.Balance, error)
}

func newClient(given credentials, options *adapters.Options) (*client, error) {
	if options == nil {
		options = &adapters.Options{}
	}
	c := &client{
		Base:        examplebank,
		credentials: func() credentials { return given },
		baseURL:     strings.TrimSuffix(options.BaseURL, "/"),
		http:        guarded(options),
		now:         options.Now,
	}
	c.check, c.build, c.send, c.refuse = checkArguments, c.request, c.http.Do, c.refused
	c.whole = onePage
	c.decode, c.amount, c.short, c.same, c.result = strict.unmarshal, parseAmount, shorten, sameAccount, finished
	if options.BaseURL == "" {
		c.baseURL = productionURL
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c, checkOptions(given, c.baseURL, options.MaxBodyBytes)
}

func guarded(options *adapters.Options) *http.Client {
	base, limit := options.HTTPClient, options.MaxBodyBytes
	if base == nil {
		base = adapters.NewHTTPClient(nil)
	}
	if limit == 0 {
		limit = adapters.DefaultMaxBodyBytes
	}
	return adapters.GuardHTTPClient(base, limit)
}

func checkOptions(given credentials, baseURL string, maxBody int64) error {
	address, err := url.Parse(baseURL)
	switch {
	case !sendable(string(given.AccessToken)):
		return invalid("credentials.accessToken: missing, or not to be sent")
	case !sendable(string(given.ConsentID)):
		return invalid("credentials.consentId: missing, or not to be sent")
	case err != nil || address.Hostname() == "" || address.Scheme != "https" && !loopback(address):
		return invalid("baseURL: neither https nor on this machine")
	case address.User != nil || address.RawQuery != "" || address.ForceQuery || strings.Contains(baseURL, "#"):
		return invalid("baseURL: more than host and path")
	case maxBody < 0:
		return invalid("maxBodyBytes: negative")
	}
	return nil
}

func loopback(address *url.URL) bool {
	ip, err := netip.ParseAddr(address.Hostname())
	return address.Scheme == "http" && (address.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}

func sendable(text string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	return text != "" && len(text) <= 8<<10 && !strings.ContainsFunc(text, odd)
}

// Balances implements [adapters.Source].
func (c *client) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	balances, err := c.balances(ctx, accountID, psu)
	return c.result(accountID, balances, err)
}

func (c *client) balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	if err := c.check(accountID, psu); err != nil {
		return nil, failed(err, 0)
	}
	var body accountBody
	got, err := c.get(ctx, "/v2/accounts/"+url.PathEscape(accountID)+"/balances", psu, &body)
	if err != nil {
		return nil, err
	}
	return c.toBalances(accountID, body, got)
}

// BatchBalances implements [adapters.Source].
func (c *client) BatchBalances(
	ctx context.Context, accountIDs []string, psu adapters.PSU,
) ([]adapters.AccountBalances, error) {
	sorted := slices.Sorted(slices.Values(accountIDs))
	if len(sorted) == 0 || len(sorted) > adapters.MaxBatch || len(slices.Compact(sorted)) < len(accountIDs) {
		return nil, invalid("account ids: none, too many, or one twice")
	}
	for _, id := range accountIDs {
		if err := c.check(id, psu); err != nil {
			return nil, failed(err, 0)
		}
	}
	var body struct {
		Accounts []accountBody `json:"accounts"`
	}
	got, err := c.get(ctx, "/v2/balances?"+url.Values{"account_id": accountIDs}.Encode(), psu, &body)
	if err != nil {
		return nil, err
	}
	results := make([]adapters.AccountBalances, len(accountIDs))
	for i, id := range accountIDs {
		balances, err := c.part(id, body.Accounts, got)
		balances, err = c.result(id, balances, err)
		results[i] = adapters.AccountBalances{AccountID: id, Balances: balances, Err: err}
	}
	return results, nil
}

// part returns what a batch answer says about one account.
func (c *client) part(id string, parts []accountBody, got envelope) ([]adapters.Balance, error) {
	for _, part := range parts {
		switch {
		case string(part.Refused) == id:
			failure := protocol("accounts: refused")
			failure.Code = string(part.Code)
			return nil, failed(failure, http.StatusOK)
		case c.same(part.AccountID, id):
			return c.toBalances(id, part, got)
		}
	}
	return nil, failed(protocol("accounts: holds nothing about the account"), http.StatusOK)
}

func checkArguments(accountID string, psu adapters.PSU) error {
	return errors.Join(adapters.ValidateAccountID(accountID), psu.Validate())
}

func sameAccount(named, asked string) bool { return named == asked }

func finished(_ string, balances []adapters.Balance, err error) ([]adapters.Balance, error) {
	return balances, err
}
