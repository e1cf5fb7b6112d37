package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/term"
)

// width is that of the terminal, 0 if nobody looks at one.
func (p *process) width() int {
	if file, ok := p.stdout.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil {
			return columns
		}
	}
	columns, _ := strconv.Atoi(os.Getenv("COLUMNS"))
	return max(0, columns)
}

// timeText is RFC 3339 in UTC, "" for no time.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// shortTime is for people, "-" for no time.
func shortTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateTime)
}

// span is a duration in its largest unit.
func span(d time.Duration) string {
	switch d = d.Abs(); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}

const (
	clocksDiffer = time.Minute // though both are right
	future       = "in the future"
)

// age is how long ago a time was, "-" for no time.
func age(t, now time.Time) string {
	switch {
	case t.IsZero():
		return "-"
	case t.Sub(now) > clocksDiffer:
		return future
	}
	return span(max(0, now.Sub(t)))
}

// old is age in a sentence.
func old(t, now time.Time) string {
	if text := age(t, now); text != future {
		return text + " old"
	}
	return future
}

// numberText is a number, "" for 0.
func numberText[N int | int64](n N) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 10)
}

// counted is a number with what it counts.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
