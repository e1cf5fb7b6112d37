// Command bench compares the adapters, with all of their checks, with what a user would write instead on net/http and
// encoding/json without any, in one process and one run, and prints tables of ratios:
//
//	make bench
//
// What is compared takes turns in short slices, so that the machine's other work hits both sides alike. The column
// "fastest" compares the fastest slices of each side, which are disturbed least; the median is of the ratios of all
// rounds. Bodies are the documents' examples, with their lists repeated.
//
// These are the fastest slices of the run of 2026-11-30 on two cores; below 1 is cheaper than by hand. RSA signatures
// are left out: one costs far more than the rest of a call.
//
//	ours / hand             1 balance (Eika)  1 (myPOS)  4 (Eika)  500 (One Single View)
//	call in memory          0.79              0.75       0.69      0.43
//	call on loopback        1.02              1.02       0.97      0.45
//	decoding and mapping    0.70              0.70       0.59      0.43
//	bytes allocated         0.83              0.79       0.70      0.57
//
// Building One Single View's signed POST takes 1.16 of the time by hand. 10,000 accounts from five servers through
// package collect, against a hand-written pool of workers: throughput 0.98 to 1.02 with 0.82 to 1.00 of its memory. A
// test of that package sees that its memory does not grow with the number of accounts.
//
// An HTTP/1 connection is used again only after an answer that proves to belong to its request. A provider whose answers
// prove nothing costs a TLS handshake for each call, nearly all of them resumed.
//
// Two shortcuts explain it; each falls back to the code it replaces whenever the input is unusual. kit/call/sample.go
// makes the requests that the generated builder would make. internal/strictjson/reader.go reads plainly written answers
// in one pass; json v2 decides about all others.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
)

func main() {
	child := flag.String("child", "", "for the program itself: the part of the fan-out to play")
	flag.Parse()
	if *child != "" {
		play(*child, flag.Arg(0), flag.Args()[1:])
		return
	}
	measureCalls()
	measureFanOut()
	measureImports()
}

// must returns value, and ends the program on an error, which only a broken benchmark can have.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// printTable prints a heading, a sentence about how to read the table, and its rows; the first names the columns.
func printTable(title, note string, rows [][]string) {
	fmt.Printf("## %s\n\n%s\n\n", title, note)
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	for i, row := range rows {
		fmt.Fprintln(out, "| "+strings.Join(row, "\t| ")+"\t|")
		if i == 0 {
			fmt.Fprintln(out, strings.Repeat("|---\t", len(row))+"|")
		}
	}
	must(0, out.Flush())
	fmt.Println()
}

// quantity prints a number with as many digits as are worth reading.
func quantity(value float64) string {
	switch {
	case value >= 1e6:
		return fmt.Sprintf("%.2f M", value/1e6)
	case value >= 1e4:
		return fmt.Sprintf("%.1f k", value/1e3)
	}
	return fmt.Sprintf("%.0f", value)
}
