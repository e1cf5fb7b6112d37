package collect

import (
	"errors"
	"iter"
	"slices"

	"github.com/openbalances/openbalances/adapters"
)

// serve makes the calls of one connection.
func (s *scheduler) serve(c *Connection, sink sink) {
	if problem := c.problem(); problem != "" {
		s.report(c, sink, c.invalid(problem))
		return
	}
	at := s.hosts.enter(c.host())
	defer s.hosts.leave(c.host())
	accounts := c.Accounts
	if accounts == nil {
		if lister, ok := c.Source.(adapters.BalanceLister); ok {
			s.all(at, c, sink, lister)
			return
		}
		listed, err := s.list(at, c)
		if err != nil {
			s.report(c, sink, err)
			return
		}
		accounts = listed
	}
	for ids := range chunks(accounts, c.batchSize()) {
		if !s.dispatch(at, sink, func() []Result { return s.fetch(c, ids) }) {
			return
		}
	}
}

// report delivers what is wrong with a connection as a whole.
func (s *scheduler) report(c *Connection, sink sink, err error) {
	if deliver, ok := sink.reserve(s.ctx); ok {
		deliver([]Result{c.result("", nil, err)})
	}
}

// list returns the ids of all accounts of a connection.
func (s *scheduler) list(at *host, c *Connection) (iter.Seq[string], error) {
	lister, ok := c.Source.(adapters.AccountLister)
	if !ok {
		return nil, c.invalid("accounts: missing, and the provider lists none")
	}
	if !s.enter(at) {
		return nil, s.ctx.Err()
	}
	defer s.leave(at)
	ctx, done := s.counts.call(s.ctx, c.Provider)
	accounts, err := lister.Accounts(ctx, c.PSU)
	done(err)
	return func(yield func(string) bool) {
		for _, account := range accounts {
			if !yield(account.ID) {
				return
			}
		}
	}, err
}

// all fetches a connection's accounts with their balances. Accounts that came without any are asked for like accounts
// that the connection names.
func (s *scheduler) all(at *host, c *Connection, sink sink, lister adapters.BalanceLister) {
	deliver, ok := sink.reserve(s.ctx)
	if !ok {
		return
	}
	if !s.enter(at) {
		deliver(nil)
		return
	}
	ctx, done := s.counts.call(s.ctx, c.Provider)
	answers, err := lister.AllBalances(ctx, c.PSU)
	done(err)
	s.leave(at)
	if err != nil {
		deliver([]Result{c.result("", nil, err)})
		return
	}
	for {
		listed, rest := c.listed(answers)
		deliver(listed)
		missing, rest := notListed(rest)
		for ids := range chunks(slices.Values(missing), c.batchSize()) {
			if !s.dispatch(at, sink, func() []Result { return s.fetch(c, ids) }) {
				return
			}
		}
		if answers = rest; len(answers) == 0 {
			return
		}
		if deliver, ok = sink.reserve(s.ctx); !ok {
			return
		}
	}
}

// listed returns the results up to the first account without balances, and the answers from there on.
func (c *Connection) listed(answers []adapters.AccountBalances) (results []Result, rest []adapters.AccountBalances) {
	for i, answer := range answers {
		if isMissing(answer) {
			return results, answers[i:]
		}
		results = append(results, c.result(answer.AccountID, answer.Balances, answer.Err))
	}
	return results, nil
}

// notListed returns the ids up to the first account with balances, and the answers from there on.
func notListed(answers []adapters.AccountBalances) (ids []string, rest []adapters.AccountBalances) {
	for i, answer := range answers {
		if !isMissing(answer) {
			return ids, answers[i:]
		}
		ids = append(ids, answer.AccountID)
	}
	return ids, nil
}

func isMissing(answer adapters.AccountBalances) bool {
	return answer.AccountID != "" && errors.Is(answer.Err, adapters.ErrNotListed)
}

// fetch asks for one chunk of accounts.
func (s *scheduler) fetch(c *Connection, ids []string) []Result {
	ctx, done := s.counts.call(s.ctx, c.Provider)
	if len(ids) == 1 {
		balances, err := c.Source.Balances(ctx, ids[0], c.PSU)
		done(err)
		return []Result{c.result(ids[0], balances, err)}
	}
	answers, err := c.Source.(adapters.BatchSource).BatchBalances(ctx, ids, c.PSU)
	done(err)
	return c.match(ids, answers, err)
}

// match returns one result for each account asked for, by its id and never by position.
func (c *Connection) match(ids []string, answers []adapters.AccountBalances, err error) []Result {
	results := make([]Result, 0, len(ids))
	for _, id := range ids {
		i := slices.IndexFunc(answers, func(a adapters.AccountBalances) bool { return a.AccountID == id })
		switch {
		case err != nil:
			results = append(results, c.result(id, nil, err))
		case i < 0:
			results = append(results, c.result(id, nil, c.failure(adapters.ErrProtocol, "batch: no answer for the account")))
		default:
			results = append(results, c.result(id, answers[i].Balances, answers[i].Err))
		}
	}
	return results
}

func (c *Connection) result(accountID string, balances []adapters.Balance, err error) Result {
	return Result{Connection: c.Name, Provider: c.Provider, AccountID: accountID, Balances: balances, Err: err}
}

func (c *Connection) batchSize() int {
	if _, ok := c.Source.(adapters.BatchSource); ok {
		return adapters.MaxBatch
	}
	return 1
}

func (c *Connection) problem() string {
	switch {
	case c.Source == nil:
		return "source: missing"
	case c.Provider == "":
		return "provider: missing"
	}
	return ""
}

func (c *Connection) invalid(detail string) error {
	return c.failure(adapters.ErrInvalidArgument, detail)
}

func (c *Connection) failure(kind adapters.Kind, detail string) error {
	return &adapters.Error{Kind: kind, Provider: c.Provider, Operation: "collect", Detail: detail}
}

// chunks yields the values in slices of at most size.
func chunks(values iter.Seq[string], size int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		chunk := make([]string, 0, size)
		for value := range values {
			chunk = append(chunk, value)
			if len(chunk) < size {
				continue
			}
			if !yield(chunk) {
				return
			}
			chunk = make([]string, 0, size)
		}
		if len(chunk) > 0 {
			yield(chunk)
		}
	}
}
