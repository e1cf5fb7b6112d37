// Package eika fetches balances from Eika's PSD2 interface.
//
// Documentation: "Get account balance", Eika PSD2 developer portal, API v1, read 2026-11-20. Header names come from the
// portals of sister banks on the same platform.
//
// Calls: GET /v1/accounts, GET /v1/accounts/{id}/balances.
//
// Credentials: the TPP's QSeal certificate and its key, which sign every request; there is no bearer token. After the
// PSU's first authentication also the PSU id and session id that the callback returned.
//
// First balance:
//  1. Order a QSeal certificate with the role PSP_AI from a qualified trust service provider, and register with it at
//     Eika's developer portal.
//  2. Let the PSU authenticate at the bank: POST /v1/bank-offered-consents, signed like every call, answers with the
//     address (scaRedirect); its callback brings psu-id and tpp-session-id.
//  3. Configure signingCert and signingKey (PEM files), psuId and tppSessionId; psuCorporateId for a company, and
//     keyIdCA only if the bank writes the certificate's issuer in another way.
//  4. Name the resourceIds that openbalances accounts prints. Without accounts the list is asked, which costs one call
//     and may leave out other balances than the booking balance.
//
// Access limits: 4 unattended calls in 24 hours for one account; then 429 ACCESS_EXCEEDED. A call is attended when it
// carries the PSU's address. How a call for the account list counts is not documented; it is taken to have 4 of its own.
// No consent is named in a call, so psuId and psuCorporateId stand for it.
//
// Balance types: Berlin Group's names, taken as they are. Where a bank sends Berlin Group's creditLimitIncluded, it is a
// credit line without amount.
//
// Errors: a link scaRedirect, as a 401 has it, means that the PSU has to authenticate there: consent_required. So does
// CONSENT_UNKNOWN in a 403; another 403 is forbidden. The status inside an error body may be wrong and is ignored.
//
// Not supported: PSU-Context, the opt-in to announced changes (x-accept-fix), card accounts.
package eika

import (
	"context"
	"crypto"
	"crypto/x509"
	"net/http"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
	"github.com/openbalances/openbalances/adapters/kit/xs2a"
	api "github.com/openbalances/openbalances/gen/eika"
)

var provider = call.Provider{Name: "eika", URL: api.ServerURLProduction, Refusal: refusal}

var (
	balances = call.Get("GET /v1/accounts/{id}/balances", api.NewGetBalancesRequest)
	accounts = call.List("GET /v1/accounts", api.NewGetAccountsRequest)
)

// Credentials are what Eika asks of a TPP. Certificate and Key are required.
type Credentials struct {
	adapters.Masked

	// Certificate is the QSeal certificate, Key its RSA key of at least 2048 bits, which may live in a hardware module.
	Certificate *x509.Certificate `credential:"signingCert" json:"-"`
	Key         crypto.Signer     `credential:"signingKey" json:"-"`

	PSUID          adapters.Secret `credential:"psuId,optional,consent"`
	PSUCorporateID adapters.Secret `credential:"psuCorporateId,optional,consent"`
	TPPSessionID   adapters.Secret `credential:"tppSessionId,optional"`
	TPPRedirectURI adapters.Secret `credential:"tppRedirectUri,optional"`
	// KeyIDCA replaces the issuer text in the signature's key id, character for character.
	KeyIDCA string `credential:"keyIdCA,optional"`
}

// Client is the Eika adapter.
type Client struct {
	adapters.Base
	endpoint    *call.Endpoint
	credentials call.Sealed[Credentials]
	certificate string
}

var _ adapters.Source = (*Client)(nil)

// New returns a Client. Nothing is sent.
func New(credentials Credentials, options *adapters.Options) (*Client, error) {
	endpoint, err := call.Open(provider, credentials, options)
	if err != nil {
		return nil, err
	}
	signer, err := call.Certified(provider.Name, credentials.Certificate, credentials.Key, credentials.KeyIDCA, &httpsig.Options{EncodedWord: true})
	if err != nil {
		return nil, err
	}
	endpoint.Edit(unescapeExclamationMark, call.Sign(signer))
	certificate := httpsig.Certificate(credentials.Certificate)
	return &Client{adapters.Base(provider.Name), endpoint, call.Seal(credentials), certificate}, nil
}

// Balances implements [adapters.Source]. All of the PSU's context is forwarded.
func (c *Client) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	request := balances.For(accountID, c.params(psu))
	return call.Balances(ctx, c.endpoint, accountID, psu, request, toBalances)
}

func (c *Client) params(psu adapters.PSU) *api.GetBalancesParams {
	own := c.credentials.Open()
	params := &api.GetBalancesParams{
		XRequestID:              call.NewRequestID(),
		Date:                    c.endpoint.Now().UTC().Format(http.TimeFormat),
		TPPSignatureCertificate: c.certificate,
		PSUID:                   call.Optional(own.PSUID),
		PSUCorporateID:          call.Optional(own.PSUCorporateID),
		TPPSessionID:            call.Optional(own.TPPSessionID),
		TPPRedirectURI:          call.Optional(own.TPPRedirectURI),
	}
	xs2a.Forward(params, psu)
	return params
}

// unescapeExclamationMark sends the "!" of account ids as it is, like the one public client that is known to work; the generated
// client escapes it.
func unescapeExclamationMark(_ context.Context, request *http.Request) error {
	if request.URL.RawPath == "" {
		request.URL.RawPath = request.URL.EscapedPath()
	}
	request.URL.RawPath = strings.ReplaceAll(request.URL.RawPath, "%21", "!")
	return nil
}
