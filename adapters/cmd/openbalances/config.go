package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters/internal/strictjson"
)

const (
	maxConfiguration = 64 << 20
	configVariable   = "OPENBALANCES_CONFIG"
)

// configuration is the JSON document that -config names. Unknown and repeated names are refused. It may have 64 MiB and a
// million connections and accounts.
type configuration struct {
	Schema      string            `json:"$schema,omitempty" jsonschema:"the address of this schema, for editors"`
	Connections []connectionEntry `json:"connections" jsonschema:"at least one"`
}

type connectionEntry struct {
	Name        string            `json:"name" jsonschema:"what the output calls the connection; no two have the same"`
	Provider    string            `json:"provider" jsonschema:"openbalances providers lists them"`
	BaseURL     string            `json:"baseURL,omitempty" jsonschema:"instead of the provider's production address: https, or http for loopback hosts"`
	Accounts    []string          `json:"accounts,omitempty" jsonschema:"the ids to ask for; without them, all that the provider lists"`
	Credentials map[string]string `json:"credentials" jsonschema:"the value itself, env:NAME, or file:PATH as seen from the configuration's folder"`
	PSU         *psuEntry         `json:"psu,omitempty" jsonschema:"what the PSU's own request told; absent: nobody is present"`
	TLS         *tlsEntry         `json:"tls,omitempty" jsonschema:"PEM files, as seen from the configuration's folder"`
	// Session is what enablebanking link keeps.
	Session json.RawMessage `json:"session,omitempty" jsonschema:"what openbalances enablebanking link has kept of the PSU's consent"`
	// ConsentValidUntil is a day, which is included, or a time.
	ConsentValidUntil string `json:"consentValidUntil,omitempty" jsonschema:"when the consent ends, where the provider does not state it: a day, which is included, or a time (RFC 3339)"`
}

type psuEntry struct {
	IPAddress      string `json:"ipAddress" jsonschema:"the PSU's public address"`
	IPPort         uint16 `json:"ipPort,omitempty"`
	UserAgent      string `json:"userAgent,omitempty"`
	Referer        string `json:"referer,omitempty"`
	Accept         string `json:"accept,omitempty"`
	AcceptCharset  string `json:"acceptCharset,omitempty"`
	AcceptEncoding string `json:"acceptEncoding,omitempty"`
	AcceptLanguage string `json:"acceptLanguage,omitempty"`
	HTTPMethod     string `json:"httpMethod,omitempty"`
	DeviceID       string `json:"deviceId,omitempty"`
	GeoLocation    string `json:"geoLocation,omitempty" jsonschema:"GEO:<latitude>;<longitude>"`
}

// configured is a configuration as it was read.
type configured struct {
	configuration
	values   *values
	warnings []string
}

// readConfiguration reads the configuration that the flag names, or the one at its usual place. Its error is a misuse.
func (p *process) readConfiguration(command, flag string) (configured, error) {
	path := cmp.Or(flag, p.getenv(configVariable))
	usual := p.configFolder()
	if path == "" && usual != "" {
		if _, err := os.Stat(usual); err == nil {
			path = usual
		}
	}
	if path == "" {
		problem := command + " needs -config FILE, or " + configVariable
		if usual != "" {
			problem += ", or the file " + usual
		}
		return configured{}, misuse{problem + "; see openbalances " + command + " -h"}
	}
	read := configured{values: &values{folder: filepath.Dir(path), getenv: p.getenv}}
	data, err := p.configurationText(path)
	if err != nil {
		return configured{}, misuse{"config: " + path + ": " + err.Error()}
	}
	if err := strictjson.UnmarshalKnown(data, &read.configuration); err != nil {
		return configured{}, misuse{"config: " + err.Error() + meant(err) + position(data)}
	}
	if read.holdsSecrets() && path != "-" && othersRead(path) {
		read.warnings = []string{"config: it holds credentials and others can read it; cure: chmod 600 " + path}
	}
	return read, nil
}

func (p *process) configurationText(path string) ([]byte, error) {
	if path != "-" {
		return readFile(path, maxConfiguration)
	}
	data, err := io.ReadAll(io.LimitReader(p.stdin, maxConfiguration+1))
	if err != nil {
		return nil, errors.New("the standard input cannot be read")
	}
	return data, tooLarge(data, maxConfiguration)
}

// configFolder is the usual place of the configuration, "" if there is none.
func (p *process) configFolder() string {
	return p.userFile("XDG_CONFIG_HOME", "APPDATA", ".config", "config.json")
}

// userFile is the path of a file of the user's: in the folder that the XDG variable names, or at its usual place.
func (p *process) userFile(variable, windows, usual, name string) string {
	folder := p.getenv(variable)
	switch {
	case filepath.IsAbs(folder):
	case runtime.GOOS == "windows":
		folder = p.getenv(windows)
	case filepath.IsAbs(p.getenv("HOME")):
		folder = filepath.Join(p.getenv("HOME"), usual)
	default:
		folder = ""
	}
	if folder == "" {
		return ""
	}
	return filepath.Join(folder, "openbalances", name)
}

// meant is what to add to the complaint about an unknown name.
func meant(err error) string {
	text, found := strings.CutSuffix(err.Error(), `": not a known name`)
	if !found {
		return ""
	}
	return didYouMean(text[strings.LastIndex(text, `"`)+1:], jsonNames(reflect.TypeFor[configuration]()))
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
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		all = append(append(all, name), jsonNames(t.Field(i).Type)...)
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

// allWarnings are to be asked for when the connections are open.
func (d configured) allWarnings() []string {
	if d.values.isOpen {
		return append(d.warnings, "config: others can read a file with a key or another credential; cure: chmod 600 for these files")
	}
	return d.warnings
}

func (d configured) holdsSecrets() bool {
	return slices.ContainsFunc(d.Connections, func(e connectionEntry) bool {
		p, _ := findProvider(e.Provider)
		for name, value := range e.Credentials {
			if p.pem[name] == nil && !strings.HasPrefix(value, "env:") && !strings.HasPrefix(value, "file:") {
				return true
			}
		}
		return false
	})
}
