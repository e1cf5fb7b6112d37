package main_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
)

// Two accounts and a failure.
func TestAccounts(t *testing.T) {
	t.Parallel()
	url := serve(t, bank{
		"home": `[{"id":"abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij","iban":"NO9386011117947","bban":"86011117947",
			"accountName":"a\u001b[31m\u202e, \"b\"","accountType":"=1+1","ownerName":"O","sortCodeAccountNumber":"40-12"},
			{"id":"2","accountName":"-;@x"}]`,
		"work": "429 {}",
	})
	const remarks = "failed: work neonomics: neonomics: list accounts: rate_limited (HTTP 429); not before IN AN HOUR\n2 accounts from 1 connection, 1 failed\n"
	for format, want := range map[string]outcome{
		"table": {1,
			`CONNECTION  PROVIDER   ACCOUNT                                             IBAN             BBAN         NAME                      CURRENCY  TYPE
home        neonomics  abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij  NO9386011117947  86011117947  a\u{1b}[31m\u{202e}, "b"  -         =1+1
home        neonomics  2                                                   -                -            -;@x                      -         -
`, remarks},
		"csv": {1, "connection,provider,id,iban,bban,name,currency,type,holderName,state,status,bank,identifiers,consentValidUntil,outcome,kind,message,retryAfter\r\n" +
			"home,neonomics,abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij,NO9386011117947,86011117947," +
			`"a\u{1b}[31m\u{202e}, ""b""",,\u{3d}1+1,O,,,,sortCodeAccountNumber 40-12,,account,,,` + "\r\n" +
			`home,neonomics,2,,,\u{2d};\u{40}x,,,,,,,,,account,,,` + "\r\nwork,neonomics,,,,,,,,,,,,,failed,rate_limited,,IN AN HOUR\r\n", remarks},
	} {
		before := time.Now()
		got := on(t, configOf(neonomics("home", url+"/home"), neonomics("work", url+"/work")), "accounts", "-format", format)
		got.stdout, got.stderr = timeless(got.stdout, before), timeless(got.stderr, before)
		assert.Equal(t, want, got)
	}
}

func TestAccountsWithoutFailure(t *testing.T) {
	t.Parallel()
	play(t, []scene{
		{"table", bank{"": "[]"}, "", "accounts", outcome{0, "CONNECTION  PROVIDER  ACCOUNT  IBAN  BBAN  NAME  CURRENCY  TYPE\n",
			"warning: home neonomics: the provider lists no account\n0 accounts from 1 connection, 0 failed\n"}},
		{"JSON", bank{"": "[]"}, "a", "accounts -json", outcome{0, "{\n  \"accounts\": [],\n  \"failures\": []" + fmt.Sprintf(isEmpty, "") + "\n}\n", ""}},
	})
}

// A fact that is in the JSON is in the CSV, too.
func TestColumnsAreAllFacts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command string
		own     []string // what only the command knows
		fact    reflect.Type
	}{
		{"get", strings.Fields("connection ageSeconds reason outcome kind consent origin status code message retryAfter"), reflect.TypeFor[adapters.Balance]()},
		{"accounts", strings.Fields("connection outcome kind message retryAfter"), reflect.TypeFor[adapters.Account]()},
	} {
		header, _, _ := strings.Cut(on(t, oneConnection("http://127.0.0.1:1"), c.command, "-format", "csv").stdout, "\r\n")
		want := slices.Clone(c.own)
		for i := range c.fact.NumField() {
			name, _, _ := strings.Cut(c.fact.Field(i).Tag.Get("json"), ",")
			if !slices.Contains(want, name) {
				want = append(want, name)
			}
		}
		assert.ElementsMatch(t, want, strings.Split(header, ","), "cure: a line in columns.go")
	}
}
