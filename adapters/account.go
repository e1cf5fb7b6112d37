package adapters

import (
	"time"

	"github.com/openbalances/openbalances/adapters/internal/check"
)

// Account is an account as its provider lists it. Empty texts were not stated.
type Account struct {
	// Provider is the adapter's name, such as "eika".
	Provider string `json:"provider"`
	// ID is what [Source.Balances] takes.
	ID string `json:"id"`
	// IBAN and BBAN are as reported.
	IBAN string `json:"iban,omitempty"`
	BBAN string `json:"bban,omitempty"`
	// Identifiers are all further ones, in the provider's order.
	Identifiers []AccountIdentifier `json:"identifiers,omitempty"`
	// Name is the account's own name, as the provider shows it to the PSU; HolderName is the account holder's.
	Name       string `json:"name,omitempty"`
	HolderName string `json:"holderName,omitempty"`
	// State is what Status means, where the provider documents it; Status is the provider's text.
	State  AccountState `json:"state,omitempty"`
	Status string       `json:"status,omitempty"`
	// Currency is the code as sent.
	Currency string `json:"currency,omitempty"`
	// Type is the provider's text for the type of the account.
	Type string `json:"type,omitempty"`
	// Bank names the bank behind an aggregator or in a family of banks.
	Bank string `json:"bank,omitempty"`
	// ConsentValidUntil is when the consent for the account ends; zero when the provider does not state it.
	ConsentValidUntil time.Time `json:"consentValidUntil,omitzero"`
}

// UnmarshalJSON reads what encoding/json writes, like that of a [Balance].
func (a *Account) UnmarshalJSON(data []byte) error {
	type fields Account
	return unmarshalStored(data, (*fields)(a))
}

// AccountState is the normalised state of an account.
type AccountState string

// The states. Empty is a state that was not stated, or whose text is not documented.
const (
	AccountStateEnabled AccountState = "enabled"
	AccountStateBlocked AccountState = "blocked"
	AccountStateClosed  AccountState = "closed"
)

// AccountIdentifier is a number of an account and the provider's name for the kind of number.
type AccountIdentifier struct {
	Scheme string `json:"scheme"`
	Value  string `json:"value"`
}

// ValidateAccountID returns an [ErrInvalidArgument] unless id can be sent percent-encoded in a request path: not empty, at
// most 512 bytes of ASCII without control characters, no blank at an end, and no part between "/" or "\" that is "." or "..",
// which would change the endpoint, also after decoding it once more. The error never shows the id.
func ValidateAccountID(id string) error {
	if problem := check.ID(id); problem != "" {
		return invalid("account id", problem)
	}
	return nil
}

func invalid(field, problem string) *Error {
	return &Error{Kind: ErrInvalidArgument, Origin: OriginLocal, Detail: field + ": " + problem}
}
