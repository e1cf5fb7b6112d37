package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// The kinds of a part, which are the values of each.
const (
	accountPart    = "account"
	bankPart       = "bank"
	balancePart    = "balance"
	creditLinePart = "creditLine"
	identifierPart = "identifier"
)

// part is a part of an answer that a rule begins. The answer itself is an account until a rule divides it.
type part struct {
	kind   string
	place  place
	up     *part
	fields Fields
	count  map[string]int // elements of credit lines and identifiers
	err    error

	sign    string            // of a balance
	instead map[string]string // of an identifier
	left    bool              // of a bank or an account: of another bank than the one asked for
	listed  bool              // of an account: its balances are there, if none
	given   []given           // of an account: facts about its balances
	inner   []*part           // of an account: its balances; of a bank and of the answer: accounts
	divided bool              // of the answer: it holds accounts
	byBank  bool              // of the answer: it holds banks, and so many of them are the one asked for
	banks   int
}

type given struct {
	field, text string
	of          []string
}

func (in *part) open(kind string, p place) *part {
	return &part{kind: kind, place: p, up: in, fields: Fields{}}
}

// expect says that the document divides the part, whatever the answer holds.
func (in *part) expect(kind string) {
	in.divided = in.divided || kind == accountPart || kind == bankPart
	in.byBank = in.byBank || kind == bankPart
}

func (in *part) fail(p place, problem string) {
	if in.err == nil {
		in.err = &Error{p.pointer, problem}
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

// indicate reads the indicator of a balance's sign.
func (in *part) indicate(rule rule, p place, sent string) string {
	switch {
	case slices.Contains(rule.Sign.Negative, sent):
		in.sign = "negative"
	case slices.Contains(rule.Sign.Positive, sent):
		in.sign = "positive"
	default:
		in.fail(p, "is no known sign")
	}
	return in.sign
}

// close hands a part to the one that it lies in.
func (in *part) close() {
	up := in.up
	switch in.kind {
	case balancePart, accountPart:
		if !in.left {
			up.inner = append(up.inner, in)
		}
		return
	case bankPart:
		if in.left {
			return
		}
		up.banks++
		up.inner = append(up.inner, in.inner...)
	case creditLinePart:
		up.take("creditLines", in.fields)
	case identifierPart:
		if own := in.instead[in.fields["scheme"]]; own != "" && up.fields[own] == "" {
			up.fields[own] = in.fields["value"]
		} else {
			up.take("identifiers", in.fields)
		}
	}
	if up.err == nil {
		up.err = in.err
	}
}

// take adds an element of a list, unless it is a number without a value.
func (in *part) take(list string, fields Fields) {
	if list == "identifiers" && fields["value"] == "" {
		return
	}
	if in.count == nil {
		in.count = map[string]int{}
	}
	for name, text := range fields {
		in.fields[fmt.Sprintf("%s[%d].%s", list, in.count[list], name)] = text
	}
	in.count[list]++
}

// balance is what a part has become. Its account may say more of it.
func (in *part) balance(id string, all []given) (Fields, error) {
	for _, g := range all {
		if in.fields[g.field] == "" && (g.of == nil || slices.Contains(g.of, in.place.name)) {
			in.fields[g.field] = g.text
		}
	}
	amount := in.fields["amount"]
	for _, name := range []string{"amount", "currency", "type", "providerType"} {
		if in.fields[name] == "" {
			in.fail(in.place, "has no "+name)
		}
	}
	if in.sign != "" && strings.HasPrefix(amount, "-") {
		in.fail(in.place, "has a minus sign besides its indicator")
	}
	if in.sign == "negative" && strings.Trim(amount, "0.") != "" {
		in.fields["amount"] = "-" + amount
	}
	in.fields["accountId"] = id
	return in.fields.stated(), in.err
}

func (f Fields) stated() Fields {
	for name, text := range f {
		if text == "" {
			delete(f, name)
		}
	}
	return f
}

// account is what a part has become.
func (in *part) account(id string) Account {
	a := Account{ID: id, Fields: in.fields.stated(), Err: in.err, BalancesErr: in.err}
	if in.listed {
		a.Balances = []Fields{}
	}
	for _, part := range in.inner {
		balance, err := part.balance(id, in.given)
		a.Balances = append(a.Balances, balance)
		if a.BalancesErr == nil {
			a.BalancesErr = err
		}
	}
	if a.BalancesErr != nil {
		a.Balances = nil
	}
	return a
}

// answer returns the accounts asked for, or all.
func (in *part) answer(asked []string) (all []Account, err error) {
	found := in.inner
	switch {
	case !in.divided:
		found = []*part{in}
	case in.err != nil:
		return nil, in.err
	case in.byBank && in.banks != 1:
		return nil, &Error{"", "does not name the bank asked for once"}
	}
	for _, id := range asked {
		all = append(all, in.about(id, found))
	}
	seen := map[string]bool{}
	for _, part := range found {
		id := part.fields["id"]
		switch {
		case asked != nil:
			continue
		case seen[id] && id != "":
			return nil, &Error{part.place.pointer, "names an account for the second time"}
		case id == "" && in.divided:
			part.fail(part.place, "has no id")
		}
		seen[id] = true
		all = append(all, part.account(id))
	}
	return all, nil
}

// about returns the one part about an account. An answer about one account need not name it.
func (in *part) about(id string, found []*part) Account {
	own := slices.DeleteFunc(slices.Clone(found), func(part *part) bool {
		return part.fields["id"] != id && (in.divided || part.fields["id"] != "")
	})
	if len(own) != 1 {
		err := &Error{"", "does not hold the account asked for once"}
		return Account{ID: id, Err: err, BalancesErr: err}
	}
	a := own[0].account(id)
	if a.Balances == nil && a.BalancesErr == nil {
		a.BalancesErr = &Error{own[0].place.pointer, "holds no balances"}
	}
	return a
}
