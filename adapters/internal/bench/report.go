package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// report prints tables as they become ready and counts the targets.
type report struct {
	out   io.Writer
	gates int
	met   int
	goals int
}

// table prints a heading, a sentence about how to read it, and rows; the first row names the columns.
func (r *report) table(title, note string, rows [][]string) {
	fmt.Fprintf(r.out, "%s\n\n%s\n\n", title, note)
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	line := make([]string, len(widths))
	for i := range line {
		line[i] = strings.Repeat("-", widths[i])
	}
	for _, row := range slices.Insert(rows, 1, line) {
		for i, cell := range row {
			fmt.Fprintf(r.out, "| %s%s ", cell, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
		}
		fmt.Fprintln(r.out, "|")
	}
	fmt.Fprintln(r.out)
}

// judge returns the cells of a target and of how a measured ratio stands to it.
func (r *report) judge(t target, measured float64) []string {
	if t == (target{}) {
		return []string{"", ""}
	}
	r.gates++
	verdict := "MISSED"
	if t.passes(measured, t.gate) {
		r.met++
		verdict = "gate met"
	}
	if t.passes(measured, t.goal) {
		r.goals++
		verdict = "goal met"
	}
	return []string{t.String(), verdict}
}

func (r *report) conclude() {
	if r.gates > 0 {
		fmt.Fprintf(r.out, "%d of %d gates and %d of %d goals are met.\n", r.met, r.gates, r.goals, r.gates)
	}
}

func (s spread) String() string {
	if s.low == s.high {
		return share(s.median)
	}
	return fmt.Sprintf("%.2f (%.2f-%.2f)", s.median, s.low, s.high)
}

func (s spread) fastest() string {
	if s.calm == 0 {
		return ""
	}
	return share(s.calm)
}

func exact(value float64) spread { return spread{low: value, median: value, high: value} }

func share(value float64) string { return fmt.Sprintf("%.2f", value) }

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
