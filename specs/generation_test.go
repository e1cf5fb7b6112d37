package specs_test

import (
	"bytes"
	"fmt"
	"go/scanner"
	"go/token"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const generator = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"

// generate runs the generator on a document with the settings of a provider and returns the client.
func generate(t *testing.T, provider string, document []byte) ([]byte, error) {
	t.Helper()
	settings, err := os.ReadFile(filepath.Join(provider, "oapi-codegen.yaml"))
	require.NoError(t, err)
	folder := t.TempDir()
	config, file := filepath.Join(folder, "settings.yaml"), filepath.Join(folder, "openapi.yaml")
	client := filepath.Join(folder, "client.gen.go")
	elsewhere := strings.Replace(string(settings), "output: gen/"+provider+"/client.gen.go", "output: "+client, 1)
	require.Contains(t, elsewhere, client)
	require.NoError(t, os.WriteFile(config, []byte(elsewhere), 0o600))
	require.NoError(t, os.WriteFile(file, document, 0o600))
	command := exec.CommandContext(t.Context(), "go", "run", generator, "-config", config, file)
	command.Dir = ".." // where the settings name files from
	out, err := command.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return os.ReadFile(client)
}

func committed(t *testing.T, provider string) []byte {
	t.Helper()
	client, err := os.ReadFile(filepath.Join("../gen", provider, "client.gen.go"))
	require.NoError(t, err)
	return client
}

func TestGeneratorWritesWhatIsCommitted(t *testing.T) {
	t.Parallel()
	for _, provider := range specs.Providers() {
		document, err := specs.Document(provider)
		require.NoError(t, err)
		client, err := generate(t, provider, document)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(committed(t, provider), client), "gen/%s; cure: make generate", provider)
	}
}

// TestGeneratorKeepsTimesAsSent shows that a member with a date or a time can be added: what cannot be parsed spoils no
// answer.
func TestGeneratorKeepsTimesAsSent(t *testing.T) {
	t.Parallel()
	for _, provider := range specs.Providers() {
		document, err := specs.Document(provider)
		require.NoError(t, err)
		text := strings.ReplaceAll(string(document), "pattern: '^[A-Z]{3}$'", "format: date")
		text = strings.Replace(text, "format: date", "format: date-time", 1)
		require.Contains(t, text, "format: date-time", provider)
		client, err := generate(t, provider, []byte(text))
		require.NoError(t, err)
		assert.NotContains(t, string(client), "time.Time", provider)
		assert.NotContains(t, string(client), "openapi_types.", provider)
	}
}

func TestGeneratorRefusesRemoteReferences(t *testing.T) {
	t.Parallel()
	var fetched sync.Map
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fetched.Store(r.URL.Path, true)
	}))
	t.Cleanup(server.Close)
	for _, provider := range specs.Providers() {
		document := change(t, provider, func(key string, node *yaml.Node) {
			if key == "$ref" {
				node.Value = strings.Replace(node.Value, "#", server.URL+"/openapi.yaml#", 1)
			}
		})
		_, err := generate(t, provider, document)
		assert.ErrorContains(t, err, "remote", provider)
	}
	fetched.Range(func(path, _ any) bool { return assert.Fail(t, "something was fetched", path) })
}

// hostile would end a comment, a raw string or a line, and bring code and directives of its own.
const hostile = "*/ ` \"\r\n//go:generate false\n//go:build ignore\n// +build ignore\n//line a.go:1\n\u2028" +
	"func init() { panic(1) }\n`)\n}\nvar Injected = 1 /* {{.}} {{printf \"%s\" 1}} \\u000a \x1b[2K \u202e"

// TestGeneratorKeepsTextsInComments puts hostile words into every text of every document. The code stays as it is, and
// no comment becomes a directive.
func TestGeneratorKeepsTextsInComments(t *testing.T) {
	t.Parallel()
	for _, provider := range specs.Providers() {
		document := change(t, provider, func(key string, node *yaml.Node) {
			switch key {
			case "description", "summary", "title", "x-source", "reason":
				if !serverName.MatchString(node.Value) { // becomes code, and a house rule holds it to that
					node.SetString(hostile)
				}
			}
		})
		client, err := generate(t, provider, document)
		require.NoError(t, err, provider)
		assert.Equal(t, code(committed(t, provider)), code(client), provider)
		assert.Contains(t, string(client), "panic(1)", "the texts are in no comment; the test shows nothing")
		for line := range strings.Lines(string(client)) {
			for _, directive := range []string{"//go:", "//line", "/*line", "// +build"} {
				assert.False(t, strings.HasPrefix(line, directive), "%s: %s", provider, line)
			}
		}
	}
}

// TestGeneratorRefusesNamesThatAreCode plants names that would leave a string, a tag or a line of the client.
func TestGeneratorRefusesNamesThatAreCode(t *testing.T) {
	t.Parallel()
	const document = `
openapi: 3.0.3
info: {title: Toy, version: '1'}
paths:
  /accounts:
    get:
      operationId: OPERATION
      parameters: [{name: PARAMETER, in: query, schema: {type: string}}]
      responses:
        '200':
          description: An account.
          content: {application/json: {schema: {$ref: '#/components/schemas/Account'}}}
components:
  schemas:
    Account:
      type: object
      properties:
        PROPERTY: {type: string}
        kind: {type: string, enum: [ENUM]}
`
	_, err := generate(t, "mypos", []byte(document))
	require.NoError(t, err, "the names themselves are good")
	const backtick, quote, line = "a`b", `a"b`, "a\nfunc init() {}"
	for place, names := range map[string][]string{
		"PARAMETER": {backtick, quote, line}, "PROPERTY": {backtick, quote, line}, "ENUM": {line},
	} {
		for _, name := range names {
			_, err := generate(t, "mypos", []byte(strings.Replace(document, place, strconv.Quote(name), 1)))
			assert.ErrorContains(t, err, "may not contain", "%s %q", place, name)
		}
	}
	client, err := generate(t, "mypos", []byte(strings.Replace(document, "OPERATION", strconv.Quote(line), 1)))
	assert.True(t, err != nil || !strings.Contains(code(client), "IDENT init\n"), "an operation's name became code")
}

// code is a client as the compiler sees it, without comments.
func code(client []byte) string {
	var tokens scanner.Scanner
	tokens.Init(token.NewFileSet().AddFile("", -1, len(client)), client, nil, 0)
	var text strings.Builder
	for {
		_, kind, literal := tokens.Scan()
		if kind == token.EOF {
			return text.String()
		}
		fmt.Fprintln(&text, kind, literal)
	}
}

// change returns a provider's document after edit has seen the key and value of every member.
func change(t *testing.T, provider string, edit func(key string, value *yaml.Node)) []byte {
	t.Helper()
	text, err := specs.Document(provider)
	require.NoError(t, err)
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal(text, &document))
	visit(&document, edit)
	changed, err := yaml.Marshal(&document)
	require.NoError(t, err)
	return changed
}

func visit(node *yaml.Node, edit func(key string, value *yaml.Node)) {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && child.Kind == yaml.ScalarNode {
			edit(node.Content[i-1].Value, child)
		}
		visit(child, edit)
	}
}
