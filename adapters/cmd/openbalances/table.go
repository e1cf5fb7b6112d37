package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/openbalances/openbalances/adapters/use/printable"
	"golang.org/x/term"
)

const gap = 2 // blanks between columns

// table is rows of printable texts for people, the first being the header. columns say what may give way if there is no
// room; without them nothing may.
type table struct {
	rows    [][]string
	columns []room
	head    string  // above it
	foot    []table // below it
}

// room is how a column gives way.
type room struct {
	least int  // columns that its texts need when they lose their middle; 0: they stay whole
	goes  int  // when the column is left out: 1 before 2; 0: never
	wraps bool // its texts go on in the next line instead
}

// width is that of the terminal, 0 if nobody looks at one.
func (p *process) width() int {
	if file, ok := p.stdout.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil {
			return columns
		}
	}
	columns, _ := strconv.Atoi(p.getenv("COLUMNS"))
	return max(0, columns)
}

// fit returns the table and those below it in at most that many columns of the terminal, if that can be, and whether
// anything is left out or shortened. A limit of 0 is none.
func (t table) fit(limit int) (text string, shortened bool) {
	text, shortened = t.fitAlone(limit)
	for _, next := range t.foot {
		below, cut := next.fit(limit)
		text, shortened = text+"\n"+below, shortened || cut
	}
	return text, shortened
}

// fitAlone first shortens texts and then leaves columns out.
func (t table) fitAlone(limit int) (text string, shortened bool) {
	if len(t.rows) == 0 {
		return t.head, false
	}
	for limit > 0 && t.columns != nil {
		widths, next := t.widths(), t.leaves()
		if t.shrink(widths, limit) || next < 0 {
			cut, isCut := t.elided(widths)
			return t.head + cut.String(), shortened || isCut
		}
		t, shortened = t.without(next), true
	}
	return t.head + t.String(), shortened
}

// shrink makes the widths of texts that may be shortened smaller, the widest first, until all fit. It reports whether they do.
func (t table) shrink(widths []int, limit int) bool {
	total := gap * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	for total > limit {
		widest := -1
		for i, room := range t.columns {
			if room.least > 0 && widths[i] > room.least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		widths[widest]--
		total--
	}
	return true
}

// leaves is the column that is left out next, -1 if none may be.
func (t table) leaves() int {
	next := -1
	for i, room := range t.columns {
		if room.goes > 0 && (next < 0 || room.goes < t.columns[next].goes) {
			next = i
		}
	}
	return next
}

func (t table) without(column int) table {
	rows := make([][]string, len(t.rows))
	for i, row := range t.rows {
		rows[i] = slices.Delete(slices.Clone(row), column, column+1)
	}
	return table{rows: rows, columns: slices.Delete(slices.Clone(t.columns), column, column+1), head: t.head}
}

// elided returns the table with its texts in the given widths, and whether one has lost its middle.
func (t table) elided(widths []int) (cut table, isCut bool) {
	for _, row := range t.rows {
		cells := make([][]string, len(row))
		for column, text := range row {
			cells[column] = []string{printable.Shorten(text, widths[column])}
			if t.columns[column].wraps {
				cells[column] = printable.Lines(strings.Fields(text), widths[column])
			}
			isCut = isCut || !t.columns[column].wraps && cells[column][0] != text
		}
		cut.rows = append(cut.rows, stacked(cells...)...)
	}
	return cut, isCut
}

func (t table) widths() []int {
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, text := range row {
			widths[i] = max(widths[i], printable.Width(text))
		}
	}
	return widths
}

// String returns the rows with their columns two blanks apart.
func (t table) String() string {
	widths := t.widths()
	var text strings.Builder
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[i]-printable.Width(cell)+gap))
		}
		if shown := strings.TrimRight(line.String(), " "); shown != "" {
			text.WriteString(shown + "\n")
		}
	}
	return text.String()
}

// alignAmounts pads the cells of a column so that their decimal points stand below each other, and the header so
// that it ends where they end.
func alignAmounts(all [][]string, column int) {
	header, rows := all[0], all[1:]
	whole, fraction := 0, 0
	for _, row := range rows {
		before, after := splitAmount(row[column])
		whole, fraction = max(whole, len(before)), max(fraction, len(after))
	}
	whole = max(whole, len(header[column])-fraction)
	header[column] = fmt.Sprintf("%*s", whole+fraction, header[column])
	for _, row := range rows {
		before, after := splitAmount(row[column])
		row[column] = fmt.Sprintf("%*s%-*s", whole, before, fraction, after)
	}
}

func splitAmount(text string) (whole, fraction string) {
	whole, _, _ = strings.Cut(text, ".")
	return whole, text[len(whole):]
}
