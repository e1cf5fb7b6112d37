package main

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/openbalances/openbalances/adapters/use/printable"
)

// The forms in which a command prints what it found.
const (
	formatTable  = "table"
	formatJSON   = "json"
	formatNDJSON = "ndjson"
	formatCSV    = "csv"
	formatXLSX   = "xlsx"
)

// The characters that stand between whole and fraction of an amount in CSV.
const (
	decimalPoint = "point"
	decimalComma = "comma"
)

// output is how a command prints what it found.
type output struct {
	chosen, decimal *string
	asJSON          *bool
	wide, quiet     *bool
}

func outputFlags(flags *flag.FlagSet) output {
	o := shortOutputFlags(flags, formatTable, formatJSON, formatNDJSON, formatCSV, formatXLSX)
	o.decimal = choice(flags, "decimal", "`sign` of the decimals in CSV: point or comma, with which semicolons separate the cells, as spreadsheets "+
		"expect it in most of Europe (default point)", decimalPoint, decimalComma)
	o.quiet = flags.Bool("quiet", false, "say nothing on stderr but what failed and which consents end, so that cron mails only then")
	return o
}

// shortOutputFlags are for commands whose answers are no lists of balances or accounts.
func shortOutputFlags(flags *flag.FlagSet, formats ...string) output {
	return output{
		chosen: choice(flags, "format", "`form` of the output: "+strings.Join(formats, ", ")+
			" (default table); failures are part of json and ndjson and otherwise go to stderr", formats...),
		asJSON:  flags.Bool("json", false, "the same as -format json"),
		wide:    flags.Bool("wide", false, "print a table with all columns and whole texts, however narrow the terminal is"),
		decimal: new(string), quiet: new(bool),
	}
}

// format is to be asked when the flags are parsed and checked.
func (o output) format() string {
	if *o.asJSON {
		return formatJSON
	}
	return cmp.Or(*o.chosen, formatTable)
}

func (o output) check(p *process) error {
	switch {
	case *o.asJSON && *o.chosen != "" && *o.chosen != formatJSON:
		return misuse{fmt.Sprintf("-json and -format %s contradict each other", *o.chosen)}
	case *o.decimal != "" && o.format() != formatCSV:
		return misuse{"-decimal is for -format csv"}
	case o.format() == formatXLSX && isTerminal(p.stdout):
		return misuse{"-format xlsx is not for a terminal; cure: openbalances ... -format xlsx > balances.xlsx"}
	}
	return nil
}

// report is what a command found, ready to be printed in one of the forms.
type report struct {
	document any     // the JSON; its lists are the lines of ndjson
	sheets   []sheet // the first is the CSV
	table    table
	remarks  []remark // beside the table and the sheets; the JSON holds them
	failed   bool
}

// remark is a line on stderr.
type remark struct {
	text     string
	isUrgent bool // said with -quiet, too
}

// sheet is a table for programs, with a header.
type sheet struct {
	name  string
	kinds []kind // of the columns
	rows  [][]string
}

// kind is what the texts of a column are.
type kind int

const (
	kindText kind = iota
	kindAmount
	kindNumber // whole
	kindTime   // RFC 3339
)

// print writes the report to stdout and its remarks to stderr. It returns errReported if something had failed.
func (r report) print(p *process, o output) error {
	text, err := "", error(nil)
	switch o.format() {
	case formatJSON:
		text, err = indented(r.document)
	case formatNDJSON:
		text, err = lines(r.document)
	case formatCSV:
		text, err = csvText(r.sheets[0], *o.decimal == decimalComma)
	case formatXLSX:
		text, err = workbook(r.sheets)
	default:
		width := 0
		if !*o.wide {
			width = p.width()
		}
		var shortened bool
		if text, shortened = r.table.fit(width); shortened {
			r.remarks = append(r.remarks, remark{"the table is shortened to the terminal; -wide shows all of it\n", false})
		}
	}
	if err == nil {
		_, err = io.WriteString(p.stdout, text)
	}
	if o.format() != formatJSON && o.format() != formatNDJSON {
		p.remark(r.remarks, *o.quiet)
	}
	switch {
	case err != nil:
		return fmt.Errorf("cannot write the output: %w", err)
	case r.failed:
		return errReported
	}
	return nil
}

// remark says the lines, and if it has to be quiet the urgent ones.
func (p *process) remark(all []remark, quiet bool) {
	for _, r := range all {
		if r.isUrgent || !quiet {
			_, _ = io.WriteString(p.stderr, r.text)
		}
	}
}

// csvText writes rows as RFC 4180 does, with CR and LF at their ends. A decimal comma goes with semicolons between the
// cells, as spreadsheets want it.
func csvText(s sheet, comma bool) (string, error) {
	var text strings.Builder
	writer := csv.NewWriter(&text)
	writer.UseCRLF = true
	if comma {
		writer.Comma = ';'
	}
	for i, row := range s.rows {
		cells := make([]string, len(row))
		for column, value := range row {
			switch {
			case i == 0 || s.kinds[column] == kindText:
				value = printable.Cell(value)
			case comma && s.kinds[column] == kindAmount:
				value = strings.Replace(value, ".", ",", 1)
			}
			cells[column] = value
		}
		_ = writer.Write(cells) // Flush has the error
	}
	writer.Flush()
	return text.String(), writer.Error()
}

// lines returns the elements of a document's lists one a line, each with the name of what it is: an element of "balances"
// is a record "balance".
func lines(document any) (string, error) {
	var text strings.Builder
	value := reflect.ValueOf(document)
	for i := range value.NumField() {
		name, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("json"), ",")
		list := value.Field(i)
		if name == "" || list.Kind() != reflect.Slice {
			continue
		}
		for j := range list.Len() {
			one, err := json.Marshal(list.Index(j).Interface())
			if err != nil {
				return "", err
			}
			if len(one) == 0 || one[0] != '{' {
				return "", errors.New("an element of " + name + " is no object")
			}
			fmt.Fprintf(&text, `{"record":"%s",%s`+"\n", strings.TrimSuffix(name, "s"), printable.JSON(one[1:]))
		}
	}
	return text.String(), nil
}
