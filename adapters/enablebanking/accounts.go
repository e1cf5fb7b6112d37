package enablebanking

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/enablebanking"
)

// Session is what is worth keeping of a session. Its JSON, unlike its other texts, has all of it. What the session knows
// of its accounts comes once, with [Client.Authorize]: afterwards only [Client.Details] has it, and spends a call for each.
type Session struct {
	ID         string    `json:"id"`
	ValidUntil time.Time `json:"validUntil,omitzero"` // zero if the provider did not state it
	Country    string    `json:"country,omitempty"`   // of the bank
	// Accounts have the id that this session gives them. The identifier identification_hash is the same in each session,
	// so the accounts of a later one are found here too.
	Accounts []adapters.Account `json:"accounts"`
	// Hashes are other hashes of an account, by its id, such as that of its IBAN alone. Several accounts may share one.
	Hashes map[string][]string `json:"hashes,omitempty"`
	// LeftOut counts the accounts of the answer that have no id and hash which could be read.
	LeftOut int `json:"leftOut,omitempty"`
	// RequiredPSUHeaders is for the caller to fill in: required_psu_headers of the bank, from GET /aspsps. With it a PSU
	// context that lacks one of them is refused before anything is sent.
	RequiredPSUHeaders []string `json:"requiredPsuHeaders,omitempty"`
}

// Format writes how many accounts there are, whatever the verb.
func (s Session) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "session with %d accounts", len(s.Accounts))
}

// sessionAnswer is [api.Session], of which one broken account spoils no other.
type sessionAnswer struct {
	Status       string                             `json:"status"`
	AccountsData []call.Element[api.SessionAccount] `json:"accounts_data"`
	ASPSP        *api.ASPSP                         `json:"aspsp"`
	Access       *access                            `json:"access"`
}

// access is [api.Access] without what was asked for.
type access struct {
	ValidUntil any `json:"valid_until"`
}

// until is when the session ends; zero if the answer does not say it.
func (a *access) until() time.Time {
	text, _ := a.ValidUntil.(string)
	until, _ := call.ToTime("access.valid_until", text)
	return until
}

// Accounts implements [adapters.Source] with the accounts of the session, and with what was kept of each.
func (c *Client) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	own := c.credentials.Open()
	request := session.For(string(own.SessionID), nil)
	if own.SessionID == "" {
		request.Build = func(*call.Endpoint) (*http.Request, error) {
			return nil, c.endpoint.Invalid("credentials.sessionId", "missing, and only a session lists accounts")
		}
	}
	return call.Accounts(ctx, c.endpoint, psu, func(int) call.Request { return request },
		func(body sessionAnswer) (call.Listed[adapters.Account], error) {
			list, err := toAccounts(body)
			listed := Session{Accounts: slices.Clone(list.Items), Hashes: map[string][]string{}}
			for i := range list.Items {
				listed.Hashes[list.Items[i].ID] = body.AccountsData[i].Value.IdentificationHashes
			}
			for i := range list.Items {
				list.Items[i] = own.Session.join(listed, i)
			}
			return list, err
		})
}

// join adds to a listed account what was kept of it.
func (s Session) join(all Session, at int) adapters.Account {
	listed := all.Accounts[at]
	i := slices.IndexFunc(s.Accounts, func(kept adapters.Account) bool { return kept.ID == listed.ID })
	if i < 0 {
		i = all.again(at, s)
	}
	if i < 0 {
		return listed
	}
	kept := s.Accounts[i]
	kept.ID, kept.Bank, kept.ConsentValidUntil = listed.ID, cmp.Or(listed.Bank, kept.Bank), listed.ConsentValidUntil
	kept.Identifiers = slices.Clone(kept.Identifiers) // what is listed is cut where it is too long
	return kept
}

// again returns the place in other of the account at i: that with the same main hash, or else the one that shares some hash
// with it and with no other account; -1 if there is none.
func (s Session) again(i int, other Session) int {
	own := mainHash(s.Accounts[i])
	if j := slices.IndexFunc(other.Accounts, func(a adapters.Account) bool { return own != "" && mainHash(a) == own }); j >= 0 {
		return j
	}
	if found := s.sharing(i, other); len(found) == 1 && len(other.sharing(found[0], s)) == 1 {
		return found[0]
	}
	return -1
}

// sharing are the places in other of the accounts that have some hash of the account at i.
func (s Session) sharing(i int, other Session) (places []int) {
	own := s.hashes(i)
	for j := range other.Accounts {
		if slices.ContainsFunc(other.hashes(j), func(hash string) bool { return hash != "" && slices.Contains(own, hash) }) {
			places = append(places, j)
		}
	}
	return places
}

func (s Session) hashes(i int) []string {
	return append([]string{mainHash(s.Accounts[i])}, s.Hashes[s.Accounts[i].ID]...)
}

func mainHash(account adapters.Account) string {
	for _, identifier := range account.Identifiers {
		if identifier.Scheme == hashScheme {
			return identifier.Value
		}
	}
	return ""
}

// Renewed returns the ids that accounts of s have in a later session. An account that the later one lacks keeps its id, so
// that its failure is seen.
func (s Session) Renewed(ids []string, later Session) []string {
	ids = slices.Clone(ids)
	for i, id := range ids {
		own := slices.IndexFunc(s.Accounts, func(a adapters.Account) bool { return a.ID == id })
		if own < 0 {
			continue
		}
		if next := s.again(own, later); next >= 0 {
			ids[i] = later.Accounts[next].ID
		}
	}
	return ids
}

func toAccounts(body sessionAnswer) (list call.Listed[adapters.Account], err error) {
	switch {
	case body.Status != authorized:
		return list, statusError(body.Status)
	case body.AccountsData == nil:
		return list, call.Missing("accounts_data")
	case body.ASPSP == nil:
		return list, call.Missing("aspsp")
	case body.Access == nil:
		return list, call.Missing("access")
	case len(body.AccountsData) == 0:
		return list, notLinked("accounts_data")
	}
	return call.ListAccounts("accounts_data", body.AccountsData, func(account api.SessionAccount) (adapters.Account, error) {
		mapped := adapters.Account{ID: account.UID, Bank: body.ASPSP.Name, ConsentValidUntil: body.Access.until()}
		switch {
		case account.UID == "":
			return mapped, call.Missing("uid")
		case account.IdentificationHash == "":
			return mapped, call.Missing(hashScheme)
		}
		identify(&mapped, hashScheme, account.IdentificationHash)
		return mapped, nil
	})
}

// notLinked is the failure of a session without accounts.
func notLinked(field string) error {
	return &adapters.Error{Kind: adapters.ErrForbidden, Detail: field + ": empty; " + linkAccounts}
}

// hashScheme is the scheme of the identifier that stays the same.
const hashScheme = "identification_hash"

// identify adds a number of the account, which is its IBAN or BBAN while it has none.
func identify(account *adapters.Account, scheme, value string) {
	switch kind := strings.ToUpper(scheme); {
	case scheme == "" || value == "":
	case kind == "IBAN" && account.IBAN == "":
		account.IBAN = value
	case kind == "BBAN" && account.BBAN == "":
		account.BBAN = value
	default:
		account.Identifiers = append(account.Identifiers, adapters.AccountIdentifier{Scheme: scheme, Value: value})
	}
}

// Details returns what the bank says of an account besides its balances. It spends one of the account's unattended calls,
// as Balances does; Details of package accessguard counts it.
func (c *Client) Details(ctx context.Context, accountID string, psu adapters.PSU) (adapters.Account, error) {
	request := details.For(accountID, call.Like[api.GetAccountParams](params(psu)))
	return call.Account(ctx, c.endpoint, accountID, psu, request, func(body api.Account) (adapters.Account, error) {
		if id := call.Text(body.UID); id != "" && id != accountID {
			return adapters.Account{}, call.Mismatch("uid")
		}
		account, err := toAccount(body)
		account.ID = accountID
		return account, err
	})
}

// toAccount maps an account; with an error, as much of it as there is. Left out: account_servicer, usage, psu_status,
// credit_limit, legal_age and postal_address.
func toAccount(account api.Account) (mapped adapters.Account, err error) {
	switch {
	case account.CashAccountType == "":
		err = call.Missing("cash_account_type")
	case account.Currency == "":
		err = call.Missing("currency")
	case account.IdentificationHash == "":
		err = call.Missing(hashScheme)
	}
	mapped = adapters.Account{
		ID:         call.Text(account.UID),
		HolderName: call.Text(account.Name),
		Name:       cmp.Or(call.Text(account.Details), call.Text(account.Product)),
		Currency:   account.Currency,
		Type:       account.CashAccountType,
	}
	identify(&mapped, hashScheme, account.IdentificationHash)
	for _, number := range account.AllAccountIds {
		identify(&mapped, number.SchemeName, number.Identification)
	}
	if own := account.AccountID; own != nil {
		mapped.IBAN = cmp.Or(mapped.IBAN, call.Text(own.IBAN))
		if own.Other != nil {
			identify(&mapped, own.Other.SchemeName, own.Other.Identification)
		}
	}
	return mapped, err
}

// authorizedSession is [api.AuthorizedSession], of which one broken account spoils no other.
type authorizedSession struct {
	SessionID string                      `json:"session_id"`
	Accounts  []call.Element[api.Account] `json:"accounts"`
	ASPSP     *api.ASPSP                  `json:"aspsp"`
	Access    *access                     `json:"access"`
}

// Authorize exchanges the code of the redirect for a session, which can be done once. So of an account with an id and a hash
// whatever can be read is kept; one without is left out and counted, rather than the session lost. Accounts lists it if it
// can be asked for.
func (c *Client) Authorize(ctx context.Context, code string) (Session, error) {
	request := authorize.Send(nil, call.JSON(api.Code{Code: code}))
	return call.Ask(ctx, c.endpoint, "authorize session", request, toSession)
}

func toSession(body authorizedSession) (Session, error) {
	switch {
	case body.SessionID == "":
		return Session{}, call.Missing("session_id")
	case body.Accounts != nil && len(body.Accounts) == 0:
		return Session{}, notLinked("accounts")
	}
	kept, bank := Session{ID: body.SessionID, Accounts: []adapters.Account{}}, ""
	if body.Access != nil {
		kept.ValidUntil = body.Access.until()
	}
	if body.ASPSP != nil {
		bank, kept.Country = body.ASPSP.Name, body.ASPSP.Country
	}
	for i := range body.Accounts {
		account, _ := toAccount(body.Accounts[i].Value)
		if adapters.ValidateAccountID(account.ID) != nil || mainHash(account) == "" {
			kept.LeftOut++
			continue
		}
		account.Provider, account.Bank, account.ConsentValidUntil = provider.Name, bank, kept.ValidUntil
		kept.Accounts = append(kept.Accounts, account)
		if hashes := body.Accounts[i].Value.IdentificationHashes; len(hashes) > 1 {
			if kept.Hashes == nil {
				kept.Hashes = map[string][]string{}
			}
			kept.Hashes[account.ID] = hashes
		}
	}
	return kept, nil
}
