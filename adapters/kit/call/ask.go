package call

import (
	"context"

	"github.com/openbalances/openbalances/adapters"
)

// Ask makes a request that is for no balance and no list, such as a check of credentials. operation names it in errors: a
// verb and its object. to is pure.
func Ask[T, R any](ctx context.Context, e *Endpoint, operation string, request Request, to func(T) (R, error)) (R, error) {
	var result R
	request.operation = operation
	err := exchange(ctx, e, request, func(body T, _ *exchanged) (err error) {
		result, err = to(body)
		return err
	})
	if err != nil {
		return *new(R), err
	}
	return result, nil
}

// Account asks what the provider says of one account, in one request. toAccount is pure and leaves Provider to this
// function.
func Account[T any](ctx context.Context, e *Endpoint, accountID string, psu adapters.PSU, request Request,
	toAccount func(T) (adapters.Account, error)) (adapters.Account, error) {
	request.operation = getAccount
	if err := e.checkArguments(request, psu, accountID); err != nil {
		return adapters.Account{}, err
	}
	account, err := Ask(ctx, e, getAccount, request, toAccount)
	if err == nil {
		e.finishListed(&account)
	}
	return account, err
}
