// Package collect fetches the balances of any number of accounts at any number of providers, in as few calls as each
// provider allows, and keeps every failure with the account it belongs to.
//
//	connections := []collect.Connection{{Name: "payroll", Source: client, PSU: adapters.Unattended()}}
//	run := collect.Balances(ctx, slices.Values(connections), nil)
//	for result := range run.Results() {
//		if result.Err != nil { ... }
//	}
//	fmt.Println(run.Report())
//
// # Which calls are made
//
// Accounts that a connection names are asked for in batches where its source is an [adapters.BatchSource], and one by
// one elsewhere. A connection that names none is asked for all its accounts: in one call where the source is an
// [adapters.BalanceLister], else by listing them first, for which the source has to be an [adapters.AccountLister]. An
// account that such a list names without balances is then asked for by itself. Nothing is retried.
//
// # Memory and order
//
// Connections and accounts are taken from their iterators as calls become possible, and results wait for the consumer
// in bounded number, so memory does not grow with the number of accounts. Results come as the calls end, or with
// [Options].Ordered in the order of connections and accounts, which costs some concurrency when one connection is slow.
//
// # Ending early
//
// Breaking out of the loop or ending the context stops new calls and ends those under way; the loop returns when they
// have ended. An iterator that blocks is waited for.
package collect
