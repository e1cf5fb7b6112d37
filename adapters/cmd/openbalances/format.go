package main

import (
	"flag"
	"fmt"
	"io"
)

// format is one of the forms in which a command prints what it found.
type format string

const (
	formatTable format = "table"
	formatJSON  format = "json"
	formatCSV   format = "csv"
)

// formatFlags declares -format and its shorthand -json and returns what was chosen when they are parsed.
func formatFlags(flags *flag.FlagSet) func() (format, error) {
	name := flags.String("format", "",
		"`form` of the output: table, json or csv (default table); failures are part of the JSON and otherwise go to stderr")
	asJSON := flags.Bool("json", false, "the same as -format json")
	return func() (format, error) {
		chosen := format(*name)
		switch chosen {
		case "", formatJSON:
			if *asJSON || chosen == formatJSON {
				return formatJSON, nil
			}
			return formatTable, nil
		case formatTable, formatCSV:
			if *asJSON {
				return "", misuse{fmt.Sprintf("-json and -format %s contradict each other", chosen)}
			}
			return chosen, nil
		}
		return "", misuse{"-format is none of table, json, csv"}
	}
}

// report is what a run found, ready to be printed.
type report struct {
	results    []result
	deviations []deviation    // nil: the traffic was not checked
	calls      map[string]int // by provider; nil: not told
	show       layout
}

// print writes the balances to stdout. What failed or is odd is part of the JSON, and goes to stderr beside the others.
func (r report) print(as format, stdout, stderr io.Writer) error {
	var text string
	var err error
	switch as {
	case formatJSON:
		text, err = r.json()
	case formatCSV:
		text, err = csvText(csvRows(balanceColumns, allLines(r.results)))
	default:
		text = balanceTable(r.results, r.show)
	}
	if err == nil {
		_, err = io.WriteString(stdout, text)
	}
	if as != formatJSON {
		_, _ = io.WriteString(stderr, remarks(r.results)+summary(r.results)+spent(r.calls)+"\n")
	}
	return outcome(r.results, err)
}

// outcome returns errReported if a result is an error, and the error of writing the results if there was one.
func outcome(results []result, written error) error {
	if written != nil {
		return fmt.Errorf("cannot write the output: %w", written)
	}
	for _, r := range results {
		if r.err != nil {
			return errReported
		}
	}
	return nil
}
