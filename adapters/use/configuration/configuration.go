package configuration

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
)

// Variable is the environment variable with the path of the configuration.
const Variable = "OPENBALANCES_CONFIG"

const maxConfiguration = 64 << 20

// Configuration is the JSON document. It is made by [Read] or [Parse] and safe for concurrent use while nobody changes it.
type Configuration struct {
	Schema      string  `json:"$schema,omitempty" jsonschema:"the address of this schema, for editors"`
	Connections []Entry `json:"connections" jsonschema:"at least one"`
	opener      *opener
}

// Options are for [Read] and [Parse]. Nil and zero fields mean the defaults.
type Options struct {
	// Getenv replaces os.Getenv, for the place of the configuration and for credentials that are env:NAME.
	Getenv func(string) string
	// Now, MaxBodyBytes and OnExchange are those of [adapters.Options], for every connection.
	Now          func() time.Time
	MaxBodyBytes int64
	OnExchange   func(context.Context, adapters.Exchange)
	// Transport is called once for each connection that is opened, and returns what sends its requests. next is the
	// transport with the certificates of the entry, beneath the checks of [adapters.NewHTTPClient]: it returns answers as
	// they come. With it, connections share no access tokens. Without it, those with the same credentials do.
	Transport func(entry Entry, next http.RoundTripper) http.RoundTripper
}

func (o *Options) env() func(string) string {
	if o == nil || o.Getenv == nil {
		return os.Getenv
	}
	return o.Getenv
}

// Error is everything that is wrong with a configuration, at least one problem.
type Error struct{ Problems []Problem }

// Error is one line. Characters that do not print are replaced.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return "config: " + strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, strings.Join(lines, "; "))
}

// Problem is one thing that is wrong. Name and Field are as the configuration spells them.
type Problem struct {
	Index  int    // of the entry, from 0; -1: it is about the configuration as a whole
	Name   string // of the entry
	Field  string // the member, such as credentials.apiKey or accounts[2]; "" if it is about no single one
	Detail string // what is wrong, with the cure where that is not plain
}

// String is the problem with its entry and field.
func (p Problem) String() string {
	text := p.Detail
	if p.Field != "" {
		text = p.Field + ": " + text
	}
	if p.Index < 0 {
		return text
	}
	return fmt.Sprintf("connections[%d] (%s): %s", p.Index, p.Name, text)
}

// add takes over problems that begin with the name of their field.
func (e *Error) add(index int, name string, problems ...string) *Error {
	for _, text := range problems {
		field, detail, found := strings.Cut(text, ": ")
		if !found {
			field, detail = "", text
		}
		e.Problems = append(e.Problems, Problem{index, name, field, detail})
	}
	return e
}

// whole is a problem of the configuration as a whole.
func whole(problem string) *Error { return new(Error).add(-1, "", problem) }

// Path is where the configuration is: the value of [Variable], else openbalances/config.json in the user's folder for
// configurations ($XDG_CONFIG_HOME or ~/.config, on Windows %APPDATA%); "" if the environment names neither. Nothing is
// looked at. A nil getenv is os.Getenv.
func Path(getenv func(string) string) string {
	getenv = (&Options{Getenv: getenv}).env()
	return cmp.Or(getenv(Variable), userFile(getenv, "XDG_CONFIG_HOME", "APPDATA", ".config", "config.json"))
}

// StatePath is the path of a file that outlives a run, in the folder openbalances of the user's folder for states
// ($XDG_STATE_HOME or ~/.local/state, on Windows %LOCALAPPDATA%); "" if the environment names none. The command counts
// unattended calls in access.json there. A nil getenv is os.Getenv.
func StatePath(getenv func(string) string, name string) string {
	getenv = (&Options{Getenv: getenv}).env()
	return userFile(getenv, "XDG_STATE_HOME", "LOCALAPPDATA", filepath.Join(".local", "state"), name)
}

// userFile is the path of a file of the user's: in the folder that the XDG variable names, or at its usual place.
func userFile(getenv func(string) string, variable, windows, usual, name string) string {
	folder := getenv(variable)
	switch {
	case filepath.IsAbs(folder):
	case runtime.GOOS == "windows":
		folder = getenv(windows)
	case filepath.IsAbs(getenv("HOME")):
		folder = filepath.Join(getenv("HOME"), usual)
	default:
		folder = ""
	}
	if folder == "" {
		return ""
	}
	return filepath.Join(folder, "openbalances", name)
}

// Read reads the configuration at a path, "" being that of [Path]. Its error is an [*Error].
func Read(path string, options *Options) (*Configuration, error) {
	if path == "" {
		path = Path(options.env())
	}
	if path == "" {
		return nil, whole("neither " + Variable + " nor a folder of the user's is set")
	}
	data, err := readFile(path, maxConfiguration)
	if err != nil {
		return nil, whole(path + ": " + err.Error())
	}
	read, err := parse(data, filepath.Dir(path), options)
	if err == nil && read.holdsSecrets() && othersRead(path) {
		read.opener.warning = "it holds credentials and others can read it; cure: chmod 600 " + path
	}
	return read, err
}

// Parse reads a configuration that is no file. What it names is found from folder, "" being the working directory. Its error
// is an [*Error].
func Parse(text io.Reader, folder string, options *Options) (*Configuration, error) {
	data, err := io.ReadAll(io.LimitReader(text, maxConfiguration+1))
	if err != nil {
		return nil, whole("it cannot be read")
	}
	if err := tooLarge(data, maxConfiguration); err != nil {
		return nil, whole(err.Error())
	}
	return parse(data, folder, options)
}

func parse(data []byte, folder string, options *Options) (*Configuration, error) {
	read := &Configuration{opener: newOpener(folder, options)}
	if err := strictjson.UnmarshalKnown(data, read); err != nil {
		return nil, whole(err.Error() + meant(err) + position(data))
	}
	return read, nil
}

// meant is what to add to the complaint about an unknown name.
func meant(err error) string {
	text, found := strings.CutSuffix(err.Error(), `": not a known name`)
	if !found {
		return ""
	}
	return check.DidYouMean(text[strings.LastIndex(text, `"`)+1:], jsonNames(reflect.TypeFor[Configuration]()))
}

// jsonNames are the names of a type's members, at every depth.
func jsonNames(t reflect.Type) (all []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" {
			all = append(append(all, name), jsonNames(t.Field(i).Type)...)
		}
	}
	return all
}

// position is where a text stops to be JSON.
func position(data []byte) string {
	var syntax *json.SyntaxError
	if !errors.As(json.Unmarshal(data, new(json.RawMessage)), &syntax) {
		return ""
	}
	before := data[:min(max(0, int(syntax.Offset)), len(data))]
	line := bytes.LastIndexByte(before, '\n') + 1
	return fmt.Sprintf(" (line %d, column %d)", bytes.Count(before, []byte("\n"))+1, max(1, len(bytes.Runes(before[line:]))))
}

// Warnings tells which files with secrets others can read. Files that entries name are looked at when these are opened.
func (c *Configuration) Warnings() (all []string) {
	if c.opener == nil {
		return nil
	}
	if c.opener.warning != "" {
		all = append(all, c.opener.warning)
	}
	if c.opener.values.isOpen.Load() {
		all = append(all, "others can read a file with a key or another credential; cure: chmod 600 for these files")
	}
	return all
}

func (c *Configuration) holdsSecrets() bool {
	return slices.ContainsFunc(c.Connections, func(e Entry) bool {
		p, _ := FindProvider(e.Provider)
		for name, value := range e.Credentials {
			if p.pem[name] == nil && !strings.HasPrefix(value, "env:") && !strings.HasPrefix(value, "file:") {
				return true
			}
		}
		return false
	})
}
