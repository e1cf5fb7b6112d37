package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
)

// connection is an entry of the configuration that is ready to be used.
type connection struct {
	name     string
	provider string
	host     string   // that of the base URL; empty if the adapter knows it
	accounts []string // nil: all that the provider lists
	psu      adapters.PSU
	source   adapters.Source
	guard    *accessguard.Guard // that of source; nil if calls are not counted
	consent  consent
	seen     *deviations // nil: the traffic is not checked
	bank     string      // its code, if the provider asks for one
	// reopen opens the source again, for which observe sees each exchange.
	reopen   func(observe func(context.Context, adapters.Exchange)) (adapters.Source, error)
	tokens   adapters.TokenSource // nil: they are configured, if the provider asks for any
	hasToken bool                 // one is configured
	// certificates are those that the connection shows, by the name of their field.
	certificates map[string]*x509.Certificate
}

// opener opens the connections of a configuration.
type opener struct {
	process *process
	values  *values
	checked bool // the traffic is checked
	shared  map[string]adapters.TokenSource
}

// open opens every connection; nothing is sent. Its error is a misuse with every problem found.
func (p *process) open(read configured, checked bool) ([]connection, error) {
	o := &opener{p, read.values, checked, map[string]adapters.TokenSource{}}
	var connections []connection
	var wrong misuse
	names := map[string]bool{}
	for i, entry := range read.Connections {
		opened, problems := o.open(entry)
		if names[entry.Name] {
			problems = append(problems, "name: used by an earlier connection")
		}
		names[entry.Name] = entry.Name != ""
		for _, problem := range problems {
			wrong = append(wrong, fmt.Sprintf("config: connections[%d] (%s): %s", i, entry.Name, problem))
		}
		connections = append(connections, opened)
	}
	if len(read.Connections) == 0 {
		wrong = misuse{"config: connections: missing"}
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	return connections, nil
}

// open returns the connection that the entry describes, or everything that is wrong with it, field by field.
func (o *opener) open(e connectionEntry) (connection, []string) {
	var problems []string
	if e.Name == "" {
		problems = []string{"name: missing"}
	}
	psu, psuProblems := e.PSU.psu()
	opened := connection{name: e.Name, provider: e.Provider, accounts: e.Accounts, psu: psu, certificates: map[string]*x509.Certificate{}}
	if address, err := url.Parse(e.BaseURL); err == nil {
		opened.host = address.Host
	}
	if o.checked {
		opened.seen = &deviations{}
	}
	problems = slices.Concat(problems, e.accountProblems(), psuProblems, opened.consent.end(e.ConsentValidUntil), o.connect(e, &opened))
	return opened, problems
}

// isLocal reports whether calls go to this machine.
func (c connection) isLocal() bool {
	host := c.host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
}

func (c connection) isAttended() bool {
	_, attended := c.psu.Context()
	return attended
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
func (o *opener) connect(e connectionEntry, opened *connection) []string {
	p, ok := findProvider(e.Provider)
	if !ok {
		return []string{"provider: none of " + strings.Join(providerNames(), " ") + didYouMean(e.Provider, providerNames())}
	}
	given, problems := o.resolve(p, e.Credentials)
	problems = append(problems, p.takeSession(e.Session, given)...)
	client, tlsProblems := o.client(e.TLS, opened)
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
	options := adapters.Options{BaseURL: e.BaseURL, HTTPClient: beneath(client, watch), Now: o.process.now}
	if opened.tokens, err = o.tokens(p, e, given, options); err != nil {
		return []string{detail(err)}
	}
	opened.bank, opened.consent.id = string(given["bankCode"]), p.consentOf(given)
	_, opened.hasToken = given["accessToken"]
	p.certificates(given, opened.certificates)
	opened.reopen = func(observe func(context.Context, adapters.Exchange)) (adapters.Source, error) {
		own := options
		own.OnExchange = observe
		return p.open(given, opened.tokens, &own)
	}
	if opened.source, err = opened.reopen(nil); err != nil {
		return []string{detail(err)}
	}
	return nil
}

// tokens returns the source of access tokens, nil if the configuration has one. Connections with the same credentials for it
// share it.
func (o *opener) tokens(p provider, e connectionEntry, given credentials, options adapters.Options) (adapters.TokenSource, error) {
	if p.tokens.open == nil || slices.ContainsFunc(p.oneOf, func(name string) bool { _, ok := given[name]; return ok }) {
		return nil, nil
	}
	key := fmt.Sprintf("%q %q %q", e.Provider, e.BaseURL, cmp.Or(e.TLS, &tlsEntry{}))
	for _, name := range slices.Concat(p.tokens.required, p.tokens.optional) {
		key += fmt.Sprintf(" %q", string(given[name]))
	}
	key = checksum(key)
	if o.shared[key] == nil || o.checked { // what is checked belongs to one connection
		source, err := p.tokens.open(given, &options)
		if err != nil {
			return nil, err
		}
		o.shared[key] = source
	}
	return o.shared[key], nil
}

func checksum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// resolve returns the values of configured credentials, or what is missing, wrong or too much.
func (o *opener) resolve(p provider, configured map[string]string) (credentials, []string) {
	given, problems := credentials{}, p.missing(configured)
	for _, name := range slices.Sorted(maps.Keys(configured)) {
		value, err := o.values.resolve(configured[name])
		if isFile := strings.HasPrefix(configured[name], "file:"); err == nil && p.pem[name] != nil && !isFile {
			value, err = o.values.resolvePEM(value, p.pem[name] == keyType)
		}
		switch {
		case !slices.Contains(p.names(), name):
			problems = append(problems, "credentials."+name+": not taken by "+p.name+didYouMean(name, p.names()))
		case err != nil:
			problems = append(problems, "credentials."+name+": "+err.Error())
		default:
			given[name] = adapters.Secret(value)
		}
	}
	return given, problems
}

// takeSession adds the session that was kept, and its id unless one is configured.
func (p provider) takeSession(session json.RawMessage, given credentials) []string {
	if session != nil {
		given[sessionCredential] = adapters.Secret(session)
	}
	var kept struct{ ID string }
	switch text := given[sessionCredential]; {
	case text == "":
		return nil
	case !slices.Contains(p.optional, sessionCredential):
		return []string{"session: not taken by " + p.name}
	case json.Unmarshal([]byte(text), &kept) != nil || kept.ID == "":
		return []string{"session: not what enablebanking link has written"}
	}
	if given["sessionId"] == "" {
		given["sessionId"] = adapters.Secret(kept.ID)
	}
	return nil
}

// consentOf is what names the consent among the values of the credentials, "" if none of them is there.
func (p provider) consentOf(given credentials) adapters.Secret {
	var all []string
	for _, name := range p.consent {
		if value := given[name]; value != "" {
			all = append(all, string(value))
		}
	}
	return adapters.Secret(strings.Join(all, " "))
}

// certificates adds those among the credentials.
func (p provider) certificates(given credentials, found map[string]*x509.Certificate) {
	for name, kind := range p.pem {
		if kind != certificateType {
			continue
		}
		if parsed, problem := parseCertificate([]byte(given[name])); problem == "" {
			found["credentials."+name] = parsed.(*x509.Certificate)
		}
	}
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
		IPAddress: address, IPPort: e.IPPort, UserAgent: e.UserAgent, Referer: e.Referer, Accept: e.Accept,
		AcceptCharset: e.AcceptCharset, AcceptEncoding: e.AcceptEncoding, AcceptLanguage: e.AcceptLanguage,
		HTTPMethod: e.HTTPMethod, DeviceID: e.DeviceID, GeoLocation: e.GeoLocation,
	})
	if err := psu.Validate(); err != nil {
		return psu, []string{detail(err)}
	}
	return psu, nil
}

// detail returns what an adapter says against a configured value. The adapters' errors never repeat the value.
func detail(err error) string {
	var failure *adapters.Error
	if errors.As(err, &failure) {
		return cmp.Or(failure.Detail, string(failure.Kind))
	}
	return err.Error()
}
