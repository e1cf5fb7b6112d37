package fleet

import (
	"net/http"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const listPath = "/neonomics/ics/v3/accounts"

// What a list that fails for weeks leads to.
func TestListsThatFailForWeeks(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer  http.HandlerFunc
		example string
		calls   [2]int
		state   State
		kind    adapters.Kind
		alarms  int
	}{
		"good":         {answer: says(200, `[{"id":"a","balances":[{"amount":"1.50","currency":"NOK","type":"CLBD"}]}]`), calls: [2]int{80, 85}, state: StateActive},
		"garbage":      {answer: says(200, "[{]"), calls: [2]int{1, 1}, state: StateStopped, kind: adapters.ErrProtocol, alarms: 1},
		"unavailable":  {answer: says(503, ""), calls: [2]int{60, 85}, state: StateActive, kind: adapters.ErrUnavailable},
		"rate limited": {answer: status429(""), calls: [2]int{20, 22}, state: StateActive, kind: adapters.ErrRateLimited},
		"unauthorized": {answer: says(401, ""), calls: [2]int{3, 3}, state: StateStopped, kind: adapters.ErrUnauthorized, alarms: 1},
		"consent":      {example: "consentRequired", calls: [2]int{1, 1}, state: StateConsentRequired, kind: adapters.ErrConsentRequired, alarms: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bank := newBank(t)
			if bank.prefer(listPath, row.example); row.answer != nil {
				bank.answer(listPath, row.answer)
			}
			s := simulate(t, t.TempDir()+"/fleet.db", map[string]Connection{"work": {Source: bank.neonomics(t), Consent: "session"}}, nil)
			bank.now = s.options.Now
			s.add(t, "work")
			s.pass(t, 21*day)
			is := status(t, s.db, "work")
			assert.Equal(t, row.state, is.State)
			assert.Equal(t, row.kind, is.Kind)
			calls := bank.called(listPath)
			assert.GreaterOrEqual(t, calls, row.calls[0])
			assert.LessOrEqual(t, calls, row.calls[1])
			assert.LessOrEqual(t, bank.most(listPath, day-time.Millisecond), 4)
			require.Len(t, s.config.raised(), row.alarms)
			if row.example != "" {
				assert.NotEmpty(t, is.ConsentLink)
				assert.Equal(t, is.ConsentLink, s.config.raised()[0].ConsentLink)
			}
			failures, err := s.db.ConnectionFailures(t.Context(), is.ID, 1000)
			require.NoError(t, err)
			if row.kind != "" {
				assert.Len(t, failures, calls)
				assert.True(t, failures[0].OfConnection)
			}
		})
	}
}

// Accounts come, go, close, lose their balances and come back with the provider's list.
func TestAListThatChanges(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		bank := newBank(t)
		const balance = `{"amount":"1.50","currency":"NOK","type":"CLBD"}`
		s := simulate(t, address, map[string]Connection{"work": {Source: bank.neonomics(t), Consent: "session"}}, nil)
		bank.answer("/neonomics/ics/v3/accounts/c/balances", says(200, "["+balance+","+balance+"]"))
		byID := func() map[string]AccountStatus {
			all := map[string]AccountStatus{}
			for _, a := range accounts(t, s.db, "work") {
				all[a.AccountID] = a
			}
			return all
		}
		list := func(text string) {
			bank.answer(listPath, says(200, text))
			s.pass(t, 13*time.Hour)
		}
		bank.answer(listPath, says(200, `[{"id":"a","accountName":"A","balances":[`+balance+`]},{"id":"b","balances":[`+balance+`]},{"id":"c"}]`))
		s.add(t, "work")
		s.pass(t, time.Hour)
		is := byID()
		require.Len(t, is, 3)
		assert.Equal(t, "A", is["a"].Name)
		assert.Len(t, is["a"].Latest, 1)
		assert.True(t, is["a"].NextAt.IsZero(), "the list has its balances")
		assert.Len(t, is["c"].Latest, 2, "the list has none, so it is asked for")
		assert.False(t, is["c"].NextAt.IsZero())

		list(`[{"id":"a","accountName":"B","balances":[` + balance + `,` + balance + `]},{"id":"c","balances":[` + balance + `]},{"id":"d","balances":[{"amount":"x"}]}]`)
		is = byID()
		require.Len(t, is, 4)
		assert.Equal(t, "B", is["a"].Name)
		assert.Len(t, is["a"].Latest, 2)
		assert.False(t, is["b"].UnlistedAt.IsZero())
		assert.Len(t, is["b"].Latest, 1, "the last ones stay")
		assert.True(t, is["c"].NextAt.IsZero(), "the list has its balances")
		assert.Equal(t, adapters.ErrProtocol, is["d"].Kind)
		assert.Len(t, s.config.raised(), 1, "once")

		list(`[{"id":"b"},{"id":"d","balances":[` + balance + `]}]`)
		is = byID()
		assert.True(t, is["b"].UnlistedAt.IsZero())
		assert.False(t, is["a"].UnlistedAt.IsZero())
		assert.Empty(t, is["d"].Kind)
		assert.False(t, is["d"].Stopped)
		assert.Equal(t, StateActive, status(t, s.db, "work").State)
		assert.Zero(t, status(t, s.db, "work").UnknownOutcomes)

		count := 0
		for balance, err := range s.db.History(t.Context(), is["a"].ID, time.Time{}, time.Time{}) {
			require.NoError(t, err)
			assert.Equal(t, "1.50", balance.Amount.String())
			count++
		}
		assert.Greater(t, count, 2)
	})
}
