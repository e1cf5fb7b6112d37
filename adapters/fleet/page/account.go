package page

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/openbalances/openbalances/adapters/fleet"
)

const (
	daysDefault = 30
	daysMax     = 366
	balancesMax = 12000 // a year of four fetches a day with eight balances each
	tableMax    = 200   // balances in the table; the rest is on pages of their own
	failuresMax = 50
	// ahead is how far the clock of a worker may be before this one's.
	ahead = time.Hour
)

// accountView is one account: its newest balances, their history and its failures.
type accountView struct {
	view
	Account  fleet.AccountStatus
	Verdict  Verdict
	Quota    quota
	Quotas   bool
	Period   period
	Fetches  []fetch // newest first
	Cut      bool    // the period has more fetches than Fetches
	Older    string  // the address of the page with the fetches before these; empty: there is none
	Charts   []*chart
	Hidden   int // lines that are in the table only
	Dropped  bool
	Failures failures
}

// fetch is what one call brought.
type fetch struct {
	At       time.Time
	CallID   int64
	Balances []fleet.Stored
}

// period is the time that chart and table show.
type period struct {
	From, To time.Time
	Days     int
	Latest   bool // it ends now
	Choices  []choice
	Earlier  string
	Newest   string // the address of the period that ends now; empty: this is it
}

type choice struct {
	Text, Address string
	Current       bool
}

func (h *handler) account(ctx context.Context, r *http.Request) (string, any, error) {
	id, err := strconv.ParseInt(r.URL.Query().Get("id"), 10, 64)
	if err != nil {
		return "account", nil, badAddress
	}
	v := accountView{view: h.view(r, ""), Quotas: h.Left != nil}
	if v.Period, err = readPeriod(r.URL.Query(), v.Now); err != nil {
		return "account", nil, err
	}
	if v.Account, err = h.Facts.Account(ctx, id); err != nil {
		return "account", nil, err
	}
	a := v.Account
	v.Title = firstOf(a.Name, a.IBAN, a.AccountID)
	v.Crumbs = []crumb{{"Overview", "/"}, {a.Connection, connectionAddress(a.Connection)}}
	v.Verdict = OfAccount(a, v.Now)
	if v.Quotas {
		v.Quota = h.quota(ctx, v.view, id)
	}
	until := v.Period.To
	if v.Period.Latest {
		until = until.Add(ahead)
	}
	fetches, dropped, err := collect(h.Facts.History(ctx, id, v.Period.From, until))
	if err != nil {
		return "account", nil, err
	}
	v.Dropped = dropped
	v.Charts, v.Hidden = charts(fetches)
	v.table(fetches)
	all, err := h.Facts.Failures(ctx, id, failuresMax+1)
	v.Failures = newFailures(v.view, all)
	return "account", v, err
}

// failures are the newest failures of an account or a connection.
type failures struct {
	view
	List []fleet.Failure
	All  bool // there are no others
}

func newFailures(v view, all []fleet.Failure) failures {
	return failures{v, all[:min(failuresMax, len(all))], len(all) <= failuresMax}
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return "Account"
}

// readPeriod reads days and to of an address. To is no part of the period.
func readPeriod(query url.Values, now time.Time) (period, error) {
	p := period{To: now, Days: daysDefault, Latest: true}
	if text := query.Get("days"); text != "" {
		days, err := strconv.Atoi(text)
		if err != nil || days < 1 || days > daysMax {
			return period{}, badAddress
		}
		p.Days = days
	}
	if text := query.Get("to"); text != "" {
		to, err := time.Parse(time.RFC3339Nano, text)
		if err != nil || to.Year() < 1970 || to.Year() > 9999 {
			return period{}, badAddress
		}
		p.To, p.Latest = to.UTC(), false
	}
	p.From = p.To.AddDate(0, 0, -p.Days)
	id := query.Get("id")
	for _, c := range []struct {
		days int
		text string
	}{{1, "1 day"}, {7, "7 days"}, {30, "30 days"}, {90, "90 days"}, {365, "1 year"}} {
		p.Choices = append(p.Choices, choice{c.text, p.address(id, c.days, p.To, p.Latest), c.days == p.Days})
	}
	p.Earlier = p.address(id, p.Days, p.From, false)
	if !p.Latest {
		p.Newest = p.address(id, p.Days, time.Time{}, true)
	}
	return p, nil
}

func (p period) address(id string, days int, to time.Time, latest bool) string {
	values := url.Values{"id": {id}, "days": {strconv.Itoa(days)}}
	if !latest {
		values.Set("to", to.Format(time.RFC3339Nano))
	}
	return "/account?" + values.Encode()
}

// collect gathers balances by call and keeps the newest calls within balancesMax; dropped says that older ones went.
func collect(history iter.Seq2[fleet.Stored, error]) (fetches []fetch, dropped bool, err error) {
	total := 0
	for b, err := range history {
		if err != nil {
			return nil, false, err
		}
		if n := len(fetches); n == 0 || fetches[n-1].CallID != b.CallID {
			fetches = append(fetches, fetch{At: b.FetchedAt.UTC(), CallID: b.CallID})
		}
		last := &fetches[len(fetches)-1]
		last.Balances = append(last.Balances, b)
		for total++; total > balancesMax && len(fetches) > 1; dropped = true {
			total -= len(fetches[0].Balances)
			fetches = fetches[1:]
		}
	}
	slices.SortStableFunc(fetches, func(a, b fetch) int { return a.At.Compare(b.At) }) // clocks of workers differ
	return fetches, dropped, nil
}

// table takes the newest fetches, at least one, up to tableMax balances.
func (v *accountView) table(fetches []fetch) {
	rows := 0
	for _, f := range slices.Backward(fetches) {
		if rows += len(f.Balances); rows > tableMax && len(v.Fetches) > 0 {
			v.Cut = true
			break
		}
		v.Fetches = append(v.Fetches, f)
	}
	if v.Cut {
		oldest := v.Fetches[len(v.Fetches)-1]
		v.Older = v.Period.address(strconv.FormatInt(v.Account.ID, 10), v.Period.Days, oldest.At, false)
	}
}
