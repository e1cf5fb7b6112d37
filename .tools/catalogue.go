// Command catalogue reads the output of go test -json for the catalogue of bad days and prints case by provider: ok, FAIL,
// or – where a case does not apply, with the reasons below. make catalogue uses it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	caseName = regexp.MustCompile(`^TestConformance/catalogue/([^/]+)$`)
	reason   = regexp.MustCompile(`^\s+\w+\.go:\d+: (.*)\n$`)
	endings  = map[string]string{"pass": "ok", "fail": "FAIL", "skip": "–"}
)

func main() {
	cells, cases, providers, reasons := map[[2]string]string{}, map[string]bool{}, map[string]bool{}, map[string]int{}
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 64<<20)
	for input.Scan() {
		var e struct{ Action, Package, Test, Output string }
		found := []string{}
		if json.Unmarshal(input.Bytes(), &e) == nil {
			found = caseName.FindStringSubmatch(e.Test)
		}
		if len(found) == 0 {
			continue
		}
		provider := path.Base(e.Package)
		cases[found[1]], providers[provider] = true, true
		if why := reason.FindStringSubmatch(e.Output); why != nil && strings.Contains(why[1], ": ") {
			reasons[why[1]]++
		}
		if ending := endings[e.Action]; ending != "" {
			cells[[2]string{found[1], provider}] = ending
		}
	}
	columns, failed := slices.Sorted(maps.Keys(providers)), 0
	fmt.Printf("%-40s %s\n", "", strings.Join(columns, "  "))
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		fmt.Printf("%-40s", name)
		for _, provider := range columns {
			cell := cells[[2]string{name, provider}]
			if cell == "FAIL" {
				failed++
			}
			fmt.Printf(" %-*s ", len(provider), cell)
		}
		fmt.Println()
	}
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		fmt.Printf("%4d  %s\n", reasons[why], why)
	}
	fmt.Printf("%d cases, %d failed\n", len(cases), failed)
	if failed > 0 || len(cases) == 0 {
		os.Exit(1)
	}
}
