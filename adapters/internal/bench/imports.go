package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/openbalances/openbalances/specs"
)

const module = "github.com/openbalances/openbalances/"

// program is a main package that does nothing but import and use what is named.
type program struct {
	name    string
	imports []string
}

func programs() []program {
	all := []program{
		{"net/http and encoding/json alone", nil},
		{"one generated client", []string{"gen/mypos"}},
		{"one adapter", []string{"adapters/mypos"}},
		{"all adapters", nil},
	}
	for _, name := range specs.Providers() {
		all[3].imports = append(all[3].imports, "adapters/"+name)
	}
	return all
}

// measureImports shows what a program gains in packages and size.
func measureImports() {
	folder := must(os.MkdirTemp("", "bench"))
	defer func() { _ = os.RemoveAll(folder) }()
	rows := [][]string{{"program", "packages", "not of the standard library", "stripped binary, MB", "of the first"}}
	base := 0.0
	for _, p := range programs() {
		packages, foreign, size := p.build(folder)
		base = cmp.Or(base, size)
		rows = append(rows, []string{
			p.name, strconv.Itoa(packages), strconv.Itoa(foreign), fmt.Sprintf("%.2f", size/1e6), fmt.Sprintf("%.2f", size/base),
		})
	}
	printTable("What an import costs", "Programs that make one call, built with -ldflags='-s -w'.", rows)
}

func (p program) build(folder string) (packages, foreign int, size float64) {
	source, binary := filepath.Join(folder, "main.go"), filepath.Join(folder, "program")
	must(0, os.WriteFile(source, []byte(p.source()), 0o600))
	listed := gotool("list", "-deps", "-f", "{{.Standard}}", source)
	gotool("build", "-ldflags=-s -w", "-o", binary, source)
	foreign = strings.Count(listed, "false\n") - 1 // it is not its own import
	return strings.Count(listed, "\n") - 1, foreign, float64(must(os.Stat(binary)).Size())
}

const (
	adapterCall = `	if client, err := %s.New(%[1]s.Credentials{}, nil); err == nil {
		answer, _ = client.Balances(ctx, "1", adapters.Unattended())
	}
`
	clientCall = `	if client, err := %s.NewClientWithResponses(os.Args[0]); err == nil {
		answer, _ = client.GetBalancesWithResponse(ctx, "1", &%[1]s.GetBalancesParams{})
	}
`
	plainCall = `	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, os.Args[0], nil)
	response, _ := http.DefaultClient.Do(request)
	_ = json.NewDecoder(response.Body).Decode(&answer)
	_ = json.NewEncoder(os.Stdout).Encode(answer)
}
`
)

// source is a program that calls every import, so that the linker keeps what a call needs, and net/http and
// encoding/json in any case.
func (p program) source() string {
	var text strings.Builder
	text.WriteString("package main\n\nimport (\n\t\"context\"\n\t\"encoding/json\"\n\t\"net/http\"\n\t\"os\"\n")
	if strings.HasPrefix(strings.Join(p.imports, ""), "adapters/") {
		fmt.Fprintf(&text, "\t%q\n", module+"adapters")
	}
	for _, path := range p.imports {
		fmt.Fprintf(&text, "\t%q\n", module+path)
	}
	text.WriteString(")\n\nfunc main() {\n\tctx := context.Background()\n\tvar answer any\n")
	for _, path := range p.imports {
		name := filepath.Base(path)
		if strings.HasPrefix(path, "adapters/") {
			fmt.Fprintf(&text, adapterCall, name)
		} else {
			fmt.Fprintf(&text, clientCall, name)
		}
	}
	text.WriteString(plainCall)
	return text.String()
}

func gotool(arguments ...string) string {
	command := exec.Command("go", arguments...)
	command.Stderr = os.Stderr
	return string(must(command.Output()))
}
