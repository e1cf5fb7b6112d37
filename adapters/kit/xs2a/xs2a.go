// Package xs2a has what the XS2A framework of Berlin Group says and a provider that follows it need not say again: error
// codes, states of accounts, headers about the PSU.
//
// Source: Berlin Group's OpenAPI files of the framework, versions 1.3.4 to 1.3.12.
package xs2a

import (
	"reflect"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
)

// kinds are the framework's error codes, and those of servers, that have a kind.
var kinds = map[string]adapters.Kind{
	"FORMAT_ERROR":              adapters.ErrInvalidArgument,
	"PARAMETER_NOT_CONSISTENT":  adapters.ErrInvalidArgument,
	"PARAMETER_NOT_SUPPORTED":   adapters.ErrInvalidArgument,
	"SERVICE_INVALID":           adapters.ErrInvalidArgument,
	"RESOURCE_UNKNOWN":          adapters.ErrNotFound,
	"RESOURCE_EXPIRED":          adapters.ErrNotFound,
	"RESOURCE_NOT_FOUND":        adapters.ErrNotFound,
	"RESOURCE_BLOCKED":          adapters.ErrForbidden,
	"TIMESTAMP_INVALID":         adapters.ErrInvalidArgument,
	"PERIOD_INVALID":            adapters.ErrInvalidArgument,
	"SCA_METHOD_UNKNOWN":        "",
	"SCA_INVALID":               "",
	"SCA_REQUIRED":              adapters.ErrConsentRequired,
	"CONSENT_UNKNOWN":           adapters.ErrConsentRequired,
	"CONSENT_INVALID":           adapters.ErrConsentRequired,
	"CONSENT_EXPIRED":           adapters.ErrConsentRequired,
	"PSU_CREDENTIALS_INVALID":   adapters.ErrConsentRequired,
	"SESSIONS_NOT_SUPPORTED":    adapters.ErrInvalidArgument,
	"CERTIFICATE_INVALID":       adapters.ErrUnauthorized,
	"CERTIFICATE_EXPIRED":       adapters.ErrUnauthorized,
	"CERTIFICATE_BLOCKED":       adapters.ErrUnauthorized,
	"CERTIFICATE_REVOKE":        adapters.ErrUnauthorized,
	"CERTIFICATE_REVOKED":       adapters.ErrUnauthorized,
	"CERTIFICATE_MISSING":       adapters.ErrUnauthorized,
	"ROLE_INVALID":              adapters.ErrUnauthorized,
	"SIGNATURE_INVALID":         adapters.ErrUnauthorized,
	"SIGNATURE_MISSING":         adapters.ErrUnauthorized,
	"CORPORATE_ID_INVALID":      adapters.ErrUnauthorized,
	"TOKEN_UNKNOWN":             adapters.ErrUnauthorized,
	"TOKEN_INVALID":             adapters.ErrUnauthorized,
	"TOKEN_EXPIRED":             adapters.ErrUnauthorized,
	"BEARER_TOKEN_EMPTY":        adapters.ErrUnauthorized,
	"UNAUTHORIZED":              adapters.ErrUnauthorized,
	"FORBIDDEN":                 adapters.ErrForbidden,
	"SERVICE_BLOCKED":           adapters.ErrForbidden,
	"KYC_INVALID":               "",
	"REQUESTED_FORMATS_INVALID": adapters.ErrInvalidArgument,
	"SERVICE_NOT_SUPPORTED":     adapters.ErrInvalidArgument,
	"UNSUPPORTED_MEDIA_TYPE":    adapters.ErrInvalidArgument,
	"STATUS_INVALID":            "",
	"ACCESS_EXCEEDED":           adapters.ErrRateLimited,
	"INTERNAL_SERVER_ERROR":     adapters.ErrUnavailable,
	"SERVICE_UNAVAILABLE":       adapters.ErrUnavailable,
}

// Form is that of the error body, in which problem details stand at the root. It is not to be changed.
var Form = call.Form{
	Inside: "tppMessages", Code: []string{"code"}, Message: []string{"text", "detail", "title"}, Kinds: kinds,
	Consents: map[string]adapters.ConsentState{
		"CONSENT_EXPIRED": adapters.ErrConsentExpired, "CONSENT_UNKNOWN": adapters.ErrConsentUnknown,
	},
}

var states = map[string]adapters.AccountState{
	"enabled": adapters.AccountStateEnabled, "blocked": adapters.AccountStateBlocked, "deleted": adapters.AccountStateClosed,
}

// State is what the status of an account means; an absent or unknown one means nothing.
func State(status *string) adapters.AccountState { return states[call.Text(status)] }

// aggregate is the currency of an account that stands for accounts in several ones.
const aggregate = "XXX"

// OtherCurrency is the warning about a balance whose currency is not that of its account. An account in several currencies,
// or without one, has no other.
func OtherCurrency(account *string, balance string) []string {
	if of := call.Text(account); of == "" || of == aggregate || of == balance {
		return nil
	}
	return []string{adapters.WarningAccountCurrency}
}

// Forward sets the headers about the PSU in a generated struct of parameters, as far as it has them and the PSU is present.
func Forward(params any, psu adapters.PSU) {
	user, present := psu.Context()
	if !present {
		return
	}
	fields := reflect.ValueOf(params).Elem()
	for _, header := range [...]struct{ name, text string }{
		{"PSUIPAddress", user.IPAddress.String()},
		{"PSUIPPort", user.Port()},
		{"PSUUserAgent", user.UserAgent},
		{"PSUAccept", user.Accept},
		{"PSUAcceptCharset", user.AcceptCharset},
		{"PSUAcceptEncoding", user.AcceptEncoding},
		{"PSUAcceptLanguage", user.AcceptLanguage},
		{"PSUHttpMethod", user.HTTPMethod},
		{"PSUDeviceID", user.DeviceID},
		{"PSUGeoLocation", user.GeoLocation},
	} {
		if field := fields.FieldByName(header.name); field.IsValid() && header.text != "" {
			field.Set(reflect.New(field.Type().Elem()))
			field.Elem().SetString(header.text)
		}
	}
}
