package adapters

import "strings"

// BalanceType is the normalised type of a balance: the names of Berlin Group's NextGenPSD2 and of ISO 20022. What
// the provider itself called the balance is in Balance.ProviderType.
type BalanceType string

// The vocabulary. "Booked" counts what is on the books, "available" what the account holder may dispose of;
// closing and opening refer to the reporting period, interim to the moment of the call.
const (
	BalanceTypeClosingBooked          BalanceType = "closingBooked"
	BalanceTypeOpeningBooked          BalanceType = "openingBooked"
	BalanceTypeInterimBooked          BalanceType = "interimBooked"
	BalanceTypeClosingAvailable       BalanceType = "closingAvailable"
	BalanceTypeOpeningAvailable       BalanceType = "openingAvailable"
	BalanceTypeInterimAvailable       BalanceType = "interimAvailable"
	BalanceTypeForwardAvailable       BalanceType = "forwardAvailable"
	BalanceTypeExpected               BalanceType = "expected"
	BalanceTypeClosingCleared         BalanceType = "closingCleared"
	BalanceTypeOpeningCleared         BalanceType = "openingCleared"
	BalanceTypeInterimCleared         BalanceType = "interimCleared"
	BalanceTypeInformation            BalanceType = "information"
	BalanceTypePreviouslyClosedBooked BalanceType = "previouslyClosedBooked"
	BalanceTypeNonInvoiced            BalanceType = "nonInvoiced"
	BalanceTypeAuthorised             BalanceType = "authorised"
	// BalanceTypeUnknown is a type that the vocabulary lacks. Such a balance is kept, never dropped and never guessed at.
	BalanceTypeUnknown BalanceType = "unknown"
)

var balanceTypes = []BalanceType{
	BalanceTypeClosingBooked, BalanceTypeOpeningBooked, BalanceTypeInterimBooked,
	BalanceTypeClosingAvailable, BalanceTypeOpeningAvailable, BalanceTypeInterimAvailable,
	BalanceTypeForwardAvailable, BalanceTypeExpected, BalanceTypeClosingCleared,
	BalanceTypeOpeningCleared, BalanceTypeInterimCleared, BalanceTypeInformation,
	BalanceTypePreviouslyClosedBooked, BalanceTypeNonInvoiced, BalanceTypeAuthorised,
}

// iso20022 holds the codes of the external code sets ExternalBalanceType1Code and ExternalSystemBalanceType1Code.
var iso20022 = map[string]BalanceType{
	"OPBD": BalanceTypeOpeningBooked, "CLBD": BalanceTypeClosingBooked, "ITBD": BalanceTypeInterimBooked,
	"OPAV": BalanceTypeOpeningAvailable, "CLAV": BalanceTypeClosingAvailable, "ITAV": BalanceTypeInterimAvailable,
	"PRCD": BalanceTypePreviouslyClosedBooked, "FWAV": BalanceTypeForwardAvailable, "XPCD": BalanceTypeExpected,
	"INFO": BalanceTypeInformation,
	"OPNG": BalanceTypeOpeningBooked, "CLSG": BalanceTypeClosingBooked, "INTM": BalanceTypeInterimBooked,
	"BOOK": BalanceTypeInterimBooked, "CRRT": BalanceTypeInterimBooked, "AVLB": BalanceTypeInterimAvailable,
	"PDNG": BalanceTypeExpected,
	// Nothing in the vocabulary says the same.
	"OTHR": BalanceTypeUnknown, "VALU": BalanceTypeUnknown, "CRDT": BalanceTypeUnknown, "LRLD": BalanceTypeUnknown,
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

// ParseBalanceType returns the type that text names: an ISO 20022 code, or a name of the vocabulary in any case and
// with or without "_", "-" and blanks between its words. Everything else is [BalanceTypeUnknown].
func ParseBalanceType(text string) BalanceType {
	for _, known := range balanceTypes {
		if text == string(known) {
			return known
		}
	}
	if code, ok := iso20022[text]; ok {
		return code
	}
	plain := separators.Replace(text)
	for _, known := range balanceTypes {
		if strings.EqualFold(plain, string(known)) {
			return known
		}
	}
	return BalanceTypeUnknown
}
