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
	kind   string // account, bank, balance, creditLine or identifier; empty for the answer
	place  place
	fields Fields
	inner  []*part
	err    error

	sign   string  // of a balance: positive or negative, if an indicator says so
	left   bool    // of a bank or an account: another bank's than the one asked for
	listed bool    // of an account: there is a list of balances
	given  []given // of an account: what is so of its balances
	begins string  // of the answer: bank or account, if the document divides it
}

type given struct {
	field, text string
	of          []string
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
func (in *part) set(rule rule, text string) {
	if field, ok := strings.CutPrefix(rule.Field, "balances."); ok {
		in.given = append(in.given, given{field, text, rule.Of})
	} else if rule.Field != "" && text != "" && in.fields[rule.Field] == "" {
		in.fields[rule.Field] = text
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

// balance is what a part has become. Its account may say more of it.
func (in *part) balance(id string, all []given) (Fields, error) {
	for _, g := range all {
		if g.of == nil || slices.Contains(g.of, in.place.name) {
			in.set(rule{Field: g.field}, g.text)
		}
	}
	switch amount := in.fields["amount"]; {
	case amount == "":
		in.fail(in.place, "has no amount")
	case in.fields["providerType"] == "":
		in.fail(in.place, "has no type")
	case !currencyText.MatchString(in.fields["currency"]):
		in.fail(in.place, "has no currency of three capital letters")
	case in.sign != "" && strings.HasPrefix(amount, "-"):
		in.fail(in.place, "has a minus sign besides its indicator")
	case in.sign == "negative" && strings.Trim(amount, "0.") != "":
		in.fields["amount"] = "-" + amount
	}
	in.list("creditLines", "creditLine")
	in.fields["accountId"] = id
	return in.fields, in.err
}

// account is what a part has become.
func (in *part) account() Account {
	in.list("identifiers", "identifier")
	a := Account{ID: in.fields["id"], Fields: in.fields, Err: in.err, BalancesErr: in.err}
	if in.listed {
		a.Balances = []Fields{}
	}
	for _, p := range in.inner {
		if p.kind == "balance" {
			balance, err := p.balance(a.ID, in.given)
			a.Balances, a.BalancesErr = append(a.Balances, balance), cmp.Or(a.BalancesErr, err)
		}
	}
	if a.BalancesErr != nil {
		a.Balances = nil
	}
	return a
}

var errNotOnce = errors.New("mapping: what was asked for is not there, or is there twice")

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
		in.set(rule{Field: "id"}, asked[0])
	}
	parts, err := in.accounts()
	if err != nil {
		return nil, err
	}
	times, byID := map[string]int{}, map[string]Account{}
	for _, p := range parts {
		id := p.fields["id"]
		if times[id]++; id == "" {
			p.fail(p.place, "has no id")
		} else if times[id] > 1 && len(asked) == 0 {
			return nil, errNotOnce
		}
		byID[id] = p.account()
		all = append(all, byID[id])
	}
	if len(asked) == 0 {
		return all, nil
	}
	all = nil
	for _, id := range asked {
		a := byID[id]
		if times[id] != 1 {
			a = Account{ID: id, Err: errNotOnce, BalancesErr: errNotOnce}
		} else if a.Balances == nil {
			a.BalancesErr = cmp.Or(a.BalancesErr, errors.New("mapping: there are no balances"))
		}
		all = append(all, a)
	}
	return all, nil
}
