package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/eika"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
	api "github.com/openbalances/openbalances/gen/eika"
	"github.com/shopspring/decimal"
)

const (
	eikaPSU     = "psu-1234"
	eikaSession = "session-9012"
	// eikaSignature stands for the signature in all implementations: making one takes many times the rest of a call and
	// would hide every difference. The table about signatures says how many.
	eikaSignature = "=?utf-8?B?a2V5SWQ9IlNOPTRBM0IsQ0E9Q049VFBQIg==?="
)

var eikaBank = bank{
	name: "eika", example: "severalBalances", list: []string{"balances"}, account: "enc!!c2V2ZXJhbEJhbGFuY2Vz",
	ours: eikaOurs, hand: eikaHand, stock: eikaStock,
}

// eikaKey is a key and its certificate, made once.
var eikaKey = sync.OnceValues(func() (*rsa.PrivateKey, *x509.Certificate) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x4a3b), Subject: pkix.Name{CommonName: "TPP"}, NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(err)
	certificate, err := x509.ParseCertificate(der)
	must(err)
	return key, certificate
})

func eikaOurs(a access) (fetch, error) {
	key, certificate := eikaKey()
	client, err := eika.New(
		eika.Credentials{Certificate: certificate, Key: key, PSUID: eikaPSU, TPPSessionID: eikaSession},
		&adapters.Options{BaseURL: a.baseURL, HTTPClient: a.client, Now: a.now},
	)
	if err != nil {
		return nil, err
	}
	if err := presign(client); err != nil {
		return nil, err
	}
	return func(ctx context.Context, account string) ([]adapters.Balance, error) {
		return client.Balances(ctx, account, adapters.Unattended())
	}, nil
}

// presign replaces the last editor of the client's requests, which signs them.
func presign(client *eika.Client) error {
	field := reflect.ValueOf(client).Elem().FieldByName("connection")
	if field.Type() != reflect.TypeFor[*call.Connection]() {
		return errors.New("eika: the connection is not where it was")
	}
	connection := (*call.Connection)(field.UnsafePointer())
	connection.Editors[len(connection.Editors)-1] = setSignature
	return nil
}

func setSignature(_ context.Context, request *http.Request) error {
	request.Header.Set("Signature", eikaSignature)
	return nil
}

type eikaAnswer struct {
	Account struct {
		IBAN string `json:"iban"`
		BBAN string `json:"bban"`
	} `json:"account"`
	Balances []struct {
		BalanceAmount struct {
			Amount   decimal.Decimal `json:"amount"`
			Currency string          `json:"currency"`
		} `json:"balanceAmount"`
		BalanceType string `json:"balanceType"`
	} `json:"balances"`
}

func eikaHand(a access) (fetch, error) {
	_, certificate := eikaKey()
	encoded := httpsig.Certificate(certificate)
	return func(ctx context.Context, account string) ([]adapters.Balance, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.baseURL+"/v1/accounts/"+account+"/balances", nil)
		if err != nil {
			return nil, err
		}
		request.Header.Set("X-Request-ID", uuid.NewString())
		request.Header.Set("Date", a.now().UTC().Format(http.TimeFormat))
		request.Header.Set("TPP-Signature-Certificate", encoded)
		request.Header.Set("TPP-Session-ID", eikaSession)
		request.Header.Set("PSU-ID", eikaPSU)
		request.Header.Set("Signature", eikaSignature)
		var answer eikaAnswer
		if err := decode(a.client, request, &answer); err != nil {
			return nil, err
		}
		balances := make([]adapters.Balance, len(answer.Balances))
		for i, balance := range answer.Balances {
			balances[i] = adapters.Balance{
				Provider: "eika", AccountID: account, IBAN: answer.Account.IBAN, BBAN: answer.Account.BBAN,
				Type: adapters.BalanceType(balance.BalanceType), ProviderType: balance.BalanceType,
				Amount: balance.BalanceAmount.Amount, Currency: balance.BalanceAmount.Currency, ReceivedAt: a.now(),
			}
		}
		return balances, nil
	}, nil
}

func eikaStock(a access) (fetch, error) {
	_, certificate := eikaKey()
	encoded, psu, session := httpsig.Certificate(certificate), eikaPSU, eikaSession
	client, err := api.NewClientWithResponses(a.baseURL, api.WithHTTPClient(a.client))
	return func(ctx context.Context, account string) ([]adapters.Balance, error) {
		result, err := client.GetBalancesWithResponse(ctx, account, &api.GetBalancesParams{
			XRequestID: uuid.NewString(), Date: a.now().UTC().Format(http.TimeFormat), TPPSignatureCertificate: encoded,
			PSUID: &psu, TPPSessionID: &session, Signature: eikaSignature,
		})
		if err != nil {
			return nil, err
		}
		if result.JSON200 == nil {
			return nil, errors.New(result.Status())
		}
		account200 := result.JSON200.Account
		balances := make([]adapters.Balance, len(result.JSON200.Balances))
		for i, balance := range result.JSON200.Balances {
			balances[i] = adapters.Balance{
				Provider: "eika", AccountID: account, IBAN: *account200.IBAN, BBAN: *account200.BBAN,
				Type: adapters.BalanceType(balance.BalanceType), ProviderType: string(balance.BalanceType),
				Amount: balance.BalanceAmount.Amount.Decimal, Currency: balance.BalanceAmount.Currency, ReceivedAt: a.now(),
			}
		}
		return balances, nil
	}, err
}
