// Command bench compares the adapters with what a user would write instead, in one process and one run, and prints
// tables of ratios:
//
//	make bench
//
// What is compared takes turns in short slices, so that the machine's other work hits both sides alike. The column
// "fastest" compares the fastest slices of each side, which are disturbed least; the median is of the ratios of all
// rounds. Bodies are the documents' examples, with their lists repeated.
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
	measureGrowth()
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
