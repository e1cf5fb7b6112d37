package main_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// ledger has accounts whose balances can be added, and others that cannot.
func ledger() bank {
	line := func(amount, currency, kind string) string {
		return fmt.Sprintf(`{"amount":"%s","currency":"%s","type":"%s"}`, amount, currency, kind)
	}
	return bank{
		"a": "[" + line("4.200", "EUR", "CLBD") + "," + line("10.00", "EUR", "ITAV") + "]",
		"b": "[" + line("-1.5", "EUR", "CLBD") + "," + line("1", "NOK", "HOLD") + "]",
		"c": "[" + line("123456789012345678.0123456789", "EUR", "CLBD") + "," + line("7", "JPY", "ITAV") + "," + line("8", "JPY", "ITAV") + "]",
		"d": "[]", "e": "[" + line("5", "EUR", "HOLD") + "]",
	}
}

// Totals never mix currencies or types, keep the finest scale, and say why they do not add.
func TestTotals(t *testing.T) {
	t.Parallel()
	config := oneConnection(serve(t, ledger()), "a", "b", "c", "gone")
	got := on(t, config, "get", "-totals")
	_, totals, _ := strings.Cut(got.stdout, "\n\n")
	assert.Equal(t, `CURRENCY  TYPE              CREDIT                          TOTAL  BALANCES  PROBLEM
EUR       closingBooked     -       123456789012345680.7123456789  3
EUR       interimAvailable  -                       10.00          1
JPY       interimAvailable  -                                      2         an account would count more than once
NOK       unknown           -                                      1         the type is not known
`, totals)
	assert.True(t, strings.HasSuffix(got.stderr, "7 balances from 3 accounts, 1 failed\nthe totals lack 1 failed account\n"), got.stderr)
	var document struct{ Totals []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(on(t, config, "get", "-totals", "-json").stdout), &document))
	assert.Equal(t, map[string]any{"currency": "EUR", "type": "closingBooked", "amount": "123456789012345680.7123456789", "balances": 3.0}, document.Totals[0])
	assert.Equal(t, map[string]any{"currency": "JPY", "type": "interimAvailable", "problem": "an account would count more than once", "balances": 2.0}, document.Totals[2])
	assert.Equal(t, outcome{2, "", "openbalances: -totals would mix with the balances in CSV; cure: -format xlsx has them on a sheet of their own\n"},
		on(t, config, "get", "-totals", "-format", "csv"))
}

// An account that two connections reach counts once or not at all, and balances that count a credit line stay apart.
func TestTotalsOfOneAccountTwiceAndOfCredit(t *testing.T) {
	t.Parallel()
	url := serve(t, ledger())
	got := on(t, configOf(neonomics("one", url, "a"), neonomics("two", url, "a")), "get", "-totals")
	assert.Contains(t, got.stdout, "EUR       closingBooked     -              2         an account would count more than once\n")
	got = on(t, fiveConnections(t), "get", "-totals")
	assert.Regexp(t, `SAR +closingAvailable +included +640\.00 +1\n`, got.stdout)
	assert.Regexp(t, `SAR +closingBooked +- +-310\.25 +1\n`, got.stdout)
}

// One balance of each account, with its reason; where none fits, or several do, the account has failed.
func TestPick(t *testing.T) {
	t.Parallel()
	config := oneConnection(serve(t, ledger()), "a", "c", "d", "e")
	got := on(t, config, "get", "-pick", "availableFirst")
	assert.Equal(t, outcome{1, `CONNECTION  PROVIDER   ACCOUNT  TYPE              AMOUNT  CURRENCY  AS OF  AGE  REASON
home        neonomics  a        interimAvailable   10.00  EUR       -      -    availableFirst: interimAvailable
home        neonomics  d        (no balances)
`, `failed: home neonomics c: pick: several balances fit equally: 2 of type interimAvailable
failed: home neonomics e: pick: no balance fits the policy availableFirst
1 balance from 2 accounts, 2 failed
`}, got)
	asJSON := on(t, config, "get", "-pick", "bookedFirst", "-json")
	assert.Equal(t, 2, strings.Count(asJSON.stdout, `"reason": "bookedFirst: closingBooked, for want of interimBooked"`), asJSON.stdout)
	assert.Contains(t, asJSON.stdout, "\"accountId\": \"e\",\n      \"kind\": \"no_choice\",\n      \"message\": \"pick: no balance fits the policy bookedFirst\"")
	assert.Equal(t, outcome{2, "", "openbalances: invalid value \"booked\" for flag -pick: none of bookedFirst, availableFirst, availableWithoutCredit, expectedFirst; see openbalances get -h\n"},
		on(t, config, "get", "-pick", "booked"))
}

// Every line of NDJSON is an element of a list of the JSON, with the name of what it is.
func TestNDJSON(t *testing.T) {
	t.Parallel()
	config := oneConnection(serve(t, ledger()), "a", "d", "gone")
	for command, want := range map[string]string{
		"get -totals": "balance balance failure empty total total", "accounts": "failure",
	} {
		words := strings.Fields(command)
		got := on(t, config, words[0], append(words[1:], "-format", "ndjson")...)
		assert.Equal(t, []any{1, ""}, []any{got.exit, got.stderr})
		records, byList := []string{}, map[string][]map[string]any{}
		for line := range strings.Lines(got.stdout) {
			var record map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &record))
			name := record["record"].(string)
			delete(record, "record")
			delete(record, "receivedAt")
			records = append(records, name)
			byList[name] = append(byList[name], record)
		}
		assert.Equal(t, want, strings.Join(records, " "))
		var document map[string][]map[string]any
		require.NoError(t, json.Unmarshal([]byte(on(t, config, words[0], append(words[1:], "-json")...).stdout), &document))
		for list, elements := range document {
			for _, element := range elements {
				delete(element, "receivedAt")
			}
			if len(elements) > 0 {
				assert.Equal(t, elements, byList[strings.TrimSuffix(list, "s")], list)
			}
		}
	}
}

// A decimal comma comes with semicolons, and changes amounts only.
func TestDecimalComma(t *testing.T) {
	t.Parallel()
	config := oneConnection(serve(t, bank{"a": `[{"amount":"-4.200","currency":"EUR","type":"1.5;=x"}]`}), "a")
	got := on(t, config, "get", "-format", "csv", "-decimal", "comma")
	reader := csv.NewReader(strings.NewReader(got.stdout))
	reader.Comma = ';'
	rows, err := reader.ReadAll()
	require.NoError(t, err)
	assert.Equal(t, "a", rows[1][2])
	assert.Equal(t, []string{"unknown", `1.5;\u{3d}x`, "-4,200", "EUR"}, rows[1][5:9])
	assert.Contains(t, on(t, config, "get", "-format", "csv", "-decimal", "point").stdout, ",-4.200,EUR,")
	assert.Equal(t, outcome{2, "", "openbalances: -decimal is for -format csv\n"}, on(t, config, "get", "-decimal", "comma"))
}

// Amounts are numbers that show their scale, and text where a spreadsheet's numbers end; texts are never formulas.
func TestXLSX(t *testing.T) {
	t.Parallel()
	numbers := ledger()
	numbers["f"] = `[{"amount":"0.00","currency":"EUR","type":"=1+1"},{"amount":"-999999999999.999","currency":"EUR","type":"OPBD"},{"amount":"1000000000000.000","currency":"EUR","type":"EXPN"}]`
	config := strings.Replace(oneConnection(serve(t, numbers), "c", "d", "f", "gone"), `"name":"home"`, `"name":"@home"`, 1)
	got := run(t, arguments(t, config, "get", "-format", "xlsx", "-quiet")...)
	assert.Equal(t, 1, got.exit)
	file, err := excelize.OpenReader(strings.NewReader(got.stdout))
	require.NoError(t, err)
	rows, err := file.GetRows("balances", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	require.Len(t, rows, 9)
	for i, want := range []struct {
		amount string
		kind   excelize.CellType
		shown  string
	}{
		{"123456789012345678.0123456789", excelize.CellTypeSharedString, "123456789012345678.0123456789"},
		{"7", excelize.CellTypeUnset, "7"},
		{"8", excelize.CellTypeUnset, "8"},
		{"", excelize.CellTypeUnset, ""}, // d is empty
		{"0.00", excelize.CellTypeUnset, "0.00"},
		{"-999999999999.999", excelize.CellTypeUnset, "-999999999999.999"},
		{"1000000000000.000", excelize.CellTypeSharedString, "1000000000000.000"},
		{"", excelize.CellTypeUnset, ""}, // gone has failed
	} {
		place := fmt.Sprintf("H%d", i+2)
		kind, err := file.GetCellType("balances", place)
		require.NoError(t, err)
		shown, err := file.GetCellValue("balances", place)
		require.NoError(t, err)
		raw, err := file.GetCellValue("balances", place, excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		if raw != want.amount { // zeros at the end are not read
			assert.True(t, decimal.RequireFromString(raw).Equal(decimal.RequireFromString(want.amount)), "%s: %s", place, raw)
		}
		assert.Equal(t, want.kind, kind, place)
		assert.Equal(t, want.shown, shown, place)
		formula, err := file.GetCellFormula("balances", fmt.Sprintf("G%d", i+2))
		require.NoError(t, err)
		assert.Empty(t, formula)
	}
	assert.Equal(t, "@home", rows[1][0])
	assert.Equal(t, "=1+1", rows[5][6], "the text is as sent, and no formula")
	totals, err := file.GetRows("totals")
	require.NoError(t, err)
	assert.Equal(t, []string{"currency", "type", "credit", "amount", "balances", "problem"}, totals[0])
	assert.Equal(t, []string{"EUR", "closingBooked", "", "123456789012345678.0123456789", "1"}, totals[1])
	var stderr bytes.Buffer
	terminal := &screen{mode: terminalMode}
	assert.Equal(t, 2, openbalances.Run(t.Context(), []string{"demo", "-format", "xlsx"}, terminal, &stderr))
	assert.Equal(t, "openbalances: -format xlsx is not for a terminal; cure: openbalances ... -format xlsx > balances.xlsx\n", stderr.String())
}

// A table fits the terminal as far as it can, without touching amounts, and says that it is shortened.
func TestTableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "")
	d.write(t, "config.json", strings.Replace(oneConnection(serve(t, bank{
		"short":                             `[{"amount":"123456789012345678.0123456789","currency":"NOK","type":"CLBD"}]`,
		"an-account-id-that-is-rather-long": `[{"amount":"-1","currency":"NOK","type":"a type of balance that has a very long name"}]`,
	}), "short", "an-account-id-that-is-rather-long"), "home", "a connection with a long name", 1))
	const note = "the table is shortened to the terminal; -wide shows all of it\n"
	for columns, want := range map[string]string{
		"100": `CONNECTION   PROVIDER   ACCOUNT       TYPE                                     AMOUNT  CURRENCY  AGE
a con… name  neonomics  short         closingBooked     123456789012345678.0123456789  NOK       -
a con… name  neonomics  an-ac…r-long  unknown…ng name)                  -1             NOK       -
`,
		"72": `ACCOUNT        TYPE                                     AMOUNT  CURRENCY
short          closingBooked     123456789012345678.0123456789  NOK
an-acc…r-long  unknown…ng name)                  -1             NOK
`,
		"20": `ACCOUNT    TYPE                                     AMOUNT  CURRENCY
short      closingBooked     123456789012345678.0123456789  NOK
an-a…long  unknown…ng name)                  -1             NOK
`,
	} {
		d.Env["COLUMNS"] = columns
		got := d.run(t, "get")
		assert.Equal(t, want, got.stdout, columns)
		assert.Contains(t, got.stderr, note)
		whole := d.run(t, "get -wide")
		assert.Contains(t, whole.stdout, "a connection with a long name  neonomics  an-account-id-that-is-rather-long")
		assert.NotContains(t, whole.stderr, note)
	}
	d.Env["COLUMNS"] = "500"
	assert.NotContains(t, d.run(t, "get").stderr, note)
}

// Wide characters take two columns, combining ones none.
func TestTableCountsColumns(t *testing.T) {
	t.Parallel()
	got := on(t, oneConnection(serve(t, bank{"": `[{"id":"1","accountName":"日本"},{"id":"2","accountName":"e\u0301e"},{"id":"3","accountName":"abcd"}]`})), "accounts")
	assert.Contains(t, got.stdout, "日本  -         -\n")
	assert.Contains(t, got.stdout, "e\u0301e    -         -\n")
	assert.Contains(t, got.stdout, "abcd  -         -\n")
}
