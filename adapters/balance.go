package adapters

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/openbalances/openbalances/adapters/internal/amount"
	"github.com/shopspring/decimal"
)

// Balance is one balance of one account, exactly as the provider stated it. Nothing is rounded, defaulted or
// guessed; an absent fact is the zero value of its field, and a balance without amount, currency or type does not
// exist: it is an error.
type Balance struct {
	// Provider is the adapter's name, such as "eika".
	Provider string
	// AccountID is the account id that was asked for.
	AccountID string
	// IBAN and BBAN are as reported; empty when not stated.
	IBAN, BBAN string
	// Type is the normalised type, ProviderType the first 256 characters of the provider's own text for it.
	Type         BalanceType
	ProviderType string
	// Amount is in units of Currency, negative when the account holder owes. Its exponent is the scale as sent;
	// decimal's own String drops trailing zeros, [FormatAmount] and the JSON form keep them.
	Amount decimal.Decimal
	// Currency is the three-letter code as sent. Providers use superseded and non-ISO codes too.
	Currency string
	// CreditLines are the credit lines that the provider reports with the balance, in its order. They are never
	// added to or taken from Amount.
	CreditLines []CreditLine
	// AsOf is the time the provider states for the balance; zero when it states none.
	AsOf time.Time
	// ReceivedAt is when the answer arrived, by the caller's clock.
	ReceivedAt time.Time
	// Warnings name what is odd about the balance without making it wrong.
	Warnings []string
}

// CreditLine is a credit line of an account.
type CreditLine struct {
	// Included says whether the line is counted in the balance; nil when not stated.
	Included *bool
	// Type is the provider's text; empty when not stated.
	Type string
	// Amount is in units of Currency; not Valid when not stated.
	Amount   decimal.NullDecimal
	Currency string
}

// FormatAmount writes amount with the scale it carries: 4.200 stays "4.200".
func FormatAmount(amount decimal.Decimal) string {
	return amount.StringFixed(max(0, -amount.Exponent()))
}

// Validate returns an [ErrProtocol] naming the first field that breaks the contract of a Balance.
func (b Balance) Validate() error {
	switch {
	case b.Provider == "":
		return broken("provider", "missing")
	case b.AccountID == "":
		return broken("accountId", "missing")
	case b.ProviderType == "":
		return broken("type", "missing")
	case b.Type == "":
		return broken("type", "not normalised")
	case b.ReceivedAt.IsZero():
		return broken("receivedAt", "missing")
	}
	if problem := currencyProblem(b.Currency); problem != "" {
		return broken("currency", problem)
	}
	for i, line := range b.CreditLines {
		if field, problem := line.problem(); problem != "" {
			return broken(fmt.Sprintf("creditLines[%d].%s", i, field), problem)
		}
	}
	return nil
}

func (l CreditLine) problem() (field, problem string) {
	switch {
	case l.Amount.Valid:
		return "currency", currencyProblem(l.Currency)
	case l.Currency != "":
		return "amount", "missing"
	}
	return "", ""
}

func currencyProblem(code string) string {
	if code == "" {
		return "missing"
	}
	if len(code) != 3 {
		return "not three capital letters"
	}
	for i := range 3 {
		if code[i] < 'A' || code[i] > 'Z' {
			return "not three capital letters"
		}
	}
	return ""
}

func broken(field, problem string) *Error {
	return &Error{Kind: ErrProtocol, Detail: field + ": " + problem}
}

// balanceJSON is the JSON form of a Balance: amounts are strings that keep their zeros, absent facts are left out.
type balanceJSON struct {
	Provider     string           `json:"provider"`
	AccountID    string           `json:"accountId"`
	IBAN         string           `json:"iban,omitempty"`
	BBAN         string           `json:"bban,omitempty"`
	Type         BalanceType      `json:"type"`
	ProviderType string           `json:"providerType"`
	Amount       *string          `json:"amount"`
	Currency     string           `json:"currency"`
	AsOf         time.Time        `json:"asOf,omitzero"`
	ReceivedAt   time.Time        `json:"receivedAt,omitzero"`
	CreditLines  []creditLineJSON `json:"creditLines,omitempty"`
	Warnings     []string         `json:"warnings,omitempty"`
}

type creditLineJSON struct {
	Included *bool   `json:"included,omitempty"`
	Type     string  `json:"type,omitempty"`
	Amount   *string `json:"amount,omitempty"`
	Currency string  `json:"currency,omitempty"`
}

// MarshalJSON writes amounts as strings with the scale as sent.
func (b Balance) MarshalJSON() ([]byte, error) {
	text := FormatAmount(b.Amount)
	form := balanceJSON{
		Provider: b.Provider, AccountID: b.AccountID, IBAN: b.IBAN, BBAN: b.BBAN,
		Type: b.Type, ProviderType: b.ProviderType, Amount: &text, Currency: b.Currency,
		AsOf: b.AsOf, ReceivedAt: b.ReceivedAt, Warnings: b.Warnings,
	}
	for _, line := range b.CreditLines {
		form.CreditLines = append(form.CreditLines, creditLineToJSON(line))
	}
	return json.Marshal(form)
}

// UnmarshalJSON reads what MarshalJSON wrote; an absent amount is an error.
func (b *Balance) UnmarshalJSON(data []byte) error {
	var form balanceJSON
	if err := json.Unmarshal(data, &form); err != nil {
		return err
	}
	value, err := amountFromJSON("amount", form.Amount)
	if err != nil {
		return err
	}
	if !value.Valid {
		return broken("amount", "missing")
	}
	lines, err := creditLinesFromJSON(form.CreditLines)
	if err != nil {
		return err
	}
	*b = Balance{
		Provider: form.Provider, AccountID: form.AccountID, IBAN: form.IBAN, BBAN: form.BBAN,
		Type: form.Type, ProviderType: form.ProviderType, Amount: value.Decimal, Currency: form.Currency,
		CreditLines: lines, AsOf: form.AsOf, ReceivedAt: form.ReceivedAt, Warnings: form.Warnings,
	}
	return nil
}

func creditLineToJSON(line CreditLine) creditLineJSON {
	form := creditLineJSON{Included: line.Included, Type: line.Type, Currency: line.Currency}
	if line.Amount.Valid {
		text := FormatAmount(line.Amount.Decimal)
		form.Amount = &text
	}
	return form
}

func creditLinesFromJSON(forms []creditLineJSON) ([]CreditLine, error) {
	var lines []CreditLine
	for _, form := range forms {
		value, err := amountFromJSON("creditLines.amount", form.Amount)
		if err != nil {
			return nil, err
		}
		lines = append(lines, CreditLine{form.Included, form.Type, value, form.Currency})
	}
	return lines, nil
}

func amountFromJSON(field string, text *string) (decimal.NullDecimal, error) {
	if text == nil {
		return decimal.NullDecimal{}, nil
	}
	parsed, err := amount.Parse(*text)
	if err != nil {
		return decimal.NullDecimal{}, broken(field, err.Error())
	}
	return decimal.NewNullDecimal(parsed), nil
}
