package adaptertest_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters"
	"github.com/shopspring/decimal"
)

type accountBody struct {
	AccountID string        `json:"accountId"`
	IBAN      string        `json:"iban"`
	Balances  []balanceBody `json:"balances"`
	Refused   unmapped      `json:"refused"` // in a batch, instead of all the above
	Code      unmapped      `json:"code"`
}

// unmapped is a text that no balance is made of. A value of another type is none.
type unmapped string

func (u *unmapped) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	value, err := decoder.ReadValue()
	if err == nil && value.Kind() == '"' {
		text, _ := jsontext.AppendUnquote(nil, value)
		*u = unmapped(text)
	}
	return err
}

type balanceBody struct {
	Type     string         `json:"type"`
	Amount   jsontext.Value `json:"amount"`
	Currency string         `json:"currency"`
	At       jsontext.Value `json:"at"`
	Credit   *creditBody    `json:"credit"`
}

type creditBody struct {
	Amount   jsontext.Value `json:"amount"`
	Currency string         `json:"currency"`
	Included *bool          `json:"included"`
}

type errorBody struct {
	Code       string `json:"code"`
	Message    string `json:"message"`
	ConsentURL string `json:"consentUrl"`
}

var (
	members = []string{
		"accounts", "accountId", "iban", "balances", "type", "amount", "currency", "at", "credit",
		"included", "code", "message", "consentUrl",
	}
	codes = []string{"TOKEN_INVALID", consentExpired, "RESOURCE_UNKNOWN", "ACCESS_EXCEEDED"}
	// minorUnits is the part of ISO 4217 that the bank has accounts in.
	minorUnits = map[string]int32{"EUR": 2, "NOK": 2, "USD": 2, "JPY": 0, "KWD": 3, "XCG": 2, "SLE": 2, "VED": 2, "ZWG": 2}
)

func (c *client) toBalances(asked string, body accountBody, got envelope) ([]adapters.Balance, error) {
	switch {
	case !c.same(body.AccountID, asked):
		return nil, failed(protocol("accountId: not the account that was asked for"), 200)
	case body.Balances == nil:
		return nil, failed(protocol("balances: missing"), 200)
	case len(body.Balances) > maxBalances:
		return nil, failed(&adapters.Error{Kind: adapters.ErrTooLarge, Detail: "balances: too many"}, 200)
	}
	balances, alike := make([]adapters.Balance, 0, len(body.Balances)), map[string]int{}
	for i, part := range body.Balances {
		balance, err := c.toBalance(part)
		balance.Provider, balance.AccountID, balance.IBAN = examplebank, asked, body.IBAN
		balance.ReceivedAt, balance.Warnings = got.received, append(balance.Warnings, got.warnings...)
		if err == nil {
			err = balance.Validate()
		}
		if failure := new(adapters.Error); errors.As(err, &failure) {
			return nil, failed(protocol(fmt.Sprintf("balances[%d].%s", i, failure.Detail)), 200)
		}
		balances = append(balances, balance)
		alike[likeness(balance)]++
	}
	for i, balance := range balances {
		if alike[likeness(balance)] > 1 {
			balances[i].Warnings = append(slices.Clip(balance.Warnings), adapters.WarningAlike)
		}
	}
	return balances, nil
}

// likeness is what tells balances apart besides their amount.
func likeness(b adapters.Balance) string {
	return fmt.Sprint(b.ProviderType, b.Currency, b.AsOf, len(b.CreditLines))
}

func (c *client) toBalance(part balanceBody) (adapters.Balance, error) {
	amount, err := c.amount(part.Amount)
	if err != nil {
		return adapters.Balance{}, protocol("amount: " + err.Error())
	}
	line, err := toCreditLine(part.Credit)
	balance := adapters.Balance{
		Type: adapters.ParseBalanceType(part.Type), ProviderType: c.short(part.Type),
		Amount: adapters.NewAmount(amount), Currency: part.Currency, CreditLines: line,
	}
	balance.Warnings = currencyWarnings(amount, part.Currency)
	if part.At != nil && part.At.Kind() != 'n' {
		balance.AsOf, balance.Warnings = toTime(part.At, balance.Warnings)
	}
	return balance, err
}

func toCreditLine(part *creditBody) ([]adapters.CreditLine, error) {
	if part == nil {
		return nil, nil
	}
	limit, err := parseAmount(part.Amount)
	if err != nil {
		return nil, protocol("credit.amount: " + err.Error())
	}
	amount := adapters.NewAmount(limit)
	return []adapters.CreditLine{{Included: part.Included, Amount: &amount, Currency: part.Currency}}, nil
}

func toTime(sent jsontext.Value, warnings []string) (time.Time, []string) {
	text, _ := jsontext.AppendUnquote(nil, sent)
	form := "2006-01-02T15:04:05Z07:00"
	switch n := len(text); {
	case n > 5 && (text[n-5] == '+' || text[n-5] == '-'):
		form = "2006-01-02T15:04:05Z0700"
	case n > 16 && (text[n-3] == '+' || text[n-3] == '-'):
		form = "2006-01-02T15:04:05Z07"
	}
	at, err := time.Parse(form, strings.Replace(string(text), " ", "T", 1))
	if err != nil || at.UTC().Year() > 9999 || at.UTC().Year() < 1 {
		return time.Time{}, append(warnings, "at is not an unambiguous time")
	}
	return at.UTC(), warnings
}

func currencyWarnings(amount decimal.Decimal, code string) []string {
	unit, known := minorUnits[code]
	switch {
	case code == "XXX" || code == "XTS":
		return []string{adapters.WarningNoCurrency}
	case slices.Contains([]string{"BGN", "HRK", "DEM"}, code):
		return []string{adapters.WarningReplacedCurrency}
	case !known:
		return []string{"currency is not an ISO 4217 code"}
	case !amount.Truncate(unit).Equal(amount):
		return []string{"amount is finer than the currency's minor unit"}
	}
	return nil
}

func shorten(text string) string {
	characters := []rune(text)
	return string(characters[:min(len(characters), maxText)])
}

var (
	errMissing = errors.New("missing")
	errGrammar = errors.New("not an amount")
	digits     = regexp.MustCompile(`^[0-9]+$`)
	plain      = regexp.MustCompile(`^-?([0-9]+)(?:\.([0-9]+))?$`)
)

// parseAmount takes plain digits as text, and a number also with a small exponent.
func parseAmount(raw jsontext.Value) (decimal.Decimal, error) {
	switch raw.Kind() {
	case '"':
		text, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return decimal.Decimal{}, errGrammar
		}
		return parsePlain(string(text))
	case '0':
		return parseNumber(string(raw))
	case 'n', 0:
		return decimal.Decimal{}, errMissing
	}
	return decimal.Decimal{}, errGrammar
}

func parsePlain(text string) (decimal.Decimal, error) {
	if len(text) > 64 {
		return decimal.Decimal{}, errGrammar
	}
	if parts := plain.FindStringSubmatch(text); parts == nil || len(parts[1])+len(parts[2]) > 38 {
		return decimal.Decimal{}, errGrammar
	}
	return decimal.NewFromString(text)
}

func parseNumber(text string) (decimal.Decimal, error) {
	mark := strings.IndexAny(text, "eE")
	if mark < 0 {
		return parsePlain(text)
	}
	value, err := parsePlain(text[:mark])
	exponent, notSmall := strconv.ParseInt(text[mark+1:], 10, 8)
	if err != nil || notSmall != nil || max(exponent, -exponent) > 38 {
		return decimal.Decimal{}, errGrammar
	}
	if value = value.Shift(int32(exponent)); value.Exponent() > 0 {
		value = decimal.NewFromBigInt(value.BigInt(), 0)
	}
	return value, nil
}

// rules are what a JSON text has to keep besides JSON's own.
type rules struct {
	depth, elements int
	anyCase         bool // names may differ in case only
	options         json.Options
}

var strict = rules{depth: 64, elements: 10_000, options: json.JoinOptions()}

// unmarshal decodes a whole text; its errors name documented members only.
func (r rules) unmarshal(data []byte, target any) error {
	err := r.inspect(data)
	if err == nil {
		err = json.Unmarshal(data, target, r.options)
	}
	return describe(err)
}

func describe(err error) error {
	var failure *adapters.Error
	var syntactic *jsontext.SyntacticError
	var semantic *json.SemanticError
	var at jsontext.Pointer
	switch {
	case err == nil, errors.As(err, &failure):
		return err
	case errors.As(err, &semantic):
		at = semantic.JSONPointer
	case errors.As(err, &syntactic):
		at = syntactic.JSONPointer
	}
	broken := protocol(field(at) + ": not as documented")
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		broken.Err = io.ErrUnexpectedEOF
	}
	return broken
}

func field(at jsontext.Pointer) string {
	known := []string{"body"}
	for token := range at.Tokens() {
		if _, err := strconv.Atoi(token); err != nil && !slices.Contains(members, token) {
			break
		}
		known = append(known, token)
	}
	return strings.Join(known, ".")
}

// inspect refuses what the decoder lets through: deep nesting, very many elements, names that differ in case only.
func (r rules) inspect(data []byte) error {
	decoder := jsontext.NewDecoder(bytes.NewReader(data), r.options)
	names, elements := []map[string]bool{nil}, 0
	for {
		token, err := decoder.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil // an empty body is the decoder's to refuse
		}
		if err != nil {
			return err
		}
		depth := decoder.StackDepth()
		in, read := decoder.StackIndex(depth)
		switch kind := token.Kind(); {
		case kind == '{' || kind == '[':
			names = append(names[:depth], map[string]bool{})
		case in == '{' && read%2 == 1 && kind == '"' && !r.anyCase:
			name := strings.ToLower(token.String())
			if names[depth][name] {
				return protocol("body: two names differ in case only")
			}
			names[depth][name] = true
		}
		if in == '[' {
			elements++
		}
		if depth > r.depth {
			return protocol("body: nested too deeply")
		}
		if elements > r.elements {
			return &adapters.Error{Kind: adapters.ErrTooLarge, Detail: "body: too many elements"}
		}
	}
}
