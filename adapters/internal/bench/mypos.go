package main

import (
	"context"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/shopspring/decimal"
)

var myposCredentials = mypos.Credentials{
	AccessToken: "token-1234", APIKey: "key-5678", ConsentID: "3c7816ee-3d51-4bf5-8ced-ece2af35d431",
}

var myposBank = bank{
	name: "mypos", example: "documentedSample", list: []string{"balances"}, account: "50044620073",
	ours: myposOurs, hand: myposHand,
}

func myposOurs(o *adapters.Options) adapters.Source { return must(mypos.New(myposCredentials, o)) }

type myposAnswer struct {
	Account struct {
		IBAN string `json:"iban"`
	} `json:"account"`
	Balances []struct {
		Amount      decimal.Decimal `json:"amount"`
		Currency    string          `json:"currency"`
		BalanceType string          `json:"balanceType"`
	} `json:"balances"`
}

func myposHand(o *adapters.Options) fetch {
	return func(ctx context.Context, account string) ([]adapters.Balance, error) {
		var answer myposAnswer
		err := get(ctx, o, "/v1/accounts/"+account+"/balances", &answer, "Consent-ID", string(myposCredentials.ConsentID),
			"API-Key", string(myposCredentials.APIKey), "Authorization", "Bearer "+string(myposCredentials.AccessToken))
		if err != nil {
			return nil, err
		}
		balances := make([]adapters.Balance, len(answer.Balances))
		for i, balance := range answer.Balances {
			balances[i] = adapters.Balance{
				Provider: "mypos", AccountID: account, IBAN: answer.Account.IBAN, Type: adapters.BalanceTypeInterimAvailable,
				ProviderType: balance.BalanceType, Amount: adapters.NewAmount(balance.Amount), Currency: balance.Currency, ReceivedAt: o.Now(),
			}
		}
		return balances, nil
	}
}
