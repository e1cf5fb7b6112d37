package main

import (
	"fmt"
	"io"
)

const maxShown = 80 // characters of one value in the table

// rawJSON is a value as it was sent.
type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func (x *explanation) print(asJSON bool, stdout, stderr io.Writer) error {
	text, err := x.table(), error(nil)
	if asJSON {
		text, err = indented(x)
	}
	if err == nil {
		_, err = io.WriteString(stdout, text)
	}
	if !asJSON {
		_, _ = io.WriteString(stderr, x.remarks())
	}
	return outcome([]result{{accountID: hidden, err: x.err}}, err)
}

func (x *explanation) table() string {
	if len(x.Values) == 0 {
		return ""
	}
	rows := [][]string{{"VALUE", "SENT", "FEEDS", "RULE"}}
	for _, v := range x.Values {
		rows = append(rows, v.rows()...)
	}
	for _, d := range x.Derived {
		rows = append(rows, []string{"-", "-", d.String(), d.Rule})
	}
	return table(rows)
}

// rows returns one row for each field that the value feeds, at least one.
func (v value) rows() [][]string {
	var rows [][]string
	start := []string{printable(v.Pointer), elided(fmt.Sprint(v.Sent), maxShown)}
	for _, f := range v.Feeds {
		rows = append(rows, []string{start[0], start[1], f.String(), f.Rule})
		start = []string{"", ""}
	}
	if rows == nil {
		rows = [][]string{append(start, "-", "")}
	}
	last := &rows[0][3]
	if *last != "" && v.Rule != "" {
		*last += "; "
	}
	*last += v.Rule
	return rows
}

func (f effect) String() string { return f.Field + " = " + elided(f.Value, maxShown) }

// remarks are the lines after the table: what is not explained, the failure and the counts.
func (x *explanation) remarks() string {
	text := ""
	if x.More > 0 {
		text = fmt.Sprintf("only the first %d values are explained, %d are not\n", len(x.Values), x.More)
	}
	where := printable(x.Connection) + " " + printable(x.Provider)
	if x.err != nil {
		return text + fmt.Sprintf("failed: %s: %s\n", where, printable(x.Failure))
	}
	balances, values := counted(x.balances, "balance"), counted(len(x.Values)+x.More, "value")
	return text + fmt.Sprintf("%s: %s from %s\n", where, balances, values)
}
