package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
)

// remarks are the lines after the table: warnings, closed accounts and failures. That a list may state less is said once of
// each connection.
func remarks(results []result) string {
	var text strings.Builder
	listed := map[string]bool{}
	for _, r := range results {
		if r.isEmptyList() {
			fmt.Fprintf(&text, "warning: %s: the provider lists no account\n", r.where())
		}
		if r.closed {
			fmt.Fprintf(&text, "closed: %s: not asked for, as the provider lists it as closed\n", r.where())
		}
		for _, b := range r.balances {
			for _, warning := range b.Warnings {
				if warning == adapters.WarningListed {
					connection := result{connection: r.connection, provider: r.provider}.where()
					if !listed[connection] {
						fmt.Fprintf(&text, "warning: %s: %s; name the accounts to get all\n", connection, warning)
					}
					listed[connection] = true
					continue
				}
				fmt.Fprintf(&text, "warning: %s: %s: %s\n", r.where(), b.Type, printable(warning))
			}
		}
		if r.err != nil {
			text.WriteString(r.failedLine())
		}
	}
	return text.String()
}

func (r result) failedLine() string {
	return fmt.Sprintf("failed: %s: %s\n", r.where(), printable(failureText(r.err)))
}

func (r result) where() string {
	place := printable(r.connection) + " " + printable(r.provider)
	if r.accountID == "" {
		return place
	}
	return place + " " + shortened(r.accountID)
}

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
	if n := len(places(results, isClosed)); n > 0 {
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
