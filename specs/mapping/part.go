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
	rule   rule
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
	err         error
}

func (in *part) open(rule rule, p place) *part {
	inner := &part{kind: rule.Each, place: p, rule: rule, fields: maps.Collect(maps.All(Fields(rule.Set)))}
	in.inner = append(in.inner, inner)
	return inner
}

func (in *part) fail(p place, problem string) { in.err = cmp.Or(in.err, failure(p, problem)) }

func failure(p place, problem string) error {
	return fmt.Errorf("mapping: %s: %s", p.pointer, problem)
}

// set states a fact, or what is wrong with it. The first one stays.
func (in *part) set(rule rule, text string, err error) {
	field, ofBalances := strings.CutPrefix(rule.Field, "balances.")
	switch {
	case ofBalances:
		in.given = append(in.given, given{field, text, rule.Of, err})
	case err != nil:
		in.err = cmp.Or(in.err, err)
	case rule.Field != "" && in.fields[rule.Field] == "":
		in.fields[rule.Field] = text
	}
}

// list adds the parts of a kind to the fields. A number of an account may have a field of its own.
func (in *part) list(name, kind string) {
	n := 0
	for _, p := range in.inner {
		own := p.rule.Instead[p.fields["scheme"]]
		switch {
		case p.kind != kind:
			continue
		case own != "" && in.fields[own] == "":
			in.fields[own] = p.fields["value"]
		default:
			for field, text := range p.fields {
				in.fields[fmt.Sprintf("%s[%d].%s", name, n, field)] = text
			}
			n++
		}
		in.err = cmp.Or(in.err, p.err)
	}
}

// balance is what a part has become. Its account may say more of it.
func (in *part) balance(id string, all []given) (Fields, error) {
	for _, g := range all {
		if in.fields[g.field] == "" && (g.of == nil || slices.Contains(g.of, in.place.name)) {
			in.fields[g.field], in.err = g.text, cmp.Or(in.err, g.err)
		}
	}
	for _, name := range []string{"amount", "currency", "providerType"} {
		if in.fields[name] == "" {
			in.fail(in.place, "has no "+name)
		}
	}
	switch amount := in.fields["amount"]; {
	case in.sign != "" && strings.HasPrefix(amount, "-"):
		in.fail(in.place, "has a minus sign besides its indicator")
	case in.sign == "negative" && strings.Trim(amount, "0.") != "":
		in.fields["amount"] = "-" + amount
	}
	in.list("creditLines", "creditLine")
	in.fields["accountId"] = id
	return in.fields.stated(), in.err
}

func (f Fields) stated() Fields {
	maps.DeleteFunc(f, func(_, text string) bool { return text == "" })
	return f
}

// account is what a part has become.
func (in *part) account() Account {
	in.list("identifiers", "identifier")
	a := Account{ID: in.fields["id"], Fields: in.fields.stated(), Err: in.err, BalancesErr: in.err}
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

// answer returns the accounts asked for, or all. An answer about one account need not name it.
func (in *part) answer(asked []string) (all []Account, err error) {
	own := slices.DeleteFunc(slices.Clone(in.inner), func(p *part) bool { return p.left })
	switch {
	case in.begins == "":
		own = []*part{in}
		in.fields["id"] = cmp.Or(append([]string{in.fields["id"]}, asked...)...)
	case in.err != nil:
		return nil, in.err
	case in.begins == "bank" && len(own) != 1:
		return nil, errNotOnce
	case in.begins == "bank" && own[0].err != nil:
		return nil, own[0].err
	case in.begins == "bank":
		own = own[0].inner
	}
	times := map[string]int{}
	for _, p := range own {
		if times[p.fields["id"]]++; p.fields["id"] == "" {
			p.fail(p.place, "has no id")
		} else if times[p.fields["id"]] > 1 {
			err = errNotOnce
		}
		all = append(all, p.account())
	}
	if len(asked) == 0 {
		return all, err
	}
	return pick(all, asked), nil
}

func pick(all []Account, asked []string) (picked []Account) {
	for _, id := range asked {
		found := slices.DeleteFunc(slices.Clone(all), func(a Account) bool { return a.ID != id })
		if len(found) != 1 {
			found = []Account{{ID: id, Err: errNotOnce, BalancesErr: errNotOnce}}
		}
		if found[0].Balances == nil {
			found[0].BalancesErr = cmp.Or(found[0].BalancesErr, errors.New("mapping: there are no balances"))
		}
		picked = append(picked, found[0])
	}
	return picked
}
