package main

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters/use/printable"
)

// The forms of output.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatCSV   = "csv"
)

func formatFlag(flags *flag.FlagSet) *string {
	return flags.String("format", formatTable, "`form` of the output: table, json or csv")
}

func checkFormat(form string) error {
	if !slices.Contains([]string{formatTable, formatJSON, formatCSV}, form) {
		return misuse{"-format is table, json or csv"}
	}
	return nil
}

// rowsAtOnce is how many rows are read at once and share the widths of their columns.
const rowsAtOnce = 200

// column is one fact of a line.
type column[T any] struct {
	name  string // its header
	value func(T) string
	kind  kind
}

// kind is what the texts of a column are.
type kind int

const (
	kindText   kind = iota
	kindLong        // a table shortens them if there is no room
	kindAmount      // no texts: in CSV their sign starts no formula; a table has them on the right
)

// printer prints lines in one of the forms, as they come.
type printer[T any] struct {
	p      *process
	form   string
	csv    []column[T] // all facts
	shown  []column[T] // those of the table
	widths []int       // of the table's columns so far
	begun  bool
	n      int // lines
}

// begin prints what comes before the lines: in JSON, head up to the bracket of the list.
func (l *printer[T]) begin(head string) error {
	l.begun = true
	switch l.form {
	case formatJSON:
		return l.p.print(head)
	case formatCSV:
		return l.records([][]string{headers(l.csv)})
	}
	return nil
}

// add prints lines. The first ones of a table come with its header, even if there are none.
func (l *printer[T]) add(lines []T) error {
	isFirst := l.n == 0
	l.n += len(lines)
	switch l.form {
	case formatJSON:
		return l.objects(lines, isFirst)
	case formatCSV:
		var rows [][]string
		for _, one := range lines {
			row := make([]string, len(l.csv))
			for i, c := range l.csv {
				if row[i] = c.value(one); c.kind != kindAmount {
					row[i] = printable.Cell(row[i])
				}
			}
			rows = append(rows, row)
		}
		return l.records(rows)
	}
	var rows [][]string
	if isFirst {
		rows = append(rows, headers(l.shown))
	}
	for _, one := range lines {
		row := make([]string, len(l.shown))
		for i, c := range l.shown {
			row[i] = printable.Text(c.value(one))
		}
		rows = append(rows, row)
	}
	return l.p.print(l.table(rows, l.p.width()))
}

// end prints what comes last, if anything has begun.
func (l *printer[T]) end() error {
	if l.form != formatJSON || !l.begun {
		return nil
	}
	return l.p.print("\n]}\n")
}

func headers[T any](columns []column[T]) (names []string) {
	for _, c := range columns {
		names = append(names, c.name)
	}
	return names
}

func (l *printer[T]) objects(lines []T, isFirst bool) error {
	var text strings.Builder
	for i, one := range lines {
		body, err := json.Marshal(one)
		if err != nil {
			return err
		}
		if i > 0 || !isFirst {
			text.WriteString(",")
		}
		text.WriteString("\n " + printable.JSON(body))
	}
	return l.p.print(text.String())
}

func (l *printer[T]) records(rows [][]string) error {
	var text strings.Builder
	writer := csv.NewWriter(&text)
	writer.UseCRLF = true
	if err := writer.WriteAll(rows); err != nil {
		return err
	}
	return l.p.print(text.String())
}

// table is rows of printable texts within so many columns of a terminal, if that can be; a limit of 0 is none. Further rows
// have at least the same widths.
func (l *printer[T]) table(rows [][]string, limit int) string {
	if l.widths == nil {
		l.widths = make([]int, len(l.shown))
	}
	total := 2 * (len(l.widths) - 1)
	for i := range l.widths {
		for _, row := range rows {
			l.widths[i] = max(l.widths[i], printable.Width(row[i]))
		}
		total += l.widths[i]
	}
	for ; limit > 0 && total > limit; total-- {
		widest := l.widest()
		if widest < 0 {
			break
		}
		l.widths[widest]--
	}
	var text strings.Builder
	for _, row := range rows {
		line := ""
		for i, value := range row {
			value = printable.Shorten(value, l.widths[i])
			room := strings.Repeat(" ", l.widths[i]-printable.Width(value))
			if l.shown[i].kind == kindAmount {
				line += room + value + "  "
			} else {
				line += value + room + "  "
			}
		}
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return text.String()
}

// leastWidth is what a shortened column keeps.
const leastWidth = 8

// widest is the widest column that can still be shortened, -1 if none can.
func (l *printer[T]) widest() int {
	found := -1
	for i, c := range l.shown {
		if c.kind == kindLong && l.widths[i] > leastWidth && (found < 0 || l.widths[i] > l.widths[found]) {
			found = i
		}
	}
	return found
}
