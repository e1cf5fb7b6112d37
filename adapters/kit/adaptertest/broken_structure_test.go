package adaptertest_test

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/openbalances/openbalances/adapters"
)

// minorUnits is the part of ISO 4217 that the bank has accounts in.
var minorUnits = map[string]int32{"EUR": 2, "NOK": 2, "USD": 2, "JPY": 0, "KWD": 3, "XCG": 2, "SLE": 2, "VED": 2, "ZWG": 2}

// pageNames are members that say something about pages.
var pageNames = regexp.MustCompile(`"([^"]*(?i:next|more|page|paging|last|total|meta|link|truncated|offset|numberOf)[^"]*)":`)

// structureFaults are about what an answer says besides its amounts.
var structureFaults = []fault{
	{name: "takes a page for the whole", plant: texts(func(text []byte) []byte {
		return pageNames.ReplaceAll(text, []byte(`"other-$1":`))
	}), caught: "body-without-end pages-contradicting pages-further examples/consentExpired"},
	{name: "takes any mention of pages for more", plant: texts(func(text []byte) []byte {
		if bytes.Contains(text, []byte(`"next"`)) {
			return bytes.Replace(text, []byte("{"), []byte(`{"more": true, `), 1)
		}
		return text
	}), caught: "body-without-end pages-none"},
	{name: "knows totalPages only", plant: texts(func(text []byte) []byte {
		if bytes.Contains(text, []byte(`"totalPages"`)) {
			return text
		}
		return pageNames.ReplaceAll(text, []byte(`"other-$1":`))
	}), caught: "body-without-end pages-contradicting pages-further examples/consentExpired"},
	{name: "reads strictly what nothing is made of", plant: texts(func(text []byte) []byte {
		type part struct{ Refused, Code string }
		var body struct {
			part
			Accounts []part
		}
		if bytes.Contains(text, []byte(`"balances"`)) && stdjson.Valid(text) && stdjson.Unmarshal(text, &body) != nil {
			return []byte("[]")
		}
		return text
	}), caught: "body-without-end members-unmapped"},
	{name: "takes codes of no money", plant: each(func(b *adapters.Balance) {
		b.Warnings = slices.DeleteFunc(b.Warnings, func(w string) bool {
			return w == adapters.WarningNoCurrency || w == adapters.WarningReplacedCurrency
		})
	}), caught: "currency-without-money"},
	{name: "does not say that balances are alike", plant: each(func(b *adapters.Balance) {
		b.Warnings = slices.DeleteFunc(b.Warnings, func(w string) bool { return w == adapters.WarningAlike })
	}), caught: "type-repeated examples/ownType"},
	{name: "refuses an id with a slash", plant: showing(func(id string, psu adapters.PSU) (string, adapters.PSU) {
		if strings.Contains(id, "/") {
			id = ".."
		}
		return id, psu
	}), caught: "account-id-unusable"},
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
				return nil, unavailable(nil)
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
		unknown := func(b adapters.Balance) bool { return b.Type == adapters.BalanceTypeUnknown }
		return slices.DeleteFunc(balances, unknown), nil
	}), caught: "text-control-characters type-empty-or-long type-undocumented declared examples/ownType"},
	{name: "guesses the type", plant: each(func(b *adapters.Balance) {
		if b.Type == adapters.BalanceTypeUnknown {
			b.Type = adapters.BalanceTypeInterimBooked
		}
	}), caught: "text-control-characters type-empty-or-long type-undocumented declared examples/ownType"},
	{name: "loses the provider's type", plant: each(func(b *adapters.Balance) { b.ProviderType = string(b.Type) }),
		caught: "text-control-characters type-empty-or-long type-undocumented declared examples/ownType"},
	{name: "takes a missing type for unknown", plant: parts(func(b *balanceBody) {
		if b.Type == "" {
			b.Type = "unknown"
		}
	}), caught: "type-empty-or-long type-undocumented declared sweep"},
	{name: "keeps texts of any length", plant: cutting(func(text string) string { return text }), caught: "type-empty-or-long"},
	{name: "cuts texts at bytes", plant: cutting(func(text string) string {
		return strings.ToValidUTF8(text[:min(len(text), 256)], "")
	}), caught: "type-empty-or-long"},
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
	{name: "refuses unknown members", plant: reading(json.RejectUnknownMembers(true)),
		caught: "balances-too-many body-nested-deeply body-of-exactly-the-limit body-without-end members-unknown name-in-another-case pages-none refusal-side-members refusal-wrapped status-wins text-half-surrogate examples/consentExpired examples/tokenInvalid"},
	{name: "takes an empty answer for no balances", plant: answers(func(response *http.Response, text []byte) []byte {
		if slices.Contains([]string{"null", "{}", `""`}, strings.TrimSpace(string(text))) {
			return nothing(response.Request)
		}
		return text
	}), caught: "body-no-answer body-without-end sweep"},
	{name: "returns what it has besides an error", plant: outcomes(func(balances []adapters.Balance, err error) ([]adapters.Balance, error) {
		if errors.Is(err, adapters.ErrTooLarge) {
			balances = []adapters.Balance{{Provider: examplebank}}
		}
		return balances, err
	}), caught: "balances-too-many body-without-end body-gzip-bomb body-of-exactly-the-limit"},
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
	return func(c *client) { c.body = change }
}

// cutting shortens the provider's types in another way.
func cutting(cut func(text string) string) func(*client) {
	return func(c *client) {
		c.seen = func(answer adapters.Exchange, balances []adapters.Balance, _ error) {
			var body accountBody
			_ = json.Unmarshal(answer.Body, &body)
			for i := range min(len(balances), len(body.Balances)) {
				balances[i].ProviderType = cut(body.Balances[i].Type)
			}
		}
	}
}

// outcomes replaces what comes of a call.
func outcomes(change func([]adapters.Balance, error) ([]adapters.Balance, error)) func(*client) {
	return func(c *client) {
		c.result = func(_ string, balances []adapters.Balance, err error) ([]adapters.Balance, error) {
			return change(balances, err)
		}
	}
}

// results replaces the balances of an answer.
func results(change func([]adapters.Balance) ([]adapters.Balance, error)) func(*client) {
	return outcomes(func(balances []adapters.Balance, err error) ([]adapters.Balance, error) {
		if err != nil {
			return nil, err
		}
		return change(balances)
	})
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
