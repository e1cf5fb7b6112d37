package call

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
)

const (
	listAccounts = "list accounts"
	listBalances = "list balances"

	maxPages    = 1000
	maxAccounts = 100_000 // of all pages
)

// Element is an element of a list that is decoded apart from its siblings.
type Element[E any] = strictjson.Element[E]

// SendPage makes the request of one page of a list, counted from 1. An adapter whose provider has no pages ignores the
// number, because there is no second request.
type SendPage func(ctx context.Context, page int) (*http.Response, error)

// List is one page of a list: its items in the provider's order. Total is how many all pages have; 0 means that there
// is no other page.
type List[I any] struct {
	Items []I
	Total int
}

// Accounts lists the accounts: it makes one request for each page, decodes each answer into T and maps it with
// toAccounts, which is pure and leaves Provider to this function.
func Accounts[T any](ctx context.Context, c *Connection, psu adapters.PSU, send SendPage,
	toAccounts func(T) (List[adapters.Account], error)) ([]adapters.Account, error) {
	r := register[adapters.Account]{id: func(a adapters.Account) string { return a.ID }}
	err := pages(ctx, c.during(listAccounts), psu, send, func(answer *answer[T], page int) (bool, error) {
		list, err := toAccounts(answer.body)
		if err != nil {
			return false, err
		}
		for i := range list.Items {
			list.Items[i].Provider = c.Provider
		}
		return r.add(list, page)
	})
	if err != nil {
		return nil, err
	}
	return r.all(), nil
}

// AllBalances lists the accounts with their balances in the same way. What is wrong with one account stays its own.
func AllBalances[T any](ctx context.Context, c *Connection, psu adapters.PSU, send SendPage,
	toResults func(T) (List[adapters.AccountBalances], error)) ([]adapters.AccountBalances, error) {
	own := c.during(listBalances)
	r := register[adapters.AccountBalances]{id: func(a adapters.AccountBalances) string { return a.AccountID }}
	err := pages(ctx, own, psu, send, func(answer *answer[T], page int) (bool, error) {
		list, err := toResults(answer.body)
		if err != nil {
			return false, err
		}
		for i := range list.Items {
			own.settle(&list.Items[i], answer.envelope)
		}
		return r.add(list, page)
	})
	if err != nil {
		return nil, err
	}
	return r.all(), nil
}

// pages asks for one page after the other until take says that there is no other.
func pages[T any](ctx context.Context, c *Connection, psu adapters.PSU, send SendPage,
	take func(*answer[T], int) (more bool, err error)) error {
	if err := c.checkArguments(psu); err != nil {
		return err
	}
	for page := 1; ; page++ {
		answer, err := exchange[T](ctx, c, func(ctx context.Context) (*http.Response, error) { return send(ctx, page) })
		if err != nil {
			return err
		}
		more, err := take(answer, page)
		if err != nil {
			return c.failed(err, http.StatusOK)
		}
		if !more {
			return nil
		}
	}
}

// register is the part of a list that is already here.
type register[I any] struct {
	id    func(I) string
	items []I
	known map[string]bool
}

// add takes a page over and tells whether there is another one. A page that repeats an account, or one without any
// before the end, would lead round in a circle.
func (r *register[I]) add(list List[I], page int) (more bool, err error) {
	if r.known == nil {
		r.known = make(map[string]bool, len(list.Items))
	}
	for _, item := range list.Items {
		id := r.id(item)
		if id != "" && r.known[id] {
			return false, Broken("accounts", "one occurs twice")
		}
		r.known[id] = true
	}
	r.items = append(r.items, list.Items...)
	more = len(r.items) < list.Total
	switch {
	case len(r.items) > maxAccounts || more && (list.Total > maxAccounts || page >= maxPages):
		return false, &adapters.Error{Kind: adapters.ErrTooLarge, Detail: "more accounts than a list can have"}
	case more && len(list.Items) == 0:
		return false, Broken("accounts", "end before the number that was stated")
	}
	return more, nil
}

func (r *register[I]) all() []I {
	if r.items == nil {
		return []I{}
	}
	return r.items
}

// ListAccounts maps the elements of a list, which the provider's document calls name. What is wrong with an element
// counts unless it lies in its balances, which are not used.
func ListAccounts[E any](name string, elements []Element[E], toAccount func(E) (adapters.Account, error)) (List[adapters.Account], error) {
	list := List[adapters.Account]{Items: make([]adapters.Account, 0, len(elements))}
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

// ListBalances maps the elements of a list to their accounts' ids and balances.
func ListBalances[E any](name string, elements []Element[E],
	toBalances func(E) (id string, balances []adapters.Balance, err error)) (List[adapters.AccountBalances], error) {
	list := List[adapters.AccountBalances]{Items: make([]adapters.AccountBalances, 0, len(elements))}
	if elements == nil {
		return list, Missing(name)
	}
	for i := range elements {
		id, balances, err := toBalances(elements[i].Value)
		err = At(name, i, err)
		if problem := Unreadable(name, i, elements[i].Problem()); problem != nil {
			err = problem
		}
		list.Items = append(list.Items, adapters.AccountBalances{AccountID: id, Balances: balances, Err: err})
	}
	return list, nil
}

// NotListed is Missing for the balances of a listed account.
func NotListed(field string) error {
	return &adapters.Error{Kind: adapters.ErrProtocol, Detail: field + ": missing", Err: adapters.ErrNotListed}
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
	return At(list, i, broken(problem))
}
