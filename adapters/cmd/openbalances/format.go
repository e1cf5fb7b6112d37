package main

import (
	"cmp"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// format is one of the forms in which a command prints what it found.
type format string

const (
	formatTable format = "table"
	formatJSON  format = "json"
	formatCSV   format = "csv"
)

// choice is the format that -format and its shorthand -json name; the table if neither does.
type choice struct {
	name   *string
	asJSON *bool
}

func formatFlags(flags *flag.FlagSet) choice {
	return choice{
		flags.String("format", "",
			"`form` of the output: table, json or csv (default table); failures are part of the JSON and otherwise go to stderr"),
		flags.Bool("json", false, "the same as -format json"),
	}
}

// format is to be asked when the flags are parsed and checked.
func (c choice) format() format {
	if *c.asJSON {
		return formatJSON
	}
	return cmp.Or(format(*c.name), formatTable)
}

func (c choice) check() error {
	switch chosen := format(*c.name); chosen {
	case "", formatJSON:
	case formatTable, formatCSV:
		if *c.asJSON {
			return misuse{fmt.Sprintf("-json and -format %s contradict each other", chosen)}
		}
	default:
		return misuse{"-format is none of table, json, csv"}
	}
	return nil
}

// report is what a command found, ready to be printed in one of the forms.
type report struct {
	document any               // the JSON
	rows     func() [][]string // of the CSV
	table    func() string
	remarks  string // what failed or is odd, beside the table and the CSV; the JSON holds it
	failed   bool
}

// print writes the report to stdout and its remarks to stderr. It returns errReported if something had failed.
func (r report) print(as format, stdout, stderr io.Writer) error {
	var text string
	var err error
	switch as {
	case formatJSON:
		text, err = indented(r.document)
	case formatCSV:
		text, err = csvText(r.rows())
	default:
		text = r.table()
	}
	if err == nil {
		_, err = io.WriteString(stdout, text)
	}
	if as != formatJSON {
		_, _ = io.WriteString(stderr, r.remarks)
	}
	switch {
	case err != nil:
		return fmt.Errorf("cannot write the output: %w", err)
	case r.failed:
		return errReported
	}
	return nil
}

// csvText writes rows as RFC 4180 does, with CR and LF at their ends.
func csvText(rows [][]string) (string, error) {
	var text strings.Builder
	writer := csv.NewWriter(&text)
	writer.UseCRLF = true
	err := writer.WriteAll(rows)
	return text.String(), err
}

// formula finds what a spreadsheet takes for the start of a formula, in its full-width forms, too: at the beginning of a
// cell, and behind a semicolon, which separates cells in half of the world.
var formula = regexp.MustCompile(`(^|;)([=+\-@＝＋－＠])`)

// cell is printable for a text in a CSV file: the start of a formula is escaped like a control character. Amounts are
// not texts; they begin with "-" as they are.
func cell(text string) string {
	return formula.ReplaceAllStringFunc(printable(text), func(found string) string {
		start := strings.TrimPrefix(found, ";")
		return strings.TrimSuffix(found, start) + fmt.Sprintf(`\u{%x}`, []rune(start)[0])
	})
}
