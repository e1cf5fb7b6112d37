package page_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
)

// now is the time of the tests.
var now = time.Date(2026, 11, 30, 20, 41, 7, 0, time.UTC)

// fake holds a fleet in memory. It answers as fleet.Database documents it.
type fake struct {
	summary     fleet.Summary
	connections []fleet.ConnectionStatus
	accounts    []fleet.AccountStatus
	stored      map[int64][]fleet.Stored
	failures    map[int64][]fleet.Failure
	err         error // of every call, if not nil
}

func (f *fake) Summary(context.Context) (fleet.Summary, error) { return f.summary, f.err }

func (f *fake) Connections(_ context.Context, after string, limit int) ([]fleet.ConnectionStatus, error) {
	return some(f.connections, limit, func(c fleet.ConnectionStatus) bool { return c.Name > after }), f.err
}

func (f *fake) Connection(_ context.Context, name string) (fleet.ConnectionStatus, error) {
	return one(f.connections, f.err, func(c fleet.ConnectionStatus) bool { return c.Name == name })
}

func (f *fake) Accounts(_ context.Context, connection, after string, limit int) ([]fleet.AccountStatus, error) {
	return some(f.accounts, limit, func(a fleet.AccountStatus) bool {
		return a.Connection == connection &&
			a.AccountID > after
	}), f.err
}

func (f *fake) Account(_ context.Context, id int64) (fleet.AccountStatus, error) {
	return one(f.accounts, f.err, func(a fleet.AccountStatus) bool { return a.ID == id })
}

func (f *fake) History(_ context.Context, id int64, from, until time.Time) iter.Seq2[fleet.Stored, error] {
	return func(yield func(fleet.Stored, error) bool) {
		if f.err != nil {
			yield(fleet.Stored{}, f.err)
			return
		}
		for _, s := range f.history(id) {
			if !s.FetchedAt.Before(from) && s.FetchedAt.Before(until) && !yield(s, nil) {
				return
			}
		}
	}
}

// history is what is stored for an account: its own list, or a call every six hours of a year.
func (f *fake) history(id int64) (all []fleet.Stored) {
	if listed, ok := f.stored[id]; ok {
		return listed
	}
	i := slices.IndexFunc(f.accounts, func(a fleet.AccountStatus) bool { return a.ID == id })
	if i < 0 || f.accounts[i].FetchedAt.IsZero() {
		return nil
	}
	for call := range int64(fetched) {
		all = append(all, balancesOf(f.accounts[i], call)...)
	}
	return all
}

func (f *fake) Failures(_ context.Context, id int64, limit int) ([]fleet.Failure, error) {
	return some(f.failures[id], limit, func(fleet.Failure) bool { return true }), f.err
}

func (f *fake) ConnectionFailures(_ context.Context, id int64, limit int) ([]fleet.Failure, error) {
	return some(f.failures[-id], limit, func(fleet.Failure) bool { return true }), f.err
}

func some[T any](all []T, limit int, wanted func(T) bool) (found []T) {
	for _, each := range all {
		if len(found) < limit && wanted(each) {
			found = append(found, each)
		}
	}
	return found
}

func one[T any](all []T, err error, wanted func(T) bool) (none T, _ error) {
	if i := slices.IndexFunc(all, wanted); i >= 0 && err == nil {
		return all[i], nil
	}
	return none, cmp.Or(err, fleet.ErrNotFound)
}

// left is an allowance of four calls a day, of which an account has used as many as its id modulo five.
func left(_ context.Context, id int64) (accessguard.Left, error) {
	calls := 4 - int(id%5)
	if calls > 0 {
		return accessguard.Left{Limited: true, Calls: calls}, nil
	}
	return accessguard.Left{Limited: true, Next: now.Add(83 * time.Minute)}, nil
}

// hostile is a name that would run a script, turn the text round and leave its place, if a page let it.
const hostile = `"><script>document.title='owned'</script>` + "\u202egnp.exe" + `' onmouseover='x`

// tenConnections is a fleet with banks, currencies and troubles of several kinds.
func tenConnections() *fake {
	f := &fake{failures: map[int64][]fleet.Failure{}}
	add := func(c fleet.ConnectionStatus, accounts ...fleet.AccountStatus) {
		c.ID = int64(len(f.connections) + 1)
		c.AddedAt = now.AddDate(-1, -2, 0)
		for i, a := range accounts {
			a.ID = int64(100*int(c.ID) + i)
			a.Connection, a.Provider, a.Bank = c.Name, c.Provider, cmp.Or(a.Bank, c.Bank)
			a.AccountID = cmp.Or(a.AccountID, fmt.Sprintf("acc-%05d", 7919*a.ID%100000))
			f.accounts = append(f.accounts, a)
		}
		slices.SortFunc(f.accounts, func(a, b fleet.AccountStatus) int { return cmp.Compare(a.AccountID, b.AccountID) })
		f.connections = append(f.connections, c)
	}
	ok := fleet.AccountStatus{State: adapters.AccountStateEnabled}
	named := func(name, iban, currency string) fleet.AccountStatus {
		a := ok
		a.Name, a.IBAN, a.Currency = name, iban, currency
		return a
	}
	stopped := named("Treasury", "SA0380000000608010167519", "SAR")
	stopped.Stopped, stopped.Kind, stopped.Detail, stopped.Failed = true, adapters.ErrProtocol,
		"amount: not a decimal amount", 1
	limited := named("Savings", "", "GBP")
	limited.Kind, limited.Detail, limited.Failed = adapters.ErrRateLimited, "", 1
	limited.AccountID = "22289"
	closed := named("Old deposit", "NO1720102765281", "NOK")
	closed.State = adapters.AccountStateClosed
	odd := ok
	odd.Name, odd.AccountID, odd.Currency = hostile, hostile, "EUR"
	unknown := named("Operating account", "DE89370400440532013000", "EUR")
	unknown.UnknownOutcomes = 1

	active := fleet.StateActive
	add(fleet.ConnectionStatus{Name: "bakery", Provider: "eika", Bank: "Sparebank 1", State: active},
		named("Driftskonto", "NO9386011117947", "NOK"), named("Skattetrekk", "NO8330001234567", "NOK"), closed)
	add(fleet.ConnectionStatus{Name: "branch-bahrain", Provider: "onesingleview", Bank: "KSA", State: active, Stopped: 1},
		stopped, named("Dinar account", "BH67BMAG00001299123456", "BHD"),
		named("Payroll", "KW81CBKU0000000000001234560101", "KWD"))
	add(fleet.ConnectionStatus{Name: "branch-tokyo", Provider: "tokenio", Bank: "Iron Bank", State: active},
		named("普通預金 本店", "", "JPY"))
	add(fleet.ConnectionStatus{Name: "family", Provider: "enablebanking", Bank: "Nordea",
		State: fleet.StateConsentRequired,
		Kind:  adapters.ErrConsentRequired, Consent: adapters.ErrConsentExpired,
		ConsentLink:       "https://consent.example/renew?session=7f3a",
		ConsentValidUntil: now.Add(-26 * time.Hour)}, named("Käyttötili", "FI2112345600000785", "EUR"),
		named("Lönekonto", "SE4550000000058398257466", "SEK"))
	add(fleet.ConnectionStatus{Name: "holding", Provider: "berlingroup", Bank: "Erste Group", State: active,
		ConsentValidUntil: now.Add(75 * time.Hour), UnknownOutcomes: 1}, unknown,
		named("Kontokorrent", "AT611904300234573201", "EUR"))
	add(fleet.ConnectionStatus{Name: hostile, Provider: "berlingroup", Bank: `<img src=x onerror=alert(1)>`,
		State:       fleet.StateConsentRequired,
		ConsentLink: "javascript:alert(1)"}, odd)
	add(fleet.ConnectionStatus{Name: "left-over", Provider: "neonomics", State: fleet.StateMissing,
		Detail: "no entry of this name"})
	add(fleet.ConnectionStatus{Name: "new-tenant", Provider: "ukob", Bank: "Lloyds", State: active}, ok)
	add(fleet.ConnectionStatus{Name: "shop", Provider: "mypos", State: fleet.StateStopped, Kind: adapters.ErrUnauthorized,
		Detail: "the access token is not accepted", Failed: 3}, named("myPOS EUR", "IE29MYPO90001712345678", "EUR"))
	ended := named("Business current", "GB29NWBK60161331926819", "GBP")
	ended.ValidUntil = now.Add(-75 * time.Hour)
	add(fleet.ConnectionStatus{Name: "studio", Provider: "ukob", Bank: "Barclays", State: active, Failing: 1}, limited, ended)
	slices.SortFunc(f.connections, func(a, b fleet.ConnectionStatus) int { return strings.Compare(a.Name, b.Name) })
	f.fill()
	return f
}

// fill gives the accounts a year of balances, and the counts that follow from them.
func (f *fake) fill() {
	for i := range f.accounts {
		a := &f.accounts[i]
		if a.Connection == "new-tenant" {
			a.NextAt = now.Add(12 * time.Minute)
			continue
		}
		until := now.Add(-time.Duration(20+7*a.ID%300) * time.Minute)
		if a.Stopped || a.State == adapters.AccountStateClosed || a.Connection == "family" || a.Connection == "shop" {
			until = now.Add(-time.Duration(30+a.ID%20) * time.Hour)
		} else {
			a.NextAt = until.Add(6 * time.Hour)
		}
		a.FetchedAt, a.LastSeen = until, until.Truncate(24*time.Hour)
		a.Latest = balancesOf(*a, fetched-1)
		if a.Kind != "" {
			f.failures[a.ID] = []fleet.Failure{{CallID: 9e6, At: now.Add(-3 * time.Hour), Kind: a.Kind,
				Origin: adapters.OriginProvider,
				Status: statusOf[a.Kind], Code: codeOf[a.Kind], Operation: "get balances", Detail: a.Detail,
				RequestID: "8b0c2b5e-6d0f-4a53-9f2b-7f1d2f3f9b51"}}
			if a.Kind == adapters.ErrRateLimited {
				f.failures[a.ID][0].RetryAfter = now.Add(83 * time.Minute)
			}
		}
	}
	f.summary.Connections = map[fleet.State]int{}
	for i := range f.connections {
		c := &f.connections[i]
		f.summary.Connections[c.State]++
		f.summary.StoppedAccounts, f.summary.FailingAccounts = f.summary.StoppedAccounts+c.Stopped,
			f.summary.FailingAccounts+c.Failing
		for _, a := range f.accounts {
			if a.Connection != c.Name {
				continue
			}
			c.Accounts++
			f.failures[-c.ID] = append(f.failures[-c.ID], f.failures[a.ID]...)
			if a.State == adapters.AccountStateClosed {
				c.Closed++
				continue
			}
			if a.FetchedAt.After(c.Newest) {
				c.Newest = a.FetchedAt
			}
			if c.Oldest.IsZero() || a.FetchedAt.Before(c.Oldest) {
				c.Oldest = a.FetchedAt
			}
			if c.NextAt.IsZero() || a.NextAt.Before(c.NextAt) {
				c.NextAt = a.NextAt
			}
		}
		f.summary.Accounts += c.Accounts
		if c.Newest.After(f.summary.Newest) {
			f.summary.Newest = c.Newest
		}
		if !c.Oldest.IsZero() && (f.summary.Oldest.IsZero() || c.Oldest.Before(f.summary.Oldest)) {
			f.summary.Oldest = c.Oldest
		}
	}
	f.summary.NeverFetched, f.summary.UnknownOutcomes, f.summary.Version = 1, 1, 1
}

// What the providers of the tests answer.
var (
	statusOf = map[adapters.Kind]int{adapters.ErrRateLimited: 429, adapters.ErrProtocol: 200}
	codeOf   = map[adapters.Kind]string{adapters.ErrRateLimited: "ACCESS_EXCEEDED"}
)

// scales are the digits after the point that the banks of the tests send.
var scales = map[string]int64{"JPY": 0, "BHD": 3, "KWD": 3}

// fetched is how many calls an account has had, six hours apart: a year and a few days.
const fetched = 370 * 4

// balancesOf makes the balances of a call, counted from the first, out of the account's id and the time: a slow wave
// with steps, in whole units of the scale, so that every text is exact.
func balancesOf(a fleet.AccountStatus, call int64) (all []fleet.Stored) {
	at := a.FetchedAt.Add(time.Duration(call-fetched+1) * 6 * time.Hour)
	scale, ok := scales[a.Currency]
	if !ok {
		scale = 2
	}
	day := at.Unix() / 86400
	units := (a.ID*7919+day*(day%13)*31+day*a.ID*17)%900000 - 150000 + (day%30)*21000 + at.Unix()/21600%4*1234
	if a.Currency == "KWD" {
		units += 123456789000
	}
	for i, kind := range []adapters.BalanceType{adapters.BalanceTypeClosingBooked, adapters.BalanceTypeInterimAvailable} {
		text := new(big.Rat).SetFrac64(units, pow10(scale)).FloatString(int(scale))
		amount, err := adapters.ParseAmount(text)
		if err != nil {
			panic(err)
		}
		b := adapters.Balance{Provider: a.Provider, Bank: a.Bank, AccountID: a.AccountID, IBAN: a.IBAN, Type: kind,
			ProviderType: []string{"CLBD", "ITAV"}[i],
			Amount:       amount, Currency: a.Currency, ReceivedAt: at.Add(-time.Second), RequestID: fmt.Sprintf("req-%d", call)}
		if i == 0 {
			b.AsOf = at.Truncate(24 * time.Hour)
		} else if a.Currency == "GBP" {
			included := false
			line := adapters.NewAmount(amount.Decimal().Abs())
			b.CreditLines = []adapters.CreditLine{{Included: &included, Type: "Pre-Agreed", Amount: &line, Currency: "GBP"}}
			b.Warnings = []string{adapters.WarningAlike}
		}
		all = append(all, fleet.Stored{Balance: b, CallID: a.ID*10000 + call, FetchedAt: at})
		units -= 25000 + a.ID
	}
	return all
}

func pow10(n int64) int64 {
	power := int64(1)
	for range n {
		power *= 10
	}
	return power
}
