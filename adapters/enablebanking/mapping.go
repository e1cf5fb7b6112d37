package enablebanking

import (
	"net/http"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/enablebanking"
)

const bankError = "ASPSP_ERROR"

// codes are the documented error codes.
var codes = map[string]adapters.Kind{
	"EXPIRED_SESSION":              adapters.ErrConsentRequired,
	"REVOKED_SESSION":              adapters.ErrConsentRequired,
	"CLOSED_SESSION":               adapters.ErrConsentRequired,
	"WRONG_SESSION_STATUS":         adapters.ErrConsentRequired,
	"SESSION_DOES_NOT_EXIST":       adapters.ErrConsentRequired,
	"ASPSP_PSU_ACTION_REQUIRED":    adapters.ErrConsentRequired,
	"UNAUTHORIZED_ACCESS":          adapters.ErrUnauthorized,
	"AUTHORIZATION_NOT_PROVIDED":   adapters.ErrUnauthorized,
	"ACCESS_DENIED":                adapters.ErrForbidden,
	"UNAUTHORIZED_IP":              adapters.ErrForbidden,
	"INVALID_HOST":                 adapters.ErrForbidden,
	"ACCOUNT_DOES_NOT_EXIST":       adapters.ErrNotFound,
	"ASPSP_ACCOUNT_NOT_ACCESSIBLE": adapters.ErrForbidden,
	"INVALID_ACCOUNT_ID":           adapters.ErrInvalidArgument,
	"WRONG_REQUEST_PARAMETERS":     adapters.ErrInvalidArgument,
	"PSU_HEADER_NOT_PROVIDED":      adapters.ErrInvalidArgument,
	"PSU_HEADER_INVALID":           adapters.ErrInvalidArgument,
	"ASPSP_RATE_LIMIT_EXCEEDED":    adapters.ErrRateLimited,
	bankError:                      adapters.ErrUnavailable,
	"ASPSP_TIMEOUT":                adapters.ErrUnavailable,
	"EXPIRED_AUTHORIZATION_CODE":   adapters.ErrConsentRequired,
	"WRONG_AUTHORIZATION_CODE":     adapters.ErrInvalidArgument,
	"ALREADY_AUTHORIZED":           adapters.ErrInvalidArgument,
	"NO_ACCOUNTS_ADDED":            adapters.ErrForbidden,
	"REDIRECT_URI_NOT_ALLOWED":     adapters.ErrInvalidArgument,
	"WRONG_ASPSP_PROVIDED":         adapters.ErrInvalidArgument,
	"WRONG_CREDENTIALS_PROVIDED":   adapters.ErrInvalidArgument,
}

const (
	linkAccounts = "link the accounts to the application in Enable Banking's Control Panel, then let the PSU agree to a new session"
	activate     = "if the application is not active, activate it by linking accounts to it in Enable Banking's Control Panel"
	spentCode    = "the code counts once, and not for long: let the PSU consent again"
)

// ways are what to do about a code, where its kind does not tell it.
var ways = map[string]string{
	"PENDING_AUTHORIZATION":      "the PSU has not finished",
	"RETURNED_FROM_BANK":         "the code of the redirect is still to be exchanged",
	"ASPSP_PSU_ACTION_REQUIRED":  "the PSU has to do something at the bank, or to consent again",
	"EXPIRED_AUTHORIZATION_CODE": spentCode,
	"WRONG_AUTHORIZATION_CODE":   spentCode,
	"ALREADY_AUTHORIZED":         spentCode,
	"NO_ACCOUNTS_ADDED":          linkAccounts,
	"ACCESS_DENIED":              activate,
	"ACCOUNT_DOES_NOT_EXIST":     "a new session has new account ids",
	"PSU_HEADER_NOT_PROVIDED":    "the bank requires more of the PSU's context; ask with it, or unattended",
	"REDIRECT_URI_NOT_ALLOWED":   "register the redirect address for the application in Enable Banking's Control Panel",
	"WRONG_ASPSP_PROVIDED":       "name the bank and its country as the list of banks does",
	"WRONG_CREDENTIALS_PROVIDED": "choose another of the bank's ways to agree",
}

// advised adds to a refusal with a status what can be done about it.
func advised(refusal call.Refusal, status int) call.Refusal {
	refusal.Advice = ways[refusal.Known]
	switch {
	case refusal.Advice != "":
	case refusal.Kind == adapters.ErrUnauthorized, refusal.Kind == "" && status == http.StatusUnauthorized:
		refusal.Advice = "check the clock, the key and the application id"
	case refusal.Known == "" && status == http.StatusForbidden:
		refusal.Advice = activate
	}
	return refusal
}

// consents are the codes and the states of a session that say what has become of the consent.
var consents = map[string]adapters.ConsentState{
	"EXPIRED_SESSION":            adapters.ErrConsentExpired,
	"EXPIRED_AUTHORIZATION_CODE": adapters.ErrConsentExpired,
	"REVOKED_SESSION":            adapters.ErrConsentRevoked,
	"SESSION_DOES_NOT_EXIST":     adapters.ErrConsentUnknown,
	"EXPIRED":                    adapters.ErrConsentExpired,
	"REVOKED":                    adapters.ErrConsentRevoked,
}

// form is that of the error body, whose member code repeats the status.
var form = call.Form{Code: []string{"error"}, Message: []string{"message"}, Kinds: codes, Consents: consents}

// refusal reads the error body. A consent that has ended at the bank shows in what the bank answered, and nowhere else.
func refusal(answer call.Answer) call.Refusal {
	refusal := answer.Refusal(form)
	if strings.HasPrefix(refusal.Known, "ASPSP_") {
		refusal.Origin = adapters.OriginBank
	}
	for _, name := range []string{"code", "status"} {
		status := answer.Member("detail", "error_data", name)
		if refusal.Known == bankError && (status == "401" || status == "403") {
			refusal.Kind = adapters.ErrConsentRequired
		}
	}
	return advised(refusal, answer.Status)
}

// authorized is the state of a session that can be used; ended are the others.
const authorized = "AUTHORIZED"

var ended = []string{"PENDING_AUTHORIZATION", "RETURNED_FROM_BANK", "CANCELLED", "INVALID", "EXPIRED", "CLOSED", "REVOKED"}

// reported reads the state of a session in a 200 that cannot be used.
func reported(answer call.Answer) (call.Refusal, bool) { return stated(answer.Member("status")) }

// stated is what the state of a session means, and whether it is one that cannot be used.
func stated(status string) (call.Refusal, bool) {
	refusal := call.Refusal{Code: status}
	for _, known := range ended {
		if status == known {
			refusal.Kind, refusal.Known, refusal.Consent = adapters.ErrConsentRequired, status, consents[status]
		}
	}
	return advised(refusal, http.StatusOK), refusal.Known != ""
}

func statusError(status string) error {
	if status == "" {
		return call.Missing("status")
	}
	refusal, _ := stated(status)
	return refusal.Error(adapters.ErrProtocol)
}

// toBalances maps the answer, which names no account.
func toBalances(body api.Balances) ([]adapters.Balance, error) {
	return call.Each("balances", body.Balances, toBalance)
}

// toBalance maps a balance. Left out: name, a label that says no more than the type.
func toBalance(balance api.Balance) (adapters.Balance, error) {
	money, err := call.ToMoney("balance_amount.amount", balance.BalanceAmount.Amount,
		"balance_amount.currency", balance.BalanceAmount.Currency)
	date, warnings := call.ToDate("reference_date", balance.ReferenceDate)
	mapped := adapters.Balance{
		Type:                     adapters.ParseBalanceType(balance.BalanceType),
		ProviderType:             balance.BalanceType,
		Amount:                   money.Amount,
		Currency:                 money.Currency,
		ReferenceDate:            date,
		LastCommittedTransaction: call.Text(balance.LastCommittedTransaction),
		Warnings:                 warnings,
	}
	if balance.LastChangeDateTime != nil {
		asOf, odd := call.ToTime("last_change_date_time", *balance.LastChangeDateTime)
		mapped.AsOf, mapped.Warnings = asOf, append(mapped.Warnings, odd...)
	}
	return mapped, err
}
