package adapters

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strconv"
)

// What a log shows of balances and accounts. It names the account by the end of its id only, and holds no IBAN, BBAN, other
// number or name.

// LogValue returns the facts that a log may show: no IBAN, BBAN or whole account id.
func (b Balance) LogValue() slog.Value {
	return logged("provider", b.Provider, "bank", b.Bank, "accountId", lastFour(b.AccountID), "type", b.Type,
		"amount", b.Amount.String(), "currency", b.Currency, "asOf", b.AsOf, "referenceDate", b.ReferenceDate,
		"requestId", b.RequestID, "warnings", b.Warnings)
}

// Format writes what LogValue returns, whatever the verb. Encoders write all of a Balance, and so does slog's JSON handler
// for one in a list or in a struct of the caller's.
func (b Balance) Format(state fmt.State, _ rune) { format(state, b) }

// LogValue returns the facts that a log may show: no IBAN, BBAN or other number, no name and no whole id.
func (a Account) LogValue() slog.Value {
	return logged("provider", a.Provider, "bank", a.Bank, "id", lastFour(a.ID), "state", a.State, "currency", a.Currency,
		"type", a.Type, "consentValidUntil", a.ConsentValidUntil)
}

// Format writes what LogValue returns, like that of a [Balance].
func (a Account) Format(state fmt.State, _ rune) { format(state, a) }

// Format writes the scheme and the end of the number, whatever the verb.
func (i AccountIdentifier) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, i.Scheme+" "+lastFour(i.Value))
}

// LogValue returns the balances and the account as they are logged, and the error.
func (a AccountBalances) LogValue() slog.Value {
	balances := make([]slog.Attr, len(a.Balances))
	for i, balance := range a.Balances {
		balances[i] = slog.Any(strconv.Itoa(i), balance)
	}
	attributes := logged("accountId", lastFour(a.AccountID), "error", a.Err).Group()
	if a.Account != nil {
		attributes = append(attributes, slog.Any("account", *a.Account))
	}
	return slog.GroupValue(append(attributes, slog.Any("balances", slog.GroupValue(balances...)))...)
}

// Format writes what LogValue returns, like that of a [Balance].
func (a AccountBalances) Format(state fmt.State, _ rune) { format(state, a) }

func format(state fmt.State, value slog.LogValuer) {
	_, _ = io.WriteString(state, value.LogValue().String())
}

// lastFour returns the last four characters of a number that is at least twice as long.
func lastFour(number string) string {
	const shown = 4
	if len(number) < 2*shown {
		return "…"
	}
	return "…" + number[len(number)-shown:]
}

// logged returns the named facts that are stated.
func logged(facts ...any) slog.Value {
	var stated []slog.Attr
	for i := 0; i < len(facts); i += 2 {
		if value := reflect.ValueOf(facts[i+1]); value.IsValid() && !value.IsZero() {
			stated = append(stated, slog.Any(facts[i].(string), facts[i+1]))
		}
	}
	return slog.GroupValue(stated...)
}
