// Package adapters is the shared side of all providers: one Balance, one Error, one Source. The adapters are the
// packages below it, one for each provider, and this page is the contract that each of them keeps.
//
// # What a Balance promises
//
// A [Balance] is what the provider stated, no more: the amount to the last zero, its currency, its type in the
// vocabulary of Berlin Group and ISO 20022 and in the provider's own words. All balances are kept, in the provider's
// order; choosing one is the caller's decision. Nothing is rounded, no currency or sign is guessed, and no time is
// made up.
//
// Amounts are signed: negative means that the account holder owes. Where a provider sends an unsigned amount and an
// indicator, the indicator gives the sign, and a contradiction between the two is an error.
//
// # Zero and absent
//
// A zero amount was sent as zero. A missing or null amount, currency, type or list is an [ErrProtocol] and never a
// zero balance; an empty list is an empty slice. Optional facts that are absent are the zero value of their field:
// AsOf.IsZero, IBAN "", CreditLine.Included nil.
//
// # Time
//
// AsOf is the provider's own statement about the balance. A time that is not unambiguous, for instance one without
// zone, is left out and named in Warnings. ReceivedAt is when the answer arrived.
//
// # Errors
//
// Every failure is an [*Error] with a [Kind] for [errors.Is], except a cancelled or expired context, which stays
// [context.Canceled] or [context.DeadlineExceeded]. An account either yields all its balances or one error, never a
// part. The HTTP status survives whatever the body holds: a 429 whose body is HTML is [ErrRateLimited]. Texts hold no
// secret, id, IBAN, amount, URL or body. The causes of a transport are in the chain; one that another module made stays
// what it is for [errors.Is], but its text and type are withheld, because they may show the request's address. Origin
// says whether it failed here, on the way, at the provider or at the bank behind it. [KindOf] names every error, a
// context's too.
//
// Error bodies are read member by member: one that is odd, missing or there twice hides no code, message or link beside it,
// and the error may stand one level deeper. The kind is that of the provider's documented code, in any spelling, and else
// that of the HTTP status; a 429 stays [ErrRateLimited]. Where a body has no code, the one in WWW-Authenticate counts (RFC
// 6750). A page about the client certificate is named as one.
//
// # Presence of the PSU
//
// Every call says whether the PSU is present: [Attended] or [Unattended]. Banks allow about four unattended calls a
// day for an account, so nothing is ever retried. Package collect tells its one exception.
//
// # Safety
//
// A call costs one request; an answer that the provider cuts into pages costs one for each. Redirects are not followed,
// plain http goes to loopback only, and an answer is read up to a cap. Account ids are percent-encoded where they stand in
// the path, and those that would change it are refused. Good answers are read strictly: duplicate names, invalid UTF-8,
// trailing data and amounts outside the grammar are errors; members the document does not know are ignored, and those that
// nothing is made of may be of any JSON type.
//
// # What is printed
//
// [Secret] says what masks credentials, and what cannot. Fmt and log/slog print a [Balance] and an [Account] with the end
// of the account's id, and without IBAN, BBAN and names; encoding/json writes all of them.
//
// # Connections
//
// An HTTP/1 connection ties an answer to its request by nothing but the order, so a faulty gateway can hand out another
// customer's answer. An answer that repeats the UUID of another request in the provider's header for it (X-Request-ID,
// x-fapi-interaction-id), or names another account, is an ErrProtocol. One that repeats the request's own id, or names
// the account that was asked for, proves that it belongs, and its connection is used again; after any other, refusals
// too, the connection is closed. HTTP/2 numbers its requests, and its connections are shared. Where providers send the
// id: Eika, myPOS and the banks of UK Open Banking in every answer, though it may be absent. Where they name the
// account: myPOS, One Single View, Token.io and UK Open Banking for balances. Neonomics and Enable Banking do
// neither; nor do account lists and tokens without the id.
//
// Over HTTP/1 a request is written once, also when a connection breaks; HTTP/2 sends again what the server says it has not
// seen. A transport of the caller's that repeats requests is the caller's own decision.
//
// # Several accounts
//
// Every [Source] has the same methods. A method that the provider lacks sends nothing and returns an error that is
// [errors.ErrUnsupported]; [Base] supplies these. An account of a batch or list that is refused, broken or without balances
// carries its own error and hides no other. Answers are matched by account id, never by position.
//
// A list is complete or an error, and so are the balances of an account: an answer that says that there is more, in a member
// that its document knows or in another one (links.next, hasMore, totalPages, a header Link ...), is an error unless the
// document knows how to ask for the rest. So is one whose counts contradict what came.
//
// # Concurrency and state
//
// A Source is safe for concurrent use and keeps no state between calls. Constructors do no I/O and read no
// environment; the caller's http.Client is copied, never changed.
package adapters
