package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/openbalances/openbalances/specs"
)

// measureImports shows what a program gains in packages and size.
func measureImports() {
	folder := must(os.MkdirTemp("", "bench"))
	defer func() { _ = os.RemoveAll(folder) }()
	rows, base := [][]string{{"program", "packages not of the standard library", "stripped binary, MB", "of the first"}}, 0.0
	for _, adapters := range [][]string{nil, {"mypos"}, specs.Providers()} {
		packages, size := build(folder, program(adapters))
		base = cmp.Or(base, size)
		name := fmt.Sprintf("net/http, encoding/json and %d adapters", len(adapters))
		rows = append(rows, []string{name, quantity(packages), fmt.Sprintf("%.2f", size/1e6), fmt.Sprintf("%.2f", size/base)})
	}
	printTable("What an import costs", "Programs that make one call, built with -ldflags='-s -w'.", rows)
}

func build(folder, text string) (packages, size float64) {
	source, binary := filepath.Join(folder, "main.go"), filepath.Join(folder, "program")
	must(0, os.WriteFile(source, []byte(text), 0o600))
	listed := gotool("list", "-deps", "-f", "{{if not .Standard}}x{{end}}", source)
	gotool("build", "-ldflags=-s -w", "-o", binary, source)
	return float64(strings.Count(listed, "x") - 1), float64(must(os.Stat(binary)).Size()) // it is not its own import
}

// program is one that calls every adapter, so that the linker keeps what a call needs, and net/http and encoding/json in
// any case.
func program(names []string) string {
	imports, calls := strings.Repeat("\"github.com/openbalances/openbalances/adapters\"\n", min(1, len(names))), ""
	for _, name := range names {
		imports += "\"github.com/openbalances/openbalances/adapters/" + name + "\"\n"
		calls += fmt.Sprintf(`if client, err := %s.New(%[1]s.Credentials{}, nil); err == nil {
			answer, _ = client.Balances(ctx, "1", adapters.Unattended())
		}
`, name)
	}
	return "package main\nimport (\n\"context\"\n\"encoding/json\"\n\"net/http\"\n\"os\"\n" + imports + `)
func main() {
	ctx := context.Background()
	var answer any
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, os.Args[0], nil)
	response, _ := http.DefaultClient.Do(request)
	_ = json.NewDecoder(response.Body).Decode(&answer)
	` + calls + `_ = json.NewEncoder(os.Stdout).Encode(answer)
}
`
}

func gotool(arguments ...string) string {
	command := exec.Command("go", arguments...)
	command.Stderr = os.Stderr
	return string(must(command.Output()))
}
