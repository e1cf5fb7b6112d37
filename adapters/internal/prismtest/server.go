package prismtest

import (
	"bufio"
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
	command := exec.Command("node", "-e", untilStdinEnds, script, "mock", "--host", "127.0.0.1", "--port", "0", file)
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	command.Stderr = command.Stdout
	stdin, err := command.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start(), "cure: install node")
	address, ended := make(chan string, 1), make(chan struct{})
	var said []string
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			if match := listening.FindStringSubmatch(lines.Text()); match != nil {
				address <- match[1]
			} else if len(said) < 100 {
				said = append(said, lines.Text())
			}
		}
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
		require.Fail(t, "Prism did not start; cure: remove .tools/node/node_modules and run make prism", "%s", said)
	case <-time.After(startLimit):
		require.Fail(t, "Prism does not say where it listens")
	}
	return ""
}

var listening = regexp.MustCompile(`Prism is listening on (http://\S+)$`)
