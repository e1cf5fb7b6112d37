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

	sign    string            // of a balance
	instead map[string]string // of an identifier
	left    bool              // of a bank or an account: another bank's than the one asked for
	listed  bool              // of an account: there is a list of balances
	given   []given           // of an account: what is so of its balances
	begins  []string          // of the answer: the kinds that it is documented to hold
}

type given struct {
	field, text string
	of          []string
}

func (in *part) open(kind string, p place) *part {
	inner := &part{kind: kind, place: p, fields: Fields{}}
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
	} else if rule.Field != "" && in.fields[rule.Field] == "" {
		in.fields[rule.Field] = text
	}
}

// list adds the parts of a kind to the fields. A number of an account may have a field of its own.
func (in *part) list(name, kind string) {
	n := 0
	for _, p := range in.inner {
		if p.kind != kind {
			continue
		}
		if in.err == nil {
			in.err = p.err
		}
		own := p.instead[p.fields["scheme"]]
		if own != "" && in.fields[own] == "" {
			in.fields[own] = p.fields["value"]
			continue
		}
		for field, text := range p.fields {
			in.fields[fmt.Sprintf("%s[%d].%s", name, n, field)] = text
		}
		n++
	}
}

// balance is what a part has become. Its account may say more of it.
func (in *part) balance(id string, all []given) (Fields, error) {
	for _, g := range all {
		if in.fields[g.field] == "" && (g.of == nil || slices.Contains(g.of, in.place.name)) {
			in.fields[g.field] = g.text
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
func (in *part) account(id string) Account {
	in.list("identifiers", "identifier")
	a := Account{ID: id, Fields: in.fields.stated(), Err: in.err, BalancesErr: in.err}
	if in.listed {
		a.Balances = []Fields{}
	}
	for _, p := range in.inner {
		if p.kind == "balance" {
			balance, err := p.balance(id, in.given)
			a.Balances = append(a.Balances, balance)
			a.BalancesErr = cmp.Or(a.BalancesErr, err)
		}
	}
	if a.BalancesErr != nil {
		a.Balances = nil
	}
	return a
}

// answer returns the accounts asked for, or all.
func (in *part) answer(asked []string) (all []Account, err error) {
	byBank, single := slices.Contains(in.begins, "bank"), in.begins == nil
	own := slices.DeleteFunc(slices.Clone(in.inner), func(p *part) bool { return p.left })
	switch {
	case single:
		own = []*part{in}
	case in.err != nil:
		return nil, in.err
	case byBank && len(own) != 1:
		return nil, errors.New("mapping: the bank asked for does not occur once")
	case byBank && own[0].err != nil:
		return nil, own[0].err
	case byBank:
		own = own[0].inner
	}
	for _, id := range asked {
		all = append(all, about(id, own, single))
	}
	seen := map[string]bool{"": single}
	for _, p := range own {
		id := p.fields["id"]
		switch {
		case len(asked) > 0:
			continue
		case seen[id] && !single:
			return nil, fmt.Errorf("mapping: %s: the account occurs twice", p.place.pointer)
		case id == "" && !single:
			p.fail(p.place, "has no id")
		}
		seen[id] = id != ""
		all = append(all, p.account(id))
	}
	return all, nil
}

// about returns the one part about an account. An answer about a single one need not name it.
func about(id string, parts []*part, single bool) Account {
	own := slices.DeleteFunc(slices.Clone(parts), func(p *part) bool {
		return p.fields["id"] != id && !(single && p.fields["id"] == "")
	})
	if len(own) != 1 {
		err := errors.New("mapping: the account asked for does not occur once")
		return Account{ID: id, Err: err, BalancesErr: err}
	}
	a := own[0].account(id)
	if a.Balances == nil && a.BalancesErr == nil {
		own[0].fail(own[0].place, "has no balances")
		a.BalancesErr = own[0].err
	}
	return a
}
