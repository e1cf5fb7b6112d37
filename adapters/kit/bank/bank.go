// Package bank has the form of what is known of the banks of a family: a standard that many banks follow, each at an
// address of its own and some in a way of their own. The built-in ones stand in specs/<provider>/banks.yaml, with
// sources, and are generated Go values, so that nothing is parsed. A profile of one's own is JSON with the same names.
package bank

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/check"
)

// Profile is a bank, and how it differs from its standard.
type Profile struct {
	Code      string   `json:"code,omitempty"`      // by which credentials name it
	Name      string   `json:"name,omitempty"`      // the Bank of its balances and accounts
	Countries []string `json:"countries,omitempty"` // ISO 3166-1, two letters
	// Addresses are base URLs, by version or by environment. They are suggestions: nothing is sent to one unless the
	// caller configures it.
	Addresses map[string]string `json:"addresses,omitempty"`
	// Confidence is documented, inferred or unknown; Source is who says what stands here. Note is for people.
	Confidence string `json:"confidence,omitempty"`
	Source     string `json:"source,omitempty"`
	Note       string `json:"note,omitempty"`
	Quirks
}

// Quirks are the ways in which a bank differs from its standard, each with a bank that is known for it. The zero value is
// the standard.
type Quirks struct {
	// Token is required where the bank takes no call without an access token (N26), none where it takes the consent alone
	// (Consorsbank).
	Token string `json:"token,omitempty"`
	// TokenHeader is where the token stands instead of in Authorization (DKB).
	TokenHeader string `json:"tokenHeader,omitempty"`
	// KeyHeader and KeyQuery are the header and the query parameter of the key of the bank's portal (Redsys, Swedbank).
	KeyHeader string `json:"keyHeader,omitempty"`
	KeyQuery  string `json:"keyQuery,omitempty"`
	// Headers and Query are the same in every call (Triodos, Swedbank). An Accept such as application/hal+json is what the
	// answers may be besides application/json (LHV).
	Headers map[string]string `json:"headers,omitempty"`
	Query   map[string]string `json:"query,omitempty"`
	// RequestIDHeader is the name of X-Request-ID at the bank (SDC).
	RequestIDHeader string `json:"requestIdHeader,omitempty"`
	// Date is sent, and signed if the signature covers it (Argenta).
	Date bool `json:"date,omitempty"`
	// PSUAddress says that no call is taken without PSU-IP-Address (UniCredit).
	PSUAddress bool `json:"psuAddress,omitempty"`
	// WithoutWithBalance says that the account list is asked for without the parameter withBalance (UniCredit).
	WithoutWithBalance bool `json:"withoutWithBalance,omitempty"`
	// LowerCaseIDs says that account ids stand in the path in lower case (Openbank).
	LowerCaseIDs bool `json:"lowerCaseIds,omitempty"`
	// TypeMayBeMissing says that a balance without type is one of unknown type, and no error (Redsys).
	TypeMayBeMissing bool `json:"typeMayBeMissing,omitempty"`
	// Types are the balance types that the bank's own names mean (Swedbank).
	Types map[string]string `json:"types,omitempty"`
	// CardDebts are the signs of debts in balances of card accounts that do not state debitAccounting: positive or
	// negative, by the bank's name of the balance type, * for any other (DNB).
	CardDebts map[string]string `json:"cardDebts,omitempty"`
	// Zone is that of times without offset, by its name in the IANA database (Commerzbank).
	Zone string `json:"zone,omitempty"`
	// Signature is that of every request (Argenta).
	Signature Signature `json:"signature,omitzero"`
}

// Signature says how a bank wants its requests signed.
type Signature struct {
	Covered   []string `json:"covered,omitempty"`   // headers, in lower case and in this order, as far as they are sent
	Algorithm string   `json:"algorithm,omitempty"` // the text of the parameter; rsa-sha256 if empty
}

// Parse reads the JSON of a profile.
func Parse(text []byte) (*Profile, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var p Profile
	if err := decoder.Decode(&p); err != nil || decoder.More() {
		return nil, fmt.Errorf("no JSON of a profile: %w", cmp.Or(err, errors.New("something follows it")))
	}
	return &p, nil
}

var (
	tokens = []string{"", "required", "none"}
	debts  = []string{"positive", "negative"}
)

// Problem returns the first member that cannot be followed and why, or "".
func (q Quirks) Problem() string {
	for _, c := range []struct {
		wrong   bool
		problem string
	}{
		{!slices.Contains(tokens, q.Token), "token: neither required nor none"},
		{!isName(q.TokenHeader), "tokenHeader: no name of a header"},
		{!isName(q.KeyHeader), "keyHeader: no name of a header"},
		{!isName(q.RequestIDHeader), "requestIdHeader: no name of a header"},
		{slices.ContainsFunc(slices.Collect(maps.Keys(q.Headers)), func(name string) bool { return name == "" || !isName(name) }), "headers: no name of a header"},
		{slices.ContainsFunc(slices.Collect(maps.Values(q.Headers)), func(text string) bool { return check.Header(text) != "" }), "headers: no text that can be sent"},
		{slices.ContainsFunc(slices.Collect(maps.Values(q.Types)), func(name string) bool { return adapters.ParseBalanceType(name) == adapters.BalanceTypeUnknown }), "types: no such balance type"},
		{slices.ContainsFunc(slices.Collect(maps.Values(q.CardDebts)), func(sign string) bool { return !slices.Contains(debts, sign) }), "cardDebts: neither positive nor negative"},
		{slices.ContainsFunc(q.Signature.Covered, func(name string) bool { return name != strings.ToLower(name) || !isName(name) }), "signature.covered: no name in lower case"},
		{q.Signature.Algorithm != "" && q.Signature.Covered == nil, "signature.covered: missing"},
	} {
		if c.wrong {
			return c.problem
		}
	}
	if _, err := time.LoadLocation(q.Zone); err != nil {
		return "zone: not in the database of time zones"
	}
	return ""
}

// isName reports whether a text is the name of a header, or empty.
func isName(text string) bool {
	return strings.Trim(text, "-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// Needs are the credentials that the bank demands besides those of its standard, by the names of the configuration.
func (q Quirks) Needs() (names []string) {
	if q.Token == "required" {
		names = append(names, "accessToken")
	}
	if q.KeyHeader+q.KeyQuery != "" {
		names = append(names, "apiKey")
	}
	if q.Signature.Covered != nil {
		names = append(names, "signingCert", "signingKey")
	}
	return names
}

// Find returns the bank that credentials name: one of a list by its code, or own, or with neither the standard itself. The
// problem is that of the credential field.
func Find(banks []Profile, code string, own *Profile) (found Profile, field, problem string) {
	switch {
	case own != nil && code != "":
		return Profile{}, "credentials.profile", "given besides bank"
	case own != nil:
		if problem := own.Problem(); problem != "" {
			return Profile{}, "credentials.profile", problem
		}
		return *own, "", ""
	case code == "":
		return Profile{}, "", ""
	}
	var codes []string
	for _, bank := range banks {
		if bank.Code == code {
			return bank, "", ""
		}
		codes = append(codes, bank.Code)
	}
	if meant := check.DidYouMean(code, codes); meant != "" {
		return Profile{}, "credentials.bank", "no such bank" + meant
	}
	return Profile{}, "credentials.bank", "no such bank; openbalances providers -banks lists them"
}
