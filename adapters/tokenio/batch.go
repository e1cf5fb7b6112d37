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

func toResults(asked []string, body batch) ([]adapters.AccountBalances, error) {
	names := func(part api.AccountBalances, id string) bool {
		return part.Balance != nil && call.Text(part.Balance.AccountID) == id
	}
	toBalances := func(part api.AccountBalances, id string) ([]adapters.Balance, error) { return toBalances(id, part) }
	return call.Match("response", body.Response, asked, names, toBalances, func(string) error { return unnamedRefusal(body.Response) })
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
