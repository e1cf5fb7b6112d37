package berlingroup

import (
	"context"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
)

// quirks are those that the framework has a use for.
var quirks = []string{
	"token", "tokenHeader", "keyHeader", "keyQuery", "headers", "query", "requestIdHeader", "date", "psuAddress",
	"withoutWithBalance", "lowerCaseIds", "typeMayBeMissing", "types", "cardDebts", "zone", "signature",
}

// problem is what the bank demands and the credentials lack, or the other way round: the credential and why.
func (c Credentials) problem(profile bank.Profile) (field, problem string) {
	hasToken := c.AccessToken != "" || c.TokenSource != nil
	switch key := profile.KeyProblem(c.APIKey != ""); {
	case profile.Token == "required" && !hasToken:
		return "credentials.accessToken", "missing; the bank demands one"
	case profile.Token == "none" && hasToken:
		return "credentials.accessToken", "not taken; the bank goes by the consent alone"
	case key != "":
		return "credentials.apiKey", key
	case c.Certificate == nil && c.Key == nil && profile.Signature.Covered == nil:
		return "", ""
	case c.Certificate == nil:
		return "credentials.signingCert", "missing; requests cannot be signed without it"
	case c.Key == nil:
		return "credentials.signingKey", "missing; requests cannot be signed without it"
	}
	return "", ""
}

// customs returns the editor that makes a request of the standard one of the bank.
func customs(quirks bank.Quirks, key adapters.Secret) call.Editor {
	return func(_ context.Context, request *http.Request) error {
		if quirks.PSUAddress && request.Header.Get("PSU-IP-Address") == "" {
			return &adapters.Error{Kind: adapters.ErrInvalidArgument, Detail: "psu: missing; the bank takes no call without the PSU's address"}
		}
		quirks.Complete(request, key)
		return nil
	}
}

// covered is what the framework wants to be signed since version 1.3.4.
var covered = []string{"digest", "x-request-id", "psu-id", "psu-corporate-id", "tpp-redirect-uri"}

// signer signs as the bank wants it.
func (c Credentials) signer(form bank.Signature) (httpsig.Signer, error) {
	if form.Covered == nil {
		form.Covered = covered
	}
	return call.Certified(provider.Name, c.Certificate, c.Key, c.KeyIDCA,
		&httpsig.Options{Headers: form.Covered, Algorithm: form.Algorithm, EscapedBlanks: true})
}
