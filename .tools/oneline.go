// Command oneline reads the output of go test -json and prints one line for each cause of a failure, and a closing line.
// It ends with 1 if a test has failed. make try uses it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

// event is what go test -json prints.
type event struct{ Action, Package, Test, Output string }

// outputs are the lines of each test that has not passed yet, by package and name.
type outputs map[[2]string][]string

const most = 8 // lines of one test

func main() {
	lines, failed, passed := outputs{}, [][2]string{}, 0
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 64<<20)
	for input.Scan() {
		var e event
		if json.Unmarshal(input.Bytes(), &e) != nil {
			e = event{Action: "output", Output: input.Text() + "\n"} // what the compiler says
		}
		key := [2]string{e.Package, e.Test}
		switch e.Action {
		case "output", "build-output":
			lines[key] = append(lines[key], strings.TrimSuffix(e.Output, "\n"))
		case "fail":
			failed = append(failed, key)
		case "pass":
			passed++
			delete(lines, key)
		}
	}
	others := map[string]int{} // tests with the same cause
	for _, key := range failed {
		for _, cause := range causes(lines[key]) {
			others[key[0]+cause]++
		}
	}
	for _, key := range failed {
		for _, cause := range causes(lines[key]) {
			if n := others[key[0]+cause]; n > 0 {
				fmt.Printf("%s %s: %s%s\n", path.Base(key[0]), key[1], cause, more(n-1))
			}
			others[key[0]+cause] = 0
		}
	}
	for _, line := range lines[[2]string{}] {
		fmt.Println(line)
	}
	if len(failed) > 0 || len(lines[[2]string{}]) > 0 {
		os.Exit(1)
	}
	fmt.Println(passed, "tests and packages passed")
}

func more(tests int) string {
	if tests == 0 {
		return ""
	}
	return fmt.Sprintf(" (and in %d other tests)", tests)
}

var (
	noise   = regexp.MustCompile(`^\s*(=== |--- |FAIL|ok |exit status|.*\.go:\d+$|$)`)
	message = regexp.MustCompile(`^\s+\w+\.go:\d+: (.*)$`)
	section = regexp.MustCompile(`^\s+(Error Trace|Error|Messages|Test):\s+(.*)$`)
)

// causes are the messages of a test, each in one line: what t.Errorf says, or testify's error with its message.
func causes(lines []string) (found []string) {
	for _, line := range lines {
		m := section.FindStringSubmatch(line)
		text := message.FindStringSubmatch(line)
		switch {
		case m != nil && m[1] == "Error":
			found = append(found, m[2])
		case m != nil && m[1] == "Messages" && len(found) > 0:
			found[len(found)-1] = m[2] + ": " + found[len(found)-1]
		case m == nil && text != nil && strings.TrimSpace(text[1]) != "":
			found = append(found, text[1])
		case m == nil && text == nil && len(found) == 0 && !noise.MatchString(line):
			found = append(found, strings.TrimSpace(line)) // the compiler, or a panic
		}
	}
	found = slices.Compact(found)
	if n := len(found); n > most {
		found = append(found[:most], fmt.Sprintf("and %d more", n-most))
	}
	return found
}
