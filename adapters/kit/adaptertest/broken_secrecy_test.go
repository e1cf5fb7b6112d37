package adaptertest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters"
	"github.com/shopspring/decimal"
)

// secrecyFaults are about what is shown.
var secrecyFaults = []fault{
	{name: "shows the token in a refusal", plant: func(c *client) {
		c.result = func(_ string, balances []adapters.Balance, err error) ([]adapters.Balance, error) {
			var failure *adapters.Error
			if errors.As(err, &failure) && failure.Kind == adapters.ErrForbidden {
				failure.Detail = "not for " + string(c.credentials.Open().AccessToken)
			}
			return balances, err
		}
	}, caught: "client-certificate-page errors-disclose-nothing status-wins"},
	{name: "shows the account id", plant: func(c *client) {
		c.result = func(accountID string, balances []adapters.Balance, err error) ([]adapters.Balance, error) {
			var failure *adapters.Error
			if errors.As(err, &failure) && failure.Kind == adapters.ErrForbidden {
				failure.Detail = "account " + accountID
			}
			return balances, err
		}
	}, caught: "client-certificate-page errors-disclose-nothing status-wins"},
	{name: "shows links", plant: failing(func(failure *adapters.Error) {
		if len(failure.Links) > 0 {
			failure.Detail = "consent at " + failure.Links["consent"]
		}
	}), caught: "code-wins codes-undocumented errors-disclose-nothing rate-limited refusal-code-spelling refusal-side-members refusal-wrapped status-wins text-control-characters"},
	{name: "shows the address of a lost connection", plant: func(c *client) {
		failing(func(failure *adapters.Error) {
			if failure.Status == 0 && failure.Kind == adapters.ErrUnavailable {
				failure.Detail = "no answer from " + c.endpoint.Server()
			}
		})(c)
	}, caught: "connection-broken-off errors-disclose-nothing headers-without-end http-odd-framing no-retry no-retry-unattended server-stalls tls-client-certificate tls-texts tls-untrusted"},
	{name: "shows the amount that it cannot read", plant: func(c *client) {
		c.amount = func(raw jsontext.Value) (decimal.Decimal, error) {
			amount, err := parseAmount(raw)
			if errors.Is(err, errGrammar) {
				err = fmt.Errorf("not an amount: %.40s", raw)
			}
			return amount, err
		}
	}, caught: "errors-disclose-nothing"},
	{name: "keeps the address in the chain", plant: failing(func(failure *adapters.Error) {
		if failure.Status == 0 && failure.Err != nil {
			failure.Err = &url.Error{Op: "Get", URL: "http://127.0.0.1/under/a/prefix", Err: failure.Err}
		}
	}), caught: "errors-disclose-nothing"},
	{name: "shows the credentials when it is printed", wrap: func(c *client) adapters.Source {
		return struct {
			*client
			token string
		}{c, string(c.credentials.Open().AccessToken)}
	}, caught: "values-disclose-nothing"},
	{name: "shows the credentials as JSON", wrap: func(c *client) adapters.Source { return open{c} }, caught: "values-disclose-nothing"},
	{name: "shows the credentials as gob", wrap: func(c *client) adapters.Source { return stored{c} }, caught: "values-disclose-nothing"},
}

// open is a client with a JSON form that somebody has forgotten.
type open struct{ *client }

func (o open) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"consentId": string(o.credentials.Open().ConsentID)})
}

func (open) String() string { return examplebank }

type stored struct{ *client }

func (s stored) MarshalBinary() ([]byte, error) { return []byte(s.credentials.Open().ConsentID), nil }
