package mapping

import (
	"cmp"
	"errors"
	"fmt"
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

	partial error    // what says that there is more than what came
	holder  *part    // of a credit line or an identifier: what it is one of, whose fields it adds to
	prefix  string   // of these fields
	held    int      // how many credit lines of a balance, or identifiers of an account, there are
	named   []string // the fields that properties of the part are declared for
	given   Fields   // of an account: the fields of its balances
	left    bool     // of a bank or an account: it was not asked for
	listed  bool     // of an account: there is a list of balances
	begins  string   // of the answer: bank or account, if the document divides it
}

func newPart(kind string, p place) *part {
	return &part{kind: kind, place: p, fields: Fields{}, given: Fields{}}
}

func (in *part) open(rule rule, p place) *part {
	inner := newPart(rule.Each, p)
	if rule.Each == "creditLine" || rule.Each == "identifier" {
		inner.holder, inner.fields = in, in.fields
		inner.prefix = fmt.Sprintf("%ss[%d].", rule.Each, in.held)
		in.held++
	} else {
		in.inner = append(in.inner, inner)
	}
	for field, text := range rule.Set {
		inner.set(field, text)
	}
	return inner
}

func (in *part) fail(p place, problem string) {
	if in.holder != nil {
		in = in.holder
	}
	in.err = cmp.Or(in.err, fmt.Errorf("mapping: %s: %s", p.pointer, problem))
}

// set states a fact. The first one stays.
func (in *part) set(field, text string) {
	fields, name := in.fields, in.prefix+field
	if of, ok := strings.CutPrefix(field, "balances."); ok {
		fields, name = in.given, of
	}
	if of, ok := strings.CutPrefix(field, "account."); ok { // of an identifier, which shares the fields of its account
		name = of
	}
	if field != "" && text != "" && fields[name] == "" {
		fields[name] = text
	}
}

// number makes the account's IBAN or BBAN of an identifier whose scheme says so, and returns which, or "".
func (in *part) number() string {
	scheme := in.fields[in.prefix+"scheme"]
	kind := strings.ToLower(scheme[strings.LastIndex(scheme, ".")+1:])
	if kind != "iban" && kind != "bban" || in.fields[kind] != "" || in.fields[in.prefix+"value"] == "" {
		return ""
	}
	in.fields[kind] = in.fields[in.prefix+"value"]
	delete(in.fields, in.prefix+"scheme")
	delete(in.fields, in.prefix+"value")
	in.holder.held--
	return kind
}

// balance is what a part has become. Its account says what no property of its own is for.
func (in *part) balance(account *part) (Fields, error) {
	for field, text := range account.given {
		if !slices.Contains(in.named, field) {
			in.set(field, text)
		}
	}
	sign := cmp.Or(in.fields["sign"], in.fields["assumed"])
	delete(in.fields, "sign")
	delete(in.fields, "assumed")
	switch amount := in.fields["amount"]; {
	case amount == "":
		in.fail(in.place, "has no amount")
	case in.fields["providerType"] == "":
		in.fail(in.place, "has no type")
	case !currencyText.MatchString(in.fields["currency"]):
		in.fail(in.place, "has no currency of three capital letters")
	case sign == "" && slices.Contains(account.named, "balances.sign"):
		in.fail(in.place, "has a sign that nobody explains")
	case sign == "reversed":
		in.fields["amount"] = reversed(amount)
	case sign == "stated":
	case sign != "" && strings.HasPrefix(amount, "-"):
		in.fail(in.place, "has a minus sign besides its indicator")
	case sign == "negative" && strings.Trim(amount, "0.") != "":
		in.fields["amount"] = "-" + amount
	}
	for i := range in.held {
		line := fmt.Sprintf("creditLines[%d].", i)
		if (in.fields[line+"amount"] == "") != (in.fields[line+"currency"] == "") {
			in.fail(in.place, "has a credit line with one of amount and currency")
		}
	}
	in.fields["accountId"] = account.fields["id"]
	return in.fields, in.err
}

// reversed is an amount with the other sign; zero has none.
func reversed(amount string) string {
	digits, isNegative := strings.CutPrefix(amount, "-")
	if isNegative || strings.Trim(amount, "0.") == "" {
		return digits
	}
	return "-" + amount
}

// account is what a part has become.
func (in *part) account() Account {
	if in.fields["id"] == "" {
		in.fail(in.place, "has no id")
	}
	in.set("balances.bank", in.fields["bank"])
	a := Account{ID: in.fields["id"], Fields: in.fields, Err: in.err, BalancesErr: cmp.Or(in.err, in.partial)}
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
func (in *part) accounts(only string) ([]*part, error) {
	own := slices.DeleteFunc(slices.Clone(in.inner), func(p *part) bool { return p.left })
	switch {
	case in.begins == "account" || in.err != nil:
		return own, cmp.Or(in.err, in.partial)
	case in.begins == "bank" && in.partial != nil:
		return nil, in.partial
	case in.begins == "":
		return in.divided(only)
	case len(own) != 1:
		return nil, errNotOnce
	}
	for _, p := range own[0].inner {
		for field, text := range own[0].fields { // what is said beside the accounts is so of each
			p.set(field, text)
		}
	}
	return own[0].inner, cmp.Or(own[0].err, own[0].partial)
}

// divided are the accounts of balances that each name their own. A question about one account has no other in its answer,
// and a balance of nobody may be of each.
func (in *part) divided(only string) (all []*part, err error) {
	byID := map[string]*part{}
	for _, balance := range in.inner {
		id := balance.fields["accountId"]
		switch {
		case !slices.Contains(balance.named, "accountId"):
			return []*part{in}, nil
		case id == "" || only != "" && id != only:
			return nil, cmp.Or(balance.err, errNotOnce)
		case byID[id] == nil:
			byID[id] = newPart("account", in.place)
			byID[id].fields, byID[id].listed, byID[id].partial = Fields{"id": id}, true, in.partial
			all = append(all, byID[id])
		}
		byID[id].inner = append(byID[id].inner, balance)
	}
	if len(all) == 0 {
		all = append(all, in)
	}
	return all, nil
}

// answer returns the accounts asked for, or all. An answer about one account need not name it; only is its id where the
// operation is about one.
func (in *part) answer(asked []string, only string) (all []Account, err error) {
	if in.begins == "" && len(asked) == 1 {
		in.set("id", asked[0])
	}
	parts, err := in.accounts(only)
	if err != nil {
		return nil, err
	}
	byID := map[string]Account{}
	for _, p := range parts {
		a := p.account()
		p.left = len(asked) > 0 && !slices.Contains(asked, a.ID)
		for _, balance := range p.inner { // which may stand elsewhere
			balance.left = p.left
		}
		if _, twice := byID[a.ID]; twice {
			a = Account{ID: a.ID, Err: errNotOnce, BalancesErr: errNotOnce}
		}
		all, byID[a.ID] = append(all, a), a
	}
	switch {
	case len(asked) == 0 && len(byID) < len(all):
		return nil, errNotOnce
	case len(asked) == 0:
		return all, nil
	}
	all = nil
	for _, id := range asked {
		a, found := byID[id]
		if !found {
			a = Account{ID: id, Err: errNotOnce, BalancesErr: errNotOnce}
		} else if a.Balances == nil {
			a.BalancesErr = cmp.Or(a.BalancesErr, errNoBalances)
		}
		all = append(all, a)
	}
	return all, nil
}
