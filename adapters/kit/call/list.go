package call

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
)

const (
	listAccounts = "list accounts"
	listBalances = "list balances"

	maxPages    = 1000
	maxAccounts = 100_000 // of all pages
)

// Element is an element of a list that is decoded apart from its siblings, so that one that is wrong hides no other. Its
// field Value, an E, is what could be read of it; its field Problems, of pointers to errors, is what could not, in the order
// of the members. Its method Problem(except ...string) error returns the first of them that lies in none of the members
// except, or nil.
type Element[E any] = strictjson.Element[E]

// Page makes the request for one page of a list, counted from 1. An adapter whose provider has no pages ignores the number,
// because there is no second request.
type Page func(page int) Request

// Listed is one page of a list, or all pages of a [Linked] body: its items in the provider's order. Numbered means that the
// provider's document knows how to ask for a page by its number and that each page says how many items all have together;
// without it, a page that says that there is another one is an error.
type Listed[I any] struct {
	Items    []I
	Numbered bool

	name string // what the provider's document calls the list
}

// Accounts lists the accounts in one request for each page. toAccounts is pure and leaves Provider to this function.
func Accounts[T any](ctx context.Context, e *Endpoint, psu adapters.PSU, page Page,
	toAccounts func(T) (Listed[adapters.Account], error)) ([]adapters.Account, error) {
	r := register[adapters.Account]{
		operation: listAccounts,
		id:        func(a adapters.Account) string { return a.ID },
		finish:    func(a *adapters.Account, _ Request, _ *exchanged) { e.finishListed(a) },
	}
	return pages(ctx, e, psu, page, &r, toAccounts)
}

// AllBalances lists the accounts with their balances in the same way. What is wrong with one account counts for this one
// only.
func AllBalances[T any](ctx context.Context, e *Endpoint, psu adapters.PSU, page Page,
	toResults func(T) (Listed[adapters.AccountBalances], error)) ([]adapters.AccountBalances, error) {
	r := register[adapters.AccountBalances]{
		operation: listBalances,
		id:        func(a adapters.AccountBalances) string { return a.AccountID },
		finish: func(a *adapters.AccountBalances, request Request, x *exchanged) {
			e.finishAccount(a, request, x)
			if a.Account != nil {
				e.finishListed(a.Account)
			}
		},
	}
	return pages(ctx, e, psu, page, &r, toResults)
}

// finishListed completes what a list says of an account.
func (e *Endpoint) finishListed(account *adapters.Account) {
	account.Provider, account.Bank = e.provider.Name, cmp.Or(account.Bank, *e.bank.Open())
}

// register is the part of a list that is already here.
type register[I any] struct {
	operation string
	id        func(I) string
	finish    func(*I, Request, *exchanged)
	items     []I
	known     map[string]bool
	size      int // bytes of the items
}

// pages asks for one page after the other until there is no other, and returns the whole list.
func pages[T, I any](ctx context.Context, e *Endpoint, psu adapters.PSU, page Page, r *register[I],
	toItems func(T) (Listed[I], error)) ([]I, error) {
	r.items, r.known = []I{}, map[string]bool{}
	for number, more := 1, true; more; number++ {
		request := page(number)
		request.operation = r.operation
		if err := e.checkArguments(request, psu); err != nil {
			return nil, err
		}
		err := linkedPages(ctx, e, request, func(body T, x *exchanged) error {
			list, err := toItems(body)
			if err != nil {
				return err
			}
			for i := range list.Items {
				r.finish(&list.Items[i], request, x)
			}
			x.pages.Hold(len(list.Items))
			more, err = r.add(list, number, x.pages)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return r.items, nil
}

// add takes a page over and tells whether there is another one. A page that repeats an account, or one without any
// before the end, would lead round in a circle.
func (r *register[I]) add(list Listed[I], page int, pages strictjson.Pages) (more bool, err error) {
	next, problem := pages.Further(page, len(r.items))
	silent := pages.Silent()
	switch {
	case problem == nil && !list.Numbered:
		problem = pages.Whole()
	case problem == nil && silent != "":
		return false, Broken(silent, "says nothing about the number of accounts")
	case problem == nil && next != "" && pages.Total() == 0:
		return false, Broken(next, "more pages, and nothing about the number of accounts")
	}
	if problem != nil {
		return false, partial(problem)
	}
	for i := range list.Items {
		r.size += trim(reflect.ValueOf(&list.Items[i]))
		id := r.id(list.Items[i])
		if id != "" && len(id) <= maxText && r.known[id] {
			return false, Broken(cmp.Or(list.name, "accounts"), "one occurs twice")
		}
		r.known[id] = true
	}
	r.items = append(r.items, list.Items...)
	more = next != ""
	switch {
	case len(r.items) > maxAccounts || more && (pages.Total() > maxAccounts || page >= maxPages):
		return false, &adapters.Error{Kind: adapters.ErrTooLarge, Detail: "more accounts than a list can have"}
	case r.size > maxList:
		return false, &adapters.Error{Kind: adapters.ErrTooLarge, Detail: "more about the accounts than a list can have"}
	case more && len(list.Items) == 0:
		return false, Broken(cmp.Or(list.name, "accounts"), "end before the number that was stated")
	}
	return more, nil
}

// partial is the failure that an answer which is not all pages means; nil for nil.
func partial(problem *strictjson.Error) error {
	if problem == nil {
		return nil
	}
	return Broken(problem.Path, problem.Problem)
}

// linked adds what a header says about further pages (RFC 8288).
func linked(pages strictjson.Pages, header http.Header) strictjson.Pages {
	for _, link := range header["Link"] {
		for parameter := range strings.FieldsFuncSeq(strings.ToLower(link), func(r rune) bool { return r == ';' || r == ',' }) {
			relation, found := strings.CutPrefix(strings.ReplaceAll(parameter, " ", ""), "rel=")
			if found && strings.Trim(relation, `"`) == "next" {
				pages.Say("Link")
			}
		}
	}
	return pages
}

// ListAccounts maps the elements of a list, which the provider's document calls name. What is wrong with an element
// counts unless it lies in its balances, which are not used.
func ListAccounts[E any](name string, elements []Element[E], toAccount func(E) (adapters.Account, error)) (Listed[adapters.Account], error) {
	list := Listed[adapters.Account]{Items: make([]adapters.Account, 0, len(elements)), name: name}
	if elements == nil {
		return list, Missing(name)
	}
	for i := range elements {
		if err := Unreadable(name, i, elements[i].Problem("balance", "balances")); err != nil {
			return list, err
		}
		account, err := toAccount(elements[i].Value)
		if err != nil {
			return list, At(name, i, err)
		}
		list.Items = append(list.Items, account)
	}
	return list, nil
}

// ListBalances maps the elements of a list to their accounts and balances.
func ListBalances[E any](name string, elements []Element[E], toAccount func(E) (adapters.Account, error),
	toBalances func(E) ([]adapters.Balance, error)) (Listed[adapters.AccountBalances], error) {
	list := Listed[adapters.AccountBalances]{Items: make([]adapters.AccountBalances, 0, len(elements)), name: name}
	if elements == nil {
		return list, Missing(name)
	}
	for i := range elements {
		account, err := toAccount(elements[i].Value)
		result := adapters.AccountBalances{AccountID: account.ID}
		if err == nil {
			result.Account = &account
			result.Balances, err = toBalances(elements[i].Value)
		}
		if elements[i].Problem("balance", "balances") != nil {
			result.Account = nil
		}
		result.Err = At(name, i, err)
		if problem := Unreadable(name, i, elements[i].Problem()); problem != nil {
			result.Err = problem
		}
		list.Items = append(list.Items, result)
	}
	return list, nil
}

// Partly adds to listed balances that the provider promises no others in a list, although the account may have some.
func Partly(balances []adapters.Balance, err error) ([]adapters.Balance, error) {
	for i := range balances {
		balances[i].Warnings = append([]string{adapters.WarningListed}, balances[i].Warnings...)
	}
	return balances, err
}

// NoBalances is Missing for the balances of a listed account.
func NoBalances(field string) error {
	return &adapters.Error{Kind: adapters.ErrProtocol, Detail: field + ": missing", Err: adapters.ErrNoBalances}
}

// Match gives each account asked for its part of an answer to a batch, by account id and never by position; parts for
// other accounts are left out. name is what the document calls the list, names says whether a part is about an account,
// toBalances maps it with errors that name a field of the part, and absent is why an account has no part. A part that cannot
// be read may be the missing one, so its problem comes first.
func Match[E any](name string, parts []Element[E], asked []string, names func(part E, id string) bool,
	toBalances func(part E, id string) ([]adapters.Balance, error), absent func(id string) error) ([]adapters.AccountBalances, error) {
	if parts == nil {
		return nil, Missing(name)
	}
	results := make([]adapters.AccountBalances, len(asked))
	for i, id := range asked {
		results[i].AccountID = id
		place, err := find(name, parts, func(part E) bool { return names(part, id) }, func() error { return absent(id) })
		if err == nil {
			results[i].Balances, err = toBalances(parts[place].Value, id)
			err = inPart(name, place, err)
		}
		results[i].Err = err
	}
	return results, nil
}

// Gather gives each account asked for its elements of one list with the balances of all accounts, which the provider's
// document calls name; balances of other accounts are left out. accountID is the account that an element names, in field.
// One that names none may be of any account, so it is an error of all.
func Gather[E any](name, field string, list []Element[E], asked []string, accountID func(E) string,
	toBalance func(E) (adapters.Balance, error)) ([]adapters.AccountBalances, error) {
	if list == nil {
		return nil, Missing(name)
	}
	results, of := make([]adapters.AccountBalances, len(asked)), map[string]*adapters.AccountBalances{}
	for i, id := range asked {
		results[i].AccountID, of[id] = id, &results[i]
	}
	for i := range list {
		problem, id := Unreadable(name, i, list[i].Problem()), accountID(list[i].Value)
		result := of[id]
		switch {
		case id == "":
			return nil, cmp.Or(problem, At(name, i, Missing(field)))
		case result != nil && result.Err == nil:
			balance, err := toBalance(list[i].Value)
			result.Balances, result.Err = append(result.Balances, balance), cmp.Or(problem, At(name, i, err))
		}
	}
	for i := range results {
		if results[i].Balances == nil {
			results[i].Err = Broken(name, "holds nothing about the account")
		}
	}
	return results, nil
}

// inPart puts the part before the field that err names. A failure that the part reports names none.
func inPart(name string, place int, err error) error {
	var failure *adapters.Error
	if errors.As(err, &failure) && failure.Code == "" {
		return At(name, place, err)
	}
	return err
}

// Find returns the one part of an answer that fits. name is what the document calls the list, and absent is why none does. A
// part that cannot be read may be the missing one, so its problem comes first.
func Find[E any](name string, parts []Element[E], fits func(E) bool, absent func() error) (part E, err error) {
	place, err := find(name, parts, fits, absent)
	if err == nil {
		part = parts[place].Value
	}
	return part, err
}

func find[E any](name string, parts []Element[E], fits func(E) bool, absent func() error) (int, error) {
	found := -1
	for i := range parts {
		switch {
		case !fits(parts[i].Value):
		case found >= 0:
			return -1, Broken(name, "names the same twice")
		default:
			found = i
		}
	}
	if found < 0 {
		return -1, cmp.Or(unreadablePart(name, parts), absent())
	}
	return found, Unreadable(name, found, parts[found].Problem())
}

func unreadablePart[E any](name string, parts []Element[E]) error {
	for i := range parts {
		if err := Unreadable(name, i, parts[i].Problem()); err != nil {
			return err
		}
	}
	return nil
}

// Unreadable puts list[i] before the place of a problem; nil if there is none.
func Unreadable(list string, i int, err error) error {
	var problem *strictjson.Error
	switch {
	case !errors.As(err, &problem):
		return nil
	case problem.Path == "":
		return Broken(fmt.Sprintf("%s[%d]", list, i), problem.Problem)
	}
	kind := adapters.ErrProtocol
	if errors.Is(problem, strictjson.ErrTooMany) {
		kind = adapters.ErrTooLarge
	}
	return At(list, i, &adapters.Error{Kind: kind, Detail: problem.Error(), Err: problem})
}
