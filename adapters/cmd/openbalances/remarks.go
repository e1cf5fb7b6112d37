package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/printable"
)

// remarks are the lines after the table: warnings, closed accounts and failures. That a list may state less is said once of
// each connection.
func remarks(results []result) (all []remark) {
	say := func(urgent bool, format string, values ...any) {
		all = append(all, remark{fmt.Sprintf(format, values...), urgent})
	}
	listed := map[string]bool{}
	for _, r := range results {
		if r.isEmptyList() {
			say(false, "warning: %s: the provider lists no account\n", r.where())
		}
		if r.closed {
			say(false, "closed: %s: not asked for, as the provider lists it as closed\n", r.where())
		}
		for _, b := range r.balances {
			for _, warning := range b.Warnings {
				if warning == adapters.WarningListed {
					connection := result{connection: r.connection, provider: r.provider}.where()
					if !listed[connection] {
						say(false, "warning: %s: %s; name the accounts to get all\n", connection, warning)
					}
					listed[connection] = true
					continue
				}
				say(false, "warning: %s: %s: %s\n", r.where(), b.Type, printable.Text(warning))
			}
		}
		if r.err != nil {
			say(true, "%s", r.failedLine())
		}
	}
	return all
}

// endingRemarks are the lines about consents.
func endingRemarks(ends []ending) (all []remark) {
	for _, e := range ends {
		all = append(all, remark{"warning: " + e.String() + "\n", true})
	}
	return all
}

// warningRemarks are lines about the run as a whole.
func warningRemarks(warnings []string, urgent bool) (all []remark) {
	for _, w := range warnings {
		all = append(all, remark{"warning: " + printable.Text(w) + "\n", urgent})
	}
	return all
}

func (r result) failedLine() string {
	text := printable.Text(failureText(r.err))
	if until := r.failure().RetryAfter; !until.IsZero() {
		text += "; not before " + wholeTime(until)
	}
	switch {
	case !errors.Is(r.err, adapters.ErrConsentRequired):
	case r.provider == linkProvider:
		text += "; cure: link it again: openbalances enablebanking link -connection " + printable.Word(r.connection)
	default:
		text += "; cure: let the PSU consent again"
	}
	return fmt.Sprintf("failed: %s: %s\n", r.where(), text)
}

func (r result) where() string {
	place := printable.Text(r.connection) + " " + printable.Text(r.provider)
	if r.accountID == "" {
		return place
	}
	return place + " " + shortID(r.accountID)
}

const maxAccountShown = 40 // columns

// shortID is an account's id for people: a long one loses its middle.
func shortID(id string) string { return printable.Shorten(id, maxAccountShown) }

// summary is the line that counts.
func summary(results []result) string {
	balances, accounts, failed, gone := 0, 0, 0, ""
	for _, r := range results {
		balances += len(r.balances)
		switch {
		case r.err != nil:
			failed++
		case r.accountID != "":
			accounts++
		}
	}
	if n := len(places(results, outcomeClosed)); n > 0 {
		accounts, gone = accounts-n, fmt.Sprintf(", %d closed", n)
	}
	return fmt.Sprintf("%s from %s, %d failed%s", counted(balances, "balance"), counted(accounts, "account"), failed, gone)
}

// spent goes on with the calls that it took, by provider.
func spent(calls map[string]int) string {
	total, each := 0, []string{}
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		total += calls[name]
		each = append(each, fmt.Sprintf("%s %d", name, calls[name]))
	}
	return fmt.Sprintf(", in %s (%s)", counted(total, "call"), strings.Join(each, ", "))
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
