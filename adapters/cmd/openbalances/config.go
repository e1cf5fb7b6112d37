package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
)

const maxConfiguration = 64 << 20

// configuration is the JSON document that -config names. Unknown and repeated names are refused. It may have 64 MiB and a
// million connections and accounts.
type configuration struct {
	Connections []connectionEntry `json:"connections"`
}

type connectionEntry struct {
	Name        string            `json:"name"`
	Provider    string            `json:"provider"`
	BaseURL     string            `json:"baseURL"`
	Accounts    []string          `json:"accounts"`
	Credentials map[string]string `json:"credentials"`
	PSU         *psuEntry         `json:"psu"` // absent: nobody is present
	TLS         *tlsEntry         `json:"tls"`
}

type psuEntry struct {
	IPAddress      string `json:"ipAddress"`
	IPPort         uint16 `json:"ipPort"`
	UserAgent      string `json:"userAgent"`
	Accept         string `json:"accept"`
	AcceptCharset  string `json:"acceptCharset"`
	AcceptEncoding string `json:"acceptEncoding"`
	AcceptLanguage string `json:"acceptLanguage"`
	HTTPMethod     string `json:"httpMethod"`
	DeviceID       string `json:"deviceId"`
	GeoLocation    string `json:"geoLocation"`
}

// connection is an entry of the configuration that is ready to be used.
type connection struct {
	name     string
	provider string
	host     string   // that of the base URL; empty if the adapter knows it
	accounts []string // nil: all that the provider lists
	psu      adapters.PSU
	source   adapters.Source
	seen     *deviations                                                                     // nil: the traffic is not checked
	bank     string                                                                          // its code, if the provider asks for one
	reopen   func(observe func(context.Context, adapters.Exchange)) (adapters.Source, error) // observe may be nil
}

// loadConnections reads the configuration at path and opens its connections, on request with their traffic checked;
// nothing is sent. Its error is a misuse with every problem found.
func loadConnections(path string, checked bool) ([]connection, error) {
	config, err := readConfiguration(path)
	if err != nil {
		return nil, misuse{"config: " + err.Error()}
	}
	var connections []connection
	var wrong misuse
	names := map[string]bool{}
	for i, entry := range config.Connections {
		opened, problems := entry.open(filepath.Dir(path), checked)
		if names[entry.Name] {
			problems = append(problems, "name: used by an earlier connection")
		}
		names[entry.Name] = entry.Name != ""
		for _, problem := range problems {
			wrong = append(wrong, fmt.Sprintf("config: connections[%d] (%s): %s", i, entry.Name, problem))
		}
		connections = append(connections, opened)
	}
	if len(config.Connections) == 0 {
		wrong = misuse{"config: connections: missing"}
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	return connections, nil
}

func readConfiguration(path string) (configuration, error) {
	data, err := readFile(path, maxConfiguration)
	if err != nil {
		return configuration{}, fmt.Errorf("%s: %w", path, err)
	}
	var config configuration
	err = strictjson.UnmarshalKnown(data, &config)
	return config, err
}

// open returns the connection that the entry describes, or everything that is wrong with it, field by field.
func (e connectionEntry) open(folder string, checked bool) (connection, []string) {
	var problems []string
	if e.Name == "" {
		problems = []string{"name: missing"}
	}
	psu, psuProblems := e.PSU.psu()
	opened := connection{name: e.Name, provider: e.Provider, accounts: e.Accounts, psu: psu}
	if address, err := url.Parse(e.BaseURL); err == nil {
		opened.host = address.Host
	}
	if checked {
		opened.seen = &deviations{}
	}
	problems = slices.Concat(problems, e.accountProblems(), psuProblems, e.connect(&opened, folder))
	return opened, problems
}

func (e connectionEntry) accountProblems() []string {
	if e.Accounts != nil && len(e.Accounts) == 0 {
		return []string{"accounts: missing"}
	}
	var problems []string
	seen := make(map[string]bool, len(e.Accounts))
	for i, id := range e.Accounts {
		if err := adapters.ValidateAccountID(id); err != nil {
			problems = append(problems, fmt.Sprintf("accounts[%d]: %s", i, strings.TrimPrefix(detail(err), "account id: ")))
		} else if seen[id] {
			problems = append(problems, fmt.Sprintf("accounts[%d]: occurs twice", i))
		}
		seen[id] = true
	}
	return problems
}

// connect sets the connection's source, or returns what keeps it from being opened.
func (e connectionEntry) connect(opened *connection, folder string) []string {
	p, ok := findProvider(e.Provider)
	if !ok {
		return []string{"provider: none of " + namesOf(providers, func(p provider) string { return p.name })}
	}
	values, problems := p.resolve(e.Credentials, folder)
	client, tlsProblems := e.TLS.client(folder)
	problems = append(problems, tlsProblems...)
	if problem := check.BaseURL(e.BaseURL); e.BaseURL != "" && problem != "" {
		problems = append(problems, "baseURL: "+problem)
	}
	if len(problems) > 0 {
		return problems
	}
	watch, err := opened.seen.watch(e.Provider, e.BaseURL)
	if err != nil {
		return []string{err.Error()}
	}
	opened.bank = string(values["bankCode"])
	opened.reopen = func(observe func(context.Context, adapters.Exchange)) (adapters.Source, error) {
		return p.open(values, &adapters.Options{
			BaseURL: e.BaseURL, HTTPClient: beneath(client, watch), Now: now, OnExchange: observe,
		})
	}
	if opened.source, err = opened.reopen(nil); err != nil {
		return []string{detail(err)}
	}
	return nil
}

// resolve returns the values of configured credentials, or what is missing, wrong or too much.
func (p provider) resolve(configured map[string]string, folder string) (credentials, []string) {
	values, problems := credentials{}, p.missing(configured)
	for _, name := range slices.Sorted(maps.Keys(configured)) {
		value, err := resolve(configured[name], folder)
		if isFile := strings.HasPrefix(configured[name], "file:"); err == nil && p.pem[name] != nil && !isFile {
			value, err = resolvePEM(value, folder)
		}
		switch {
		case !slices.Contains(p.names(), name):
			problems = append(problems, "credentials."+name+": not taken by "+p.name)
		case err != nil:
			problems = append(problems, "credentials."+name+": "+err.Error())
		default:
			values[name] = adapters.Secret(value)
		}
	}
	return values, problems
}

func (p provider) missing(configured map[string]string) []string {
	var problems []string
	for _, name := range p.required {
		if _, ok := configured[name]; !ok {
			problems = append(problems, "credentials."+name+": missing")
		}
	}
	count := 0
	for _, name := range p.oneOf {
		if _, ok := configured[name]; ok {
			count++
		}
	}
	if len(p.oneOf) > 0 && count != 1 {
		problems = append(problems, "credentials: exactly one of "+strings.Join(p.oneOf, ", ")+" is needed")
	}
	return problems
}

func (e *psuEntry) psu() (adapters.PSU, []string) {
	if e == nil {
		return adapters.Unattended(), nil
	}
	if e.IPAddress == "" {
		return adapters.PSU{}, []string{"psu.ipAddress: missing"}
	}
	address, err := netip.ParseAddr(e.IPAddress)
	if err != nil {
		return adapters.PSU{}, []string{"psu.ipAddress: not an IP address"}
	}
	psu := adapters.Attended(adapters.PSUContext{
		IPAddress: address, IPPort: e.IPPort, UserAgent: e.UserAgent, Accept: e.Accept,
		AcceptCharset: e.AcceptCharset, AcceptEncoding: e.AcceptEncoding, AcceptLanguage: e.AcceptLanguage,
		HTTPMethod: e.HTTPMethod, DeviceID: e.DeviceID, GeoLocation: e.GeoLocation,
	})
	if err := psu.Validate(); err != nil {
		return psu, []string{detail(err)}
	}
	return psu, nil
}

// namesOf returns the names in one line.
func namesOf[T any](all []T, name func(T) string) string {
	var names []string
	for _, one := range all {
		names = append(names, name(one))
	}
	return strings.Join(names, " ")
}

// detail returns what an adapter says against a configured value. The adapters' errors never repeat the value.
func detail(err error) string {
	var failure *adapters.Error
	if errors.As(err, &failure) {
		return cmp.Or(failure.Detail, string(failure.Kind))
	}
	return err.Error()
}

// now stamps requests and answers: UTC, and no finer than anybody can use.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
