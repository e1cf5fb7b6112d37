package adapters

import "strings"

const (
	maxAccountID = 512
	// accountIDMarks are the RFC 3986 path characters besides letters and digits, without ";" and "%".
	accountIDMarks = "-._~!$&'()*+,=:@"
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
	// Name is the account's name or the account holder's, whichever the provider shows to the PSU.
	Name string `json:"name,omitempty"`
	// Status is the provider's text for the state of the account, such as "blocked".
	Status string `json:"status,omitempty"`
	// Currency is the code as sent.
	Currency string `json:"currency,omitempty"`
	// Type is the provider's text for the type of the account.
	Type string `json:"type,omitempty"`
}

// AccountIdentifier is a number of an account and the provider's name for the kind of number.
type AccountIdentifier struct {
	Scheme string `json:"scheme"`
	Value  string `json:"value"`
}

// ValidateAccountID returns an [ErrInvalidArgument] unless id can stand in a request path as it is: not empty, not
// "." or ".." (which would change the endpoint), at most 512 bytes, and free of "/", "?", "#", "%", ";", "\",
// blanks, control and non-ASCII characters. The error never shows the id.
func ValidateAccountID(id string) error {
	switch {
	case id == "":
		return invalid("account id", "missing")
	case id == "." || id == "..":
		return invalid("account id", "names another path")
	case len(id) > maxAccountID:
		return invalid("account id", "longer than 512 bytes")
	case strings.ContainsFunc(id, notInAccountID):
		return invalid("account id", "holds a character that is not allowed")
	}
	return nil
}

func notInAccountID(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	return !letter && !('0' <= r && r <= '9') && !strings.ContainsRune(accountIDMarks, r)
}

func invalid(field, problem string) *Error {
	return &Error{Kind: ErrInvalidArgument, Detail: field + ": " + problem}
}
