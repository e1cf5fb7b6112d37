// Command fleet keeps the balances of connections current in a database, day after day, on one machine or on many.
//
//	fleet add NAME ...            put connections of the configuration under the fleet's care, or let them go on
//	fleet work                    keep them current, until it is stopped
//	fleet status [NAME ...]       what is current, how old it is, what failed and what has to be done
//	fleet history -account ID     every balance that was fetched of an account
//	fleet serve                   a page to look at
//	fleet forget -connection NAME | -account ID
//	                              erase what is known of a connection or an account
//	fleet demo                    all of this in a sandbox, with seconds instead of hours
//	fleet version                 which build this is
//	fleet help COMMAND            the flags of a command
//
// # Every day
//
// The connections are those of the configuration of command openbalances: the file of -config, else that of
// OPENBALANCES_CONFIG, else openbalances/config.json in the user's configuration folder.
//
//	fleet add -all
//	fleet work -listen 127.0.0.1:8080
//
// Add sets "fleet": true in the entry of each connection and keeps every other byte of the file. From then on, openbalances
// get and openbalances accounts leave the connection out, so that one program spends its allowance. Work opens no entry
// without the mark. It reads the file again when it has changed, and secrets in other files every five minutes. A file that
// cannot be read any more leaves the connections as they were, and is logged. After a connection of the configuration was
// renamed, add tells the fleet, and its history goes on:
//
//	fleet add -renamed shop store
//
// # Database
//
// The database is that of -db, else of OPENBALANCES_FLEET_DB, else the SQLite file openbalances/fleet.db in the user's folder of
// states, for its owner only (mode 0600). An address that begins with postgres:// or postgresql:// is a PostgreSQL database,
// which any number of workers on any number of machines share. A password is better kept in OPENBALANCES_FLEET_DB or in a
// password file (PGPASSFILE) than in -db, which other users of the machine can see. Only add and work make a database; the
// other commands refuse a file that is not there.
//
// The database holds account ids, IBANs, names and balances, and addresses under which a PSU can consent again. It holds no
// credential, and of a consent a SHA-256 only. See .github/THREATS.md and adapters/fleet/SIZING.md.
//
// # Work
//
// Balances are fetched every -every, or less often where the provider allows fewer calls without the PSU. The calls of a
// day are spread over it. Allowances are counted in the database, by all workers together. A worker that dies loses the
// outcomes of the calls that it had under way: they count as spent, show as "unknown outcome", and are made again when
// -rescue-after has passed. -keep deletes what is older; the newest balances of each account stay.
//
// SIGTERM and an interrupt stop the work: no further call is made, those under way may end within 20 seconds, and their
// outcomes are stored. A second signal ends the program at once.
//
// -notify names a program that is started for each alarm: something has stopped and a person has to act. It gets the alarm as one
// JSON object on its standard input: at, connection, account (the fleet's number, as status shows it), kind, consent, detail
// and consentLink, each absent if it is empty. It gets no argument and no shell. Four run at once, each for 30 seconds at
// most; while 1,000 alarms wait, further ones are left out. That it fails is logged once, until it succeeds again. What has
// stopped stays in fleet status.
//
// The log goes to stderr, as text or as JSON (-log json). It holds connection names and the fleet's own numbers, and no account id,
// IBAN, amount or secret. Where OTEL_EXPORTER_OTLP_ENDPOINT is set, traces and metrics are sent there (OTLP over HTTP, as the other
// OTEL_ variables say); they hold providers, kinds and states only.
//
// # Page
//
// Serve and work -listen show the page of package adapters/fleet/page. Elsewhere than on loopback it needs -token-file, whose
// content every request has to bring, and -allow-host, the name under which it is reached; TLS is for a proxy before it.
// -river-ui adds the page of the job engine under /river/, which can also stop and repeat jobs. /healthz answers 200 while
// the database can be read, and 503 otherwise; work -health serves it without the page.
//
// # Exit codes
//
// It exits with 0 if everything succeeded, with 1 if something failed and with 78 (EX_CONFIG) for wrong usage or configuration.
// Status exits with 3 if something has to be done: if a connection or an account has stopped or is missing, a consent ends, the
// database takes no writes, or calls are overdue by more than 10 minutes. 2 is left by a panic alone, so systemd can start a worker
// again after one.
//
// # What is printed
//
// It holds no control character and none that is invisible; those are escaped as \u{1b}, in JSON as JSON does, and so is the
// start of a formula in CSV: see package adapters/use/printable. Nothing is coloured. Times are UTC.
package main
