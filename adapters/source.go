package adapters

import "context"

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
// error and hides no other; the error result is set only if the call as a whole failed.
type BatchSource interface {
	BatchBalances(ctx context.Context, accountIDs []string, psu PSU) ([]AccountBalances, error)
}

// AccountLister is a [Source] whose provider lists the accounts that the credentials give access to. Ask for it by type
// assertion.
//
// Accounts returns all of them in the provider's order, or an error and nothing. It makes one request for each page that
// the provider cuts the list into. An empty slice without an error means that the list is empty.
type AccountLister interface {
	Accounts(ctx context.Context, psu PSU) ([]Account, error)
}

// BalanceLister is a [Source] whose provider's account list carries the balances. Ask for it by type assertion.
//
// AllBalances returns one element for each account of the list, in its order. An account whose part cannot be used
// carries its own error and hides no other; one that the list names without balances carries an error, too. The error
// result is set only if the call as a whole failed. Requests are as for [AccountLister].
type BalanceLister interface {
	AllBalances(ctx context.Context, psu PSU) ([]AccountBalances, error)
}

// AccountBalances is the part of a batch answer that belongs to one account: its balances, or why there are none.
type AccountBalances struct {
	AccountID string
	Balances  []Balance
	Err       error
}
