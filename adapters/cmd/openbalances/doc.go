// Command openbalances fetches account balances from open-banking providers.
//
//	openbalances demo                     accounts and balances of every provider, from a built-in sandbox
//	openbalances get                      the balances of a configuration: of the accounts it names, or of all
//	openbalances accounts                 the accounts that its credentials give access to
//	openbalances check                    what can be known about a configuration without spending a call
//	openbalances explain -connection NAME [-account ID ...]
//	                                      which value of an answer becomes which field of a balance, and by which rule
//	openbalances sandbox -addr HOST:PORT  the providers' documented examples over HTTP
//	openbalances providers                what is supported, with which credentials
//	openbalances enablebanking banks -country XX
//	openbalances enablebanking link -country XX -bank NAME -connection NAME
//	                                      the banks of Enable Banking, and the way to a connection with one's own account
//	openbalances schema NAME              the JSON Schema of the configuration or of what a command prints
//	openbalances completion SHELL         a script that completes commands and flags in bash, zsh or fish
//	openbalances version                  which build this is
//	openbalances help COMMAND             the flags of a command
//
// It exits with 0 if everything succeeded, with 1 if something failed and with 2 for wrong usage or configuration, when
// nothing was sent. Go run makes 1 of 2.
//
// An interrupt, and the end of -timeout, end every command within a few seconds, whatever it waits for; what was
// fetched until then is printed.
//
// # Configuration
//
// The configuration is the file of -config ("-" is the standard input), else that of OPENBALANCES_CONFIG, else
// openbalances/config.json in the user's configuration folder. It is JSON, names any number of connections, and may
// have 64 MiB and a million elements. The command schema prints its JSON Schema, which "$schema" may name for an
// editor.
//
// Package adapters/use/configuration reads the file, and can be used by any program. Connections with "fleet": true are
// kept current by another program: get and accounts leave them out, and say so.
//
// A credential is a text, env:NAME or file:PATH, a regular file; the command providers lists the names. With a client
// id and secret instead of accessToken, tokens are fetched (Neonomics; One Single View without any further credential).
// Without psu the calls are unattended.
//
// Of a standard that many banks follow (Berlin Group, UK Open Banking), providers -banks lists the banks that are
// known, with what they need; bank among the credentials names one by its code. The addresses listed are suggestions:
// nothing is sent to one that is not the baseURL. For another bank, profile is the JSON of what is special about it, or
// the path of a file with it, in the words of package adapters/kit/bank; cardAccounts "true" asks for the card accounts of
// the consent. At a UK bank, cardAccounts says whether the accounts are credit and charge cards, "true" or "false": the
// account list has no others then, and a bank that may call debts of cards Credit demands it.
//
// Without accounts a connection's accounts are listed and all of them fetched, in as few calls as the provider allows.
// An account that the provider lists as closed and without balances costs no call and is no failure. Where a provider
// promises fewer balances in its list than for one account (Eika, myPOS), a warning says so: asking for each account as
// well would cost a call of its four a day. Name the accounts to get all.
//
// Link writes a connection into the configuration, with mode 0600 and every other byte kept. Run again, it renews the
// connection and finds its accounts again by their hash.
//
// # Calls are counted
//
// Unattended calls go through package adapters/use/accessguard, with one store for each user: openbalances/access.json
// in the user's folder of states (~/.local/state), or -guard FILE. The summary tells what is left. A call too many is a
// failure rate_limited with the time of the next one, and is not sent. Without a store that can be written, nothing is
// sent; -guard off turns it off. Calls to loopback addresses, a sandbox, are only counted if -guard names a file. The
// file suits some thousands of accounts.
//
// # Consents
//
// A warning comes 14 days (-consent-days) before a consent ends, by the provider's word or by consentValidUntil of the
// configuration. -notify runs a command of the shell once for each consent that ends soon, is over, or is refused; the
// news is on its standard input, one line each. What it does not take is told again.
//
// # One balance, totals
//
// -pick leaves one balance of each account, with its reason; where none fits, or several do, that account has failed.
// -totals adds what is alike: one currency, one type, credit lines counted or not, no account twice. Where that is not
// so it says why, and adds nothing.
//
// # Spreadsheets
//
// In xlsx amounts are numbers that show their scale, and text where a spreadsheet's 15 digits end; totals are on a
// second sheet. CSV has a row for every account, also if it is empty or has failed. Where spreadsheets write a comma,
// 4.200 of a CSV is read as 4200: -decimal comma writes 4,200 and separates the cells by semicolons. make office lets
// LibreOffice read every amount of the demo in eight languages.
//
// # What is printed
//
// Texts of providers cannot steer a terminal, hide, or turn the amounts beside them around: control characters, what is
// invisible or blank, and letters that are written from right to left are escaped in every format, in JSON as JSON does
// and elsewhere as \u{1b}. In CSV that goes for the start of a formula, too: a text that begins with =, +, - or @, also
// behind a comma or a semicolon, begins with \u{3d} and the like, so that no spreadsheet calculates it. Package
// adapters/use/printable does this, for any program. Amounts are as sent. Nothing is coloured.
// While get and accounts take longer than a second, a terminal on stderr shows how far they are. With -quiet stderr
// holds only what failed and which consents end, so that cron mails only then.
//
// # What an answer means
//
// Explain makes one call, for one account, for several (-account more than once) or for the list (without -account). It
// prints which value of the answer becomes which field of a balance or account by which rule, and why the others go
// nowhere, as the provider's document declares it (x-maps-to, x-unmapped). Amounts, currencies, types and times are
// shown; ids, IBANs and everything else are masked.
//
// With -contract, get also tells in what the traffic differs from the provider's document, such as an unknown member,
// value or status, one line each on stderr and as deviations in the JSON; the exit code stays the same. Package
// specs/traffic is the same check for a client of one's own.
package main
