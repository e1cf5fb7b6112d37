package main

import (
	"context"
	"errors"

	"github.com/openbalances/openbalances/adapters"
)

// asking is a source whose accounts are counted as they are asked for.
type asking struct {
	adapters.Source
	tally  *tally
	single bool // no batches
}

func (a asking) Balances(ctx context.Context, id string, psu adapters.PSU) ([]adapters.Balance, error) {
	a.tally.ask(1)
	balances, err := a.Source.Balances(ctx, id, psu)
	a.tally.end(err)
	return balances, err
}

func (a asking) BatchBalances(ctx context.Context, ids []string, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	if a.single {
		return adapters.Base(a.Provider()).BatchBalances(ctx, ids, psu)
	}
	a.tally.ask(len(ids))
	answers, err := a.Source.BatchBalances(ctx, ids, psu)
	for i := range ids {
		switch {
		case err != nil:
			a.tally.end(err)
		case i < len(answers):
			a.tally.end(answers[i].Err)
		}
	}
	return answers, err
}

func (a asking) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	answers, err := a.Source.AllBalances(ctx, psu)
	for _, answer := range answers {
		if !errors.Is(answer.Err, adapters.ErrNoBalances) { // or it is asked for by itself
			a.tally.ask(1)
			a.tally.end(answer.Err)
		}
	}
	return answers, err
}
