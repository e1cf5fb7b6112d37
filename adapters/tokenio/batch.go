package tokenio

import (
	"slices"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/tokenio"
)

// batch is [api.AccountBalancesBatch], of which one broken part spoils no other.
type batch struct {
	Response []call.Element[api.AccountBalances] `json:"response"`
}

func toBatchParams(accountIDs []string, params *api.GetBalancesParams) *api.GetBalancesBatchParams {
	return &api.GetBalancesBatchParams{
		AccountID:                accountIDs,
		OnBehalfOf:               params.OnBehalfOf,
		CustomerInitiated:        params.CustomerInitiated,
		TokenCustomerIPAddress:   params.TokenCustomerIPAddress,
		TokenCustomerDeviceID:    params.TokenCustomerDeviceID,
		TokenCustomerGeoLocation: params.TokenCustomerGeoLocation,
		TokenCustomerUserAgent:   params.TokenCustomerUserAgent,
	}
}

// toResults gives every account asked for its part of the answer, by account id. Parts for other accounts are left out.
func toResults(asked []string, body batch) ([]adapters.AccountBalances, error) {
	if body.Response == nil {
		return nil, call.Missing("response")
	}
	results := make([]adapters.AccountBalances, len(asked))
	for i, id := range asked {
		balances, err := toResult(id, body.Response)
		results[i] = adapters.AccountBalances{AccountID: id, Balances: balances, Err: err}
	}
	return results, nil
}

func toResult(asked string, parts []call.Element[api.AccountBalances]) ([]adapters.Balance, error) {
	names := func(part call.Element[api.AccountBalances]) bool {
		return part.Value.Balance != nil && call.Text(part.Value.Balance.AccountID) == asked
	}
	i := slices.IndexFunc(parts, names)
	if i < 0 {
		return nil, unnamedRefusal(parts)
	}
	if slices.ContainsFunc(parts[i+1:], names) {
		return nil, call.Broken("response", "names the account twice")
	}
	if err := call.Unreadable("response", i, parts[i].Problem()); err != nil {
		return nil, err
	}
	return toBalances(asked, parts[i].Value)
}

// unnamedRefusal is why an account has no part of its own. A refused part names no account, so its reason counts only
// if all such parts give the same one.
func unnamedRefusal(parts []call.Element[api.AccountBalances]) error {
	var reasons []api.RequestStatus
	for _, part := range parts {
		if part.Value.Balance == nil && part.Value.Status != nil {
			reasons = append(reasons, *part.Value.Status)
		}
	}
	if reasons = slices.Compact(reasons); len(reasons) == 1 && reasons[0] != api.RequestStatusSuccessfulRequest {
		return statusError(&reasons[0])
	}
	return call.Broken("response", "holds nothing about the account")
}
