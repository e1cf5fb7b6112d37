package main

import (
	"context"
	"errors"

	"github.com/openbalances/openbalances/adapters"
)

// asking is a source that is being asked: it counts, and it remembers the accounts that the provider lists.
type asking struct {
	source adapters.Source
	tally  *tally
	ids    []string // nil: not known yet
}

// view returns the source with the abilities that package collect may use. Accounts that the user names are asked for
// one by one.
func (a *asking) view(c connection) adapters.Source {
	lister, hasList := a.source.(adapters.AccountLister)
	whole, hasBalances := a.source.(adapters.BalanceLister)
	batch, hasBatch := a.source.(adapters.BatchSource)
	switch {
	case c.accounts == nil && hasBalances:
		return askingWhole{a, whole}
	case hasBatch && (c.batches || c.accounts == nil && hasList):
		return askingBatch{askingList{a, lister}, batch}
	case c.accounts == nil && hasList:
		return askingList{a, lister}
	}
	return a
}

// lists reports whether a source knows its accounts.
func lists(source adapters.Source) bool {
	_, hasList := source.(adapters.AccountLister)
	_, hasBalances := source.(adapters.BalanceLister)
	return hasList || hasBalances
}

func (a *asking) Balances(ctx context.Context, id string, psu adapters.PSU) ([]adapters.Balance, error) {
	a.tally.ask(1)
	balances, err := a.source.Balances(ctx, id, psu)
	a.tally.end(err)
	return balances, err
}

func (a *asking) know(ids []string) {
	if a.ids == nil {
		a.ids = append([]string{}, ids...)
	}
}

type askingList struct {
	*asking
	lister adapters.AccountLister
}

func (a askingList) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	accounts, err := a.lister.Accounts(ctx, psu)
	if err == nil {
		a.know(idsOf(accounts))
	}
	return accounts, err
}

func idsOf(accounts []adapters.Account) []string {
	ids := make([]string, 0, len(accounts))
	for _, account := range accounts {
		ids = append(ids, account.ID)
	}
	return ids
}

type askingBatch struct {
	askingList
	adapters.BatchSource
}

func (a askingBatch) BatchBalances(ctx context.Context, ids []string, psu adapters.PSU) (
	[]adapters.AccountBalances, error) {
	a.tally.ask(len(ids))
	answers, err := a.BatchSource.BatchBalances(ctx, ids, psu)
	if err != nil {
		a.tally.failed.Add(int64(len(ids)))
	}
	a.tally.endAll(answers)
	return answers, err
}

type askingWhole struct {
	*asking
	lister adapters.BalanceLister
}

func (a askingWhole) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	answers, err := a.lister.AllBalances(ctx, psu)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(answers))
	for _, answer := range answers {
		ids = append(ids, answer.AccountID)
		if !errors.Is(answer.Err, adapters.ErrNotListed) { // or it is asked for by itself
			a.tally.ask(1)
			a.tally.end(answer.Err)
		}
	}
	a.know(ids)
	return answers, nil
}
