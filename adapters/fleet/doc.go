// Package fleet keeps the balances of any number of connections current in a database, by itself, on one machine or on many.
//
//	db, err := fleet.OpenDatabase(ctx, "fleet.db") // or postgres://...
//	f, err := fleet.New(db, &fleet.Options{Open: open})
//	added, err := f.Add(ctx, slices.Values([]string{"payroll"}))
//	err = f.Work(ctx) // until ctx ends
//
// Open is the program's own: it makes a [Connection] of a name, from wherever the program keeps its credentials. Reads are
// methods of [Database], and need neither Open nor a fleet that works.
//
// # What is done when
//
// The jobs are those of an engine, River (riverqueue.com): it has the schedule, the workers, their leader, and the rescue of
// work whose worker died. Each connection has one job for life, list: it takes the accounts that the entry names, or asks the
// provider for its list, every day, or as often as balances are fetched where the list carries them. Other accounts are put
// into units, which have one job for life each, refresh: as many accounts as a batch takes ([adapters.MaxBatch]) where the
// provider has batches, and else one. Package collect makes the calls.
//
// Balances are fetched as soon as an account is known, and then every six hours (Options.Every), or less often where the
// allowance of the provider's document asks for it. The second time comes up to twice as late as later ones, so that what
// was added together is spread over the day. What comes of a call says when the next one is made:
//
//   - Balances, or an empty list: at the regular time.
//   - rate_limited: when the provider says, or else when the guard has a call left.
//   - unavailable, or a call that took too long: after a minute, then two, four and so on up to the regular time. The last
//     call of an allowance is kept for the regular time.
//   - unauthorized: like unavailable, so that a dead token is renewed. After three in a row the connection stops.
//   - consent_required: the connection stops. Its consent link is kept.
//   - Anything else, such as protocol or not_found: the account stops or, if it was the list's, the connection. No repetition
//     mends these.
//
// Each stop is an [Alarm], once: a record of the logger, and a call of Options.OnAlarm. A connection that stopped goes on when
// it is added again, and within the hour when its entry has another consent. A connection that Open cannot open is
// [StateMissing], and is tried again every ten minutes. Other connections never notice.
//
// # Allowances
//
// Every call passes a guard of package accessguard whose store is the same database, so that all workers together keep
// within the allowance of a consent. A call is counted before it is sent. Calls of other programs count only if they use the
// same store: what a fleet keeps current should not be polled besides.
//
// # What a crash costs
//
// Before a call is sent, a row says so. Afterwards the balances or the failure are stored in one transaction, which also says
// that the call has ended. So an outcome is stored once or not at all. If a worker dies in between, its unit's next job calls
// the outcome unknown (ConnectionStatus.UnknownOutcomes); the guard has counted the call. How long the work of a worker that
// died waits is Options.RescueAfter and half a minute. A database that fails is asked again for a minute before an outcome is
// lost in the same way; its job goes on after Options.RescueAfter then, if the engine has given up, too. A stop of the whole program loses nothing: due times stand in the tables.
//
// # Several machines
//
// Any number of processes may work on one PostgreSQL database, and each can die at any time. With PostgreSQL all of them go
// by its clock, which they ask for every ten seconds, so a worker whose clock is wrong makes no call too early; only the
// engine's leader takes its own to find the work of workers that died (Options.RescueAfter). An SQLite file serves the
// processes of one machine, on a local file system. After a clock was wrong for a time, what it has put off too far is brought
// forward within a minute.
//
// # What is stored where
//
// Tables whose names begin with fleet_: connections, their accounts with IBAN and names, every balance with the digits that
// were sent (NUMERIC in PostgreSQL, TEXT in SQLite), every failure without the provider's text, and every call. Times are kept
// to the microsecond. The character zero, which PostgreSQL cannot keep, becomes U+FFFD. Credentials are never stored, and of a
// consent only a SHA-256; of an answer's links only where the PSU can consent again, until that is done. Tables whose names
// begin with river_ are the engine's: arguments of jobs hold ids of these tables only. The table openbalances_access is the
// guard's: it knows accounts by SHA-256. Logs and errors hold no account id, IBAN, name, amount or secret.
//
// [Fleet.Forget] erases all facts of an account or connection, and its pending jobs. Options.Keep deletes what is older;
// the newest balances of each account stay. An SQLite file is for its owner only, and so are its -wal and -shm; what is deleted
// in it is overwritten, as soon as the -wal is taken into it. PostgreSQL's files keep it until they are vacuumed, and backups longer.
//
// Migrations go forward only and run when a database is opened. Tables of a later version are [ErrVersion].
//
// # Limits
//
// The engine keeps a job for each connection and each unit. A process takes up to sixteen connections to PostgreSQL
// (pool_max_conns in the address), one of them for notices. An SQLite file takes one write at a time, so it suits some tens
// of thousands of accounts.
package fleet
