package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"

	"github.com/openbalances/openbalances/adapters"
)

// visit is the work on one connection.
type visit struct {
	*scheduler
	Connection
	ctx      context.Context // counts the requests of the provider
	provider string
	unusable error // why the source cannot be asked
	at       *host
	sink     sink
	size     int // of a batch; 0 until it is needed
	late     int
	group    []item // of one call
}

// item is an account on its way to its result. One that is settled needs no call.
type item struct {
	Result
	settled bool
}

// serve brings every account of a connection to its result, also if an iterator or the source panics or ends the
// goroutine.
func (s *scheduler) serve(c Connection, sink sink) {
	v := &visit{scheduler: s, Connection: c, sink: sink}
	ended := false
	defer func() {
		if !ended {
			v.group = append(v.group, v.ofConnection(v.failure(v.lister(), recover())))
		}
		v.flush()
		if v.at != nil {
			s.hosts.leave(v.at)
		}
		sink.end()
	}()
	v.provider, v.unusable = identify(c.Source)
	v.ctx = s.counts.counting(s.ctx, v.provider)
	v.at = s.hosts.enter(cmp.Or(c.Host, v.provider))
	for one := range v.items() {
		if !v.take(one) {
			break
		}
	}
	ended = true
}

// lister is who yields the accounts.
func (v *visit) lister() string {
	if v.Accounts == nil {
		return "the source"
	}
	return "the iterator of accounts"
}

// identify returns the name of a source, or why the source cannot be used.
func identify(source adapters.Source) (name string, err error) {
	defer func() {
		if recover() != nil {
			err = invalid("source: nil, or its Provider method panics")
		}
	}()
	if source == nil {
		return "", invalid("source: missing")
	}
	if name = source.Provider(); name == "" {
		return "", invalid("source: its provider has no name")
	}
	return name, nil
}

// items yields the accounts that the connection names, or else those that the provider lists.
func (v *visit) items() iter.Seq[item] {
	if v.Accounts == nil {
		return slices.Values(v.listed())
	}
	return func(yield func(item) bool) {
		for id := range v.Accounts {
			if !yield(v.named(id)) {
				return
			}
		}
	}
}

func (v *visit) named(id string) item {
	err := cmp.Or(v.unusable, v.refusal(id))
	return item{v.result(adapters.AccountBalances{AccountID: id, Err: err}), err != nil}
}

// refusal is what every adapter says to an id that cannot be used.
func (v *visit) refusal(id string) error {
	err := adapters.ValidateAccountID(id)
	var refused *adapters.Error
	if errors.As(err, &refused) {
		refused.Provider, refused.Operation = v.provider, "get balances"
	}
	return err
}

func (v *visit) ofConnection(err error) item {
	result := v.result(adapters.AccountBalances{Err: err})
	result.OfConnection = true
	return item{result, true}
}

func (v *visit) result(answer adapters.AccountBalances) Result {
	result := Result{Key: v.Key, Provider: v.provider, AccountID: answer.AccountID, Account: answer.Account, Err: answer.Err}
	if answer.Err == nil {
		result.Balances = answer.Balances
	}
	return result
}

// listed returns all accounts of the provider. Those that came with their balances are settled, and so are those that
// are closed.
func (v *visit) listed() []item {
	if v.unusable != nil {
		return []item{v.ofConnection(v.unusable)}
	}
	if !v.enter(v.at) {
		return []item{v.ofConnection(v.ctx.Err())}
	}
	answers, err := v.list()
	if err != nil {
		return []item{v.ofConnection(err)}
	}
	items := make([]item, 0, len(answers))
	for _, answer := range answers {
		one := v.named(answer.AccountID)
		one.Account = answer.Account
		without := errors.Is(answer.Err, adapters.ErrNoBalances)
		if !without || answer.AccountID == "" {
			one = item{v.result(answer), true}
		}
		closed := answer.Account != nil && answer.Account.State == adapters.AccountStateClosed
		if closed && (without || answer.Err == nil && len(answer.Balances) == 0) {
			one.Closed, one.Err, one.settled = true, nil, true
		}
		items = append(items, one)
	}
	return items
}

// list makes one call, or two where the list does not carry balances.
func (v *visit) list() (answers []adapters.AccountBalances, err error) {
	defer v.leave(v.at)
	answers, err = try(v, func() ([]adapters.AccountBalances, error) { return v.Source.AllBalances(v.ctx, v.PSU) })
	if !errors.Is(err, errors.ErrUnsupported) {
		return answers, err
	}
	accounts, err := try(v, func() ([]adapters.Account, error) { return v.Source.Accounts(v.ctx, v.PSU) })
	if errors.Is(err, errors.ErrUnsupported) {
		err = v.wrapped(adapters.ErrUnsupported, "accounts: missing, and the provider lists none", err)
	}
	answers = nil
	for i, account := range accounts {
		missing := adapters.ErrNoBalances
		if account.State != adapters.AccountStateClosed {
			missing = cmp.Or(v.refusal(account.ID), missing)
		}
		answers = append(answers, adapters.AccountBalances{AccountID: account.ID, Account: &accounts[i], Err: missing})
	}
	return answers, err
}

// take adds an account to the group of the next call, which is made when it is complete; false means that no more
// accounts are wanted.
func (v *visit) take(one item) bool {
	if v.isTooLate(&v.late) {
		v.group = append(v.group, v.ofConnection(v.ctx.Err()))
		return false
	}
	if v.size == 0 && !one.settled && v.ctx.Err() == nil {
		v.size = v.batchSize()
	}
	v.group = append(v.group, one)
	return len(v.group) < v.size || v.flush()
}

// batchSize asks the source with nothing to ask for: it refuses the argument, or the call itself.
func (v *visit) batchSize() int {
	_, err := v.batch(nil)
	if errors.Is(err, errors.ErrUnsupported) {
		return 1
	}
	return adapters.MaxBatch
}

// flush brings the group to its results, with a call as soon as the bounds allow it; false means that nobody wants them.
func (v *visit) flush() bool {
	group := v.group
	v.group = nil
	if len(group) == 0 {
		return true
	}
	deliver, wanted := v.sink.reserve(v.gone)
	ids := unsettled(group)
	switch {
	case !wanted:
	case len(ids) == 0:
		deliver(results(group))
	case !v.enter(v.at):
		settle(group, v.byID(nil, v.ctx.Err()))
		deliver(results(group))
	default:
		v.start(func() { v.call(group, ids, deliver) })
	}
	return wanted
}

// call settles a group and delivers it, whatever the source does.
func (v *visit) call(group []item, ids []string, deliver func([]Result)) {
	ended := false
	defer func() {
		if !ended {
			settle(group, v.byID(nil, v.failure("the source", nil)))
		}
		v.leave(v.at)
		deliver(results(group))
	}()
	settle(group, v.byID(v.ask(ids)))
	ended = true
}

// ask makes the call of a group, and a call of each account where a batch did not serve: it is unsupported, so that
// nothing was sent, or the provider refused it as a whole.
func (v *visit) ask(ids []string) (answers []adapters.AccountBalances, err error) {
	singly := ids
	if len(ids) > 1 {
		answers, err = v.batch(ids)
		if !errors.Is(err, errors.ErrUnsupported) {
			if singly = refusedAsOne(ids, answers, err); singly == nil {
				return answers, err
			}
			v.counts.again(len(singly))
		}
	}
	for _, id := range singly {
		one := adapters.AccountBalances{AccountID: id, Err: v.ctx.Err()}
		if one.Err == nil {
			one.Balances, one.Err = try(v, func() ([]adapters.Balance, error) { return v.Source.Balances(v.ctx, id, v.PSU) })
		}
		answers = slices.DeleteFunc(answers, func(a adapters.AccountBalances) bool { return a.AccountID == id })
		answers = append(answers, one)
	}
	return answers, nil
}

// refusedAsOne returns the accounts, two at least, of which one may be why a batch was refused with not_found or
// invalid_argument. A source that answers for some accounts itself, as a guard does, gives the others one error.
func refusedAsOne(ids []string, answers []adapters.AccountBalances, err error) []string {
	if err != nil {
		if refusalOf(err) == nil {
			return nil
		}
		return ids
	}
	var together []string
	var shared *adapters.Error
	for _, answer := range answers {
		one := refusalOf(answer.Err)
		switch {
		case answer.Err == nil || one != nil && shared != nil && one != shared:
			return nil
		case one != nil:
			shared, together = one, append(together, answer.AccountID)
		}
	}
	if len(together) < 2 {
		return nil
	}
	return together
}

// refusalOf returns the error if it is of a kind that one account may be the reason for.
func refusalOf(err error) *adapters.Error {
	var failure *adapters.Error
	if errors.As(err, &failure) && (failure.Kind == adapters.ErrNotFound || failure.Kind == adapters.ErrInvalidArgument) {
		return failure
	}
	return nil
}

func (v *visit) batch(ids []string) ([]adapters.AccountBalances, error) {
	return try(v, func() ([]adapters.AccountBalances, error) { return v.Source.BatchBalances(v.ctx, ids, v.PSU) })
}

// byID finds answers by the account's id and never by position.
func (v *visit) byID(answers []adapters.AccountBalances, err error) func(string) ([]adapters.Balance, error) {
	return func(id string) ([]adapters.Balance, error) {
		i := slices.IndexFunc(answers, func(a adapters.AccountBalances) bool { return a.AccountID == id })
		switch {
		case err != nil:
			return nil, err
		case i < 0:
			return nil, v.wrapped(adapters.ErrProtocol, "batch: no answer for the account", nil)
		case answers[i].Err != nil:
			return nil, answers[i].Err
		}
		return answers[i].Balances, nil
	}
}

// unsettled returns the ids of a group that are to be asked for, each once.
func unsettled(group []item) (ids []string) {
	for _, one := range group {
		if !one.settled && !slices.Contains(ids, one.AccountID) {
			ids = append(ids, one.AccountID)
		}
	}
	return ids
}

func settle(group []item, answer func(id string) ([]adapters.Balance, error)) {
	for i := range group {
		if one := &group[i]; !one.settled {
			one.Balances, one.Err = answer(one.AccountID)
		}
	}
}

func results(group []item) []Result {
	all := make([]Result, len(group))
	for i, one := range group {
		all[i] = one.Result
	}
	return all
}

// try runs a method of the source. A panic becomes an error here, and goes on at the end of the run.
func try[T any](v *visit, method func() (T, error)) (answer T, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = v.failure("the source", value)
		}
	}()
	return method()
}

// failure is what a panic with a value or, without one, the end of a goroutine becomes.
func (v *visit) failure(who string, value any) error {
	if value == nil {
		return v.wrapped(adapters.KindOther, who+" ended its goroutine", nil)
	}
	v.crash.CompareAndSwap(nil, &crash{value})
	return v.wrapped(adapters.KindOther, who+" panicked", fmt.Errorf("panic: %v\n\n%s", value, debug.Stack()))
}

func (v *visit) wrapped(kind adapters.Kind, detail string, cause error) error {
	failure := invalid(detail)
	failure.Kind, failure.Provider, failure.Err = kind, v.provider, cause
	if kind == adapters.ErrProtocol {
		failure.Origin = adapters.OriginProvider
	}
	return failure
}

func invalid(detail string) *adapters.Error {
	return &adapters.Error{Kind: adapters.ErrInvalidArgument, Origin: adapters.OriginLocal, Operation: "collect", Detail: detail}
}
