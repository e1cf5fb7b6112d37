package main

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/shopspring/decimal"
)

const (
	myposToken   = "token-1234"
	myposKey     = "key-5678"
	myposConsent = "3c7816ee-3d51-4bf5-8ced-ece2af35d431"
)

var myposBank = bank{
	name: "mypos", example: "documentedSample", list: []string{"balances"}, account: "50044620073",
	ours: myposOurs, hand: myposHand,
}

func myposOurs(a access) fetch {
	client := newMyPOS(a)
	return func(ctx context.Context, account string) ([]adapters.Balance, error) {
		return client.Balances(ctx, account, adapters.Unattended())
	}
}

func newMyPOS(a access) *mypos.Client {
	credentials := mypos.Credentials{AccessToken: myposToken, APIKey: myposKey, ConsentID: myposConsent}
	return must(mypos.New(credentials, &adapters.Options{BaseURL: a.baseURL, HTTPClient: a.client, Now: a.now}))
}

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

var myposTypes = map[string]adapters.BalanceType{"available": adapters.InterimAvailable}

func myposHand(a access) fetch {
	return func(ctx context.Context, account string) ([]adapters.Balance, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.baseURL+"/v1/accounts/"+account+"/balances", nil)
		if err != nil {
			return nil, err
		}
		request.Header.Set("X-Request-ID", uuid.NewString())
		request.Header.Set("Consent-ID", myposConsent)
		request.Header.Set("API-Key", myposKey)
		request.Header.Set("Authorization", "Bearer "+myposToken)
		var answer myposAnswer
		if err := decode(a.client, request, &answer); err != nil {
			return nil, err
		}
		balances := make([]adapters.Balance, len(answer.Balances))
		for i, balance := range answer.Balances {
			balances[i] = adapters.Balance{
				Provider: "mypos", AccountID: account, IBAN: answer.Account.IBAN, Type: myposTypes[balance.BalanceType],
				ProviderType: balance.BalanceType, Amount: adapters.NewAmount(balance.Amount), Currency: balance.Currency, ReceivedAt: a.now(),
			}
		}
		return balances, nil
	}
}
