package main_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// locales are languages of LibreOffice by their number, and whether they write a decimal comma.
var locales = []struct {
	name, lang string
	number     int
	comma      bool
}{
	{"German", "de_DE", 1031, true}, {"Dutch", "nl_NL", 1043, true}, {"Danish", "da_DK", 1030, true}, {"Spanish", "es_ES", 1034, true},
	{"Italian", "it_IT", 1040, true}, {"Norwegian", "nb_NO", 1044, true}, {"Bulgarian", "bg_BG", 1026, true}, {"English", "en_US", 1033, false},
}

// LibreOffice, an independent reader, takes every amount of the demo for the number that it is: from CSV, with the decimals of
// the language, and from XLSX in any language.
func TestOfficeReadsEveryAmount(t *testing.T) {
	t.Parallel()
	office, err := exec.LookPath("soffice")
	if err != nil || testing.Short() {
		t.Skip("LibreOffice is not installed, or this is the short run; cure: make office")
	}
	var want []string
	rows, err := csv.NewReader(strings.NewReader(run(t, "demo", "-format", "csv").stdout)).ReadAll()
	require.NoError(t, err)
	for _, row := range rows[1:] {
		if row[7] != "" {
			want = append(want, row[7])
		}
	}
	require.NotEmpty(t, want)
	folder := t.TempDir()
	convert := func(name, text, lang string, more ...string) {
		file := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		command := exec.Command(office, append([]string{"-env:UserInstallation=file://" + folder + "/profile" + lang, "--headless"}, append(more, "--outdir", folder+"/out", file)...)...)
		command.Env = append(os.Environ(), "LC_ALL="+lang+".UTF-8", "HOME="+folder)
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	book := run(t, "demo", "-format", "xlsx").stdout
	for _, l := range locales {
		decimals, separator := "point", 44
		if l.comma {
			decimals, separator = "comma", 59
		}
		text := run(t, "demo", "-format", "csv", "-decimal", decimals).stdout
		convert(l.name+".csv", text, l.lang, fmt.Sprintf("--infilter=CSV:%d,34,76,1,,%d,false,true", separator, l.number), "--convert-to", "xlsx")
		assertNumbers(t, filepath.Join(folder, "out", l.name+".xlsx"), want, l.name+" from CSV")
		convert(l.name+"-book.xlsx", book, l.lang, "--convert-to", fmt.Sprintf("csv:Text - txt - csv (StarCalc):59,34,76,1,,%d,false,true", l.number))
		shown, err := os.ReadFile(filepath.Join(folder, "out", l.name+"-book.csv"))
		require.NoError(t, err)
		reader := csv.NewReader(strings.NewReader(string(shown)))
		reader.Comma = ';'
		table, err := reader.ReadAll()
		require.NoError(t, err)
		var got []string
		for _, row := range table[1:] {
			if row[7] != "" {
				got = append(got, row[7])
			}
		}
		expected := strings.Join(want, " ")
		if l.comma {
			expected = strings.ReplaceAll(expected, ".", ",")
		}
		assert.Equal(t, expected, strings.Join(got, " "), "%s shows XLSX", l.name)
		convert(l.name+"-again.xlsx", book, l.lang, "--convert-to", "xlsx")
		assertNumbers(t, filepath.Join(folder, "out", l.name+"-again.xlsx"), want, l.name+" from XLSX")
	}
}

func assertNumbers(t *testing.T, path string, want []string, place string) {
	t.Helper()
	file, err := excelize.OpenFile(path)
	require.NoError(t, err)
	sheet := file.GetSheetName(0)
	rows, err := file.GetRows(sheet, excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	right := 0
	for i := range rows[1:] {
		cell := fmt.Sprintf("H%d", i+2)
		raw, err := file.GetCellValue(sheet, cell, excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		kind, err := file.GetCellType(sheet, cell)
		require.NoError(t, err)
		if raw == "" {
			continue
		}
		amount, err := decimal.NewFromString(raw)
		isNumber := kind == excelize.CellTypeNumber || kind == excelize.CellTypeUnset
		if assert.True(t, err == nil && isNumber && amount.Equal(decimal.RequireFromString(want[right])), "%s: %s is %q, a %v", place, want[right], raw, kind) {
			right++
		}
	}
	assert.Equal(t, len(want), right, place)
	t.Logf("%s: %d of %d amounts are right", place, right, len(want))
}
