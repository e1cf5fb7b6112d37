package call

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/currency"
)

// maxBalances is how many balances of one account an answer may hold. Real ones hold a handful.
const maxBalances = 1000

const (
	getBalances = "get balances"
	getAccount  = "get account"
	getToken    = "get token"
)

// Balances fetches the balances of one account in one request, or one for each page of a [Linked] body. toBalances is
// pure and leaves Provider, ReceivedAt and RequestID to this function. It sets AccountID where the answer names the
// account: this proves whose balances they are, so the connection can serve other requests; an id that was not asked
// for is an error. Without an id, and without the request's id in the answer's headers, the connection is closed if it
// is HTTP/1.
func Balances[T any](ctx context.Context, e *Endpoint, accountID string, psu adapters.PSU, request Request,
	toBalances func(T) ([]adapters.Balance, error)) (balances []adapters.Balance, err error) {
	request.operation = getBalances
	if err := e.checkArguments(request, psu, accountID); err != nil {
		return nil, err
	}
	err = linkedPages(ctx, e, request, func(body T, x *exchanged) error {
		mapped, err := toBalances(body)
		if err == nil {
			x.pages.Hold(len(mapped))
			err = partial(x.pages.Whole())
		}
		if err == nil {
			named := named(mapped)
			if err = e.finish(mapped, accountID, x); err == nil && named {
				x.trip.Prove()
			}
		}
		balances = mapped
		return err
	})
	if err != nil {
		return nil, err
	}
	return balances, nil
}

// Batch fetches the balances of several accounts in one request, or one for each page of a [Linked] body. toResults is
// pure and maps the answer to one element for each account, in the order asked, with the AccountID of balances as for
// [Balances].
func Batch[T any](ctx context.Context, e *Endpoint, accountIDs []string, psu adapters.PSU, request Request,
	toResults func(T) ([]adapters.AccountBalances, error)) (results []adapters.AccountBalances, err error) {
	request.operation = getBalances
	if problem := batchProblem(accountIDs); problem != "" {
		return nil, e.complete(*invalid("account ids", problem), request, &exchanged{})
	}
	if err := e.checkArguments(request, psu, accountIDs...); err != nil {
		return nil, err
	}
	err = linkedPages(ctx, e, request, func(body T, x *exchanged) error {
		mapped, err := toResults(body)
		if err == nil {
			err = partial(x.pages.Whole())
		}
		for i := range mapped {
			named := named(mapped[i].Balances)
			if e.finishAccount(&mapped[i], request, x); mapped[i].Err == nil && named {
				x.trip.Prove()
			}
		}
		results = mapped
		return err
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// named reports whether the answer names the account of balances, as mapped.
func named(balances []adapters.Balance) bool { return len(balances) > 0 && balances[0].AccountID != "" }

func batchProblem(accountIDs []string) string {
	switch {
	case len(accountIDs) == 0:
		return "missing"
	case len(accountIDs) > adapters.MaxBatch:
		return "more than one call takes"
	case len(slices.Compact(slices.Sorted(slices.Values(accountIDs)))) < len(accountIDs):
		return "one occurs twice"
	}
	return ""
}

func (e *Endpoint) checkArguments(request Request, psu adapters.PSU, accountIDs ...string) error {
	err := psu.Validate()
	for _, id := range accountIDs {
		if problem := adapters.ValidateAccountID(id); problem != nil {
			err = problem
			break
		}
	}
	if err == nil {
		return nil
	}
	return e.outcome(context.Background(), request, &exchanged{}, err)
}

// finishAccount completes one account of several; what is wrong with one counts for this one only.
func (e *Endpoint) finishAccount(result *adapters.AccountBalances, request Request, x *exchanged) {
	if result.Err == nil {
		result.Err = e.finish(result.Balances, result.AccountID, x)
	}
	if result.Err != nil {
		result.Balances, result.Err = nil, e.outcome(context.Background(), request, x, result.Err)
	}
}

// finish completes mapped balances and holds them to the contract.
func (e *Endpoint) finish(balances []adapters.Balance, accountID string, x *exchanged) error {
	if len(balances) > maxBalances {
		return &adapters.Error{Kind: adapters.ErrTooLarge, Detail: "more balances than one account can have"}
	}
	warnings, id := x.warnings(), x.id()
	for i := range balances {
		b := &balances[i]
		if b.AccountID != "" && b.AccountID != accountID {
			return At("balances", i, Mismatch("account id"))
		}
		b.Provider, b.AccountID, b.ReceivedAt, b.RequestID = e.provider.Name, accountID, x.received.Round(0), id
		b.Bank = shorten(cmp.Or(b.Bank, *e.bank.Open()))
		b.ProviderType, b.LastCommittedTransaction = shorten(b.ProviderType), shorten(b.LastCommittedTransaction)
		for i := range b.CreditLines {
			b.CreditLines[i].Type = shorten(b.CreditLines[i].Type)
		}
		if warning := currency.Warning(b.Amount.Decimal(), b.Currency, x.received); warning != "" {
			b.Warnings = append(b.Warnings, warning)
		}
		if warning := timeWarning(b, x.received); warning != "" {
			b.Warnings = append(b.Warnings, warning)
		}
		b.Warnings = append(b.Warnings, warnings...)
		if err := b.Validate(); err != nil {
			return At("balances", i, err)
		}
		if len(b.IBAN) > maxText || len(b.BBAN) > maxText {
			return At("balances", i, Broken("account number", "too long"))
		}
	}
	if len(balances) > 1 {
		warnOfTwins(balances)
	}
	return nil
}

// timeWarning returns what is odd about the times that a balance states, or "".
func timeWarning(b *adapters.Balance, received time.Time) string {
	const first = 2000
	switch {
	case !b.AsOf.IsZero() && b.AsOf.Year() < first, !b.ReferenceDate.IsZero() && b.ReferenceDate.Year < first:
		return adapters.WarningOldTime
	case b.AsOf.After(received.Add(24 * time.Hour)):
		return adapters.WarningFutureTime
	}
	return ""
}

// warnOfTwins warns of balances that nothing but their amount may tell apart.
func warnOfTwins(balances []adapters.Balance) {
	type facts struct {
		providerType, currency string
		asOf                   time.Time
		date                   adapters.Date
		lines                  uint64 // whether each credit line is included
	}
	first := make(map[facts]int, len(balances))
	var texts []string // of all whose only warning this is
	warn := func(b *adapters.Balance) {
		if b.Warnings != nil {
			b.Warnings = append(slices.Clip(b.Warnings), adapters.WarningAlike)
			return
		}
		if texts == nil {
			texts = make([]string, 0, len(balances))
		}
		texts = append(texts, adapters.WarningAlike)
		b.Warnings = texts[len(texts)-1 : len(texts) : len(texts)]
	}
	for i := range balances {
		b := &balances[i]
		of := facts{providerType: b.ProviderType, currency: b.Currency, asOf: b.AsOf, date: b.ReferenceDate}
		for _, line := range b.CreditLines {
			of.lines = of.lines<<2 | 1
			if line.Included != nil && *line.Included {
				of.lines += 1
			} else if line.Included != nil {
				of.lines += 2
			}
		}
		place, known := first[of]
		switch {
		case !known:
			first[of] = i + 1
			continue
		case place > 0:
			warn(&balances[place-1])
			first[of] = 0 // it has been warned
		}
		warn(b)
	}
}

// id is what to quote to the provider's support.
func (x *exchanged) id() string {
	if received := x.receivedID(); received != "" {
		return shorten(received)
	}
	return x.sentID()
}
