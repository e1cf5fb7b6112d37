// Package neonomics fetches balances from Neonomics.
//
// Documentation: Reference page of GET /ics/v3/accounts/{id}/balances, Neonomics developer documentation, API v3, read
// 2026-11-20, https://docs.neonomics.io/reference/getbalancesfromaccount.
//
// Calls: POST /auth/realms/{realm}/protocol/openid-connect/token, GET /ics/v3/accounts, GET
// /ics/v3/accounts/{id}/balances.
//
// Credentials: an access token, which [NewTokenSource] can fetch, the session id, and a device id that stays the same
// for one PSU. Banks that ask for personal identification also need the PSU's encrypted id, given either encrypted or
// as text and key. Clients with end-to-end encryption sign each request.
//
// First balance:
//  1. Register at the Neonomics developer portal and create an application: it has a client id and a secret, for which
//     [NewTokenSource] gets access tokens.
//  2. Open a session for the PSU's bank: POST /ics/v3/session with the bank's id answers with the session id. Choose a
//     device id and keep it for this PSU.
//  3. Make the first call. It fails with consent_required; the link "consent" of the error is where the PSU agrees.
//  4. Configure clientId and clientSecret (or an accessToken), sessionId and deviceId; where the bank asks for personal
//     identification also psuIdPlain and, from the portal's keyset, psuIdKey; psuIdKeyId if the keyset's
//     outputPrefixType is TINK. End-to-end encryption needs signingKey, signingKeyId and originatingHost.
//  5. Leave accounts out, or name an id that openbalances accounts prints in the same session.
//
// Access limits: 4 unattended calls in 24 hours for one account. The page limits all calls; that attended ones do not
// count is inferred. A list is taken for a call of each account. The consent is sessionId.
//
// Balance types: short codes without a published list. ISO 20022 codes are read as such; CLSG (closing) becomes
// closingBooked, AVLB (available) interimAvailable and EXPN (expected) expected; the meanings are inferred.
// Others stay unknown.
//
// Errors: private statuses. 510 is the caller's fault and must not be retried; with code 1426 it is
// consent_required, and the link "consent" leads on. 520 and 530 are unavailable: Neonomics or the bank.
//
// Not supported: one account of the list by itself.
package neonomics

import (
	"context"
	"crypto"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/neonomics"
)

var provider = call.Provider{Name: "neonomics", URL: api.ServerURLProduction, Refusal: refusal}

var (
	balances = call.Get("GET /ics/v3/accounts/{id}/balances", api.NewGetBalancesRequest)
	accounts = call.List("GET /ics/v3/accounts", api.NewGetAccountsRequest)
)

// Credentials are what Neonomics asks of a TPP. SessionID, DeviceID and one of AccessToken and TokenSource
// are required.
type Credentials struct {
	adapters.Masked

	// AccessToken is the token itself, without "Bearer"; TokenSource is asked for one with every call instead.
	AccessToken adapters.Secret      `credential:"accessToken,oneof"`
	TokenSource adapters.TokenSource `credential:"-,oneof"`

	SessionID adapters.Secret `credential:"sessionId,consent"`
	DeviceID  adapters.Secret `credential:"deviceId"`
	// Scope is accounts, the provider's default, or business-accounts.
	Scope string `credential:"scope,optional"`

	// PSUID is the PSU's id as encrypted by the caller. Instead, PSUIDPlain and PSUIDKey let the adapter encrypt it
	// anew for every call. PSUIDKey is rawValue of the portal's keyset, base64 of 16 bytes; PSUIDKeyID is its keyId, a
	// number, and only needed when its outputPrefixType is TINK.
	PSUID      adapters.Secret `credential:"psuId,optional"`
	PSUIDPlain adapters.Secret `credential:"psuIdPlain,optional"`
	PSUIDKey   adapters.Secret `credential:"psuIdKey,optional"`
	PSUIDKeyID string          `credential:"psuIdKeyId,optional"`

	// SigningKey is the RSA key of clients with end-to-end encryption, which may live in a hardware module. It goes
	// with SigningKeyID, by which Neonomics knows it, and with OriginatingHost, the TPP's host.
	SigningKey      crypto.Signer `credential:"signingKey,optional" json:"-"`
	SigningKeyID    string        `credential:"signingKeyId,optional"`
	OriginatingHost string        `credential:"originatingHost,optional"`
}

// Client is the Neonomics adapter.
type Client struct {
	adapters.Base
	endpoint    *call.Endpoint
	credentials call.Sealed[Credentials]
	psuID       func() string
}

var _ adapters.Source = (*Client)(nil)

// New returns a Client. Nothing is sent.
func New(credentials Credentials, options *adapters.Options) (*Client, error) {
	endpoint, err := call.Open(provider, credentials, options)
	if err != nil {
		return nil, err
	}
	if credentials.Scope != "" && !api.Scope(credentials.Scope).Valid() {
		return nil, endpoint.Invalid("credentials.scope", "neither accounts nor business-accounts")
	}
	psuID, err := newPSUID(&credentials)
	if err != nil {
		return nil, err
	}
	sign, err := credentials.sign()
	if err != nil {
		return nil, err
	}
	endpoint.Edit(call.Authorize("Bearer", credentials.AccessToken, credentials.TokenSource), sign)
	return &Client{adapters.Base(provider.Name), endpoint, call.Seal(credentials), psuID}, nil
}

// Balances implements [adapters.Source]. The PSU's address is forwarded; without the PSU its header is empty, as the
// provider asks.
func (c *Client) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	request := balances.For(accountID, c.params(psu))
	return call.Balances(ctx, c.endpoint, accountID, psu, request, toBalances)
}

func (c *Client) params(psu adapters.PSU) *api.GetBalancesParams {
	own := c.credentials.Open()
	params := &api.GetBalancesParams{
		Scope:      (*api.Scope)(call.Optional(own.Scope)),
		XSessionID: string(own.SessionID),
		XDeviceID:  string(own.DeviceID),
		XPsuID:     call.Optional(c.psuID()),
	}
	if user, present := psu.Context(); present {
		params.XPsuIPAddress = user.IPAddress.String()
	}
	if own.SigningKey != nil {
		date := c.endpoint.Now().UTC().Format(http.TimeFormat)
		params.XOriginatingHost, params.XOriginatingDate = &own.OriginatingHost, &date
	}
	return params
}
