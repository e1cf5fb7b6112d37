package ukob_test

import (
	"cmp"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/adapters/ukob"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wire answers every request, a second one with the last page, and keeps them.
type wire struct {
	status int
	body   string
	sent   []*http.Request
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.sent = append(w.sent, r)
	body := w.body
	if len(w.sent) > 1 {
		body = strings.Split(body, `, "Links"`)[0] + "}"
	}
	return &http.Response{
		StatusCode: cmp.Or(w.status, http.StatusOK), Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

func (w *wire) open(own ukob.Credentials) (*ukob.Client, error) {
	return ukob.New(own, &adapters.Options{BaseURL: "https://bank.example/open-banking/v4.0/aisp", HTTPClient: &http.Client{Transport: w}})
}

const (
	good     = `{"Data": {"Balance": [{"AccountId": "1", "CreditDebitIndicator": "Credit", "Type": "ITBD", "DateTime": "", "Amount": {"Amount": "500.00", "Currency": "GBP"}}]}}`
	twoPages = `{"Data": {"Balance": [{"AccountId": "1", "CreditDebitIndicator": "Credit", "Type": "ITBD", "DateTime": "", "Amount": {"Amount": "500.00", "Currency": "GBP"}}]}, "Links": {"Next": "LINK"}}`
	mixed    = `{"Data": {"Account": [{"AccountId": "1", "AccountSubType": "CurrentAccount"}, {"AccountId": "2", "AccountSubType": "CreditCard"}, {"AccountId": "3", "AccountTypeCode": "CARD"}]}}`
	sister   = `{"links": ["https://sister.example/open-banking"]}`
)

func linking(to string) string { return strings.Replace(twoPages, "LINK", to, 1) }

// quirk is a case of a member of bank.Quirks: what the profile says, what the bank answers, what is sent, and what the answer
// becomes or the call fails with.
type quirk struct {
	quirk, profile string
	change         func(*ukob.Credentials)
	call           string // balances, accounts or batch; balances if empty
	status         int
	body           string            // or good
	sent           map[string]string // in the last request; "" is a header that is not there
	target         string            // of the last request
	want, fails    string
}

var quirkCases = []quirk{
	{quirk: "keyHeader", profile: `{"keyHeader": "X-API-Key"}`, change: key, sent: map[string]string{"X-Api-Key": "key-7890", "Authorization": "Bearer token-1234"}},
	{quirk: "keyHeader", profile: `{"keyHeader": "X-API-Key"}`, fails: "credentials.apiKey: missing; the bank demands one"},
	{quirk: "keyHeader", profile: `{}`, change: key, fails: "credentials.apiKey: not taken; no profile says where it stands"},
	{quirk: "headers", profile: `{"headers": {"Tenant": "gb"}}`, sent: map[string]string{"Tenant": "gb"}},
	{quirk: "types", profile: `{"types": {"ClearedBalance": "interimBooked"}}`, body: strings.Replace(good, "ITBD", "clearedbalance", 1), want: "interimBooked (clearedbalance) 500.00"},
	{quirk: "types", profile: `{}`, body: strings.Replace(good, "ITBD", "ClearedBalance", 1), want: "unknown (ClearedBalance) 500.00"},
	{quirk: "financialId", profile: `{"financialId": true}`, sent: map[string]string{"X-Fapi-Financial-Id": "financial-5678"}},
	{quirk: "financialId", profile: `{"financialId": true}`, change: func(c *ukob.Credentials) { c.FinancialID = "" }, fails: "credentials.financialId: missing; the bank demands one"},
	{quirk: "cardIndicator", profile: `{"cardIndicator": "unknown"}`, fails: "credentials.cardAccounts: missing; the bank may call debts of cards Credit"},
	{quirk: "cardIndicator", profile: `{"cardIndicator": "reversed"}`, fails: "credentials.cardAccounts: missing"},
	{quirk: "cardIndicator", profile: `{"cardIndicator": "unknown"}`, change: cards("false")},
	{quirk: "cardIndicator", profile: `{"cardIndicator": "reversed"}`, change: cards("false")},
	{quirk: "cardIndicator", profile: `{"cardIndicator": "unknown"}`, change: cards("true"), fails: "Data.Balance[0].CreditDebitIndicator: may mean the opposite for cards of the bank"},
	{quirk: "cardIndicator", profile: `{"cardIndicator": "unknown"}`, change: cards("true"), call: "batch", fails: "Data.Balance[0].CreditDebitIndicator: may mean the opposite for cards of the bank"},
	{quirk: "cardIndicator", profile: `{"cardIndicator": "reversed"}`, change: cards("true"), want: "interimBooked (ITBD) -500.00"},
	{quirk: "cardIndicator", profile: `{"cardIndicator": "reversed"}`, change: cards("true"), call: "batch", want: "interimBooked (ITBD) -500.00"},
	{quirk: "cardIndicator", profile: `{"cardIndicator": "reversed"}`, change: cards("true"), body: strings.Replace(good, "Credit\"", "DEBIT\"", 1), want: "interimBooked (ITBD) 500.00"},
	{quirk: "cardIndicator", profile: `{}`, change: cards("true"), body: strings.Replace(good, "Credit\"", "debit\"", 1), want: "interimBooked (ITBD) -500.00"},
	{quirk: "cardIndicator", profile: `{"cardIndicator": "always"}`, fails: "credentials.profile: cardIndicator: neither reversed nor unknown"},
	{quirk: "cardIndicator", profile: `{}`, change: cards("yes"), fails: "credentials.cardAccounts: neither true nor false"},
	{quirk: "cardIndicator", profile: `{}`, call: "accounts", body: mixed, want: "1 2 3"},
	{quirk: "cardIndicator", profile: `{}`, change: cards("true"), call: "accounts", body: mixed, want: "2 3"},
	{quirk: "cardIndicator", profile: `{}`, change: cards("false"), call: "accounts", body: mixed, want: "1"},
	{quirk: "cardIndicator", profile: `{}`, change: cards("false"), call: "accounts", body: strings.Replace(mixed, "CurrentAccount", "UK.NWB.Own", 1), fails: "Data.Account[0].AccountSubType: missing or not of the standard"},
	{quirk: "links", profile: sister, body: linking("https://sister.example/open-banking/v4.0/aisp/page?n=2"), target: "https://sister.example/open-banking/v4.0/aisp/page?n=2"},
	{quirk: "links", profile: sister, body: linking("?n=2"), target: "https://bank.example/open-banking/v4.0/aisp/accounts/1/balances?n=2"},
	{quirk: "links", profile: sister, body: linking("https://other.example/open-banking/?n=2"), fails: "Links.Next: leads to another host"},
	{quirk: "links", profile: sister, body: linking("https://sister.example/elsewhere?n=2"), fails: "Links.Next: leads away from the provider's address"},
	{quirk: "links", profile: `{}`, body: linking("https://sister.example/open-banking/?n=2"), fails: "Links.Next: leads to another host"},
	{quirk: "links", profile: `{}`, body: linking("null/open-banking/v4.0/aisp/page?n=2"), target: "https://bank.example/open-banking/v4.0/aisp/page?n=2"},
	{quirk: "links", profile: `{"links": ["http://sister.example"]}`, fails: "credentials.profile: links: http is for loopback hosts only"},
	{quirk: "withoutBulk", profile: `{"withoutBulk": true}`, call: "batch", fails: "unsupported"},
	{quirk: "withoutBulk", profile: `{}`, call: "batch", target: "https://bank.example/open-banking/v4.0/aisp/balances"},
	{quirk: "listedOnce", profile: `{"listedOnce": true}`, call: "accounts", status: 403, body: `{}`, fails: "forbidden (HTTP 403): the bank lists accounts only soon after the consent; their ids have to be kept"},
	{quirk: "listedOnce", profile: `{"listedOnce": true}`, call: "accounts", body: mixed, want: "1 2 3"},
	{quirk: "listedOnce", profile: `{"listedOnce": true}`, call: "accounts", status: 403, body: `{"Errors": [{"ErrorCode": "U028"}]}`, fails: "consent_required"},
}

func key(c *ukob.Credentials) { c.APIKey = "key-7890" }

func cards(all string) func(*ukob.Credentials) {
	return func(c *ukob.Credentials) { c.CardAccounts = all }
}

// ask makes the call of a case, and returns what came in words.
func (q quirk) ask(t *testing.T, client *ukob.Client) (string, error) {
	switch q.call {
	case "accounts":
		accounts, err := client.Accounts(t.Context(), adapters.Unattended())
		var ids []string
		for _, account := range accounts {
			ids = append(ids, account.ID)
		}
		return strings.Join(ids, " "), err
	case "batch":
		results, err := client.BatchBalances(t.Context(), []string{"1"}, adapters.Unattended())
		if err != nil {
			return "", err
		}
		return inWords(results[0].Balances), results[0].Err
	}
	balances, err := client.Balances(t.Context(), "1", adapters.Unattended())
	return inWords(balances), err
}

func inWords(balances []adapters.Balance) string {
	if len(balances) == 0 {
		return ""
	}
	return string(balances[0].Type) + " (" + balances[0].ProviderType + ") " + balances[0].Amount.String()
}

func TestQuirks(t *testing.T) {
	t.Parallel()
	for _, c := range quirkCases {
		name := c.profile + " " + c.call
		own, err := bank.Parse([]byte(c.profile))
		require.NoError(t, err, name)
		asked := credentials
		asked.Profile = own
		if c.change != nil {
			c.change(&asked)
		}
		w, got := &wire{status: c.status, body: cmp.Or(c.body, good)}, ""
		client, err := w.open(asked)
		if err == nil {
			got, err = c.ask(t, client)
		}
		if c.fails != "" {
			assert.ErrorContains(t, err, c.fails, name)
			assert.Empty(t, got, name)
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, cmp.Or(c.want, "interimBooked (ITBD) 500.00"), got, name)
		last := w.sent[len(w.sent)-1]
		for header, value := range c.sent {
			assert.Equal(t, value, last.Header.Get(header), "%s %s", name, header)
		}
		if c.target != "" {
			assert.Equal(t, c.target, last.URL.String(), name)
			assert.Equal(t, last.URL.Host, cmp.Or(last.Host, last.URL.Host), name)
		}
	}
}

// Every quirk that the adapter takes has a case, and a profile with any other is refused.
func TestQuirksAreTakenOrRefused(t *testing.T) {
	t.Parallel()
	adaptertest.Quirks(t, func(name string) bool {
		return slices.ContainsFunc(quirkCases, func(c quirk) bool { return c.quirk == name && strings.Contains(c.profile, `"`+name+`"`) })
	}, func(profile *bank.Profile) error {
		own := credentials
		own.Profile = profile
		_, err := (&wire{}).open(own)
		return err
	})
	for _, profile := range ukob.Banks() {
		own := bank.Profile{Quirks: profile.Quirks}
		if !reflect.ValueOf(own.Quirks).IsZero() {
			_, _, problem := bank.Find(nil, "", &own, "keyHeader", "headers", "types", "cardIndicator", "financialId", "links", "withoutBulk", "listedOnce")
			assert.Empty(t, problem, profile.Code)
		}
	}
}

// Every example of the document once more for a bank that calls debts of cards Credit: each amount has the other sign where
// the accounts are cards, and the same where they are not.
func TestReversedCards(t *testing.T) {
	t.Parallel()
	document, err := contract.Load("ukob")
	require.NoError(t, err)
	compared := 0
	for _, example := range document.Examples() {
		if example.Operation != "getBalances" || example.Status != http.StatusOK {
			continue
		}
		ask := func(own ukob.Credentials) ([]adapters.Balance, error) {
			client, err := (&wire{body: string(example.JSON)}).open(own)
			require.NoError(t, err)
			return client.Balances(t.Context(), example.Account, adapters.Unattended())
		}
		standard, wrong := ask(credentials)
		for all, sign := range map[string]int64{"true": -1, "false": 1} {
			own := credentials
			own.Profile, own.CardAccounts = &bank.Profile{Quirks: bank.Quirks{CardIndicator: "reversed"}}, all
			got, err := ask(own)
			assert.Equal(t, adapters.KindOf(wrong), adapters.KindOf(err), example.Name)
			require.Len(t, got, len(standard), example.Name)
			for i := range got {
				compared++
				assert.True(t, got[i].Amount.Decimal().Equal(standard[i].Amount.Decimal().Mul(decimal.NewFromInt(sign))), example.Name)
			}
		}
	}
	assert.Greater(t, compared, 40)
}
