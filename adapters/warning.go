package adapters

// The texts of [Balance.Warnings]. They hold no amount, id or other value of the answer. [WarningAmbiguousTime] and
// [WarningNoMilliseconds] follow the provider's name of the member and a blank.
const (
	WarningFinerAmount      = "amount is finer than the currency's minor unit"
	WarningUnknownCurrency  = "currency is not an ISO 4217 code"
	WarningNoCurrency       = "currency code stands for no currency"         // XXX and XTS
	WarningReplacedCurrency = "currency has been replaced by another"        // by the date of ReceivedAt
	WarningAccountCurrency  = "currency differs from the account's currency" // as the answer states both
	WarningAmbiguousTime    = "is not an unambiguous time"                   // AsOf or ReferenceDate is left out
	WarningNoMilliseconds   = "is not a time in milliseconds"                // between 2000 and 2100; AsOf is left out
	WarningOldTime          = "time is before the year 2000"                 // AsOf or ReferenceDate, as stated
	WarningFutureTime       = "time is more than a day after the answer"     // AsOf, as stated
	WarningAlike            = "another balance has the same type, currency, time and credit lines"
	WarningListed           = "the account list may leave out balances of the account"
	WarningRequestID        = "request id of the answer differs from the request's"
)
