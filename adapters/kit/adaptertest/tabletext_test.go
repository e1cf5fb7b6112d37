package adaptertest

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/specs"
)

// table is the catalogue as text: one row per case, one column per provider and one for tests that are no adapter's.
type table struct {
	rows    []row
	reasons map[string]int // why cases do not apply, by how often
	faults  []string
}

type row struct {
	Case
	cells []string
}

// library is the column of the tests that cases name.
const library = "library"

func columns() []string { return append(specs.Providers(), library) }

func newTable(all []Case, endings endings) *table {
	t := &table{reasons: map[string]int{}}
	for _, c := range all {
		r := row{Case: c}
		for _, column := range columns() {
			cell := t.cell(c, column, endings)
			if cell == "FAIL" || cell == "?" {
				t.faults = append(t.faults, c.Name+" "+column)
			}
			r.cells = append(r.cells, cell)
		}
		if !slices.ContainsFunc(r.cells, func(cell string) bool { return cell != "–" && cell != "" }) {
			t.faults = append(t.faults, c.Name+" applies to nobody")
		}
		t.rows = append(t.rows, r)
	}
	return t
}

func (t *table) cell(c Case, column string, endings endings) string {
	if column == library {
		return libraryCell(c, endings)
	}
	got := endings.of("../../"+column, "TestConformance/catalogue/"+c.Name)
	switch {
	case got.action == "skip" && strings.HasPrefix(got.reason, "see "):
		return ""
	case got.action == "skip":
		t.reasons[got.reason]++
		return "–"
	}
	return map[string]string{"pass": "ok", "fail": "FAIL", "": "?"}[got.action]
}

func libraryCell(c Case, endings endings) string {
	cell := ""
	for _, name := range c.Tests {
		switch got := endings.of(splitTest(name)); got.action {
		case "pass":
			cell = "ok"
		case "":
			return "?"
		default: // a test of the library's own has no reason not to run
			return "FAIL"
		}
	}
	return cell
}

func (t *table) print(out io.Writer) error {
	width := 0
	for _, r := range t.rows {
		width = max(width, len(r.Name))
	}
	headings, err := headings()
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, r := range t.rows {
		if heading := headings[r.Name]; heading != "" {
			fmt.Fprintf(&text, "\n%-*s  %s\n", width+2, heading, strings.Join(columns(), "  "))
		}
		fmt.Fprintf(&text, "%s\n", strings.TrimRight(r.text(width), " "))
	}
	t.notes(&text)
	_, err = io.WriteString(out, text.String())
	return err
}

// headings are the names of the catalogue's files, by the number of their first case.
func headings() (map[string]string, error) {
	files, err := fs.Glob(catalogueFiles, "catalogue/*.json")
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, file := range files {
		text, err := catalogueFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var group []Case
		if err := unmarshalKnown(text, &group); err != nil {
			return nil, err
		}
		names[group[0].Name] = strings.TrimSuffix(strings.Replace(path.Base(file), "-", " ", 1), ".json")
	}
	return names, nil
}

func (r row) text(width int) string {
	mark := " "
	if r.Decision != "" {
		mark = "*"
	}
	line := fmt.Sprintf("%1s %-*s", mark, width, r.Name)
	for i, column := range columns() {
		line += fmt.Sprintf("  %-*s", len(column), r.cells[i])
	}
	return line
}

func (t *table) notes(out io.Writer) {
	counts := map[string]int{}
	for _, r := range t.rows {
		for _, cell := range r.cells {
			counts[cell]++
		}
	}
	fmt.Fprintf(out, "\n%d cases: %d ok, %d failed, %d without a result\n",
		len(t.rows), counts["ok"], counts["FAIL"], counts["?"])
	fmt.Fprintf(out, "*  otherwise than first asked for; the decision in adapters/kit/adaptertest/catalogue says why\n")
	fmt.Fprintf(out, "–  does not apply, %d times:\n", counts["–"])
	for _, reason := range slices.Sorted(maps.Keys(t.reasons)) {
		fmt.Fprintf(out, "   %3d  %s\n", t.reasons[reason], reason)
	}
}
