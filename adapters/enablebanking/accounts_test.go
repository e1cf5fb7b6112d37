package enablebanking_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/enablebanking"
	"github.com/openbalances/openbalances/adapters/internal/secrettest"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/mapping"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var user = adapters.PSUContext{
	IPAddress: netip.MustParseAddr("203.0.113.7"), UserAgent: "Browser/1.0", Accept: "text/html", AcceptCharset: "utf-8",
	AcceptEncoding: "gzip", AcceptLanguage: "nb", GeoLocation: "GEO:59.913869;10.752245", Referer: "https://tpp.example/accounts",
}

// answering returns the adapter with a kept session, connected to the sandbox, which answers with an example, and the text of
// the last request.
func answering(t *testing.T, example string, kept enablebanking.Session) (*enablebanking.Client, *string) {
	t.Helper()
	document, err := contract.Load("enablebanking")
	require.NoError(t, err)
	sent, bank := new(string), sandbox.Handler(document)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, document.ValidateRequest(r.Context(), r))
		*sent = describe(t, r)
		r.Header.Set("Prefer", "example="+example)
		bank.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	full := credentials()
	full.Session = kept
	client, err := enablebanking.New(full, &adapters.Options{BaseURL: server.URL, Now: func() time.Time { return now }})
	require.NoError(t, err)
	return client, sent
}

// describe writes a request like the files in testdata/requests, and verifies its token.
func describe(t *testing.T, r *http.Request) string {
	t.Helper()
	input, encoded, _ := strings.Cut(strings.Replace(r.Header.Get("Authorization"), ".", " ", 1)[len("Bearer "):], ".")
	input = strings.Replace(input, " ", ".", 1)
	signature, err := base64.RawURLEncoding.DecodeString(encoded)
	assert.NoError(t, err)
	sum := sha256.Sum256([]byte(input))
	assert.NoError(t, rsa.VerifyPKCS1v15(credentials().PrivateKey.Public().(*rsa.PublicKey), crypto.SHA256, sum[:], signature))
	header, claims, _ := strings.Cut(input, ".")
	assert.JSONEq(t, `{"typ": "JWT", "alg": "RS256", "kid": "`+applicationID+`"}`, decoded(t, header))
	assert.JSONEq(t, fmt.Sprintf(`{"iss": "enablebanking.com", "aud": "api.enablebanking.com", "iat": %d, "exp": %d}`,
		now.Unix()-60, now.Unix()+3540), decoded(t, claims))

	lines := []string{"Authorization: <varies>"}
	for name := range r.Header {
		if !slices.Contains([]string{"Accept-Encoding", "Content-Length", "User-Agent", "Authorization"}, name) {
			lines = append(lines, name+": "+r.Header.Get(name))
		}
	}
	slices.Sort(lines)
	body, err := io.ReadAll(r.Body)
	assert.NoError(t, err)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	text := r.Method + " " + r.RequestURI + "\n" + strings.Join(lines, "\n") + "\n"
	if len(body) > 0 {
		text += "\n" + string(body) + "\n"
	}
	return text
}

func decoded(t *testing.T, part string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(part)
	assert.NoError(t, err)
	return string(text)
}

func assertSent(t *testing.T, name, sent string) {
	t.Helper()
	want, err := os.ReadFile("testdata/requests/" + name + ".http")
	require.NoError(t, err)
	assert.Equal(t, string(want), sent)
}

// declared are the accounts that the document declares of an example, by their id.
func declared(t *testing.T, operation, example string, asked ...string) map[string]mapping.Fields {
	t.Helper()
	document, err := contract.Load("enablebanking")
	require.NoError(t, err)
	examples := document.Examples()
	i := slices.IndexFunc(examples, func(e specs.Example) bool { return e.Name == example })
	answer, err := mapping.New(document).Read(operation, examples[i].JSON, mapping.Asked{Accounts: asked})
	require.NoError(t, err)
	all := map[string]mapping.Fields{}
	for _, account := range answer.Accounts {
		if account.Err == nil {
			all[account.ID] = account.Fields
		}
	}
	return all
}

func fields(t *testing.T, account adapters.Account) mapping.Fields {
	t.Helper()
	text, err := json.Marshal(account)
	require.NoError(t, err)
	var all mapping.Fields
	require.NoError(t, json.Unmarshal(text, &all))
	assert.Equal(t, "enablebanking", all["provider"])
	delete(all, "provider")
	return all
}

func TestDetails(t *testing.T) {
	t.Parallel()
	for example, want := range map[string]adapters.Account{
		"accountDetails": {
			IBAN: "FI2112345600000785", BBAN: "12345600000785", Name: "Holidays", HolderName: "Test Person", Currency: "EUR", Type: "CACC",
			Identifiers: []adapters.AccountIdentifier{{Scheme: "identification_hash", Value: "aGFzaC01.WwpbCiJ="}, {Scheme: "CPAN", Value: "4012 **** **** 1881"}},
		},
		"accountDetailsSparse": {
			IBAN: "FI1410093000123458", Name: "Card", Currency: "XXX", Type: "CARD",
			Identifiers: []adapters.AccountIdentifier{{Scheme: "identification_hash", Value: "aGFzaC02.WwpbCiJ="}},
		},
	} {
		client, sent := answering(t, example, enablebanking.Session{})
		got, err := client.Details(t.Context(), accountID, adapters.Attended(user))
		require.NoError(t, err)
		want.Provider, want.ID = "enablebanking", accountID
		assert.Equal(t, want, got)
		assert.Equal(t, declared(t, "getAccount", example, accountID)[accountID], fields(t, got))
		assertSent(t, "details", *sent)
	}
	client, _ := answering(t, "accountDetails", enablebanking.Session{})
	_, err := client.Details(t.Context(), sessionID, adapters.Unattended())
	assert.EqualError(t, err, "enablebanking: get account: protocol (HTTP 200): uid: not the account that was asked for")
	_, err = client.Details(t.Context(), "..", adapters.Unattended())
	assert.EqualError(t, err, "enablebanking: get account: invalid_argument: account id: names another path")
	refusing, _ := answering(t, "rateLimited", enablebanking.Session{})
	_, err = refusing.Details(t.Context(), accountID, adapters.Unattended())
	assert.EqualError(t, err, "enablebanking: get account: rate_limited (HTTP 429): code ASPSP_RATE_LIMIT_EXCEEDED")
}

// What the exchange of the code says is kept as JSON, and found again by id or by hash.
func TestAuthorizedSessionIsKept(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, "authorizedSession", enablebanking.Session{})
	session, err := client.Authorize(t.Context(), "8c1f4b6e")
	require.NoError(t, err)
	assertSent(t, "authorize", *sent)
	assert.Equal(t, sessionID, session.ID)
	assert.Equal(t, time.Date(2027, 5, 20, 12, 0, 0, 0, time.UTC), session.ValidUntil)
	want := declared(t, "authorizeSession", "authorizedSession")
	require.Len(t, session.Accounts, 2, "one has no uid")
	for _, account := range session.Accounts {
		assert.Equal(t, want[account.ID], fields(t, account))
	}
	assert.NotRegexp(t, sessionID+"|FI2112345600000785", fmt.Sprintf("%v %+v %#v %s", session, session, session, &session))

	session.RequiredPSUHeaders = []string{"psu-ip-address"}
	session.Accounts[1].ID = "of-another-session"
	text, err := json.Marshal(session)
	require.NoError(t, err)
	var kept enablebanking.Session
	require.NoError(t, json.Unmarshal(text, &kept))
	require.Equal(t, session, kept)
	client, _ = answering(t, "sessionOfTwo", kept)
	got, err := client.Accounts(t.Context(), adapters.Unattended())
	require.NoError(t, err)
	require.Len(t, got, 2)
	listed := declared(t, "getSession", "sessionOfTwo")
	for i, account := range got {
		assert.Contains(t, listed, account.ID, "the id is that of the session asked for")
		assert.Equal(t, session.Accounts[i].IBAN, account.IBAN)
		assert.Equal(t, session.Accounts[i].Currency, account.Currency)
	}
	assert.Equal(t, "of-another-session", kept.Accounts[1].ID, "what was handed over stays as it is")
}

func TestAuthorizeFails(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"session_id": "` + sessionID + `", "accounts": []}`: "forbidden (HTTP 200): accounts: empty; link the accounts to the application",
		`{"session_id": null, "accounts": [{}]}`:              "protocol (HTTP 200): session_id: missing",
		`[]`:                                                  "protocol (HTTP 200)",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(server.Close)
		client, err := enablebanking.New(credentials(), &adapters.Options{BaseURL: server.URL})
		require.NoError(t, err)
		_, err = client.Authorize(t.Context(), "8c1f4b6e")
		assert.ErrorContains(t, err, "enablebanking: authorize session: "+want, body)
	}
}

func TestApplication(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, "application", enablebanking.Session{})
	application, err := client.Application(t.Context())
	require.NoError(t, err)
	assertSent(t, "application", *sent)
	assert.True(t, application.Active)
	document, err := contract.Load("enablebanking")
	require.NoError(t, err)
	server := httptest.NewServer(sandbox.Handler(document))
	t.Cleanup(server.Close)
	other := credentials()
	other.ApplicationID = sessionID
	stranger, err := enablebanking.New(other, &adapters.Options{BaseURL: server.URL})
	require.NoError(t, err)
	_, err = stranger.Application(t.Context())
	assert.EqualError(t, err, "enablebanking: check application: protocol (HTTP 200): kid: not the application that signs")
	capital := credentials()
	capital.ApplicationID = adapters.Secret(strings.ToUpper(applicationID))
	client, err = enablebanking.New(capital, &adapters.Options{BaseURL: server.URL})
	require.NoError(t, err)
	_, err = client.Application(t.Context())
	assert.NoError(t, err)
	inactive, _ := answering(t, "applicationInactive", enablebanking.Session{})
	_, err = inactive.Application(t.Context())
	assert.EqualError(t, err, "enablebanking: check application: forbidden (HTTP 403): "+
		"if the application is not active, activate it by linking accounts to it in Enable Banking's Control Panel")
}

// The states of a session that cannot be used are in the error, and what to do about an empty one.
func TestSessionsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for example, want := range map[string]struct {
		text    string
		consent adapters.ConsentState
	}{
		"sessionExpired":         {"consent_required (HTTP 200): code EXPIRED", adapters.ErrConsentExpired},
		"sessionRevoked":         {"consent_required (HTTP 200): code REVOKED", adapters.ErrConsentRevoked},
		"sessionClosed":          {"consent_required (HTTP 200): code CLOSED", ""},
		"sessionPending":         {"consent_required (HTTP 200): code PENDING_AUTHORIZATION; the PSU has not finished", ""},
		"sessionWithoutAccounts": {"forbidden (HTTP 200): accounts_data: empty; link the accounts to the application in Enable Banking's Control Panel, then let the PSU agree to a new session", ""},
	} {
		client, _ := answering(t, example, enablebanking.Session{})
		_, err := client.Accounts(t.Context(), adapters.Unattended())
		var failure *adapters.Error
		require.ErrorAs(t, err, &failure)
		assert.EqualError(t, err, "enablebanking: list accounts: "+want.text)
		assert.Equal(t, want.consent, failure.Consent)
	}
	without := credentials()
	without.SessionID = ""
	client, err := enablebanking.New(without, nil)
	require.NoError(t, err)
	_, err = client.Accounts(t.Context(), adapters.Unattended())
	assert.EqualError(t, err, "enablebanking: list accounts: invalid_argument: credentials.sessionId: missing, and only a session lists accounts")
}

// A PSU context that lacks what the bank requires is refused before anything is sent; without the PSU nothing is required.
func TestRequiredHeaders(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, "noBalances", enablebanking.Session{RequiredPSUHeaders: []string{"psu-ip-address", "Psu-Geo-Location"}})
	odd := user
	odd.GeoLocation = "59.9, 10.7"
	_, err := client.Balances(t.Context(), accountID, adapters.Attended(odd))
	assert.EqualError(t, err, "enablebanking: get balances: invalid_argument: psu: lacks Psu-Geo-Location, which the bank requires; "+
		"ask with it, or unattended, which spends one of the account's calls")
	assert.Empty(t, *sent)
	for _, psu := range []adapters.PSU{adapters.Attended(user), adapters.Unattended()} {
		_, err = client.Balances(t.Context(), accountID, psu)
		assert.NoError(t, err)
	}
	for _, odd := range []string{"X-Forwarded-For", "Accept", "Host", "", "Psu-\n"} { // the bank's own words, so nobody's mistake
		client, sent = answering(t, "noBalances", enablebanking.Session{RequiredPSUHeaders: []string{"psu-ip-address", odd}})
		_, err = client.Balances(t.Context(), accountID, adapters.Attended(user))
		assert.EqualError(t, err, "enablebanking: get balances: invalid_argument: psu: lacks a header that Enable Banking does not forward, "+
			"which the bank requires; ask with it, or unattended, which spends one of the account's calls")
		assert.Empty(t, *sent)
		_, err = client.Balances(t.Context(), accountID, adapters.Unattended())
		assert.NoError(t, err)
	}
}

func TestGeoLocations(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, "noBalances", enablebanking.Session{})
	for location, want := range map[string]string{
		"GEO:59.913869;10.752245": "59.913869,10.752245", "GEO:-5.10000099;-170.75224599": "-5.100000,-170.752245", "GEO:59;10": "", "59.9,10.7": "", "": "",
	} {
		other := user
		other.GeoLocation = location
		_, err := client.Balances(t.Context(), accountID, adapters.Attended(other))
		require.NoError(t, err)
		assert.Equal(t, want != "", strings.Contains(*sent, "Psu-Geo-Location: "+want+"\n"), location)
		assert.Equal(t, want != "", strings.Contains(*sent, "Psu-Geo-Location"), location)
	}
}

func TestMistakesAreFoundByNew(t *testing.T) {
	t.Parallel()
	curve := tlstest.ECKey(t)
	for detail, spoil := range map[string]func(*enablebanking.Credentials){
		"credentials.applicationId: missing":                  func(c *enablebanking.Credentials) { c.ApplicationID = "" },
		"credentials.privateKey: missing":                     func(c *enablebanking.Credentials) { c.PrivateKey = nil },
		"credentials.privateKey: rsa-sha256 needs an RSA key": func(c *enablebanking.Credentials) { c.PrivateKey = curve },
		"credentials.sessionId: not usable in a path":         func(c *enablebanking.Credentials) { c.SessionID = "a/../b" },
	} {
		spoilt := credentials()
		spoil(&spoilt)
		_, err := enablebanking.New(spoilt, nil)
		assert.EqualError(t, err, "enablebanking: invalid_argument: "+detail)
	}
}

func TestKeyAndSessionAreMasked(t *testing.T) {
	t.Parallel()
	full := credentials()
	full.Session = enablebanking.Session{ID: "kept-S3CR3T"}
	hidden := append(secrettest.Key(t, full.PrivateKey), sessionID, "kept-S3CR3T")
	secrettest.AssertHides(t, full, hidden...)
	client, err := enablebanking.New(full, nil)
	require.NoError(t, err)
	secrettest.AssertSealed(t, client, hidden...)
}

func TestCauses(t *testing.T) {
	t.Parallel()
	const bank = `{"code": 400, "message": "m", "error": "ASPSP_ERROR", "detail": `
	adaptertest.Causes(t, harness, []adaptertest.Cause{
		{Status: 400, Body: bank + `{"error_data": {"code": 401}}}`, Kind: adapters.ErrConsentRequired, Code: "ASPSP_ERROR", Message: "m"},
		{Status: 400, Body: bank + `{"error_data": {"status": "403"}}}`, Kind: adapters.ErrConsentRequired, Code: "ASPSP_ERROR", Message: "m"},
		{Status: 400, Body: bank + `{"error_data": {"code": 500}}}`, Kind: adapters.ErrUnavailable, Code: "ASPSP_ERROR", Message: "m"},
		{Status: 400, Body: bank + `"401"}`, Kind: adapters.ErrUnavailable, Code: "ASPSP_ERROR", Message: "m"},
		{Status: 408, Body: `{"message": "m", "error": "ASPSP_TIMEOUT", "detail": {"error_data": {"code": 401}}}`, Kind: adapters.ErrUnavailable, Code: "ASPSP_TIMEOUT", Message: "m"},
		{Status: 400, Body: `{"title": "t", "code": "PERIOD_INVALID"}`, Kind: adapters.ErrInvalidArgument, Message: "t"},
		{Status: 400, Body: `{"message": "m", "error": "EXPIRED_SESSION"}`, Kind: adapters.ErrConsentRequired, Code: "EXPIRED_SESSION", Message: "m"},
		{Status: 429, Body: `slow down`, Kind: adapters.ErrRateLimited},
	})
}

// A refusal says what can be done about it, where that is known.
func TestRefusalsTellTheWayOut(t *testing.T) {
	t.Parallel()
	const key = "check the clock, the key and the application id"
	const activate = "if the application is not active, activate it by linking accounts to it in Enable Banking's Control Panel"
	for _, c := range []struct {
		status       int
		body, detail string
		kind         adapters.Kind
	}{
		{401, `{"error": "EXPIRED_SESSION"}`, "code EXPIRED_SESSION", adapters.ErrConsentRequired},
		{400, `{"error": "CLOSED_SESSION"}`, "code CLOSED_SESSION", adapters.ErrConsentRequired},
		{400, `{"error": "ASPSP_ERROR", "detail": {"error_data": {"code": 401}}}`, "code ASPSP_ERROR", adapters.ErrConsentRequired},
		{401, `{"error": "EXPIRED_AUTHORIZATION_CODE"}`, "code EXPIRED_AUTHORIZATION_CODE; the code counts once, and not for long: let the PSU consent again", adapters.ErrConsentRequired},
		{401, `{"message": "Token is not accepted"}`, key, adapters.ErrUnauthorized},
		{401, `{"error": "UNAUTHORIZED_ACCESS"}`, "code UNAUTHORIZED_ACCESS; " + key, adapters.ErrUnauthorized},
		{401, `<html>no</html>`, key, adapters.ErrUnauthorized},
		{403, `{"code": 403, "message": "Application is not active"}`, activate, adapters.ErrForbidden},
		{403, `{"error": "ACCESS_DENIED"}`, "code ACCESS_DENIED; " + activate, adapters.ErrForbidden},
		{403, `{"error": "UNAUTHORIZED_IP"}`, "code UNAUTHORIZED_IP", adapters.ErrForbidden},
		{400, `{"error": "REDIRECT_URI_NOT_ALLOWED"}`, "code REDIRECT_URI_NOT_ALLOWED; register the redirect address for the application in Enable Banking's Control Panel", adapters.ErrInvalidArgument},
		{404, `{"error": "WRONG_ASPSP_PROVIDED"}`, "code WRONG_ASPSP_PROVIDED; name the bank and its country as the list of banks does", adapters.ErrInvalidArgument},
		{401, `{"error": "WRONG_CREDENTIALS_PROVIDED"}`, "code WRONG_CREDENTIALS_PROVIDED; choose another of the bank's ways to agree", adapters.ErrInvalidArgument},
		{429, `{"error": "ACCESS_DENIED"}`, "code ACCESS_DENIED", adapters.ErrRateLimited},
		{401, `<html>No required SSL certificate was sent</html>`, "client certificate required", adapters.ErrUnauthorized},
		{400, `{"message": "no"}`, "", adapters.ErrInvalidArgument},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		t.Cleanup(server.Close)
		client, err := enablebanking.New(credentials(), &adapters.Options{BaseURL: server.URL})
		require.NoError(t, err)
		for operation, ask := range map[string]func() error{
			"get balances":      func() error { _, err := client.Balances(t.Context(), accountID, adapters.Unattended()); return err },
			"list accounts":     func() error { _, err := client.Accounts(t.Context(), adapters.Unattended()); return err },
			"get account":       func() error { _, err := client.Details(t.Context(), accountID, adapters.Unattended()); return err },
			"check application": func() error { _, err := client.Application(t.Context()); return err },
			"list banks":        func() error { _, err := client.Banks(t.Context(), "FI"); return err },
			"begin session":     func() error { _, err := client.Begin(t.Context(), enablebanking.Agreement{}); return err },
			"authorize session": func() error { _, err := client.Authorize(t.Context(), "8c1f4b6e"); return err },
		} {
			var failure *adapters.Error
			require.ErrorAs(t, ask(), &failure)
			assert.Equal(t, []any{operation, c.kind, c.detail}, []any{failure.Operation, failure.Kind, failure.Detail}, c.body)
		}
	}
}

// An account is found again by its main hash, or by another one that no second account shares.
func TestRenewed(t *testing.T) {
	t.Parallel()
	const first, second = "0b7e0c1e-52c1-4a37-9d0e-6a8f2f6c9a11", "954988fb-af06-483d-af23-5a04714b8761"
	type hashes = map[string][]string // by id, the main one first
	for name, c := range map[string]struct {
		before, later hashes
		want          []string
	}{
		"by the main hash, whatever else is shared": {hashes{"a": {"1", "iban"}, "b": {"2", "iban"}}, hashes{first: {"2", "iban"}, second: {"1", "iban"}}, []string{second, first}},
		"by another hash":            {hashes{"a": {"1", "1", "iban"}}, hashes{first: {"new", "iban", "new"}, second: {"3"}}, []string{first}},
		"the main one is another":    {hashes{"a": {"1"}}, hashes{first: {"new", "1"}}, []string{first}},
		"two later share it":         {hashes{"a": {"1", "iban"}}, hashes{first: {"8", "iban"}, second: {"9", "iban"}}, []string{"a"}},
		"two before share it":        {hashes{"a": {"1", "iban"}, "b": {"2", "iban"}}, hashes{first: {"9", "iban"}}, []string{"a", "b"}},
		"it is that of another one":  {hashes{"a": {"1", "iban"}, "b": {"2", "iban"}}, hashes{first: {"2", "iban"}}, []string{"a", first}},
		"no hash is like another":    {hashes{"a": {""}}, hashes{first: {""}}, []string{"a"}},
		"nothing of it is there now": {hashes{"a": {"1"}}, hashes{first: {"2"}}, []string{"a"}},
	} {
		session := func(all hashes) (s enablebanking.Session) {
			s.Hashes = hashes{}
			for _, id := range slices.Sorted(maps.Keys(all)) {
				s.Accounts = append(s.Accounts, adapters.Account{ID: id, Name: "was " + id,
					Identifiers: []adapters.AccountIdentifier{{Scheme: "identification_hash", Value: all[id][0]}}})
				s.Hashes[id] = all[id][1:]
			}
			return s
		}
		before, later := session(c.before), session(c.later)
		assert.Equal(t, c.want, before.Renewed(slices.Sorted(maps.Keys(c.before)), later), name)
	}
	kept := enablebanking.Session{Accounts: []adapters.Account{{ID: "old", Name: "Savings"}}, Hashes: hashes{"old": {"b3RoZXI.WwpbCiJ="}}}
	client, _ := answering(t, "sessionOfTwo", kept)
	got, err := client.Accounts(t.Context(), adapters.Unattended())
	require.NoError(t, err)
	assert.Equal(t, []string{"", "Savings"}, []string{got[0].Name, got[1].Name}, "the second has that hash among others")
}

// Whatever can be read of an account is kept, because it is told once.
func TestAuthorizeKeepsWhatItCan(t *testing.T) {
	t.Parallel()
	const one, hash = `"uid": "` + accountID + `", "all_account_ids": [{"scheme_name": "IBAN", "identification": "FI2112345600000785"}]`, `, "identification_hash": "h"`
	const rest = `, "cash_account_type": "CACC", "currency": "EUR"`
	for account, want := range map[string]int{
		one + hash + rest: 1,
		one + hash:        1,
		one + hash + `, "cash_account_type": 5, "currency": null`: 1,
		one + rest:                          0,
		`"uid": 5` + hash + rest:            0,
		`"uid": "a/../b"` + hash + rest:     0,
		`"uid": null` + hash + rest:         0,
		`"uid": "", "x": [1]` + hash + rest: 0,
	} {
		got, err := served(t, `{"session_id": "s", "aspsp": {"name": "Mock ASPSP", "country": "FI"}, "accounts": [{`+account+`}]}`, 0).Authorize(t.Context(), "c")
		require.NoError(t, err, account)
		assert.Equal(t, []any{want, 1 - want, "FI", true}, []any{len(got.Accounts), got.LeftOut, got.Country, got.ValidUntil.IsZero()}, account)
		for _, kept := range got.Accounts {
			assert.Equal(t, []string{accountID, "FI2112345600000785", "Mock ASPSP"}, []string{kept.ID, kept.IBAN, kept.Bank})
		}
	}
}
