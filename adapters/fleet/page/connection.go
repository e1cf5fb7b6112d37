package page

import (
	"context"
	"net/http"
	"net/url"

	"github.com/openbalances/openbalances/adapters/fleet"
)

// connectionView is one connection with its accounts, by id.
type connectionView struct {
	view
	Connection fleet.ConnectionStatus
	Verdict    Verdict
	Accounts   []accountRow
	First      bool
	Next       string // the address of the next page; empty: there is none
	Quotas     bool
	Failures   failures
}

type accountRow struct {
	fleet.AccountStatus
	Verdict Verdict
	Quota   quota
}

func (h *handler) connection(ctx context.Context, r *http.Request) (string, any, error) {
	name, after := r.URL.Query().Get("name"), r.URL.Query().Get("after")
	connection, err := h.Facts.Connection(ctx, name)
	if err != nil {
		return "connection", nil, err
	}
	accounts, err := h.Facts.Accounts(ctx, name, after, rowsMax+1)
	if err != nil {
		return "connection", nil, err
	}
	v := connectionView{
		view: h.view(r, name, crumb{"Overview", "/"}), Connection: connection, First: after == "", Quotas: h.Left != nil,
	}
	v.Verdict = OfConnection(connection, v.Now)
	for _, a := range accounts[:min(rowsMax, len(accounts))] {
		row := accountRow{AccountStatus: a, Verdict: OfAccount(a, v.Now)}
		if v.Quotas {
			row.Quota = h.quota(ctx, v.view, a.ID)
		}
		v.Accounts = append(v.Accounts, row)
	}
	if len(accounts) > rowsMax {
		v.Next = connectionAddress(name) + "&after=" + url.QueryEscape(accounts[rowsMax-1].AccountID)
	}
	all, err := h.Facts.ConnectionFailures(ctx, connection.ID, failuresMax+1)
	v.Failures = newFailures(v.view, all)
	return "connection", v, err
}

func connectionAddress(name string) string { return "/connection?name=" + url.QueryEscape(name) }
