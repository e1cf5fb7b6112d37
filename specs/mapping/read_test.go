package mapping_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/openbalances/openbalances/specs/mapping"
)

// toy is a document for one property after the other: what stands in place of RULES is beside the property value.
const toy = `openapi: 3.0.3
info: {title: Toy, version: '1'}
paths:
  /balances:
    get:
      operationId: getBalances
      responses:
        '200':
          description: x
          content:
            application/json:
              schema:
                type: object
                required: [amount]
                properties:
                  id: {type: string, x-maps-to: id}
                  amount:
                    x-maps-to: {each: balance, field: amount, set: {type: expected, providerType: own}}
                  currency: {type: string, x-maps-to: balances.currency}
                  value: {RULES}
`

func read(t *testing.T, rules, body string) (mapping.Answer, error) {
	t.Helper()
	doc := spectest.Parse(t, "toy", strings.Replace(toy, "RULES", rules, 1))
	return mapping.New(doc).Read("getBalances", []byte(body), mapping.Asked{Accounts: []string{"a"}})
}

// only returns the one balance of an answer.
func only(t *testing.T, rules, body string) mapping.Fields {
	t.Helper()
	answer, err := read(t, rules, body)
	require.NoError(t, err)
	require.Len(t, answer.Accounts, 1)
	require.NoError(t, answer.Accounts[0].BalancesErr)
	require.Len(t, answer.Accounts[0].Balances, 1)
	return answer.Accounts[0].Balances[0]
}

// failure is what keeps the one account of an answer from having balances.
func failure(t *testing.T, answer mapping.Answer, err error) error {
	t.Helper()
	if err != nil {
		return err
	}
	require.Len(t, answer.Accounts, 1)
	assert.Nil(t, answer.Accounts[0].Balances)
	return answer.Accounts[0].BalancesErr
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		`"4.200"`: "4.200", `4.200`: "4.200", `"0010.50"`: "10.50", `"-0.00"`: "0.00", `-0.001`: "-0.001", `"000"`: "0",
		`1.0E7`: "10000000", `1.50e1`: "15.0", `12e-3`: "0.012", `-1.5E+2`: "-150", `0e5`: "0",
		`"12345678901234567890123456789012345678"`: "12345678901234567890123456789012345678",
	} {
		got := only(t, "x-unmapped: none", `{"amount": `+sent+`, "currency": "EUR"}`)
		assert.Equal(t, want, got["amount"], sent)
	}
	for _, sent := range []string{`"1,5"`, `"+1"`, `".5"`, `"1."`, `"1e5"`, `" 1"`, `"١"`, `true`, `{}`, `null`, `""`, `1e38`, `1e99`,
		`"123456789012345678901234567890123456789"`, `"000000000000000000000000000000000000001"`} {
		answer, err := read(t, "x-unmapped: none", `{"amount": `+sent+`, "currency": "EUR"}`)
		assert.ErrorContains(t, failure(t, answer, err), "/amount: is ", sent)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	for form, texts := range map[string]map[string]string{
		"rfc3339": {"2025-01-15T09:30:00+03:00": "2025-01-15T06:30:00Z", "2025-01-15T06:30:00.120Z": "2025-01-15T06:30:00.12Z",
			"2025-01-15T09:30:00+0300": "2025-01-15T06:30:00Z", "2025-01-15 09:30+03": "2025-01-15T06:30:00Z", "2025-01-15t06:30:00,5z": "2025-01-15T06:30:00.5Z",
			"2025-01-15T06:30:00": "", "2025-01-15": "", "soon": "", "0000-01-01T00:00:00Z": "", "9999-12-31T23:00:00-02:00": ""},
		"epochMillis": {"1736935800123": "2025-01-15T10:10:00.123Z", "1736935800000": "2025-01-15T10:10:00Z", "0": "", "-5": "",
			"4102444799999": "2099-12-31T23:59:59.999Z", "4102444800000": "", "1736935800": "", "946684799999": "", "1e3": "", "99999999999999999999": ""},
		"date": {"2025-01-15": "2025-01-15", "2025-02-30": "", "15.01.2025": ""},
	} {
		for sent, want := range texts {
			rules := "type: string, x-maps-to: {field: balances.asOf, form: " + form + "}"
			got := only(t, rules, `{"amount": 1, "currency": "EUR", "value": "`+sent+`"}`)
			assert.Equal(t, want, got["asOf"], sent)
		}
	}
}

func TestBalanceTypes(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"ITAV": "interimAvailable", "CLBD": "closingBooked", "PRCD": "previouslyClosedBooked", "itav": "unknown", "VALU": "unknown",
		"OTHR": "unknown", "INTERIM_CLEARED": "interimCleared", "non-invoiced": "nonInvoiced", "Opening Booked": "openingBooked",
		"authorised": "authorised", "XcurrentX": "expected", "current": "expected", "savings": "unknown", "XITAV": "interimAvailable",
	} {
		rules := "type: object, x-maps-to: {each: balance}, properties: {" +
			"amount: {type: string, x-maps-to: amount}, " +
			"type: {type: string, x-maps-to: {field: type, cut: X, table: {currentX: expected, current: expected}}}}"
		answer, err := read(t, rules, `{"amount": 1, "currency": "EUR", "value": {"amount": "1", "type": "`+sent+`"}}`)
		require.NoError(t, err)
		require.NoError(t, answer.Accounts[0].BalancesErr)
		got := answer.Accounts[0].Balances[1]
		assert.Equal(t, want, got["type"], sent)
		assert.Equal(t, sent, got["providerType"])
	}
}

// TestErrorsNameTheProperty breaks the examples of the documents.
func TestErrorsNameTheProperty(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]struct{ provider, operation, body, want string }{
		"no status":         {"tokenio", "getBalances", `{"balance":{"current":{"value":"1","currency":"EUR"}}}`, "/status: is missing"},
		"other status":      {"tokenio", "getBalances", `{"balance":{},"status":"INVALID_REQUEST"}`, "/status: is not SUCCESSFUL_REQUEST"},
		"nothing":           {"tokenio", "getBalances", `{"balance":{"accountId":"a"},"status":"SUCCESSFUL_REQUEST"}`, "there are no balances"},
		"none":              {"tokenio", "getBalances", `{"balance":{"otherBalances":[]},"status":"SUCCESSFUL_REQUEST"}`, "there are no balances"},
		"other without":     {"tokenio", "getBalances", `{"balance":{"otherBalances":[{"type":"x"}]},"status":"SUCCESSFUL_REQUEST"}`, "/balance/otherBalances/0: has no amount"},
		"null":              {"tokenio", "getBalances", `{"balance":{"otherBalances":[null]},"status":"SUCCESSFUL_REQUEST"}`, "/balance/otherBalances/0: has no amount"},
		"not JSON":          {"tokenio", "getBalances", `{"balance"`, "not JSON"},
		"unknown operation": {"tokenio", "getWeather", `{}`, "documents no answer"},
		"no amount":         {"eika", "getBalances", `{"balances":[{"balanceAmount":{"currency":"NOK"},"balanceType":"expected"}]}`, "/balances/0/balanceAmount/amount: is missing"},
		"no object":         {"eika", "getBalances", `{"balances":[5]}`, "/balances/0: is not of the documented type"},
		"no list":           {"eika", "getBalances", `{"balances":{}}`, "/balances: is not of the documented type"},
		"null list":         {"eika", "getBalances", `{"balances":null}`, "/balances: is missing"},
		"currency":          {"eika", "getBalances", `{"balances":[{"balanceAmount":{"amount":"1","currency":"nok"},"balanceType":"expected"}]}`, "/balances/0/balanceAmount/currency: is no currency"},
		"IBAN":              {"eika", "getBalances", `{"account":{"iban":5},"balances":[]}`, "/account/iban: is not of the documented type"},
		"name of nothing":   {"eika", "getBalances", `{"balances":[{"balanceAmount":{"":1,"amount":"x","currency":"NOK"},"balanceType":"expected"}]}`, "/amount: is no amount"},
		"array":             {"eika", "getAccounts", `[]`, "is not of the documented type"},
		"no type":           {"neonomics", "getBalances", `[{"amount":"1","currency":"NOK"}]`, "/0/type: is missing"},
		"sign":              {"onesingleview", "getBalances", onesingleview(`"-1.00"`, `"Debit"`), "/payload/0/data/balance/0: has a minus sign"},
		"no sign":           {"onesingleview", "getBalances", onesingleview(`"1.00"`, `null`), "/payload/0/data/balance/0/creditDebitIndicator: is missing"},
		"unknown sign":      {"onesingleview", "getBalances", onesingleview(`"1.00"`, `"Both"`), "/payload/0/data/balance/0/creditDebitIndicator: is no known sign"},
		"sign of a line":    {"ukob", "getBalances", `{"Data":{"Balance":[{"AccountId":"a","CreditDebitIndicator":"DEBIT","Type":"x","Amount":{"Amount":"1","Currency":"GBP"},"CreditLine":[{"Amount":{"Amount":"-1","Currency":"GBP"}}]}]}}`, "/Data/Balance/0/CreditLine/0/Amount/Amount: has a sign"},
		"sign of a card":    {"berlingroup", "getCardBalances", `{"balances":[{"balanceAmount":{"amount":"1","currency":"EUR"},"balanceType":"expected"}]}`, "/balances/0: has a sign that nobody explains"},
		"other account":     {"mypos", "getBalances", `{"account":{"accountNumber":"b"},"balances":[]}`, "what was asked for is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			declared := mapping.New(spectest.Load(t, broken.provider))
			answer, err := declared.Read(broken.operation, []byte(broken.body), mapping.Asked{Accounts: []string{"a"}, Bank: "SVMB01"})
			assert.ErrorContains(t, failure(t, answer, err), broken.want)
		})
	}
}

func onesingleview(amount, indicator string) string {
	return `{"success":true,"payload":[{"code":"SVMB01","data":{"accountId":"a","balance":[{"amount":{"amount":` + amount +
		`,"currency":"SAR"},"creditDebitIndicator":` + indicator + `,"type":"Expected","dateTime":"x"}]}}]}`
}

// TestBrokenPartsStayApart: what is wrong with one account spoils no other, and broken balances leave their account whole.
func TestBrokenPartsStayApart(t *testing.T) {
	t.Parallel()
	declared := mapping.New(spectest.Load(t, "eika"))
	answer, err := declared.Read("getAccounts", []byte(`{"accounts":[
		{"resourceId":"a","iban":"x","balances":5}, {"resourceId":"b","iban":7,"balances":[]}, {"resourceId":"c","balances":[]},
		{"resourceId":"d"}]}`), mapping.Asked{})
	require.NoError(t, err)
	require.Len(t, answer.Accounts, 4)
	whole, own, empty, without := answer.Accounts[0], answer.Accounts[1], answer.Accounts[2], answer.Accounts[3]
	assert.Equal(t, mapping.Fields{"id": "a", "iban": "x"}, whole.Fields)
	assert.NoError(t, whole.Err)
	assert.ErrorContains(t, whole.BalancesErr, "/accounts/0/balances")
	assert.ErrorContains(t, own.Err, "/accounts/1/iban")
	assert.Equal(t, own.Err, own.BalancesErr)
	assert.NotNil(t, empty.Balances)
	assert.Empty(t, empty.Balances)
	assert.Nil(t, without.Balances)
	assert.NoError(t, without.BalancesErr)
	_, err = declared.Read("getAccounts", []byte(`{"accounts":[{"resourceId":"a"},{"resourceId":"a"}]}`), mapping.Asked{})
	assert.ErrorContains(t, err, "twice")
}

// TestValues is what explain prints.
func TestValues(t *testing.T) {
	t.Parallel()
	for provider, c := range map[string]struct {
		operation, body string
		want            []mapping.Value
	}{
		"eika": {"getBalances", `{"account":{"bban":"1"},"balances":[{"balanceAmount":{"amount":"0100.20","currency":"NOK"},
			"balanceType":"expected"}],"_links":{},"more":true}`, []mapping.Value{
			{"/account/bban", "1", "balance.bban", "1", "as sent"},
			{"/balances/0/balanceAmount/amount", "0100.20", "balance.amount", "100.20", "written out"},
			{"/balances/0/balanceAmount/currency", "NOK", "balance.currency", "NOK", "as sent"},
			{"/balances/0/balanceType", "expected", "balance.type", "expected", "name of the vocabulary"},
			{"/_links", "", "", "", "unmapped: Repeats the address of the request."},
			{"/more", "true", "", "", "not in the document"},
		}},
		"onesingleview": {"getBalances", onesingleview(`"1.00"`, `"KSAOB.Debit"`), []mapping.Value{
			{"/success", "true", "", "", "has to be true"},
			{"/payload/0/code", "SVMB01", "balance.bank", "SVMB01", "has to be the bank asked for"},
			{"/payload/0/data/accountId", "a", "account.id", "a", "as sent"},
			{"/payload/0/data/balance/0/amount/amount", "1.00", "balance.amount", "1.00", "as sent"},
			{"/payload/0/data/balance/0/amount/currency", "SAR", "balance.currency", "SAR", "as sent"},
			{"/payload/0/data/balance/0/creditDebitIndicator", "KSAOB.Debit", "balance.amount", "", "cut KSAOB., negative sign"},
			{"/payload/0/data/balance/0/type", "Expected", "balance.type", "expected", "name of the vocabulary"},
			{"/payload/0/data/balance/0/dateTime", "x", "balance.asOf", "", "no time in the form rfc3339"},
		}},
		"tokenio": {"getAccounts", `{"accounts":[{"id":"a","accountDetails":{"status":"Closed","type":["CARD"],
			"accountIdentifiers":[{"iban":{"iban":"GB1"}},{"bban":{"bban":"2","clearingNumber":"3"}}]}}]}`, []mapping.Value{
			{"/accounts/0/id", "a", "account.id", "a", "as sent"},
			{"/accounts/0/accountDetails/accountIdentifiers/0/iban/iban", "GB1", "account.iban", "GB1", "as sent"},
			{"/accounts/0/accountDetails/accountIdentifiers/1/bban/bban", "2", "account.bban", "2", "as sent"},
			{"/accounts/0/accountDetails/accountIdentifiers/1/bban/clearingNumber", "3", "identifier.value", "3", "as sent"},
			{"/accounts/0/accountDetails/status", "Closed", "account.status", "Closed", "as sent"},
			{"/accounts/0/accountDetails/status", "Closed", "account.state", "closed", "table: Closed -> closed"},
			{"/accounts/0/accountDetails/type", "CARD", "account.type", "CARD", "as sent"},
		}},
		"mypos": {"getAccounts", `{"accounts":[{"accountNumber":"a","currency":"EUR","balance":1.0E1,
			"balances":[{"amount":4.200,"currency":"PLN","balanceType":"available"}]}]}`, []mapping.Value{
			{"/accounts/0/accountNumber", "a", "account.id", "a", "as sent"},
			{"/accounts/0/currency", "EUR", "account.currency", "EUR", "as sent"},
			{"/accounts/0/currency", "EUR", "balance.currency", "EUR", "as sent"},
			{"/accounts/0/balance", "1.0E1", "", "", "left to balances"},
			{"/accounts/0/balances/0/amount", "4.200", "balance.amount", "4.200", "as sent"},
			{"/accounts/0/balances/0/currency", "PLN", "balance.currency", "PLN", "as sent"},
			{"/accounts/0/balances/0/balanceType", "available", "balance.type", "interimAvailable", "table: available -> interimAvailable"},
		}},
	} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			answer, err := mapping.New(spectest.Load(t, provider)).Read(c.operation, []byte(c.body), mapping.Asked{Bank: "SVMB01"})
			require.NoError(t, err)
			assert.Equal(t, c.want, answer.Values)
		})
	}
}

// A time that is absent, or none, is no error, even where the document requires it.
func TestTimeThatIsRequired(t *testing.T) {
	t.Parallel()
	body := strings.Replace(onesingleview(`"1.00"`, `"Debit"`), `"dateTime":"x"`, `"dateTime":null`, 1)
	answer, err := mapping.New(spectest.Load(t, "onesingleview")).
		Read("getBalances", []byte(body), mapping.Asked{Accounts: []string{"a"}, Bank: "SVMB01"})
	require.NoError(t, err)
	assert.NoError(t, answer.Accounts[0].BalancesErr)
}

// TestOthersAreLeftOut: parts about accounts and banks that were not asked for become nothing.
func TestOthersAreLeftOut(t *testing.T) {
	t.Parallel()
	declared := mapping.New(spectest.Load(t, "onesingleview"))
	for _, asked := range []mapping.Asked{
		{Accounts: []string{"b"}, Bank: "SVMB01"}, // another account
		{Accounts: []string{"a"}, Bank: "ALINMA"}, // another bank
	} {
		answer, err := declared.Read("getBalances", []byte(onesingleview(`"1.00"`, `"Debit"`)), asked)
		require.NoError(t, err)
		require.Len(t, answer.Accounts, 1)
		assert.Error(t, answer.Accounts[0].Err)
		for _, value := range answer.Values[1:] { // after the flag
			assert.Equal(t, "unmapped: was not asked for", value.Rule, value.Pointer)
			assert.Empty(t, value.Field+value.Became)
		}
	}
}

func TestUnknownRulesAreErrors(t *testing.T) {
	t.Parallel()
	_, err := read(t, "type: string, x-maps-to: {feild: name}", `{"amount": 1, "currency": "EUR"}`)
	assert.ErrorContains(t, err, "/value: ")
	assert.ErrorContains(t, err, "feild")
}

// The words that a bank's own declarations have: what is so without the value, the zone of its clock, and the sign that is
// assumed where nothing states one.
func TestWordsOfBanks(t *testing.T) {
	t.Parallel()
	const zone = "x-maps-to: {field: balances.asOf, form: rfc3339, zone: Europe/Berlin}"
	for sent, want := range map[string]string{
		"2025-07-02T08:15:41.5": "2025-07-02T06:15:41.5Z", "2025-12-02T08:15:41": "2025-12-02T07:15:41Z",
		"2025-12-02T08:15:41+02:00": "2025-12-02T06:15:41Z", "2025-12-02T8:15:41": "", "2025-02-30T08:15:41": "", "2025-12-02": "",
		"2025-03-30T02:30:00": "", "2025-03-30T03:30:00": "2025-03-30T01:30:00Z", "2025-10-26T02:30:00": "", "2025-10-26T03:00:00": "2025-10-26T02:00:00Z",
	} {
		assert.Equal(t, want, only(t, zone, `{"amount": 1, "currency": "EUR", "value": "`+sent+`"}`)["asOf"], sent)
	}
	const absent = "x-maps-to: {field: balances.iban, absent: {balances.iban: none}}"
	assert.Equal(t, "none", only(t, absent, `{"amount": 1, "currency": "EUR"}`)["iban"])
	assert.Equal(t, "NO1", only(t, absent, `{"amount": 1, "currency": "EUR", "value": "NO1"}`)["iban"])
	const assumed = "x-maps-to: {field: balances.assumed, table: {debts: reversed}}"
	assert.Equal(t, "-1", only(t, assumed, `{"amount": 1, "currency": "EUR", "value": "debts"}`)["amount"])
	doc := mapping.New(spectest.Parse(t, "toy", strings.Replace(toy, "RULES", "x-unmapped: none", 1)+`
components: {schemas: {Part: {properties: {name: {x-maps-to: name}}}}}
`))
	assert.NotPanics(t, func() { doc.Declare("Part.name", "holderName") })
	assert.Panics(t, func() { doc.Declare("Other.name", "holderName") })
	assert.Panics(t, func() { doc.Declare("Part.other", "holderName") })
}
