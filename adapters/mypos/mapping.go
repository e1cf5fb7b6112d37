package mypos

import (
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/xs2a"
	api "github.com/openbalances/openbalances/gen/mypos"
)

// accountBalances is [api.AccountBalances], whose account may be missing after all.
type accountBalances struct {
	Account  *api.Account  `json:"account"`
	Balances []api.Balance `json:"balances"`
}

// toBalances maps the answer for the account asked for.
func toBalances(asked string, body accountBalances) ([]adapters.Balance, error) {
	switch {
	case body.Account == nil:
		return nil, call.Missing("account")
	case body.Account.AccountNumber == "":
		return nil, call.Missing("account.accountNumber")
	case body.Account.AccountNumber != asked:
		return nil, call.Mismatch("account.accountNumber")
	}
	return call.Each("balances", body.Balances, func(balance api.Balance) (adapters.Balance, error) {
		mapped, err := toBalance(balance, body.Account.IBAN)
		mapped.AccountID = body.Account.AccountNumber
		return mapped, err
	})
}

func toBalance(balance api.Balance, iban *string) (adapters.Balance, error) {
	money, err := call.ToMoney("amount", balance.Amount, "currency", balance.Currency)
	return adapters.Balance{
		IBAN:         call.Text(iban),
		Type:         balanceType(balance.BalanceType),
		ProviderType: balance.BalanceType,
		Amount:       money.Amount,
		Currency:     money.Currency,
	}, err
}

func balanceType(text string) adapters.BalanceType {
	if text == "available" {
		return adapters.BalanceTypeInterimAvailable
	}
	return adapters.ParseBalanceType(text)
}

// refusal reads Berlin Group's error body; its first error counts.
func refusal(answer call.Answer) call.Refusal { return answer.Refusal(xs2a.Form) }
