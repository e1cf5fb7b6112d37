package prismtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Script returns the entry point of Prism, or skips the test.
func Script(t *testing.T) string {
	t.Helper()
	script := os.Getenv("OPENBALANCES_PRISM")
	if script == "" {
		t.Skip("needs Stoplight Prism; run: make prism")
	}
	return script
}

// startLimit is how long Prism may take to start; it takes about a second.
const startLimit = time.Minute

// untilStdinEnds runs the script that follows and ends with the pipe to it, so that no Prism outlives its test, however
// that ends.
const untilStdinEnds = `process.stdin.resume().on("end", () => process.exit()); require(process.argv[1])`

// start serves a document with Prism on a free port of loopback and returns the base URL.
func start(t *testing.T, script string, document []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "openapi.yaml")
	require.NoError(t, os.WriteFile(file, document, 0o600))
	address, ended := make(chan string, 1), make(chan struct{})
	output := &output{address: address}
	command := exec.Command("node", "-e", untilStdinEnds, script, "mock", "--host", "127.0.0.1", "--port", "0", file)
	command.Stdout, command.Stderr = output, output
	stdin, err := command.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start(), "cure: install node")
	go func() {
		defer close(ended)
		_ = command.Wait() // its output says more
	}()
	t.Cleanup(func() {
		_ = stdin.Close()
		<-ended
	})
	select {
	case url := <-address:
		return url
	case <-ended:
		require.Fail(t, "Prism did not start; cure: remove .tools/node/node_modules and run make prism", "%s", output.text)
	case <-time.After(startLimit):
		require.Fail(t, "Prism does not say where it listens")
	}
	return ""
}

// output keeps what Prism prints until it says where it listens.
type output struct {
	text    []byte
	address chan<- string // nil once it is known
}

var listening = regexp.MustCompile(`Prism is listening on (http://\S+)\n`)

// Write implements io.Writer. Only one goroutine writes, because stdout and stderr are the same Writer.
func (o *output) Write(data []byte) (int, error) {
	if o.address == nil {
		return len(data), nil
	}
	o.text = append(o.text, data...)
	if match := listening.FindSubmatch(o.text); match != nil {
		o.address <- string(match[1])
		o.address = nil
	}
	return len(data), nil
}
