package adaptertest_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing/iotest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/openbalances/openbalances/adapters"
)

// structureFaults are about what an answer says besides its amounts.
var structureFaults = []fault{
	{name: "takes a page for the whole", plant: func(c *client) {
		c.whole = func([]byte, any) error { return nil }
	}, caught: "pages-further pages-contradicting"},
	{name: "takes any mention of pages for more", plant: func(c *client) {
		whole := c.whole
		c.whole = func(data []byte, target any) error {
			if bytes.Contains(data, []byte(`"next"`)) {
				return protocol("more pages")
			}
			return whole(data, target)
		}
	}, caught: "pages-none"},
	{name: "knows totalPages only", plant: func(c *client) {
		whole := c.whole
		c.whole = func(data []byte, target any) error {
			if err := whole(data, target); err != nil && strings.Contains(err.Error(), "totalPages") {
				return err
			}
			return nil
		}
	}, caught: "pages-further pages-contradicting"},
	{name: "reads strictly what nothing is made of", plant: func(c *client) {
		decode := c.decode
		c.decode = func(data []byte, target any) error {
			var body struct {
				Accounts []struct {
					Refused string `json:"refused"`
					Code    string `json:"code"`
				} `json:"accounts"`
			}
			if json.Unmarshal(data, &body) != nil && json.Unmarshal(data, target) == nil {
				return protocol("body: not as documented")
			}
			return decode(data, target)
		}
	}, caught: "members-unmapped"},
	{name: "takes codes of no money", plant: each(func(b *adapters.Balance) {
		b.Warnings = slices.DeleteFunc(b.Warnings, func(w string) bool {
			return w == adapters.WarningNoCurrency || w == adapters.WarningReplacedCurrency
		})
	}), caught: "currency-without-money"},
	{name: "does not say that balances are alike", plant: each(func(b *adapters.Balance) {
		b.Warnings = slices.DeleteFunc(b.Warnings, func(w string) bool { return w == adapters.WarningAlike })
	}), caught: "type-repeated examples/ownType"},
	{name: "refuses an id with a slash", plant: func(c *client) {
		check := c.check
		c.check = func(id string, psu adapters.PSU) error {
			if strings.Contains(id, "/") {
				return invalid("account id")
			}
			return check(id, psu)
		}
	}, caught: "account-id-unusable"},
	{name: "makes the currency upper case", plant: parts(func(b *balanceBody) {
		b.Currency = strings.ToUpper(b.Currency)
	}), caught: "currency-malformed declared"},
	{name: "trims the currency", plant: parts(func(b *balanceBody) {
		b.Currency = strings.TrimSpace(b.Currency)
	}), caught: "currency-malformed"},
	{name: "fills in a currency", plant: parts(func(b *balanceBody) {
		if b.Currency == "" {
			b.Currency = "NOK"
		}
	}), caught: "currency-malformed name-in-another-case declared sweep"},
	{name: "refuses currencies it does not know", plant: results(func(all []adapters.Balance) ([]adapters.Balance, error) {
		for _, b := range all {
			if _, known := minorUnits[b.Currency]; !known {
				return nil, failed(protocol("currency: unknown"), http.StatusOK)
			}
		}
		return all, nil
	}), caught: "currency-without-money currency-unlisted declared"},
	{name: "knows only old currencies", plant: each(func(b *adapters.Balance) {
		if slices.Contains([]string{"XCG", "SLE", "VED", "ZWG"}, b.Currency) {
			b.Warnings = append(b.Warnings, "currency is not an ISO 4217 code")
		}
	}), caught: "currency-new"},
	{name: "gives no warnings", plant: each(func(b *adapters.Balance) { b.Warnings = nil }),
		caught: "amount-finer-than-minor-unit amount-with-four-decimals currency-unlisted currency-without-money request-id-differs time-ambiguous type-repeated examples/ownType"},
	{name: "warns of every scale", plant: each(func(b *adapters.Balance) {
		if -b.Amount.Decimal().Exponent() > minorUnits[b.Currency] {
			b.Warnings = append(b.Warnings, "amount is finer than the currency's minor unit")
		}
	}), caught: "amount-with-four-decimals examples/ownType examples/twoBalances"},
	{name: "drops balances of unknown type", plant: results(func(balances []adapters.Balance) ([]adapters.Balance, error) {
		unknown := func(b adapters.Balance) bool { return b.Type == adapters.Unknown }
		return slices.DeleteFunc(balances, unknown), nil
	}), caught: "text-control-characters type-empty-or-long type-undocumented declared examples/ownType"},
	{name: "guesses the type", plant: each(func(b *adapters.Balance) {
		if b.Type == adapters.Unknown {
			b.Type = adapters.InterimBooked
		}
	}), caught: "text-control-characters type-empty-or-long type-undocumented declared examples/ownType"},
	{name: "loses the provider's type", plant: each(func(b *adapters.Balance) { b.ProviderType = string(b.Type) }),
		caught: "text-control-characters type-empty-or-long type-undocumented declared examples/ownType"},
	{name: "takes a missing type for unknown", plant: parts(func(b *balanceBody) {
		if b.Type == "" {
			b.Type = "unknown"
		}
	}), caught: "type-empty-or-long type-undocumented declared sweep"},
	{name: "keeps texts of any length", plant: func(c *client) {
		c.short = func(text string) string { return text }
	}, caught: "type-empty-or-long"},
	{name: "cuts texts at bytes", plant: func(c *client) {
		c.short = func(text string) string { return strings.ToValidUTF8(text[:min(len(text), maxText)], "") }
	}, caught: "type-empty-or-long"},
	{name: "keeps one balance of each type", plant: results(func(balances []adapters.Balance) ([]adapters.Balance, error) {
		return slices.CompactFunc(balances, func(a, b adapters.Balance) bool { return a.ProviderType == b.ProviderType }), nil
	}), caught: "balances-too-many type-repeated declared examples/ownType"},
	{name: "loses the order", plant: results(func(balances []adapters.Balance) ([]adapters.Balance, error) {
		slices.SortStableFunc(balances, func(a, b adapters.Balance) int { return a.Amount.Decimal().Cmp(b.Amount.Decimal()) })
		return balances, nil
	}), caught: "amount-beyond-a-float amount-of-many-digits amount-with-four-decimals type-repeated declared examples/ownType"},
	{name: "chooses one balance", plant: results(func(balances []adapters.Balance) ([]adapters.Balance, error) {
		return balances[:min(len(balances), 1)], nil
	}), caught: "balances-too-many credit-line-included time-ambiguous type-repeated declared examples/ownType examples/twoBalances"},
	{name: "returns nil for no balances", plant: results(func(balances []adapters.Balance) ([]adapters.Balance, error) {
		if len(balances) == 0 {
			return nil, nil
		}
		return balances, nil
	}), caught: "balances-empty examples/noBalances"},
	{name: "takes a missing list for an empty one", plant: bodies(func(body *accountBody) {
		if body.Balances == nil {
			body.Balances = []balanceBody{}
		}
	}), caught: "balances-empty sweep"},
	{name: "takes any account's answer", plant: func(c *client) {
		c.same = func(string, string) bool { return true }
	}, caught: "members-unmapped batch/batch account-of-another declared examples/anotherAccount"},
	{name: "makes up a time", plant: each(func(b *adapters.Balance) {
		if b.AsOf.IsZero() {
			b.AsOf = b.ReceivedAt
		}
	}), caught: "members-unmapped batch/batch time-ambiguous declared examples/empty examples/overdrawn examples/ownType sweep"},
	{name: "stamps the day only", plant: each(func(b *adapters.Balance) {
		b.ReceivedAt = b.ReceivedAt.Truncate(24 * time.Hour)
	}), caught: "batch/batch examples/empty examples/overdrawn examples/ownType examples/twoBalances"},
	{name: "refuses unknown members", plant: reading(func(r *rules) { r.options = json.RejectUnknownMembers(true) }),
		caught: "pages-none members-unknown name-in-another-case text-half-surrogate body-nested-deeply examples/tokenInvalid"},
	{name: "takes an empty answer for no balances", plant: replies(func(request *http.Request, response *http.Response) {
		text, err := io.ReadAll(response.Body)
		if err == nil && slices.Contains([]string{"null", "{}", `""`}, strings.TrimSpace(string(text))) {
			text = nothing(request)
		}
		response.Body = refilled(response.Body, text, err)
	}), caught: "body-no-answer body-without-end sweep"},
	{name: "returns what it has besides an error", plant: func(c *client) {
		c.result = func(_ string, balances []adapters.Balance, err error) ([]adapters.Balance, error) {
			if errors.Is(err, adapters.ErrTooLarge) {
				balances = []adapters.Balance{{Provider: examplebank}}
			}
			return balances, err
		}
	}, caught: "balances-too-many body-without-end body-gzip-bomb body-of-exactly-the-limit"},
}

// parts changes every balance of a decoded answer.
func parts(change func(*balanceBody)) func(*client) {
	return bodies(func(body *accountBody) {
		for i := range body.Balances {
			change(&body.Balances[i])
		}
	})
}

func bodies(change func(*accountBody)) func(*client) {
	return func(c *client) {
		decode := c.decode
		c.decode = func(data []byte, target any) error {
			err := decode(data, target)
			if body, ok := target.(*accountBody); ok && err == nil {
				change(body)
			}
			return err
		}
	}
}

// results replaces the balances of an answer.
func results(change func([]adapters.Balance) ([]adapters.Balance, error)) func(*client) {
	return func(c *client) {
		c.result = func(_ string, balances []adapters.Balance, err error) ([]adapters.Balance, error) {
			if err != nil {
				return nil, err
			}
			return change(balances)
		}
	}
}

// replies changes every answer before it is looked at.
func replies(change func(*http.Request, *http.Response)) func(*client) {
	return func(c *client) {
		send := c.send
		c.send = func(request *http.Request) (*http.Response, error) {
			response, err := send(request)
			if err == nil {
				change(request, response)
			}
			return response, err
		}
	}
}

// nothing is an answer without balances for the account that a request asks for.
func nothing(request *http.Request) []byte {
	return []byte(`{"accountId": "` + path.Base(path.Dir(request.URL.Path)) + `", "balances": []}`)
}

// refilled is a body with other text, which ends like it did.
func refilled(body io.Closer, text []byte, end error) io.ReadCloser {
	if end == nil {
		end = io.EOF
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(text), iotest.ErrReader(end)), body}
}
