package adapters

import (
	"context"
	"errors"
)

// Source is one access to one provider. Every adapter's Client is one, and so is whatever wraps a Source; it is safe for
// concurrent use. A method that the provider lacks sends nothing and returns an error that is [errors.ErrUnsupported].
//
// No method ever retries: unattended access is four calls a day, and a retry would spend it.
type Source interface {
	// Provider is the adapter's name, such as "eika".
	Provider() string

	// Balances returns all balances of one account that the provider sent, in the provider's order, or an error and
	// nothing. An empty slice without an error means that the provider answered with an empty list. It makes exactly one
	// request, or one for each page where the provider cuts balances into pages with links.
	Balances(ctx context.Context, accountID string, psu PSU) ([]Balance, error)

	// BatchBalances returns one element for each account id, in the order asked. A refused account carries its own
	// error and hides no other; the error result is set only if the call as a whole failed. It makes as many requests
	// as Balances, so more ids than [MaxBatch] are an [ErrInvalidArgument], and so is no id, and one that occurs twice.
	BatchBalances(ctx context.Context, accountIDs []string, psu PSU) ([]AccountBalances, error)

	// Accounts returns all accounts that the credentials give access to, in the provider's order, or an error and
	// nothing. It makes one request for each page that the provider cuts the list into. An address in an answer is
	// followed only where the document has pages with links, and only to the provider's own address. A list that names
	// an account twice or ends before its stated end is an [ErrProtocol], because another account may be missing from
	// it; one with more than 100,000 accounts, 1,000 pages or 128 MiB of facts is an [ErrTooLarge]. An empty slice
	// without an error means that the list is empty. An id that Balances would refuse is listed. A text of more than
	// 512 bytes is cut to 513 at most, with which Balances refuses it as an id, too.
	Accounts(ctx context.Context, psu PSU) ([]Account, error)

	// AllBalances lists the accounts like Accounts, with the balances that the list itself carries: one element for each
	// account. An account whose part cannot be used carries its own error and hides no other; one without an id has an
	// empty AccountID. An account that the list names without balances carries an [ErrProtocol] with the cause
	// [ErrNoBalances]. The error result is set only if the call as a whole failed.
	AllBalances(ctx context.Context, psu PSU) ([]AccountBalances, error)
}

// MaxBatch is how many accounts one batch call takes. No provider documents a limit; a hundred of the longest ids that
// have been seen stay below the 8 KiB that common servers take as an address.
const MaxBatch = 100

// ErrNoBalances says that a provider's account list names an account without balances, because the consent does not
// cover them or because the provider leaves them out. Nothing else is wrong: [Source.Balances] may have them.
var ErrNoBalances = errors.New("no balances in the list")

// AccountBalances is the part of an answer about several accounts that belongs to one: its balances, or why there are
// none.
type AccountBalances struct {
	AccountID string `json:"accountId"`
	// Account is what an account list says about the account; nil in a batch, and if the list's element is unusable.
	Account  *Account  `json:"account,omitempty"`
	Balances []Balance `json:"balances,omitempty"`
	Err      error     `json:"error,omitempty"`
}

// UnmarshalJSON reads what encoding/json writes for answers without an error, like that of a [Balance].
func (a *AccountBalances) UnmarshalJSON(data []byte) error {
	type fields AccountBalances
	return unmarshalStored(data, (*fields)(a))
}

// Base is a [Source] that supports nothing. An adapter embeds it with its provider's name and adds what the provider has:
//
//	type Client struct {
//		adapters.Base
//		...
//	}
type Base string

var _ Source = Base("")

// Provider implements [Source].
func (b Base) Provider() string { return string(b) }

// Balances implements [Source].
func (b Base) Balances(context.Context, string, PSU) ([]Balance, error) {
	return nil, b.unsupported("get balances")
}

// BatchBalances implements [Source].
func (b Base) BatchBalances(context.Context, []string, PSU) ([]AccountBalances, error) {
	return nil, b.unsupported("get balances of several accounts")
}

// Accounts implements [Source].
func (b Base) Accounts(context.Context, PSU) ([]Account, error) {
	return nil, b.unsupported("list accounts")
}

// AllBalances implements [Source].
func (b Base) AllBalances(context.Context, PSU) ([]AccountBalances, error) {
	return nil, b.unsupported("list balances")
}

func (b Base) unsupported(operation string) error {
	return &Error{
		Kind: ErrUnsupported, Origin: OriginLocal, Provider: string(b), Operation: operation,
		Detail: "the provider has no such call, nothing was sent",
	}
}
