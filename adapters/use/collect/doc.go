// Package collect fetches the balances of any number of accounts at any number of providers, in as few calls as each
// provider allows, and keeps every failure with the account it belongs to.
//
//	connections := []collect.Connection{{Key: "payroll", Source: client, PSU: adapters.Unattended()}}
//	run := collect.Balances(ctx, slices.Values(connections), nil)
//	for result := range run.Results() {
//		fmt.Println(result.Key, result.AccountID, len(result.Balances), result.Err)
//	}
//	fmt.Println(run.Report().Balances, "balances")
//
// # Which calls are made
//
// Accounts that a connection names are asked for in batches where its source has them, and one by one elsewhere; a batch
// call without ids tells which, with nothing sent. A connection that names none is asked for all its accounts: in one call
// where the source has AllBalances, else by listing them first. An account that the list names without balances is then
// asked for by itself, unless the list says that it is closed: then it yields a result with [Result].Closed, no error and
// no call. An account that the caller names is asked for in any case.
//
// Nothing is asked twice, with one exception. A batch that is refused as a whole with [adapters.ErrNotFound] or
// [adapters.ErrInvalidArgument] may be refused because of one of its accounts. Each of them is then asked for by itself,
// once, one after the other. Guards count these calls like any other, and what a guard refuses is the account's result;
// [Report].AskedAgain tells how many accounts it were. A batch of one account and a batch that fails with any other kind
// are not repeated.
//
// # One result for each account
//
// Every account that a connection names yields exactly one result, whatever happens. An id that cannot be used is an error
// of its own and keeps no other from being asked; one that is named twice yields two results, which share a call if they
// fall into one batch. A source that is nil, has no name or panics when asked for it is an [adapters.ErrInvalidArgument] of
// each account. A connection whose accounts are not known yields one result, with [Result].OfConnection.
//
// # Panics
//
// A panic in a source is the error of the accounts that were asked for, and one in an iterator of accounts that of the
// connection. Neither hides other accounts. When the loop over the results has ended, the first panic goes on in the loop's
// own goroutine, with its own value. A panic in the loop's body ends the run like a break.
//
// # Memory and order
//
// Connections and accounts are taken from their iterators as calls become possible, and results wait for the consumer
// in bounded number, so memory does not grow with the number of accounts. Results come as the calls end, or with
// [Options].Ordered in the order of connections and accounts, which costs some concurrency when one connection is slow.
//
// # Ending early
//
// Breaking out of the loop stops new calls and ends those under way; the loop returns when they have ended. When the
// context ends, the loop goes on without calls: each account that was not asked for yields a result with the context's
// error. From iterators that have no end, 100,000 accounts of each connection are still taken, and 100,000 connections. An
// iterator that blocks is waited for.
package collect
