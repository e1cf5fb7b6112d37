package main_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listFrom runs accounts on connections.
func listFrom(ctx context.Context, as string, connections ...openbalances.Connection) outcome {
	var stdout, stderr bytes.Buffer
	exit := openbalances.ListAccounts(ctx, connections, as, &stdout, &stderr)
	return outcome{exit, stdout.String(), stderr.String()}
}

// three lists two accounts, nothing, and a failure.
func three() []openbalances.Connection {
	source := listing{bank{Base: "eika", accounts: []adapters.Account{
		{
			Provider: "eika", ID: strings.Repeat("abcdefghij", 5), IBAN: "NO9386011117947", BBAN: "86011117947",
			Name: "a\u001b[31m\u202e, \"b\"", Currency: "NOK", Type: "=1+1",
			Identifiers: []adapters.AccountIdentifier{{Scheme: "bic", Value: "DNBANOKK"}},
		},
		{Provider: "eika", ID: "2", Name: "-;@x"},
	}}}
	limited := listing{bank{Base: "eika", err: &adapters.Error{Kind: adapters.ErrRateLimited, Provider: "eika", Operation: "list accounts", Status: 429}}}
	return []openbalances.Connection{
		{Name: "home", Provider: "eika", Source: source}, {Name: "blind", Provider: "eika", Source: bank{Base: "eika"}},
		{Name: "work", Provider: "eika", Source: limited},
	}
}

const threeRemarks = `failed: blind eika: eika: list accounts: unsupported: the provider has no such call, nothing was sent
failed: work eika: eika: list accounts: rate_limited (HTTP 429)
2 accounts from 1 connection, 2 failed
`

func TestAccountsTable(t *testing.T) {
	t.Parallel()
	assert.Equal(t, outcome{1,
		`CONNECTION  PROVIDER  ACCOUNT                                             IBAN             BBAN         NAME                      CURRENCY  TYPE
home        eika      abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij  NO9386011117947  86011117947  a\u{1b}[31m\u{202e}, "b"  NOK       =1+1
home        eika      2                                                   -                -            -;@x                      -         -
`, threeRemarks}, listFrom(t.Context(), "table", three()...))
}

func TestAccountsCSV(t *testing.T) {
	t.Parallel()
	got := listFrom(t.Context(), "csv", three()...)
	assert.Equal(t, outcome{1, "connection,provider,id,iban,bban,name,currency,type,holderName,state,status,bank,identifiers,consentValidUntil\r\n" +
		"home,eika,abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij,NO9386011117947,86011117947," +
		`"a\u{1b}[31m\u{202e}, ""b""",NOK,\u{3d}1+1,,,,,bic DNBANOKK,` + "\r\n" + `home,eika,2,,,\u{2d};\u{40}x,,,,,,,,` + "\r\n", threeRemarks}, got)
	rows, err := csv.NewReader(strings.NewReader(got.stdout)).ReadAll()
	require.NoError(t, err)
	assert.Len(t, rows, 3)
}

func TestAccountsJSON(t *testing.T) {
	t.Parallel()
	got := listFrom(t.Context(), "json", three()...)
	assert.Equal(t, outcome{1, `{
  "accounts": [
    {
      "connection": "home",
      "provider": "eika",
      "id": "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij",
      "iban": "NO9386011117947",
      "bban": "86011117947",
      "identifiers": [
        {
          "scheme": "bic",
          "value": "DNBANOKK"
        }
      ],
      "name": "a\u001b[31m\u202e, \"b\"",
      "currency": "NOK",
      "type": "=1+1"
    },
    {
      "connection": "home",
      "provider": "eika",
      "id": "2",
      "name": "-;@x"
    }
  ],
  "failures": [
    {
      "connection": "blind",
      "provider": "eika",
      "kind": "unsupported",
      "origin": "local",
      "message": "the provider has no such call, nothing was sent"
    },
    {
      "connection": "work",
      "provider": "eika",
      "kind": "rate_limited",
      "status": 429
    }
  ]
}
`, ""}, got)
}

func TestAccountsWithoutFailure(t *testing.T) {
	t.Parallel()
	empty := openbalances.Connection{Name: "home", Provider: "eika", Source: listing{bank{Base: "eika", accounts: ids()}}}
	assert.Equal(t, outcome{0, "CONNECTION  PROVIDER  ACCOUNT  IBAN  BBAN  NAME  CURRENCY  TYPE\n",
		"0 accounts from 1 connection, 0 failed\n"}, listFrom(t.Context(), "table", empty))
	assert.Equal(t, outcome{0, "{\n  \"accounts\": [],\n  \"failures\": []\n}\n", ""}, listFrom(t.Context(), "json", empty))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, "failed: home eika: canceled\n0 accounts from 0 connections, 1 failed\n", listFrom(ctx, "csv", empty).stderr)
}

// Every connection of a configuration is listed or is a failure, whatever its provider can do.
func TestAccountsOfAConfiguration(t *testing.T) {
	t.Parallel()
	config, err := os.ReadFile(filepath.Join("testdata", "five.json"))
	require.NoError(t, err)
	me := newIdentity()
	folder := files(t, map[string]string{
		"five.json":   strings.ReplaceAll(string(config), "SANDBOX", serveSandbox(t)),
		"signing.pem": me.certificate, "keys/signing.key": me.pkcs1, "keys/api.key": "key\r\n",
	})
	got := run(t, "accounts", "-config", filepath.Join(folder, "five.json"), "-json")
	var document struct {
		Accounts, Failures []struct{ Connection, ID string }
	}
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &document))
	assert.Equal(t, len(document.Failures) > 0, got.exit == 1)
	seen := map[string]bool{}
	for _, one := range append(document.Accounts, document.Failures...) {
		seen[one.Connection] = true
	}
	assert.Len(t, seen, 5)
}
