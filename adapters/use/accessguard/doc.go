// Package accessguard keeps unattended calls within the provider's allowance: it counts them for every provider,
// consent and account in a rolling window and refuses the next one before it is sent.
//
//	guarded, err := accessguard.New(client, "neonomics", sessionID, accessguard.File("access.json"), nil)
//
// A guarded source is used like any other. It refuses with [adapters.ErrRateLimited], Status 0 and the time of the next
// free call in RetryAfter; it never waits and never repeats a call.
//
// # What is counted
//
// Unattended calls, one for each account, also in a batch. Attended calls are neither counted nor refused; whether a
// call is attended is what [adapters.Attended] declares, and the guard cannot know better. A call is counted before it
// is sent, so that a crash spends it, and stops counting one window after its answer came. It is given back only when
// certainly nothing was sent: the source itself refused an argument ([adapters.ErrInvalidArgument] with Status 0), or
// the context ended before the source was asked. Every other failure counts, also a refused connection, because a
// gateway may have counted before it failed.
//
// # What is learned
//
// A 429 to an unattended call means that the provider has counted more than we did. It stops the account's unattended
// calls until the answer's Retry-After and, if it states none, for one whole window ([Options].Block): by then a
// rolling window has forgotten whatever filled it. This holds also where no limit is documented.
//
// # Which consent
//
// The provider's allowance belongs to a consent and an account; name the consent with the text that changes when the
// PSU consents again. Which credential that is, the adapter's page says under its access limits. Stores see only a
// SHA-256 of provider, consent and account. It hides what cannot be guessed: a consent id cannot, an account number
// alone can.
//
// # Limits
//
// The provider counts by its own clock, perhaps by calendar day, and may count other operations, which the guard does
// not see: a 429 stays possible. Calls of other programs count only if they share the store. A clock set back makes the
// guard stricter, never laxer; a clock set forward forgets early. Clocks of a fleet have to agree to seconds.
//
// # Stores
//
// [Memory] is for one process, [File] for the processes of one machine, [SQL] for fleets; [Store] is one method. While
// a store fails, calls are refused with [adapters.ErrUnavailable], unless [Options].FailOpen says otherwise.
//
// This package imports specs for the limits. That costs no dependency, and no document is linked: the limits are
// generated Go values. No adapter imports accessguard.
package accessguard
