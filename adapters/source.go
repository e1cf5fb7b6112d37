package adapters

import (
	"context"
	"errors"
)

// Source fetches the balances of one account. Every adapter's Client is one; it is safe for concurrent use.
//
// Balances returns all balances that the provider sent, in the provider's order, or an error and nothing. An empty
// slice without an error means that the provider answered with an empty list. It makes exactly one request and
// never retries: unattended access is four calls a day, and a retry would spend it.
type Source interface {
	Balances(ctx context.Context, accountID string, psu PSU) ([]Balance, error)
}

// BatchSource is a [Source] whose provider answers for several accounts in one call. Ask for it by type assertion.
//
// BatchBalances returns one element for each account id, in the order asked. A refused account carries its own
// error and hides no other; the error result is set only if the call as a whole failed. It makes exactly one request, so
// more ids than [MaxBatch] are an [ErrInvalidArgument], and so is an id that occurs twice.
type BatchSource interface {
	BatchBalances(ctx context.Context, accountIDs []string, psu PSU) ([]AccountBalances, error)
}

// MaxBatch is how many accounts one batch call takes. No provider documents a limit; a hundred of the longest ids that
// have been seen stay below the 8 KiB that common servers take as an address.
const MaxBatch = 100

// AccountLister is a [Source] whose provider lists the accounts that the credentials give access to. Ask for it by type
// assertion.
//
// Accounts returns all of them in the provider's order, or an error and nothing. It makes one request for each page that
// the provider cuts the list into, never follows an address in an answer, and never retries. A list that names an account
// twice or ends before its stated end is an [ErrProtocol], because another account may be missing from it; one with more
// than 100,000 accounts or 1,000 pages is an [ErrTooLarge]. An empty slice without an error means that the list is empty.
// An id that [Source.Balances] would refuse is listed as it is.
type AccountLister interface {
	Accounts(ctx context.Context, psu PSU) ([]Account, error)
}

// BalanceLister is a [Source] whose provider's account list carries the balances. Ask for it by type assertion.
//
// AllBalances returns one element for each account of the list, in its order. An account whose part cannot be used
// carries its own error and hides no other; one without an id has an empty AccountID. An account that the list names
// without balances carries an [ErrProtocol] with the cause [ErrNotListed]. The error result is set only if the call as a
// whole failed. Requests and limits are as for [AccountLister].
type BalanceLister interface {
	AllBalances(ctx context.Context, psu PSU) ([]AccountBalances, error)
}

// ErrNotListed says that a provider's account list names an account without balances, because the consent does not cover
// them or because the provider leaves them out. Nothing else is wrong: [Source.Balances] may have them.
var ErrNotListed = errors.New("no balances in the list")

// AccountBalances is the part of a batch answer that belongs to one account: its balances, or why there are none.
type AccountBalances struct {
	AccountID string
	Balances  []Balance
	Err       error
}
