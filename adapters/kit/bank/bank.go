// Package bank has the form of what is known of the banks of a family: a standard that many banks follow, each at an
// address of its own and some in a way of their own. The built-in ones stand in specs/<provider>/banks.yaml, with
// sources, and are generated Go values, so that nothing is parsed. A profile of one's own is JSON with the same names.
package bank

import (
	"cmp"
	"net/http"
	"strings"

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
// the standard. An adapter takes those that its standard has a use for.
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
	// Types are the balance types that the bank's own names mean, in any case (Swedbank). A name of a standard keeps its
	// meaning.
	Types map[string]string `json:"types,omitempty"`
	// CardDebts are the signs of debts in balances of card accounts that do not state debitAccounting: positive or
	// negative, by the bank's name of the balance type in any case, * for any other (DNB).
	CardDebts map[string]string `json:"cardDebts,omitempty"`
	// CardIndicator is reversed where the bank calls a debt of a card account Credit, and unknown where nobody has said
	// whether it still does (NatWest). Either way it has to be known which accounts are cards.
	CardIndicator string `json:"cardIndicator,omitempty"`
	// FinancialID says that no call is taken without the credential financialId (Revolut).
	FinancialID bool `json:"financialId,omitempty"`
	// Links are addresses below which the link to a next page may lead besides the bank's own (Lloyds). The request with its
	// access token goes there.
	Links []string `json:"links,omitempty"`
	// WithoutBulk says that there is no call for the balances of all accounts.
	WithoutBulk bool `json:"withoutBulk,omitempty"`
	// ListedOnce says that the bank lists accounts only soon after the consent, so that their ids have to be kept (Chase).
	ListedOnce bool `json:"listedOnce,omitempty"`
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

// Needs are the credentials that the bank demands besides those of its standard, by the names of the configuration.
func (q Quirks) Needs() (names []string) {
	if q.Token == "required" {
		names = append(names, "accessToken")
	}
	if q.KeyHeader+q.KeyQuery != "" {
		names = append(names, "apiKey")
	}
	if q.FinancialID {
		names = append(names, "financialId")
	}
	if q.CardIndicator != "" {
		names = append(names, "cardAccounts")
	}
	if q.Signature.Covered != nil {
		names = append(names, "signingCert", "signingKey")
	}
	return names
}

// Type is what the bank's name of a balance type means.
func (q Quirks) Type(name string) adapters.BalanceType {
	return adapters.ParseBalanceType(cmp.Or(byName(q.Types, name), name))
}

// CardDebt is the sign of debts in the card balances of a type: positive, negative, or "" if it is not known.
func (q Quirks) CardDebt(name string) string {
	return cmp.Or(byName(q.CardDebts, name), q.CardDebts["*"])
}

func byName(table map[string]string, name string) string {
	for own, meaning := range table {
		if strings.EqualFold(own, name) { // of which there is one
			return meaning
		}
	}
	return ""
}

// KeyProblem is why a key, given or not, is not what the bank wants, or "".
func (q Quirks) KeyProblem(isGiven bool) string {
	switch takes := q.KeyHeader+q.KeyQuery != ""; {
	case takes && !isGiven:
		return "missing; the bank demands one"
	case !takes && isGiven:
		return "not taken; no profile says where it stands"
	}
	return ""
}

// Complete gives a request of the standard the headers and the query of the bank, with the key of its portal.
func (q Quirks) Complete(request *http.Request, key adapters.Secret) {
	move(request.Header, "Authorization", q.TokenHeader)
	move(request.Header, "X-Request-Id", q.RequestIDHeader)
	for name, text := range q.Headers {
		request.Header.Set(name, text)
	}
	if q.KeyHeader != "" {
		request.Header.Set(q.KeyHeader, string(key))
	}
	if q.Query == nil && q.KeyQuery == "" {
		return
	}
	query := request.URL.Query()
	for name, text := range q.Query {
		query.Set(name, text)
	}
	if q.KeyQuery != "" {
		query.Set(q.KeyQuery, string(key))
	}
	request.URL.RawQuery = query.Encode()
}

// move gives a header another name, unless that is empty.
func move(header http.Header, from, to string) {
	if values := header[from]; to != "" && values != nil {
		delete(header, from)
		header[http.CanonicalHeaderKey(to)] = values
	}
}

// Find returns the bank that credentials name: one of a list by its code, or own, or with neither the standard itself. An
// own one may have the quirks that the adapter takes, by their names in JSON. The problem is that of the credential field.
func Find(banks []Profile, code string, own *Profile, takes ...string) (found Profile, field, problem string) {
	switch {
	case own != nil && code != "":
		return Profile{}, "credentials.profile", "given besides bank"
	case own != nil:
		if problem := cmp.Or(own.besides(takes), own.Problem()); problem != "" {
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
