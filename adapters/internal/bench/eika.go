package main

import (
	"context"
	"net/http"
	"reflect"
	"sync"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/eika"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
	"github.com/shopspring/decimal"
)

// eikaSignature stands for the signature on both sides: making one takes many times the rest of a call and would hide
// every difference.
const eikaSignature = "=?utf-8?B?a2V5SWQ9IlNOPTRBM0IsQ0E9Q049VFBQIg==?="

var eikaBank = bank{
	name: "eika", example: "severalBalances", list: []string{"balances"}, account: "enc!!c2V2ZXJhbEJhbGFuY2Vz",
	ours: eikaOurs, hand: eikaHand,
}

// eikaCredentials have a key and its certificate, made once.
var eikaCredentials = sync.OnceValue(func() eika.Credentials {
	certificate, key := tlstest.Seal("TPP")
	return eika.Credentials{Certificate: certificate, Key: key, PSUID: "psu-1234", TPPSessionID: "session-9012"}
})

// eikaOurs replaces the last editor of the client's requests, which signs them.
func eikaOurs(o *adapters.Options) adapters.Source {
	client := must(eika.New(eikaCredentials(), o))
	editors := reflect.ValueOf(client).Elem().FieldByName("endpoint").Elem().FieldByName("editors")
	last := (*call.Editor)(editors.Index(editors.Len() - 1).Addr().UnsafePointer())
	*last = func(_ context.Context, request *http.Request) error {
		request.Header.Set("Signature", eikaSignature)
		return nil
	}
	return client
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

func eikaHand(o *adapters.Options) fetch {
	own, encoded := eikaCredentials(), httpsig.Certificate(eikaCredentials().Certificate)
	return func(ctx context.Context, account string) ([]adapters.Balance, error) {
		var answer eikaAnswer
		err := get(ctx, o, "/v1/accounts/"+account+"/balances", &answer, "Date", o.Now().UTC().Format(http.TimeFormat),
			"TPP-Signature-Certificate", encoded, "TPP-Session-ID", string(own.TPPSessionID), "PSU-ID", string(own.PSUID),
			"Signature", eikaSignature)
		if err != nil {
			return nil, err
		}
		balances := make([]adapters.Balance, len(answer.Balances))
		for i, balance := range answer.Balances {
			balances[i] = adapters.Balance{
				Provider: "eika", AccountID: account, IBAN: answer.Account.IBAN, BBAN: answer.Account.BBAN,
				Type: adapters.BalanceType(balance.BalanceType), ProviderType: balance.BalanceType,
				Amount: adapters.NewAmount(balance.BalanceAmount.Amount), Currency: balance.BalanceAmount.Currency, ReceivedAt: o.Now(),
			}
		}
		return balances, nil
	}
}
