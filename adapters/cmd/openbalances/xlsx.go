package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters/use/printable"
	"github.com/xuri/excelize/v2"
)

const (
	exactDigits = 15 // that a number of a spreadsheet keeps
	maxCellText = 32_000
	maxSheet    = 1 << 20 // rows
)

// workbook writes sheets as the bytes of an XLSX file. Amounts are numbers that show their scale, as far as a spreadsheet
// keeps their digits, and otherwise text; times are those of UTC.
func workbook(sheets []sheet) (string, error) {
	file := excelize.NewFile()
	defer func() { _ = file.Close() }()
	b := &book{file: file, styles: map[string]int{}}
	for i, s := range sheets {
		if len(s.rows) > maxSheet {
			return "", fmt.Errorf("%d rows are more than a spreadsheet takes; cure: -format csv", len(s.rows))
		}
		if i == 0 {
			b.keep(file.SetSheetName(file.GetSheetName(0), s.name))
		} else {
			_, err := file.NewSheet(s.name)
			b.keep(err)
		}
		b.write(s)
	}
	var out bytes.Buffer
	b.keep(file.Write(&out))
	return out.String(), b.err
}

// book is a file that is written; err is the first failure.
type book struct {
	file   *excelize.File
	styles map[string]int // by number format
	err    error
}

func (b *book) keep(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *book) write(s sheet) {
	for column, name := range s.rows[0] {
		widest := len(name)
		for i, row := range s.rows {
			place, err := excelize.CoordinatesToCellName(column+1, i+1)
			b.keep(err)
			widest = max(widest, min(len(row[column]), 40))
			switch kind := s.kinds[column]; {
			case row[column] == "":
			case i == 0 || kind == kindText:
				b.keep(b.file.SetCellStr(s.name, place, printable.Shorten(row[column], maxCellText)))
			case kind == kindTime:
				b.time(s.name, place, row[column])
			default:
				b.number(s.name, place, row[column])
			}
		}
		letters, err := excelize.ColumnNumberToName(column + 1)
		b.keep(err)
		b.keep(b.file.SetColWidth(s.name, letters, letters, float64(widest+2)))
	}
	b.keep(b.file.SetPanes(s.name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
}

// number writes the digits as they are.
func (b *book) number(sheet, place, text string) {
	whole, fraction := splitAmount(text)
	digits := strings.TrimLeft(strings.Trim(whole, "-")+strings.TrimPrefix(fraction, "."), "0")
	format := "0"
	if len(fraction) > 1 {
		format += "." + strings.Repeat("0", len(fraction)-1)
	}
	if len(digits) > exactDigits {
		b.keep(b.file.SetCellStr(sheet, place, text))
		b.style(sheet, place, "@")
		return
	}
	b.keep(b.file.SetCellDefault(sheet, place, text))
	b.style(sheet, place, format)
}

// time writes a time that a spreadsheet can calculate with.
func (b *book) time(sheet, place, text string) {
	at, err := time.Parse(time.RFC3339Nano, text)
	b.keep(err)
	b.keep(b.file.SetCellValue(sheet, place, at.UTC()))
	b.style(sheet, place, "yyyy-mm-dd hh:mm:ss")
}

// style gives a cell a number format.
func (b *book) style(sheet, place, format string) {
	id, known := b.styles[format]
	if !known {
		var err error
		id, err = b.file.NewStyle(&excelize.Style{CustomNumFmt: &format})
		b.keep(err)
		b.styles[format] = id
	}
	b.keep(b.file.SetCellStyle(sheet, place, place, id))
}
