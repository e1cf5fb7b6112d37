package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/onesingleview"
	"github.com/shopspring/decimal"
)

var osvCredentials = onesingleview.Credentials{
	AccessToken: "token-9012", ClientID: "client-1234", ClientCode: "code-5678", SignatureKey: "key-3456",
	MerchantID: "APIS-300505", BankCode: "SVMB01", ConsentID: "urn:SVMB01:kac-6f2c9d1e-0b8a-4d5f-9a44-1f0d5b3c7e21",
}

var onesingleviewBank = bank{
	name: "onesingleview", example: "availableAndBooked", list: []string{"payload", "data", "balance"},
	account: "100004000000000000000002", ours: osvOurs, hand: osvHand,
}

func osvOurs(o *adapters.Options) adapters.Source { return must(onesingleview.New(osvCredentials, o)) }

type osvRequest struct {
	Banks [1]struct {
		AccountID string `json:"accountId"`
		Code      string `json:"code"`
		ConsentID string `json:"consentId"`
	} `json:"banks"`
	DateTimeStamp string `json:"dateTimeStamp"`
	MerchantID    string `json:"merchantId"`
	RequestID     string `json:"requestID"`
}

type osvAnswer struct {
	Payload []struct {
		Code string `json:"code"`
		Data struct {
			Balance []osvBalance `json:"balance"`
		} `json:"data"`
	} `json:"payload"`
}

type osvBalance struct {
	Amount               osvAmount `json:"amount"`
	CreditDebitIndicator string    `json:"creditDebitIndicator"`
	Type                 string    `json:"type"`
	DateTime             time.Time `json:"dateTime"`
	CreditLine           []struct {
		Included *bool     `json:"included"`
		Type     string    `json:"type"`
		Amount   osvAmount `json:"amount"`
	} `json:"creditLine"`
}

type osvAmount struct {
	Amount   decimal.Decimal `json:"amount"`
	Currency string          `json:"currency"`
}

var osvTypes = map[string]adapters.BalanceType{
	"KSAOB.ClosingAvailable": adapters.BalanceTypeClosingAvailable, "KSAOB.InterimBooked": adapters.BalanceTypeInterimBooked,
}

func osvBuild(ctx context.Context, o *adapters.Options, account string) (*http.Request, error) {
	own, ask := &osvCredentials, osvRequest{RequestID: uuid.NewString(), MerchantID: string(osvCredentials.MerchantID)}
	ask.Banks[0].AccountID, ask.Banks[0].Code, ask.Banks[0].ConsentID = account, string(own.BankCode), string(own.ConsentID)
	ask.DateTimeStamp = o.Now().UTC().Format("2006-01-02T15:04:05")
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, err
	}
	url := o.BaseURL + "/v1/api/observice/balanceById"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	signed := sha256.Sum256([]byte(base64.StdEncoding.EncodeToString(body) + string(own.SignatureKey)))
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("clientId", string(own.ClientID))
	request.Header.Set("clientCode", string(own.ClientCode))
	request.Header.Set("signature", hex.EncodeToString(signed[:]))
	request.Header.Set("Authorization", "Bearer "+string(own.AccessToken))
	return request, nil
}

func osvHand(o *adapters.Options) fetch {
	return func(ctx context.Context, account string) ([]adapters.Balance, error) {
		request, err := osvBuild(ctx, o, account)
		if err != nil {
			return nil, err
		}
		var answer osvAnswer
		if err := decode(o.HTTPClient, request, &answer); err != nil {
			return nil, err
		}
		var balances []adapters.Balance
		for _, payload := range answer.Payload {
			for _, balance := range payload.Data.Balance {
				balances = append(balances, balance.toBalance(payload.Code, account, o.Now()))
			}
		}
		return balances, nil
	}
}

func (b osvBalance) toBalance(bank, account string, received time.Time) adapters.Balance {
	amount := b.Amount.Amount
	if b.CreditDebitIndicator == "KSAOB.Debit" {
		amount = amount.Neg()
	}
	balance := adapters.Balance{
		Provider: "onesingleview", Bank: bank, AccountID: account, Type: osvTypes[b.Type], ProviderType: b.Type,
		Amount: adapters.NewAmount(amount), Currency: b.Amount.Currency, AsOf: b.DateTime, ReceivedAt: received,
	}
	for _, line := range b.CreditLine {
		amount := adapters.NewAmount(line.Amount.Amount)
		balance.CreditLines = append(balance.CreditLines, adapters.CreditLine{
			Included: line.Included, Type: line.Type, Amount: &amount, Currency: line.Amount.Currency,
		})
	}
	return balance
}
