// Package enablebanking fetches balances from Enable Banking.
//
// Documentation: "API reference", Enable Banking Docs, API 1.0.0-3030f99c, read 2026-11-30,
// https://enablebanking.com/docs/api/reference/. Nothing here was tried against the live API.
//
// Calls: GET /accounts/{account_id}/balances, GET /accounts/{account_id}/details, GET /application, GET /aspsps, POST
// /auth, POST /sessions, GET /sessions/{session_id}.
//
// Credentials: the id of an application and its RSA key, which signs a token (JWT) for an hour; for the account list also
// the id of a session. One account needs no session id.
//
// First balance:
//  1. Register an application at Enable Banking's Control Panel and keep its private key. Without a contract, an
//     application of production works for your own accounts: link each of them to it there ("Activate by linking
//     accounts").
//  2. Find your bank: openbalances enablebanking banks -country FI -application ID -key key.pem. In a program it is
//     [Client.Banks].
//  3. Agree at the bank: openbalances enablebanking link -country FI -bank NAME -connection mine -application ID -key
//     key.pem prints the address for the browser, takes the address to which the browser returns, and writes the
//     connection into the configuration. In a program [Client.Begin] gives the address, and [Client.Authorize] exchanges
//     the code for the session, once; keep it.
//  4. openbalances get prints the balances. When the consent ends, the same link command renews the connection. Accounts
//     can be left out, or named by a uid that openbalances accounts prints; a new session has new ones.
//
// Access limits: 4 unattended calls in 24 hours for one account, set by the bank. A call is attended when it carries any
// header of the PSU. Balances and [Client.Details] spend the same; the account list, [Client.Authorize] and
// [Client.Application] ask no bank. The consent is sessionId. A guard counts Details by its own method of that name.
//
// Balance types: codes of ISO 20022, as they are; OTHR and VALU are none and stay unknown. Whether an available amount or
// that of a card counts a credit differs by bank, and no member tells.
//
// Errors: a session that has ended is consent_required, whether a refusal says so or the session itself; so is an
// ASPSP_ERROR with the bank's own 401 or 403 inside. A session without accounts is forbidden: none of them is linked to
// the application. The detail of a refusal says what to do, where that is known.
//
// Not supported: balances of several accounts in one call; ending a session.
package enablebanking

import (
	"cmp"
	"context"
	"crypto"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/jwt"
	api "github.com/openbalances/openbalances/gen/enablebanking"
)

var provider = call.Provider{Name: "enablebanking", URL: api.ServerURLProduction, Refusal: refusal, Reported: reported}

// none are the parameters of an operation that has none besides its path.
type none struct{}

var (
	balances = call.Get("GET /accounts/{account_id}/balances", api.NewGetBalancesRequest)
	details  = call.Get("GET /accounts/{account_id}/details", api.NewGetAccountRequest)
	session  = call.Get("GET /sessions/{session_id}", func(server, id string, _ *none) (*http.Request, error) {
		return api.NewGetSessionRequest(server, id)
	})
	authorize = call.Post("POST /sessions", func(server string, _ *none, media string, body io.Reader) (*http.Request, error) {
		return api.NewAuthorizeSessionRequestWithBody(server, media, body)
	})
	application = call.List("GET /application", func(server string, _ *none) (*http.Request, error) {
		return api.NewGetApplicationRequest(server)
	})
)

// Credentials are what Enable Banking asks of an application.
type Credentials struct {
	adapters.Masked

	ApplicationID adapters.Secret `credential:"applicationId"`
	// PrivateKey is the application's RSA key of at least 2048 bits, which may live in a hardware module.
	PrivateKey crypto.Signer `credential:"privateKey" json:"-"`
	// SessionID is the session that lists the accounts; that of Session if it is empty.
	SessionID adapters.Secret `credential:"sessionId,optional,consent"`
	// Session is what was kept of the session, or of one before it. The zero value is nothing.
	Session Session `credential:"session,optional"`
}

// Client is the Enable Banking adapter.
type Client struct {
	adapters.Base
	endpoint    *call.Endpoint
	credentials call.Sealed[Credentials]
}

var _ adapters.Source = (*Client)(nil)

// New returns a Client. Nothing is sent.
func New(credentials Credentials, options *adapters.Options) (*Client, error) {
	endpoint, err := call.Open(provider, credentials, options)
	if err != nil {
		return nil, err
	}
	credentials.SessionID = cmp.Or(credentials.SessionID, adapters.Secret(credentials.Session.ID))
	if credentials.SessionID != "" && adapters.ValidateAccountID(string(credentials.SessionID)) != nil {
		return nil, endpoint.Invalid("credentials.sessionId", "not usable in a path")
	}
	required := slices.Clone(credentials.Session.RequiredPSUHeaders)
	for i, name := range required {
		if !headerName.MatchString(name) {
			required[i] = "a header that Enable Banking does not forward" // no request has it, so all are refused but the unattended
		}
	}
	tokens, err := jwt.NewSource(credentials.PrivateKey, jwt.Claims{
		KeyID: string(credentials.ApplicationID), Issuer: "enablebanking.com", Audience: "api.enablebanking.com", Life: time.Hour,
	}, endpoint.Now)
	if err != nil {
		return nil, endpoint.Invalid("credentials.privateKey", strings.TrimPrefix(err.Error(), "httpsig: "))
	}
	endpoint.Edit(call.AllOrNone("Psu-", required), call.Authorize("Bearer", "", tokens))
	return &Client{adapters.Base(provider.Name), endpoint, call.Seal(credentials)}, nil
}

var headerName = regexp.MustCompile(`^(?i:psu)-[A-Za-z-]{1,40}$`)

// Balances implements [adapters.Source]. Of the PSU's context address, user agent, referer, what the browser accepts, and a
// geo location are forwarded. What the bank requires, as the kept session says, has to be there, or nobody be present.
func (c *Client) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	return call.Balances(ctx, c.endpoint, accountID, psu, balances.For(accountID, params(psu)), toBalances)
}

func params(psu adapters.PSU) *api.GetBalancesParams {
	params := &api.GetBalancesParams{}
	if user, present := psu.Context(); present {
		params.PSUIPAddress = call.Optional(user.IPAddress.String())
		params.PSUUserAgent = call.Optional(user.UserAgent)
		params.PSUReferer = call.Optional(user.Referer)
		params.PSUAccept = call.Optional(user.Accept)
		params.PSUAcceptCharset = call.Optional(user.AcceptCharset)
		params.PSUAcceptEncoding = call.Optional(user.AcceptEncoding)
		params.PSUAcceptLanguage = call.Optional(user.AcceptLanguage)
		params.PSUGeoLocation = call.Optional(toGeoLocation(user.GeoLocation))
	}
	return params
}

var geoLocation = regexp.MustCompile(`^GEO:(-?\d{1,2}\.\d{1,6})\d*;(-?\d{1,3}\.\d{1,6})\d*$`)

// toGeoLocation writes Berlin Group's form in Enable Banking's, to six decimals; "" for another one.
func toGeoLocation(text string) string {
	if found := geoLocation.FindStringSubmatch(text); found != nil {
		return found[1] + "," + found[2]
	}
	return ""
}

// Application is what Enable Banking knows of an application.
type Application struct {
	Name         string
	Active       bool     // whether it may be used
	RedirectURLs []string // the registered addresses
}

// Application returns the application that signs, which proves that the credentials are good. No bank is asked.
func (c *Client) Application(ctx context.Context) (Application, error) {
	return call.Ask(ctx, c.endpoint, "check application", application.With(nil), func(body api.Application) (Application, error) {
		if !strings.EqualFold(body.Kid, string(c.credentials.Open().ApplicationID)) {
			return Application{}, call.Broken("kid", "not the application that signs")
		}
		return Application{body.Name, body.Active, body.RedirectUrls}, nil
	})
}
