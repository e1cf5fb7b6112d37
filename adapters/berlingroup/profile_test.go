package berlingroup_test

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/berlingroup"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wire answers every request and keeps the last one.
type wire struct {
	status int
	body   string
	sent   *http.Request
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.sent = r
	return &http.Response{
		StatusCode: cmp.Or(w.status, http.StatusOK), Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(w.body)), Request: r,
	}, nil
}

func (w *wire) open(own berlingroup.Credentials) (*berlingroup.Client, error) {
	return berlingroup.New(own, &adapters.Options{BaseURL: "https://bank.example/psd2/v1", HTTPClient: &http.Client{Transport: w}})
}

// ask fetches the balances of one account, or with an empty id of all.
func (w *wire) ask(t *testing.T, own berlingroup.Credentials, id string, psu adapters.PSU) ([]adapters.Balance, error) {
	client, err := w.open(own)
	switch {
	case err != nil:
		return nil, err
	case id != "":
		return client.Balances(t.Context(), id, psu)
	}
	all, err := client.AllBalances(t.Context(), psu)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0].Balances, all[0].Err
}

const good = `{"balances": [{"balanceType": "closingBooked", "balanceAmount": {"currency": "EUR", "amount": "500.00"}}]}`

var attended = adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr("203.0.113.7")})

// quirk is a case of a member of bank.Quirks: what the profile says, what the bank answers, what is sent, and what the first
// balance becomes or the call fails with.
type quirk struct {
	quirk, profile string
	change         func(*berlingroup.Credentials)
	id             string // of the account that is asked for, or all
	attended       bool
	body           string            // or good
	sent           map[string]string // "" is a header that is not there
	target         string            // path and query
	want, fails    string
}

var quirks = []quirk{
	{quirk: "token", profile: `{"token": "required"}`, change: func(c *berlingroup.Credentials) { c.AccessToken = "" }, fails: "credentials.accessToken: missing; the bank demands one"},
	{quirk: "token", profile: `{"token": "none"}`, fails: "credentials.accessToken: not taken; the bank goes by the consent alone"},
	{quirk: "token", profile: `{"token": "none"}`, change: func(c *berlingroup.Credentials) { c.AccessToken = "" }, sent: map[string]string{"Authorization": "", "Consent-Id": "consent-1234"}},
	{quirk: "tokenHeader", profile: `{"tokenHeader": "PSD2-AUTHORIZATION"}`, sent: map[string]string{"Psd2-Authorization": "Bearer token-5678", "Authorization": ""}},
	{quirk: "keyHeader", profile: `{"keyHeader": "X-IBM-Client-Id"}`, change: key, sent: map[string]string{"X-Ibm-Client-Id": "key-7890"}},
	{quirk: "keyHeader", profile: `{"keyHeader": "X-IBM-Client-Id"}`, fails: "credentials.apiKey: missing; the bank demands one"},
	{quirk: "keyHeader", profile: `{}`, change: key, fails: "credentials.apiKey: not taken; no profile says where it stands"},
	{quirk: "keyQuery", profile: `{"keyQuery": "app-id", "query": {"bic": "SWEDSESS"}}`, change: key, target: "/psd2/v1/accounts/ID-1/balances?app-id=key-7890&bic=SWEDSESS"},
	{quirk: "query", profile: `{"query": {"bic": "SWEDSESS"}}`, id: "all", body: `{"accounts": []}`, target: "/psd2/v1/accounts?bic=SWEDSESS&withBalance=true", want: "none"},
	{quirk: "headers", profile: `{"headers": {"Tenant": "nl"}}`, sent: map[string]string{"Tenant": "nl"}},
	{quirk: "requestIdHeader", profile: `{"requestIdHeader": "x_request_id"}`, sent: map[string]string{"X-Request-Id": "", "X_request_id": "any"}},
	{quirk: "date", profile: `{"date": true}`, sent: map[string]string{"Date": "any"}},
	{quirk: "date", profile: `{}`, sent: map[string]string{"Date": ""}},
	{quirk: "psuAddress", profile: `{"psuAddress": true}`, fails: "psu: missing; the bank takes no call without the PSU's address"},
	{quirk: "psuAddress", profile: `{"psuAddress": true}`, attended: true, sent: map[string]string{"Psu-Ip-Address": "203.0.113.7"}},
	{quirk: "withoutWithBalance", profile: `{"withoutWithBalance": true}`, id: "all", body: `{"accounts": []}`, target: "/psd2/v1/accounts", want: "none"},
	{quirk: "lowerCaseIds", profile: `{"lowerCaseIds": true}`, target: "/psd2/v1/accounts/id-1/balances"},
	{quirk: "typeMayBeMissing", profile: `{"typeMayBeMissing": true}`, body: `{"balances": [{"balanceAmount": {"currency": "EUR", "amount": "1.5"}}]}`, want: "unknown (not stated) 1.5 EUR"},
	{quirk: "typeMayBeMissing", profile: `{}`, body: `{"balances": [{"balanceAmount": {"currency": "EUR", "amount": "1.5"}}]}`, fails: "balances[0].balanceType: missing"},
	{quirk: "types", profile: `{"types": {"authorised": "interimBooked"}}`, body: strings.Replace(good, "closingBooked", "authorised", 1), want: "interimBooked (authorised) 500.00 EUR"},
	{quirk: "types", profile: `{"types": {"Authorised": "interimBooked"}}`, body: strings.Replace(good, "closingBooked", "AUTHORISED", 1), want: "interimBooked (AUTHORISED) 500.00 EUR"},
	{quirk: "cardDebts", profile: `{"cardDebts": {"ClosingBooked": "positive", "*": "negative"}}`, change: cards, want: "closingBooked (closingBooked) -500.00 EUR"},
	{quirk: "cardDebts", profile: `{"cardDebts": {"closingBooked": "positive"}}`, change: cards, target: "/psd2/v1/card-accounts/ID-1/balances", want: "closingBooked (closingBooked) -500.00 EUR"},
	{quirk: "cardDebts", profile: `{"cardDebts": {"expected": "positive", "*": "negative"}}`, change: cards, want: "closingBooked (closingBooked) 500.00 EUR"},
	{quirk: "cardDebts", profile: `{"cardDebts": {"*": "positive"}}`, change: cards, body: `{"debitAccounting": false, ` + good[1:], want: "closingBooked (closingBooked) 500.00 EUR"},
	{quirk: "cardDebts", profile: `{"cardDebts": {"expected": "positive"}}`, change: cards, fails: "balances[0].balanceAmount.amount: neither debitAccounting nor a profile says which sign debts have"},
	{quirk: "zone", profile: `{"zone": "Europe/Berlin"}`, body: changed("2025-07-02T08:15:41.5"), want: "closingBooked (closingBooked) 500.00 EUR 2025-07-02T06:15:41.5Z"},
	{quirk: "zone", profile: `{"zone": "Europe/Berlin"}`, body: changed("2025-12-02T08:15:41"), want: "closingBooked (closingBooked) 500.00 EUR 2025-12-02T07:15:41Z"},
	{quirk: "zone", profile: `{"zone": "Europe/Berlin"}`, body: changed("2025-12-02T08:15:41+02:00"), want: "closingBooked (closingBooked) 500.00 EUR 2025-12-02T06:15:41Z"},
	{quirk: "zone", profile: `{"zone": "Europe/Berlin"}`, body: changed("2025-10-26T02:30:00"), want: "closingBooked (closingBooked) 500.00 EUR lastChangeDateTime is not an unambiguous time"},
	{quirk: "zone", profile: `{"zone": "Europe/Berlin"}`, body: changed("2025-03-30T02:30:00"), want: "closingBooked (closingBooked) 500.00 EUR lastChangeDateTime is not an unambiguous time"},
	{quirk: "zone", profile: `{"zone": "Europe/Berlin"}`, body: changed("2025-12-02T8:15:41"), want: "closingBooked (closingBooked) 500.00 EUR lastChangeDateTime is not an unambiguous time"},
	{quirk: "zone", profile: `{"zone": "Europe/Berlin"}`, body: changed("2025-12-02"), want: "closingBooked (closingBooked) 500.00 EUR lastChangeDateTime is not an unambiguous time"},
	{quirk: "zone", profile: `{}`, body: changed("2025-07-02T08:15:41.5"), want: "closingBooked (closingBooked) 500.00 EUR lastChangeDateTime is not an unambiguous time"},
	{quirk: "zone", profile: `{"zone": "Mars"}`, fails: "credentials.profile: zone: not in the database of time zones"},
	{quirk: "signature", profile: `{"signature": {"covered": ["x-request-id", "digest"], "algorithm": "SHA-256"}}`, change: sign, sent: map[string]string{"Digest": "any", "Signature": "any"}},
	{quirk: "signature", profile: `{"signature": {"covered": ["digest"]}}`, fails: "credentials.signingCert: missing; requests cannot be signed without it"},
	{quirk: "signature", profile: `{}`, change: func(c *berlingroup.Credentials) { c.Certificate = credentials().Certificate }, fails: "credentials.signingKey: missing; requests cannot be signed without it"},
}

func key(c *berlingroup.Credentials)   { c.APIKey = "key-7890" }
func cards(c *berlingroup.Credentials) { c.CardAccounts = true }
func sign(c *berlingroup.Credentials) {
	c.Certificate, c.Key = credentials().Certificate, credentials().Key
}

func changed(at string) string {
	return strings.Replace(good, `"closingBooked"`, `"closingBooked", "lastChangeDateTime": "`+at+`"`, 1)
}

func TestQuirks(t *testing.T) {
	t.Parallel()
	for _, c := range quirks {
		own, err := bank.Parse([]byte(c.profile))
		require.NoError(t, err, c.profile)
		asked := berlingroup.Credentials{ConsentID: "consent-1234", AccessToken: "token-5678", Profile: own}
		if c.change != nil {
			c.change(&asked)
		}
		w, psu := &wire{body: cmp.Or(c.body, good)}, adapters.Unattended()
		if c.attended {
			psu = attended
		}
		got, err := w.ask(t, asked, strings.TrimSuffix(cmp.Or(c.id, "ID-1"), "all"), psu)
		if c.fails != "" {
			assert.ErrorContains(t, err, ": "+c.fails, c.profile)
			continue
		}
		require.NoError(t, err, c.profile)
		assert.Equal(t, cmp.Or(c.want, "closingBooked (closingBooked) 500.00 EUR"), first(got), c.profile)
		for name, value := range c.sent {
			if value == "any" {
				value = cmp.Or(w.header(name), "something")
			}
			assert.Equal(t, value, w.header(name), "%s %s", c.profile, name)
		}
		if c.target != "" {
			assert.Equal(t, c.target, w.sent.URL.RequestURI(), c.profile)
		}
		w.verify(t, own.Signature)
	}
	adaptertest.Quirks(t, func(name string) bool {
		return slices.ContainsFunc(quirks, func(c quirk) bool { return c.quirk == name && strings.Contains(c.profile, `"`+name+`"`) })
	}, func(profile *bank.Profile) error {
		_, err := (&wire{}).open(berlingroup.Credentials{ConsentID: "consent-1234", Profile: profile})
		return err
	})
}

func first(balances []adapters.Balance) string {
	if len(balances) == 0 {
		return "none"
	}
	b := balances[0]
	text := string(b.Type) + " (" + b.ProviderType + ") " + b.Amount.String() + " " + b.Currency
	if !b.AsOf.IsZero() {
		text += " " + b.AsOf.Format("2006-01-02T15:04:05.9Z07:00")
	}
	return strings.TrimSpace(text + " " + strings.Join(b.Warnings, " "))
}

func (w *wire) header(name string) string { return strings.Join(w.sent.Header[name], ",") }

// verify sees that the request is signed as the bank wants it, or not at all.
func (w *wire) verify(t *testing.T, form bank.Signature) {
	t.Helper()
	value := w.header("Signature")
	if form.Covered == nil {
		assert.Empty(t, value)
		return
	}
	assert.Contains(t, value, `algorithm="`+cmp.Or(form.Algorithm, "rsa-sha256")+`"`)
	assert.Contains(t, value, "CA=CN=A%20TPP")
	covered, err := httpsig.Verify(w.sent, strings.Replace(value, `"SHA-256"`, `"rsa-sha256"`, 1), credentials().Certificate.PublicKey)
	require.NoError(t, err)
	assert.Equal(t, slices.DeleteFunc(slices.Clone(form.Covered), func(name string) bool {
		return w.sent.Header.Get(name) == ""
	}), covered)
	assert.Equal(t, httpsig.Digest(nil), w.header("Digest"))
	assert.Equal(t, httpsig.Certificate(credentials().Certificate), w.header("Tpp-Signature-Certificate"))
}

// Every built-in profile: a good answer, a refusal, what is sent, and what happens without each credential that it needs.
func TestProfiles(t *testing.T) {
	t.Parallel()
	for _, profile := range berlingroup.Banks() {
		own := berlingroup.Credentials{ConsentID: "consent-1234", Bank: profile.Code, TPPRedirectURI: "https://tpp.example/callback", PSUID: "psu-9012"}
		for _, name := range profile.Needs() {
			w := &wire{}
			_, err := w.open(own)
			assert.ErrorContains(t, err, "credentials."+name+": missing", profile.Code)
			switch name {
			case "accessToken":
				own.AccessToken = "token-5678"
			case "apiKey":
				own.APIKey = "key-7890"
			case "signingCert":
				own.Certificate = credentials().Certificate
			case "signingKey":
				own.Key = credentials().Key
			}
		}
		w := &wire{body: good}
		got, err := w.ask(t, own, "id-1", attended)
		require.NoError(t, err, profile.Code)
		assert.Equal(t, profile.Name, got[0].Bank)
		assert.Equal(t, "closingBooked (closingBooked) 500.00 EUR", first(got))
		for name, value := range map[string]string{
			"Consent-Id": "consent-1234", profile.KeyHeader: "key-7890", "Tpp-Redirect-Uri": "https://tpp.example/callback",
			cmp.Or(profile.TokenHeader, "Authorization"): strings.TrimSuffix("Bearer "+string(own.AccessToken), "Bearer "),
		} {
			if name != "" {
				assert.Equal(t, value, w.sent.Header.Get(name), "%s %s", profile.Code, name)
			}
		}
		for name, value := range profile.Headers {
			assert.Equal(t, value, w.sent.Header.Get(name), "%s %s", profile.Code, name)
		}
		for name, value := range profile.Query {
			assert.Equal(t, value, w.sent.URL.Query().Get(name), "%s %s", profile.Code, name)
		}
		assert.Equal(t, profile.Date, w.header("Date") != "", profile.Code)
		w.verify(t, profile.Signature)

		w = &wire{status: http.StatusUnauthorized, body: `{"tppMessages": [{"category": "ERROR", "code": "CONSENT_EXPIRED"}]}`}
		_, err = w.ask(t, own, "id-1", attended)
		assert.ErrorIs(t, err, adapters.ErrConsentExpired, profile.Code)
	}
}

func TestBanksThatAreNone(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"comerzbank": "credentials.bank: no such bank, did you mean commerzbank?",
		"nobody":     "credentials.bank: no such bank; openbalances providers -banks lists them",
	} {
		_, err := (&wire{}).open(berlingroup.Credentials{ConsentID: "consent-1234", Bank: code})
		assert.EqualError(t, err, "berlingroup: invalid_argument: "+want)
	}
	_, err := (&wire{}).open(berlingroup.Credentials{ConsentID: "consent-1234", Bank: "dkb", Profile: &bank.Profile{}})
	assert.ErrorContains(t, err, "credentials.profile: given besides bank")
	tokens := func(context.Context) (string, error) { return "token-5678", nil }
	_, err = (&wire{}).open(berlingroup.Credentials{ConsentID: "consent-1234", AccessToken: "token-5678", TokenSource: tokens})
	assert.ErrorContains(t, err, "given besides accessToken")
	_, err = berlingroup.New(berlingroup.Credentials{ConsentID: "consent-1234", Bank: "consorsbank"}, nil)
	assert.ErrorContains(t, err, "baseURL: missing", "the address of the list is a suggestion")
	for _, text := range []string{`{`, `{"quirk": true}`, `{} {}`, `[]`} {
		_, err := bank.Parse([]byte(text))
		assert.Error(t, err, text)
	}
}

// Every code that the document lists has the kind that it declares.
func TestCodes(t *testing.T) {
	t.Parallel()
	document, err := contract.Load("berlingroup")
	require.NoError(t, err)
	for code, declared := range document.Codes() {
		body, err := json.Marshal(map[string]any{"tppMessages": []any{map[string]any{"category": "ERROR", "code": code}}})
		require.NoError(t, err)
		_, err = (&wire{status: http.StatusConflict, body: string(body)}).ask(t, berlingroup.Credentials{ConsentID: "consent-1234"}, "id-1", attended)
		want := strings.Replace(declared.Kind, "by status", "invalid_argument", 1)
		assert.Equal(t, want, string(adapters.KindOf(err)), code)
	}
}

// What banks and the servers in front of them have sent beside the framework's bodies.
func TestCauses(t *testing.T) {
	t.Parallel()
	adaptertest.Causes(t, harness, []adaptertest.Cause{
		{Status: 401, Body: `{"tppMessages": [{"category": "WARNING", "code": "SERVICE_BLOCKED"}, {"category": "ERROR", "code": "CONSENT_EXPIRED", "text": "over"}]}`, Kind: adapters.ErrConsentRequired, Code: "CONSENT_EXPIRED", Message: "over"},
		{Status: 401, Body: `{"tppMessages": {"category": "ERROR", "code": "TOKEN_INVALID", "text": "no"}}`, Kind: adapters.ErrUnauthorized, Code: "TOKEN_INVALID", Message: "no"},
		{Status: 401, Body: `{"category": "ERROR", "code": "server_error", "text": "no"}`, Kind: adapters.ErrUnauthorized, Code: "server_error", Message: "no"},
		{Status: 404, Body: `{"tppMessages": [{"category": "ERROR", "code": 110, "text": "no cards"}]}`, Kind: adapters.ErrNotFound, Message: "no cards"},
		{Status: 401, Body: `{"tppMessages": [{"category": "ERROR", "code": "TOKEN_UNKNOWN"}], "_links": {"scaRedirect": "https://bank.example/sca"}}`, Kind: adapters.ErrUnauthorized, Code: "TOKEN_UNKNOWN", Link: "https://bank.example/sca"},
		{Status: 403, Body: `{"tppMessages": [{"category": "INFO", "code": "RESOURCE_NOT_FOUND"}]}`, Kind: adapters.ErrNotFound, Code: "RESOURCE_NOT_FOUND"},
		{Status: 403, Body: `{"tppMessages": [{"category": "ERROR", "code": "ACCESS_EXCEEDED"}]}`, Kind: adapters.ErrRateLimited, Code: "ACCESS_EXCEEDED"},
		{Status: 400, Body: `{"type": "https://x", "title": "t", "code": "CONSENT_INVALID"}`, Kind: adapters.ErrConsentRequired, Code: "CONSENT_INVALID", Message: "t"},
		{Status: 401, Body: `{"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": "not allowed"}`, Kind: adapters.ErrUnauthorized, Message: "not allowed"},
		{Status: 401, Body: `{"message": "No API key found"}`, Kind: adapters.ErrUnauthorized, Message: "No API key found"},
		{Status: 429, Body: `{"code": 429, "description": "slow down"}`, Kind: adapters.ErrRateLimited, Message: "slow down"},
		{Status: 503, Body: `<html>down</html>`, Kind: adapters.ErrUnavailable},
		{Status: 200, Body: `{"account": {}}`, Kind: adapters.ErrProtocol, Text: ": balances: missing"},
	})
}

// The request of every operation, signed.
func TestSignedRequests(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{"balances": "id-1", "accounts": "", "card-balances": "id-1", "card-accounts": ""} {
		own := credentials()
		own.CardAccounts = strings.HasPrefix(name, "card-")
		w := &wire{body: `{"balances": [], "accounts": [], "cardAccounts": []}`}
		_, err := w.ask(t, own, id, attended)
		require.NoError(t, err)
		want, err := os.ReadFile("testdata/signed/requests/" + name + ".http")
		require.NoError(t, err)
		lines := []string{}
		for header := range w.sent.Header {
			value := w.header(header)
			if slices.Contains([]string{"Signature", "Tpp-Signature-Certificate", "X-Request-Id"}, header) {
				value = "<varies>"
			}
			lines = append(lines, header+": "+value)
		}
		slices.Sort(lines)
		assert.Equal(t, string(want), "GET "+strings.TrimPrefix(w.sent.URL.RequestURI(), "/psd2/v1")+"\n"+strings.Join(lines, "\n")+"\n")
		w.verify(t, bank.Signature{Covered: []string{"digest", "x-request-id", "psu-id", "psu-corporate-id", "tpp-redirect-uri"}})
	}
}
