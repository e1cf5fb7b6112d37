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

const (
	osvToken    = "token-9012"
	osvID       = "client-1234"
	osvCode     = "code-5678"
	osvKey      = "key-3456"
	osvMerchant = "APIS-300505"
	osvBankCode = "SVMB01"
	osvConsent  = "urn:SVMB01:kac-6f2c9d1e-0b8a-4d5f-9a44-1f0d5b3c7e21"
	osvTime     = "2006-01-02T15:04:05"
)

var onesingleviewBank = bank{
	name: "onesingleview", example: "availableAndBooked", list: []string{"payload", "data", "balance"},
	account: "100004000000000000000002", ours: osvOurs, hand: osvHand,
}

func osvOurs(a access) fetch {
	client := must(onesingleview.New(onesingleview.Credentials{
		AccessToken: osvToken, ClientID: osvID, ClientCode: osvCode, SignatureKey: osvKey, MerchantID: osvMerchant,
		BankCode: osvBankCode, ConsentID: osvConsent,
	}, &adapters.Options{BaseURL: a.baseURL, HTTPClient: a.client, Now: a.now}))
	return func(ctx context.Context, account string) ([]adapters.Balance, error) {
		return client.Balances(ctx, account, adapters.Unattended())
	}
}

type osvRequest struct {
	Banks         []osvAccount `json:"banks"`
	DateTimeStamp string       `json:"dateTimeStamp"`
	MerchantID    string       `json:"merchantId"`
	RequestID     string       `json:"requestID"`
}

type osvAccount struct {
	AccountID string `json:"accountId"`
	Code      string `json:"code"`
	ConsentID string `json:"consentId"`
}

type osvAnswer struct {
	Payload []struct {
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
	"KSAOB.ClosingAvailable": adapters.ClosingAvailable, "KSAOB.InterimBooked": adapters.InterimBooked,
}

func osvSign(body []byte) string {
	sum := sha256.Sum256([]byte(base64.StdEncoding.EncodeToString(body) + osvKey))
	return hex.EncodeToString(sum[:])
}

func osvHand(a access) fetch {
	return func(ctx context.Context, account string) ([]adapters.Balance, error) {
		body, err := json.Marshal(osvRequest{
			Banks:         []osvAccount{{AccountID: account, Code: osvBankCode, ConsentID: osvConsent}},
			DateTimeStamp: a.now().UTC().Format(osvTime), MerchantID: osvMerchant, RequestID: uuid.NewString(),
		})
		if err != nil {
			return nil, err
		}
		url := a.baseURL + "/v1/api/observice/balanceById"
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("clientId", osvID)
		request.Header.Set("clientCode", osvCode)
		request.Header.Set("signature", osvSign(body))
		request.Header.Set("Authorization", "Bearer "+osvToken)
		var answer osvAnswer
		if err := decode(a.client, request, &answer); err != nil {
			return nil, err
		}
		var balances []adapters.Balance
		for _, payload := range answer.Payload {
			for _, balance := range payload.Data.Balance {
				balances = append(balances, balance.toBalance(account, a.now()))
			}
		}
		return balances, nil
	}
}

func (b osvBalance) toBalance(account string, received time.Time) adapters.Balance {
	amount := b.Amount.Amount
	if b.CreditDebitIndicator == "KSAOB.Debit" {
		amount = amount.Neg()
	}
	balance := adapters.Balance{
		Provider: "onesingleview", AccountID: account, Type: osvTypes[b.Type], ProviderType: b.Type,
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
