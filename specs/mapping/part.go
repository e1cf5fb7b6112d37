package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// part is a part of an answer that a rule begins, or the answer itself.
type part struct {
	kind   string // answer, bank, account, balance, creditLine or identifier
	place  place
	fields Fields
	inner  []*part
	err    error

	named  []string    // the fields that properties of the part are declared for
	left   bool        // of a bank or an account: it was not asked for
	listed bool        // of an account: there is a list of balances
	given  [][2]string // of an account: fields of its balances, each with its text
	begins string      // of the answer: bank or account, if the document divides it
}

func (in *part) open(rule rule, p place) *part {
	inner := &part{kind: rule.Each, place: p, fields: maps.Collect(maps.All(Fields(rule.Set)))}
	in.inner = append(in.inner, inner)
	return inner
}

func (in *part) fail(p place, problem string) {
	if in.err == nil {
		in.err = fmt.Errorf("mapping: %s: %s", p.pointer, problem)
	}
}

// set states a fact. The first one stays.
func (in *part) set(field, text string) {
	if of, ok := strings.CutPrefix(field, "balances."); ok {
		in.given = append(in.given, [2]string{of, text})
	} else if field != "" && text != "" && in.fields[field] == "" {
		in.fields[field] = text
	}
}

// list adds the parts of a kind to the fields.
func (in *part) list(name, kind string) {
	n := 0
	for _, p := range in.inner {
		if p.kind == kind {
			for field, text := range p.fields {
				in.fields[fmt.Sprintf("%s[%d].%s", name, n, field)] = text
			}
			in.err = cmp.Or(in.err, p.err)
			n++
		}
	}
}

// balance is what a part has become. Its account says what no property of its own is for.
func (in *part) balance(account *part) (Fields, error) {
	for _, given := range account.given {
		if !slices.Contains(in.named, given[0]) {
			in.set(given[0], given[1])
		}
	}
	sign := in.fields["sign"]
	delete(in.fields, "sign")
	switch amount := in.fields["amount"]; {
	case amount == "":
		in.fail(in.place, "has no amount")
	case in.fields["providerType"] == "":
		in.fail(in.place, "has no type")
	case !currencyText.MatchString(in.fields["currency"]):
		in.fail(in.place, "has no currency of three capital letters")
	case sign != "" && strings.HasPrefix(amount, "-"):
		in.fail(in.place, "has a minus sign besides its indicator")
	case sign == "negative" && strings.Trim(amount, "0.") != "":
		in.fields["amount"] = "-" + amount
	}
	in.list("creditLines", "creditLine")
	in.fields["accountId"] = account.fields["id"]
	return in.fields, in.err
}

// account is what a part has become.
func (in *part) account() Account {
	if in.fields["id"] == "" {
		in.fail(in.place, "has no id")
	}
	in.list("identifiers", "identifier")
	a := Account{ID: in.fields["id"], Fields: in.fields, Err: in.err, BalancesErr: in.err}
	if in.listed {
		a.Balances = []Fields{}
	}
	for _, p := range in.inner {
		if p.kind == "balance" {
			balance, err := p.balance(in)
			a.Balances, a.BalancesErr = append(a.Balances, balance), cmp.Or(a.BalancesErr, err)
		}
	}
	if a.BalancesErr != nil {
		a.Balances = nil
	}
	return a
}

var (
	errNotOnce    = errors.New("mapping: what was asked for is not there, or is there twice")
	errNoBalances = errors.New("mapping: there are no balances")
)

// accounts are the parts about accounts, without those of other banks.
func (in *part) accounts() ([]*part, error) {
	own := slices.DeleteFunc(slices.Clone(in.inner), func(p *part) bool { return p.left })
	switch {
	case in.begins == "account" || in.err != nil:
		return own, in.err
	case in.begins == "":
		return []*part{in}, nil
	case len(own) != 1:
		return nil, errNotOnce
	}
	return own[0].inner, own[0].err
}

// answer returns the accounts asked for, or all. An answer about one account need not name it.
func (in *part) answer(asked []string) (all []Account, err error) {
	if in.begins == "" && len(asked) == 1 {
		in.set("id", asked[0])
	}
	parts, err := in.accounts()
	if err != nil {
		return nil, err
	}
	byID := map[string][]Account{}
	for _, p := range parts {
		a := p.account()
		p.left = len(asked) > 0 && !slices.Contains(asked, a.ID)
		all, byID[a.ID] = append(all, a), append(byID[a.ID], a)
		if len(byID[a.ID]) > 1 && len(asked) == 0 {
			return nil, errNotOnce
		}
	}
	if len(asked) == 0 {
		return all, nil
	}
	all = nil
	for _, id := range asked {
		a := Account{ID: id, Err: errNotOnce, BalancesErr: errNotOnce}
		if len(byID[id]) == 1 {
			a = byID[id][0]
		}
		if a.Balances == nil {
			a.BalancesErr = cmp.Or(a.BalancesErr, errNoBalances)
		}
		all = append(all, a)
	}
	return all, nil
}
