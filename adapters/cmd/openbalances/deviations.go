package main

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/openbalances/openbalances/adapters/use/printable"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/traffic"
)

// deviations collects in what the traffic of a connection differs from the provider's document, and how often. It is
// safe for concurrent use.
type deviations struct {
	mu     sync.Mutex
	counts map[traffic.Deviation]int
}

// deviation is one of them with the name of its connection.
type deviation struct {
	Connection string `json:"connection"`
	traffic.Deviation
}

// watch returns a transport whose traffic is checked.
func (d *deviations) watch(provider, baseURL string, next http.RoundTripper) (http.RoundTripper, error) {
	document, err := contract.Load(provider)
	if err != nil {
		return next, err
	}
	return traffic.NewTransport(next, document, traffic.Options{BaseURL: baseURL, Report: d.add}), nil
}

func (d *deviations) add(found traffic.Deviation) {
	count := found.Count
	found.Count = 0
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.counts == nil {
		d.counts = map[traffic.Deviation]int{}
	}
	d.counts[found] += count
}

// list returns what was found, in an order that does not depend on that of the calls.
func (d *deviations) list() []traffic.Deviation {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []traffic.Deviation
	for found, count := range d.counts {
		found.Count = count
		all = append(all, found)
	}
	slices.SortFunc(all, func(a, b traffic.Deviation) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Status, b.Status),
			cmp.Compare(a.Part, b.Part), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Documented, b.Documented))
	})
	return all
}

// allDeviations returns those of all connections in the order of the configuration; nil if they are not checked.
func allDeviations(connections []connection) []deviation {
	all := []deviation{}
	for _, c := range connections {
		if c.seen == nil {
			return nil
		}
		for _, found := range c.seen.list() {
			all = append(all, deviation{c.Name, found})
		}
	}
	return all
}

func deviationLines(all []deviation) string {
	var text strings.Builder
	for _, d := range all {
		fmt.Fprintf(&text, "deviation: %s\n", printable.Text(d.Connection+" "+d.String()))
	}
	return text.String()
}
