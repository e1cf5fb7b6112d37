package page

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
)

const (
	scanStep = 200 // connections read at once when only some are shown
	scanMax  = 2000
	quotaMax = 4 // accounts of a connection that are asked for what is left
)

// overviewView is the first page: the summary, and connections by name.
type overviewView struct {
	view
	Summary     fleet.Summary
	Connections []connectionRow
	Attention   bool   // only connections with something to see to
	After       string // the name that the page starts after
	Next        string // the address of the next page; empty: there is none
	Looked      int    // with Attention: how many connections were looked at
	Quotas      bool
}

// count is a number of the summary with its urgency.
type count struct {
	Text  string
	Count int
	Level Level
}

// Counts are the connections by state.
func (v overviewView) Counts() []count {
	of := v.Summary.Connections
	return []count{
		{"Active connections", of[fleet.StateActive], LevelGood},
		{"Consent needed", of[fleet.StateConsentRequired], LevelBad},
		{"Stopped", of[fleet.StateStopped], LevelBad},
		{"Not configured", of[fleet.StateMissing], LevelBad},
	}
}

// Remarks are the other counts, without those that are zero.
func (v overviewView) Remarks() []count {
	s := v.Summary
	return slices.DeleteFunc([]count{
		{"stopped", s.StoppedAccounts, LevelBad}, {"failing", s.FailingAccounts, LevelWarn},
		{"without a balance yet", s.NeverFetched, LevelIdle}, {"overdue", s.Overdue, LevelWarn},
		{"with a call of unknown outcome", s.UnknownOutcomes, LevelWarn},
	}, func(c count) bool { return c.Count == 0 })
}

type connectionRow struct {
	fleet.ConnectionStatus
	Verdict Verdict
	Quota   quota
}

func (h *handler) overview(ctx context.Context, r *http.Request) (string, any, error) {
	query := r.URL.Query()
	v := overviewView{
		view: h.view(r, "Overview"), Attention: query.Get("show") == "attention", After: query.Get("after"),
		Quotas: h.Left != nil,
	}
	var err error
	if v.Summary, err = h.Facts.Summary(ctx); err != nil {
		return "overview", nil, err
	}
	var next string
	if v.Attention {
		next, err = v.scan(ctx, h.Facts)
	} else {
		next, err = v.list(ctx, h.Facts, v.After, rowsMax, rowsMax)
	}
	if err != nil {
		return "overview", nil, err
	}
	for i := range v.Connections {
		v.Connections[i].Quota = h.quotaOf(ctx, v.Connections[i].Name)
	}
	if next != "" {
		more := url.Values{"after": {next}}
		if v.Attention {
			more.Set("show", "attention")
		}
		v.Next = "/?" + more.Encode()
	}
	return "overview", v, nil
}

// list reads connections after a name and keeps at most room of those that are wanted. It returns the name to go on
// after, or "" at the end.
func (v *overviewView) list(ctx context.Context, facts Facts, after string, step, room int) (string, error) {
	read, err := facts.Connections(ctx, after, step+1)
	if err != nil {
		return "", err
	}
	for i, c := range read[:min(step, len(read))] {
		v.Looked++
		row := connectionRow{ConnectionStatus: c, Verdict: OfConnection(c, v.Now)}
		if v.Attention && (row.Verdict.Level == LevelGood || row.Verdict.Level == LevelIdle) {
			continue
		}
		v.Connections = append(v.Connections, row)
		if len(v.Connections) == room && i+1 < len(read) {
			return c.Name, nil
		}
	}
	if len(read) > step {
		return read[step-1].Name, nil
	}
	return "", nil
}

// scan reads until the page is full, all is read, or enough has been looked at for one request.
func (v *overviewView) scan(ctx context.Context, facts Facts) (next string, err error) {
	next = v.After
	for {
		next, err = v.list(ctx, facts, next, scanStep, rowsMax)
		if err != nil || next == "" || len(v.Connections) == rowsMax || v.Looked >= scanMax {
			return next, err
		}
	}
}

// quota is what is left of an allowance, in words; the zero quota is not known.
type quota struct {
	Text string
	None bool // no call may be made now
	Next moment
}

func (h *handler) quota(ctx context.Context, v view, account int64) quota {
	left, err := h.Left(ctx, account)
	if err != nil {
		h.unknown(ctx, err)
		return quota{}
	}
	return quotaText(left, v)
}

// unknown notes why an allowance is not known. It is no failure of the page: a connection that cannot be opened has
// none.
func (h *handler) unknown(ctx context.Context, err error) {
	h.Logger.DebugContext(ctx, "page: allowance unknown", "error", err)
}

func quotaText(left accessguard.Left, v view) quota {
	if !left.Limited {
		return quota{Text: "no limit known"}
	}
	return quota{Text: digits(left.Calls), None: left.Calls == 0, Next: v.Moment(left.Next)}
}

// quotaOf is the range of calls that are left for the first accounts of a connection.
func (h *handler) quotaOf(ctx context.Context, name string) quota {
	if h.Left == nil {
		return quota{}
	}
	accounts, err := h.Facts.Accounts(ctx, name, "", quotaMax+1)
	if err != nil {
		h.unknown(ctx, err)
		return quota{}
	}
	fewest, most, limited := 0, 0, 0
	for _, a := range accounts[:min(quotaMax, len(accounts))] {
		left, err := h.Left(ctx, a.ID)
		if err != nil {
			h.unknown(ctx, err)
			return quota{}
		}
		if !left.Limited {
			continue
		}
		if limited++; limited == 1 {
			fewest = left.Calls
		}
		fewest, most = min(fewest, left.Calls), max(most, left.Calls)
	}
	return quota{Text: rangeText(fewest, most, limited, len(accounts)), None: limited > 0 && most == 0}
}

func rangeText(fewest, most, limited, accounts int) string {
	text := digits(fewest)
	switch {
	case accounts == 0:
		return ""
	case limited == 0:
		return "no limit known"
	case fewest < most:
		text += " to " + digits(most)
	}
	if accounts > quotaMax {
		text += ", first " + strconv.Itoa(quotaMax) + " accounts"
	}
	return text
}
