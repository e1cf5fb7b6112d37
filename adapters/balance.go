package adapters

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/openbalances/openbalances/adapters/internal/strictjson"
)

// Balance is one balance of one account, exactly as the provider stated it. Nothing is rounded, defaulted or
// guessed; an absent fact is the zero value of its field, and a balance without amount, currency or type does not
// exist: it is an error.
type Balance struct {
	// Provider is the adapter's name, such as "eika".
	Provider string `json:"provider"`
	// Bank names the bank behind an aggregator or in a family of banks; empty for a provider that is one bank.
	Bank string `json:"bank,omitempty"`
	// AccountID is the account id that was asked for.
	AccountID string `json:"accountId"`
	// IBAN and BBAN are as reported, in 512 bytes at most; empty when not stated.
	IBAN string `json:"iban,omitempty"`
	BBAN string `json:"bban,omitempty"`
	// Type is the normalised type, ProviderType the first 256 characters of the provider's own text for it.
	Type         BalanceType `json:"type"`
	ProviderType string      `json:"providerType"`
	// Amount is in units of Currency, negative when the account holder owes.
	Amount Amount `json:"amount"`
	// Currency is the three-letter code as sent. Providers use superseded and non-ISO codes too.
	Currency string `json:"currency"`
	// CreditLines are the credit lines that the provider reports with the balance, in its order. They are never
	// added to or taken from Amount.
	CreditLines []CreditLine `json:"creditLines,omitempty"`
	// AsOf is the time the provider states for the balance; zero when it states none.
	AsOf time.Time `json:"asOf,omitzero"`
	// ReferenceDate is the day that the balance refers to; zero when not stated.
	ReferenceDate Date `json:"referenceDate,omitzero"`
	// LastCommittedTransaction is the reference of the last transaction that the balance counts in, the first 256
	// characters of it; empty when not stated.
	LastCommittedTransaction string `json:"lastCommittedTransaction,omitempty"`
	// ReceivedAt is when the answer arrived, by the caller's clock.
	ReceivedAt time.Time `json:"receivedAt,omitzero"`
	// RequestID is what to quote to the provider's support: its own id for the call, else the one sent.
	RequestID string `json:"requestId,omitempty"`
	// Warnings name what is odd about the balance without making it wrong: the texts of [WarningFinerAmount] and the
	// constants beside it, and no others.
	Warnings []string `json:"warnings,omitempty"`
}

// CreditLine is a credit line of an account.
type CreditLine struct {
	// Included says whether the line is counted in the balance; nil when not stated.
	Included *bool `json:"included,omitempty"`
	// Type is the first 256 characters of the provider's text; empty when not stated.
	Type string `json:"type,omitempty"`
	// Amount is in units of Currency; nil when not stated.
	Amount   *Amount `json:"amount,omitempty"`
	Currency string  `json:"currency,omitempty"`
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
	if problem := CurrencyProblem(b.Currency); problem != "" {
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
	case l.Amount != nil:
		return "currency", CurrencyProblem(l.Currency)
	case l.Currency != "":
		return "amount", "missing"
	}
	return "", ""
}

// CurrencyProblem returns why a text is no currency code, or "". It knows no list: codes appear before any list has them.
func CurrencyProblem(code string) string {
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

// UnmarshalJSON reads what encoding/json writes, and passes over names that it does not know. A balance without an amount
// is an error, because it would read as zero; so are a name that occurs twice and one in another case.
func (b *Balance) UnmarshalJSON(data []byte) error {
	type fields Balance
	var form struct {
		Amount *Amount `json:"amount"`
	}
	if json.Unmarshal(data, &form) == nil && form.Amount == nil {
		return broken("amount", "missing")
	}
	return unmarshalStored(data, (*fields)(b))
}

// unmarshalStored leaves target as it is if data is wrong.
func unmarshalStored[T any](data []byte, target *T) error {
	var read T
	if err := strictjson.UnmarshalStored(data, &read); err != nil {
		return &Error{Kind: ErrProtocol, Detail: err.Error(), Err: err}
	}
	*target = read
	return nil
}
