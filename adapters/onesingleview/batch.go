package onesingleview

import (
	"slices"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/onesingleview"
)

// batch is [api.AccountBalances], of which one broken payload spoils no other.
type batch struct {
	api.Error
	Payload []call.Element[api.BankBalances] `json:"payload"`
}

// toResults gives every account asked for its part of the answer, by bank and account id. Other parts are left out.
func toResults(bank string, asked []string, body batch) ([]adapters.AccountBalances, error) {
	if err := inBody(body.Error); err != nil {
		return nil, err
	}
	if body.Payload == nil {
		return nil, call.Missing("payload")
	}
	results := make([]adapters.AccountBalances, len(asked))
	for i, id := range asked {
		balances, err := toResult(bank, id, body.Payload)
		results[i] = adapters.AccountBalances{AccountID: id, Balances: balances, Err: err}
	}
	return results, nil
}

func toResult(bank, asked string, parts []call.Element[api.BankBalances]) ([]adapters.Balance, error) {
	names := func(part call.Element[api.BankBalances]) bool {
		return part.Value.Code == bank && part.Value.Data.AccountID == asked
	}
	i := slices.IndexFunc(parts, names)
	if i < 0 {
		return nil, call.Broken("payload", "holds nothing about the account")
	}
	if slices.ContainsFunc(parts[i+1:], names) {
		return nil, call.Broken("payload", "names the account twice")
	}
	if err := call.Unreadable("payload", i, parts[i].Problem()); err != nil {
		return nil, err
	}
	return toEach("payload.data.balance", parts[i].Value.Data.Balance)
}
