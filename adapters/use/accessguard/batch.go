package accessguard

import (
	"context"

	"github.com/openbalances/openbalances/adapters"
)

type batchGuard struct {
	*guard
	batch adapters.BatchSource
}

// BatchBalances implements [adapters.BatchSource]. Every account is counted. Refused accounts carry the guard's error,
// and the others are asked in one call; if that fails as a whole beside refused ones, each of its accounts carries the
// failure.
func (g *batchGuard) BatchBalances(ctx context.Context, accountIDs []string, psu adapters.PSU) (
	[]adapters.AccountBalances, error) {
	if err := psu.Validate(); err != nil {
		return nil, g.completed(err)
	}
	if _, attended := psu.Context(); attended || len(accountIDs) == 0 {
		return g.batch.BatchBalances(ctx, accountIDs, psu)
	}
	results := make([]adapters.AccountBalances, len(accountIDs))
	var places []int // of the accounts to ask in results
	var asked []string
	var slots []slot
	for i, id := range accountIDs {
		s, err := g.reserve(ctx, id)
		results[i] = adapters.AccountBalances{AccountID: id, Err: err}
		if err == nil {
			places, asked, slots = append(places, i), append(asked, id), append(slots, s)
		}
	}
	if err := ctx.Err(); err != nil {
		for _, s := range slots {
			g.release(ctx, s)
		}
		return nil, g.interrupted(err)
	}
	if len(asked) == 0 {
		return results, nil
	}
	answers, err := g.ask(ctx, asked, slots, psu)
	if len(asked) == len(accountIDs) {
		return answers, err
	}
	for i, place := range places {
		if err != nil {
			results[place].Err = err
		} else {
			results[place] = answers[i]
		}
	}
	return results, nil
}

// ask makes the one call and settles the slots of its accounts.
func (g *batchGuard) ask(ctx context.Context, accountIDs []string, slots []slot, psu adapters.PSU) (
	[]adapters.AccountBalances, error) {
	answers, err := g.batch.BatchBalances(ctx, accountIDs, psu)
	if err == nil && len(answers) != len(accountIDs) {
		err = &adapters.Error{
			Kind: adapters.ErrProtocol, Provider: g.provider, Operation: getBalances,
			Detail: "access guard: the source did not answer once for each account",
		}
	}
	for i, s := range slots {
		switch {
		case neverSent(err):
			g.release(ctx, s)
		case err != nil:
			g.settle(ctx, s, err)
		default:
			g.settle(ctx, s, answers[i].Err)
		}
	}
	if err != nil {
		return nil, err
	}
	return answers, nil
}
