package adaptertest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/mapping"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Between the adapter of a bank that is not as its standard and the suite, which knows the standard alone, stand three
// things: front turns the requests that the bank wants into those of the standard and fails where they are not as the
// profile says, customer calls the adapter as the bank wants it, and Harness.Declared says what its answers mean.

// front is where requests arrive.
func (h Harness) front(t *testing.T, handler http.Handler) http.Handler {
	return http.StripPrefix(basePath, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.Profile != nil {
			assert.NoError(t, h.standardise(r), "the request is not as the profile says")
			w = &bankAnswer{w, http.CanonicalHeaderKey(cmp.Or(h.Profile.RequestIDHeader, "X-Request-Id")), cmp.Or(h.Profile.Headers["Accept"], "application/json"), false}
		}
		handler.ServeHTTP(w, r)
	}))
}

// bankAnswer writes what the standard answers as the bank does: with its name for the request's id and its media type, beside
// which it takes no relative of JSON's.
type bankAnswer struct {
	http.ResponseWriter
	requestID, media string
	written          bool
}

func (a *bankAnswer) WriteHeader(status int) {
	a.rewrite()
	a.ResponseWriter.WriteHeader(status)
}

func (a *bankAnswer) Write(body []byte) (int, error) {
	a.rewrite()
	return a.ResponseWriter.Write(body)
}

func (a *bankAnswer) rewrite() {
	if a.written {
		return
	}
	header := a.Header()
	a.written = true
	if values := header["X-Request-Id"]; a.requestID != "X-Request-Id" && values != nil {
		header.Del("X-Request-Id")
		header[a.requestID] = values
	}
	switch media := strings.Join(header["Content-Type"], ","); {
	case a.media == "application/json":
	case media == "application/json":
		header.Set("Content-Type", a.media)
	case media == a.media:
		header.Set("Content-Type", "application/another+json")
	}
}

// Unwrap is for [http.ResponseController].
func (a *bankAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// standIn is the address of the PSU where the suite asks without one and the bank takes no such call.
const standIn = "198.51.100.77"

// standardise turns a request that the bank takes into one of the standard. It returns what the bank would refuse.
func (h Harness) standardise(r *http.Request) error {
	quirks, wrong := h.Profile.Quirks, []string{}
	check := func(right bool, what string) {
		if !right {
			wrong = append(wrong, what)
		}
	}
	if quirks.Signature.Covered != nil {
		covered, err := h.Verify(r, nil)
		want := slices.DeleteFunc(slices.Clone(quirks.Signature.Covered), func(name string) bool { return r.Header.Get(name) == "" })
		algorithm := `algorithm="` + cmp.Or(quirks.Signature.Algorithm, "rsa-sha256") + `"`
		check(err == nil && slices.Equal(want, covered) && strings.Contains(r.Header.Get("Signature"), algorithm), "signature")
	} else {
		check(r.Header.Get("Signature") == "", "signature")
	}
	take := func(name, text string) {
		check(name == "" || slices.Equal(r.Header.Values(name), []string{text}), name)
		r.Header.Del(name)
	}
	for name, text := range quirks.Headers {
		if take(name, text); name == "Accept" {
			r.Header.Set(name, "application/json")
		}
	}
	take(quirks.KeyHeader, h.key)
	query, own := r.URL.Query(), map[string]string{quirks.KeyQuery: h.key}
	for name, text := range quirks.Query {
		own[name] = text
	}
	for name, text := range own {
		check(name == "" || slices.Equal(query[name], []string{text}), name)
		query.Del(name)
	}
	r.URL.RawQuery = query.Encode()
	check(!quirks.WithoutWithBalance || !query.Has("withBalance"), "withBalance")
	move := func(from, to string) {
		check(from == "" || r.Header.Get(to) == "", to)
		if values := r.Header.Values(from); values != nil {
			r.Header.Del(from)
			r.Header[http.CanonicalHeaderKey(to)] = values
		}
	}
	move(quirks.TokenHeader, "Authorization")
	move(quirks.RequestIDHeader, "X-Request-Id")
	check((r.Header.Get("Authorization") == "") == (quirks.Token == "none") || quirks.Token == "", "Authorization")
	_, err := http.ParseTime(r.Header.Get("Date"))
	check(quirks.Date == (err == nil), "Date")
	check(!quirks.PSUAddress || r.Header.Get("Psu-Ip-Address") != "", "PSU-IP-Address")
	if r.Header.Get("Psu-Ip-Address") == standIn {
		r.Header.Del("Psu-Ip-Address")
	}
	if quirks.LowerCaseIDs {
		check(r.URL.Path == strings.ToLower(r.URL.Path), "account id")
		for _, example := range h.documented() {
			r.URL.Path = strings.Replace(r.URL.Path, "/"+strings.ToLower(example.Account)+"/", "/"+example.Account+"/", 1)
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s of %s", strings.Join(wrong, ", "), h.Profile.Name)
	}
	return nil
}

// ofBank are the headers that a bank may want besides the standard's, which the expected requests do not have.
var ofBank = []string{"Date", "Digest", "Signature", "Tpp-Signature-Certificate"}

var authorization = regexp.MustCompile(`(?m)^Authorization: .*\n`)

// golden is the request that the expectations have, less what the bank does not take.
func (h Harness) golden(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(h.Folder, "requests", name+".http"))
	require.NoError(t, err)
	if h.Profile != nil && h.Profile.Token == "none" {
		text = authorization.ReplaceAll(text, nil)
	}
	if h.Profile != nil && h.Profile.WithoutWithBalance {
		text = bytes.Replace(text, []byte("?withBalance=true"), nil, 1)
	}
	return string(text)
}

// useProfile lets everything that opens the adapter open it as a customer of the bank.
func (h *Harness) useProfile(t testing.TB) {
	t.Helper()
	open, spoiled := h.New, h.Credentials.New
	customer := func(source adapters.Source, err error) (adapters.Source, error) {
		if err != nil {
			return nil, err
		}
		return customer{source, h.Profile.Name, h.Profile.LowerCaseIDs, h.Profile.PSUAddress}, nil
	}
	h.New = func(options *adapters.Options) (adapters.Source, error) { return customer(open(options)) }
	h.Credentials = &Credentials{h.Credentials.Value, func(o *adapters.Options, spoil func(name, text string) string) (adapters.Source, error) {
		return customer(spoiled(o, func(name, text string) string {
			if name == "bank" { // another bank is no customer of this one
				return text
			}
			return spoil(name, text)
		}))
	}}
	_, err := spoiled(&adapters.Options{BaseURL: "http://127.0.0.1:1"}, func(name, text string) string {
		if name == "apiKey" {
			h.key = text
		}
		return text
	})
	require.NoError(t, err)
}

// otherwise reports whether an answer means something else by Declared than by the document, which the expectations are
// for, and compares what the call makes of it then.
func (h Harness) otherwise(t *testing.T, example specs.Example, call declaredCall) bool {
	t.Helper()
	differs := h.meansElse(example.Operation, example.JSON, call.asked)
	if differs {
		comparison{h, call, h.teller(t), example, false}.compare(t, " by the profile", example.JSON)
	}
	return differs
}

func (h Harness) meansElse(operation string, body []byte, asked []string) bool {
	if len(h.Declared) == 0 || len(body) > maxSeed { // what is only long means the same
		return false
	}
	own, err := h.declaration.Read(operation, body, mapping.Asked{Accounts: asked, Bank: h.Bank})
	standard, standardErr := h.standard.Read(operation, body, mapping.Asked{Accounts: asked, Bank: h.Bank})
	return (err == nil) != (standardErr == nil) || !reflect.DeepEqual(own.Accounts, standard.Accounts)
}

// customer is the adapter as somebody calls it who knows the bank: ids are in capitals where it wants small letters, the
// PSU is present where it has to be, and what is the bank's bears its name, which is cut again.
type customer struct {
	adapters.Source
	bank string
	caps bool
	seen bool
}

func (c customer) psu(user adapters.PSU) adapters.PSU {
	if c.seen && user == adapters.Unattended() {
		return adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr(standIn)})
	}
	return user
}

// ofBank is "" for the name that has to be there.
func (c customer) ofBank(name string) string {
	if name == c.bank {
		return ""
	}
	return fmt.Sprintf("%q is not the name of the bank", name)
}

func (c customer) balances(balances []adapters.Balance) []adapters.Balance {
	for i := range balances {
		balances[i].Bank = c.ofBank(balances[i].Bank)
	}
	return balances
}

func (c customer) results(results []adapters.AccountBalances) []adapters.AccountBalances {
	for i := range results {
		c.balances(results[i].Balances)
		if account := results[i].Account; account != nil {
			account.Bank = c.ofBank(account.Bank)
		}
	}
	return results
}

// Balances implements [adapters.Source].
func (c customer) Balances(ctx context.Context, accountID string, user adapters.PSU) ([]adapters.Balance, error) {
	asked := accountID
	if c.caps {
		asked = strings.ToUpper(accountID)
	}
	balances, err := c.Source.Balances(ctx, asked, c.psu(user))
	for i := range balances {
		if balances[i].AccountID == asked {
			balances[i].AccountID = accountID
		}
	}
	return c.balances(balances), err
}

// BatchBalances implements [adapters.Source].
func (c customer) BatchBalances(ctx context.Context, accountIDs []string, user adapters.PSU) ([]adapters.AccountBalances, error) {
	results, err := c.Source.BatchBalances(ctx, accountIDs, c.psu(user))
	return c.results(results), err
}

// Accounts implements [adapters.Source].
func (c customer) Accounts(ctx context.Context, user adapters.PSU) ([]adapters.Account, error) {
	accounts, err := c.Source.Accounts(ctx, c.psu(user))
	for i := range accounts {
		accounts[i].Bank = c.ofBank(accounts[i].Bank)
	}
	return accounts, err
}

// AllBalances implements [adapters.Source].
func (c customer) AllBalances(ctx context.Context, user adapters.PSU) ([]adapters.AccountBalances, error) {
	results, err := c.Source.AllBalances(ctx, c.psu(user))
	return c.results(results), err
}

// Alike yields the first of the banks with the same quirks, and the codes of all of them. To an adapter they are one bank:
// its name is compared by [Run], and the rest of a profile is for people.
func Alike(banks []bank.Profile) iter.Seq2[string, bank.Profile] {
	return func(yield func(codes string, profile bank.Profile) bool) {
		for len(banks) > 0 {
			first, codes := banks[0], []string{}
			banks = slices.DeleteFunc(slices.Clone(banks), func(other bank.Profile) bool {
				same := reflect.DeepEqual(first.Quirks, other.Quirks)
				if same {
					codes = append(codes, other.Code)
				}
				return same
			})
			if !yield(strings.Join(codes, ","), first) {
				return
			}
		}
	}
}

// Quirks sees that each quirk of package bank is covered by a case of the adapter's tests, or that open refuses a profile
// with it.
func Quirks(t *testing.T, covered func(name string) bool, open func(*bank.Profile) error) {
	t.Helper()
	for i := range reflect.TypeFor[bank.Quirks]().NumField() {
		profile := &bank.Profile{}
		field := reflect.ValueOf(&profile.Quirks).Elem().Field(i)
		name, _, _ := strings.Cut(reflect.TypeFor[bank.Quirks]().Field(i).Tag.Get("json"), ",")
		if covered(name) {
			continue
		}
		fill(field)
		assert.ErrorContains(t, open(profile), ": "+name+": not a quirk of this standard", "no case covers the quirk")
	}
}

// fill gives a field of a profile some value.
func fill(field reflect.Value) {
	switch field.Kind() {
	case reflect.Bool:
		field.SetBool(true)
	case reflect.String:
		field.SetString("x")
	case reflect.Slice:
		field.Set(reflect.ValueOf([]string{"x"}))
	case reflect.Map:
		field.Set(reflect.ValueOf(map[string]string{"x": "y"}))
	case reflect.Struct:
		fill(field.Field(0))
	}
}
