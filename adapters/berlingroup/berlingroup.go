// Package berlingroup fetches balances from banks that follow Berlin Group NextGenPSD2, the XS2A framework 1.3.
//
// Documentation: Berlin Group's OpenAPI files of the NextGenPSD2 XS2A framework, versions 1.3.4 to 1.3.12, API 1.3.4 to
// 1.3.12, read 2026-11-30, https://www.berlin-group.org/nextgenpsd2-downloads.
//
// Calls: GET /accounts, GET /accounts/{account-id}/balances, GET /card-accounts, GET /card-accounts/{account-id}/balances.
//
// Credentials: the id of the AIS consent, a client certificate (QWAC) in Options.HTTPClient, and what the bank asks for
// besides: an access token, the key of its portal, a QSeal certificate and its key, with which every request is signed.
// Options.BaseURL is required: it is the bank's address up to what stands before /accounts, at most banks /v1. Banks
// differ in ways that a profile of package adapters/kit/bank names; [Banks] lists those that are built in, and
// Credentials.Profile is one of the caller's own. With neither, the bank is taken to follow the standard.
//
// First balance:
//  1. Get the role AISP and a QWAC, for banks that want signed requests also a QSeal certificate, and register at the
//     bank's portal where it asks for that.
//  2. Ask for a consent: POST /consents at the bank answers with consentId and the address at which the PSU agrees. Where
//     the bank uses OAuth2, exchange what the redirect returns for the access token.
//  3. Look the bank up with openbalances providers -banks, and configure bank with its code, baseURL, consentId, what the
//     bank needs, and the QWAC under tls as clientCert and clientKey. Without a code there, write what is special as JSON
//     into a file and name it as profile.
//  4. Leave accounts out, or name a resourceId that openbalances accounts prints. With cardAccounts true, the same
//     goes for the card accounts of the consent.
//
// Access limits: 4 unattended calls in 24 hours for one account, as consents usually allow; then 429 ACCESS_EXCEEDED. A
// call is attended when it carries the PSU's address. Lists are taken to have 4 of their own. The consent is consentId.
//
// Balance types: Berlin Group's names, in any case; what else a bank's own names mean says its profile.
//
// Errors: the code of the first error decides, as tppMessages or as problem details. CONSENT_* is consent_required,
// TOKEN_*, CERTIFICATE_* and SIGNATURE_* unauthorized, RESOURCE_UNKNOWN not_found, ACCESS_EXCEEDED rate_limited.
//
// Not supported: account lists in pages, which the framework does not have, and tokens of another scheme than Bearer, such as
// Paysera's. A card balance is an error where neither debitAccounting nor the profile says which sign debts have.
package berlingroup

import (
	"context"
	"crypto"
	"crypto/x509"
	"net/http"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
	"github.com/openbalances/openbalances/adapters/kit/xs2a"
	api "github.com/openbalances/openbalances/gen/berlingroup"
)

var provider = call.Provider{Name: "berlingroup", Refusal: refusal} // each bank has its own address

var (
	balances     = call.Get("GET /accounts/{account-id}/balances", api.NewGetBalancesRequest)
	accounts     = call.List("GET /accounts", api.NewGetAccountsRequest)
	cardBalances = call.Get("GET /card-accounts/{account-id}/balances", api.NewGetCardBalancesRequest)
	cardAccounts = call.List("GET /card-accounts", api.NewGetCardAccountsRequest)
)

// Credentials are what a bank asks of a TPP. ConsentID is required, and what the bank's profile demands.
type Credentials struct {
	adapters.Masked

	ConsentID adapters.Secret `credential:"consentId,consent"`

	// AccessToken is the token itself, without "Bearer"; TokenSource is asked for one with every call instead.
	AccessToken adapters.Secret      `credential:"accessToken,optional,oneof"`
	TokenSource adapters.TokenSource `credential:"-,optional,oneof"`

	APIKey adapters.Secret `credential:"apiKey,optional"` // of the bank's portal

	// Bank is the code of one of [Banks], Profile one of the caller's own in its place.
	Bank    string        `credential:"bank,optional"`
	Profile *bank.Profile `credential:"profile,optional"`
	// CardAccounts asks for the card accounts of the consent in place of its payment accounts.
	CardAccounts bool `credential:"cardAccounts,optional"`

	// Certificate is the QSeal certificate, Key its RSA key of at least 2048 bits, which may live in a hardware module.
	Certificate *x509.Certificate `credential:"signingCert,optional" json:"-"`
	Key         crypto.Signer     `credential:"signingKey,optional" json:"-"`
	// KeyIDCA replaces the issuer text in the signature's key id, character for character.
	KeyIDCA string `credential:"keyIdCA,optional"`

	PSUID          adapters.Secret `credential:"psuId,optional"`
	PSUCorporateID adapters.Secret `credential:"psuCorporateId,optional"`
	TPPRedirectURI adapters.Secret `credential:"tppRedirectUri,optional"`
}

// Client is the Berlin Group adapter, for one bank.
type Client struct {
	adapters.Base
	endpoint    *call.Endpoint
	credentials call.Sealed[Credentials]
	dialect     dialect
	certificate string
}

var _ adapters.Source = (*Client)(nil)

// New returns a Client. Nothing is sent.
func New(credentials Credentials, options *adapters.Options) (*Client, error) {
	profile, field, problem := bank.Find(Banks(), credentials.Bank, credentials.Profile, quirks...)
	if problem == "" {
		field, problem = credentials.problem(profile)
	}
	own := provider
	own.RequestID = profile.RequestIDHeader
	endpoint, err := call.Open(own, credentials, options)
	if err != nil {
		return nil, err
	}
	if problem != "" {
		return nil, endpoint.Invalid(field, problem)
	}
	endpoint.OfBank(profile.Name)
	if credentials.AccessToken != "" || credentials.TokenSource != nil {
		endpoint.Edit(call.Authorize("Bearer", credentials.AccessToken, credentials.TokenSource))
	}
	endpoint.Edit(customs(profile.Quirks, credentials.APIKey))
	client := &Client{Base: adapters.Base(provider.Name), endpoint: endpoint, credentials: call.Seal(credentials)}
	client.dialect = dialect{Quirks: profile.Quirks, cards: credentials.CardAccounts}
	if profile.Zone != "" {
		client.dialect.zone, _ = time.LoadLocation(profile.Zone) // without the database of zones, such times are left out
	}
	if credentials.Certificate != nil {
		signer, err := credentials.signer(profile.Signature)
		if err != nil {
			return nil, err
		}
		endpoint.Edit(call.Sign(signer))
		client.certificate = httpsig.Certificate(credentials.Certificate)
	}
	return client, nil
}

// Balances implements [adapters.Source]. All of the PSU's context is forwarded.
func (c *Client) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	inPath := accountID
	if c.dialect.LowerCaseIDs {
		inPath = strings.ToLower(accountID)
	}
	request := balances.For(inPath, c.params(psu))
	if c.dialect.cards {
		request = cardBalances.For(inPath, call.Like[api.GetCardBalancesParams](c.params(psu)))
	}
	return call.Balances(ctx, c.endpoint, accountID, psu, request, c.dialect.toBalances)
}

func (c *Client) params(psu adapters.PSU) *api.GetBalancesParams {
	own := c.credentials.Open()
	params := &api.GetBalancesParams{
		XRequestID:              call.NewRequestID(),
		ConsentID:               string(own.ConsentID),
		PSUID:                   call.Optional(own.PSUID),
		PSUCorporateID:          call.Optional(own.PSUCorporateID),
		TPPRedirectURI:          call.Optional(own.TPPRedirectURI),
		TPPSignatureCertificate: call.Optional(c.certificate),
	}
	if c.certificate != "" {
		params.Digest = call.Optional(httpsig.Digest(nil))
	}
	if c.dialect.Date {
		params.Date = call.Optional(c.endpoint.Now().UTC().Format(http.TimeFormat))
	}
	xs2a.Forward(params, psu)
	return params
}
