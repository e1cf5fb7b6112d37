// Package accessguard keeps unattended calls within the provider's allowance: it counts them in rolling windows and
// refuses the next one before it is sent.
//
//	guarded, err := accessguard.New(client, sessionID, accessguard.File("access.json"), nil)
//
// A guarded source is used like any other. It refuses with [adapters.ErrRateLimited], Status 0 and the time of the next
// free call in RetryAfter; it never waits and never repeats a call. [Guard.Left] and [Guard.ListsLeft] tell how many
// calls are left, and spend none.
//
// # What is counted
//
// Unattended calls. Which calls share an allowance, how many there are in which windows, and whether each account or the
// consent as a whole has them, is what the provider's document says (x-unattended-access) or [Options].Access. By
// account, a batch is a call of each account in it, and a list one of each account that it names; such a list is refused
// when its own calls are used up, because nobody knows its accounts before. Attended calls are neither counted nor
// refused; whether a call is attended is what [adapters.Attended] declares, and the guard cannot know better.
//
// A call is counted before it is sent, so that a crash spends it, and stops counting one window after its answer came.
// Then the requests that were really sent count: each page of a list, each repetition by a transport of the caller's. A
// source that is built on adapters/kit/call tells how many, and none if a token, a signature or anything else kept them
// from being sent. Of any other source one is taken to be sent, unless the failure arose in this process
// ([adapters.OriginLocal], or [adapters.ErrInvalidArgument] with Status 0) or no access token was to be had. Every other
// failure counts, also a refused connection, because a gateway may have counted before it failed. A call that the
// provider lacks spends nothing, and neither does one whose context ended before the source was asked.
//
// # What is learned
//
// A 429 to an unattended call means that the provider has counted more than we did. It stops the unattended calls of the
// same key until the answer's Retry-After and, if it states none, for the shortest window ([Options].Block). This holds
// also where no limit is documented. A 429 of a token endpoint stops nothing.
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
// The provider counts by its own clock, perhaps by calendar day: a 429 stays possible. Calls of other programs count
// only if they share the store. A transport that repeats requests can exceed the allowance within one call; all that it
// sent count. A 429 on which it gives up is known to the guard only if it wraps the transport of adapters.NewHTTPClient.
//
// Clocks of a fleet have to agree to seconds. A clock that is wrong for a moment forgets nothing: an account keeps its
// last calls, as many as its largest limit has, and a store deletes what had expired at its last sweep, a day before.
// Calls that lie in the future of the clock count for one window from when that was noticed, and while they may be true.
//
// # Stores
//
// [Memory] is for one process, [File] for the processes of one machine, [SQL] for fleets; [Store] is one method. While
// a store fails, calls are refused with [adapters.ErrUnavailable], unless [Options].FailOpen says otherwise. What a
// store that fails after a call could not be told, the guard tells it when the same key is looked at next. A call waits
// ten seconds for a store that does nothing, for all its accounts together, and one second once its caller has left. Files and
// tables carry a version. Records of the first version, which has none, go on to count; programs of the first version
// refuse what this one has written. A store of a later version is refused ([ErrVersion]) and left as it is.
//
// This package imports specs for the limits. That costs no dependency, and no document is linked: the limits are
// generated Go values. No adapter imports accessguard.
package accessguard
