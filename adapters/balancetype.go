package adapters

import "strings"

// BalanceType is the normalised type of a balance: the names of Berlin Group's NextGenPSD2 and of ISO 20022. What
// the provider itself called the balance is in Balance.ProviderType.
type BalanceType string

// The vocabulary. "Booked" counts what is on the books, "available" what the account holder may dispose of;
// closing and opening refer to the reporting period, interim to the moment of the call.
const (
	ClosingBooked          BalanceType = "closingBooked"
	OpeningBooked          BalanceType = "openingBooked"
	InterimBooked          BalanceType = "interimBooked"
	ClosingAvailable       BalanceType = "closingAvailable"
	OpeningAvailable       BalanceType = "openingAvailable"
	InterimAvailable       BalanceType = "interimAvailable"
	ForwardAvailable       BalanceType = "forwardAvailable"
	Expected               BalanceType = "expected"
	ClosingCleared         BalanceType = "closingCleared"
	OpeningCleared         BalanceType = "openingCleared"
	InterimCleared         BalanceType = "interimCleared"
	Information            BalanceType = "information"
	PreviouslyClosedBooked BalanceType = "previouslyClosedBooked"
	NonInvoiced            BalanceType = "nonInvoiced"
	Authorised             BalanceType = "authorised"
	// Unknown is a type that the vocabulary lacks. Such a balance is kept, never dropped and never guessed at.
	Unknown BalanceType = "unknown"
)

var balanceTypes = []BalanceType{
	ClosingBooked, OpeningBooked, InterimBooked, ClosingAvailable, OpeningAvailable, InterimAvailable,
	ForwardAvailable, Expected, ClosingCleared, OpeningCleared, InterimCleared, Information,
	PreviouslyClosedBooked, NonInvoiced, Authorised,
}

// iso20022 holds the codes of the external code sets ExternalBalanceType1Code and ExternalSystemBalanceType1Code.
var iso20022 = map[string]BalanceType{
	"OPBD": OpeningBooked, "CLBD": ClosingBooked, "ITBD": InterimBooked, "PRCD": PreviouslyClosedBooked,
	"OPAV": OpeningAvailable, "CLAV": ClosingAvailable, "ITAV": InterimAvailable, "FWAV": ForwardAvailable,
	"XPCD": Expected, "INFO": Information,
	"OPNG": OpeningBooked, "CLSG": ClosingBooked, "INTM": InterimBooked, "BOOK": InterimBooked, "CRRT": InterimBooked,
	"AVLB": InterimAvailable, "PDNG": Expected,
	"OTHR": Unknown, "VALU": Unknown, "CRDT": Unknown, "LRLD": Unknown, // nothing in the vocabulary says the same
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

// ParseBalanceType returns the type that text names: an ISO 20022 code, or a name of the vocabulary in any case and
// with or without "_", "-" and blanks between its words. Everything else is [Unknown].
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
	return Unknown
}
