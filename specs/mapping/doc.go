// Package mapping reads an answer of a provider by what its OpenAPI document declares: it tells, as text, what every
// field of the shared Balance and Account has to be.
//
// It is a second reading of the provider's documentation, beside the adapter's Go code. The two know nothing of each
// other, so a mistake has to be made twice to go unnoticed. The package uses no decimal library and no float: amounts,
// times, signs and types are read from text. What a document does not say, the package does not guess.
//
// # Declarations
//
// Beside every property of an answer stands x-unmapped with the reason why it goes nowhere, or x-maps-to with a rule or
// a list of rules. An object or a list without either is looked into. Beside a $ref the declaration is about this one
// use of the schema and replaces the schema's own. A rule is a field, or an object of these words:
//
//	field: iban            the value is this field of the account, balance, credit line or identifier that it lies in
//	field: balances.iban   the value is this field of every balance of the account that it lies in
//	  of: [current]        only of the balances that lie in these properties
//	each: balance          the value, or each element if it is a list, is an account, a balance, a creditLine, an
//	                       identifier of the account, or what one bank answered (bank). An answer about one account need
//	                       not begin one. With a field, the value itself is the field.
//	  set: {type: interimBooked, providerType: current}  what is so of every such part. The scheme of an identifier that
//	                       nothing says is made of the names on the way that the document leaves open, joined by points
//	  instead: {iban: iban}  an identifier of this scheme is this field of the account, if the field is still free
//	  empty: absent        an empty list is like none
//	cut: KSAOB.            this prefix is cut before the value is looked at
//	table: {AVLB: interimAvailable}  the field is what the table says. What is not in it: for the type of a balance the
//	                       codes of ISO 20022 and the names of the vocabulary, else unknown; for another field, absent
//	form: rfc3339          the value is a time: rfc3339, epochMillis or date. What is no such time is absent.
//	form: texts            the value is a text, or a list of texts to be joined. Anything else is absent.
//	sign: {Debit: negative, Credit: positive}  the value is the sign of the balance's amount, which has none itself
//	unless: nickname       the rule counts only where this property beside it is absent
//	only: ['true']         any other value, and none at all, refuses the answer or the part that it lies in
//	  absent: passes       but none at all is good
//	absent: unknown        what it means that the property is absent: unknown (as without the word), true or false
//	match: bank            the part belongs to the bank that is asked for, or else is left out
//
// Absent, null and the empty text are the same. A required property that is absent is an error, a time apart; so is a
// balance without amount, currency or type.
package mapping
