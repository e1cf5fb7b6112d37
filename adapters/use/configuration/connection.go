package configuration

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/check"
)

// Connection is an entry that is ready to be used. A copy of it has the same source. Fmt, log/slog and the encoders show a mask.
type Connection struct {
	adapters.Masked

	Name     string
	Provider string
	Host     string   // that of the base URL, with its port; "" if the adapter knows the address
	Bank     string   // its code, if the provider asks for one
	Fleet    bool     // another program keeps the connection current
	Accounts []string // nil: all that the provider lists
	PSU      adapters.PSU
	Source   adapters.Source
	// Consent names the consent, for accessguard.New: it changes when the PSU consents again. Where no credential names the
	// consent, it is made of the connection's name.
	Consent adapters.Secret
	// ConsentValidUntil is the first moment at which the consent is over, as configured; zero if that is not.
	ConsentValidUntil time.Time
	// Certificates are those that the connection shows, by the name of their field, such as tls.clientCert.
	Certificates map[string]*x509.Certificate
	// Tokens hands out access tokens; nil if one is configured, or none is needed.
	Tokens   adapters.TokenSource
	HasToken bool // an access token is configured

	reopen func(observe func(context.Context, adapters.Exchange)) (adapters.Source, error)
}

// Reopen opens the source once more, for which observe takes the place of OnExchange of [Options]. The access tokens are the
// same; what was put around Source is not part of it.
func (c Connection) Reopen(observe func(context.Context, adapters.Exchange)) (adapters.Source, error) {
	return c.reopen(observe)
}

// opener opens connections.
type opener struct {
	Options
	values  *values
	warning string // about the file that was read

	mu     sync.Mutex
	shared map[[sha256.Size]byte]adapters.TokenSource // by what they are asked with
}

func newOpener(folder string, options *Options) *opener {
	o := &opener{values: &values{folder: folder, getenv: options.env()}, shared: map[[sha256.Size]byte]adapters.TokenSource{}}
	if options != nil {
		o.Options = *options
	}
	return o
}

// Open opens the entries of these names, or all of them, in the order of the configuration. Nothing is sent. Its error is an
// [*Error] with every problem of every entry; the connections whose entries are good are returned beside it.
func (c *Configuration) Open(names ...string) ([]*Connection, error) {
	o := c.opener
	if o == nil {
		o = newOpener("", nil)
	}
	wanted, known, wrong := map[string]bool{}, map[string]bool{}, &Error{}
	for _, name := range names {
		wanted[name] = true
	}
	var opened []*Connection
	for i, e := range c.Connections {
		if len(names) > 0 && !wanted[e.Name] {
			continue
		}
		one, problems := o.open(e)
		if known[e.Name] {
			problems = append(problems, "name: used by an earlier connection")
		}
		if wrong.add(i, e.Name, problems...); len(problems) == 0 {
			opened = append(opened, one)
		}
		known[e.Name] = e.Name != ""
	}
	if len(c.Connections) == 0 {
		wrong.add(-1, "", "connections: missing")
	}
	for _, name := range names {
		if !known[name] {
			wrong.add(-1, "", "connections: none is called "+name+check.DidYouMean(name, c.names()))
		}
	}
	if len(wrong.Problems) > 0 {
		return opened, wrong
	}
	return opened, nil
}

// names are those of the entries, in order.
func (c *Configuration) names() (all []string) {
	for _, e := range c.Connections {
		if e.Name != "" {
			all = append(all, e.Name)
		}
	}
	slices.Sort(all)
	return all
}

// open returns the connection that the entry describes, or everything that is wrong with it, field by field.
func (o *opener) open(e Entry) (*Connection, []string) {
	var problems []string
	if e.Name == "" {
		problems = []string{"name: missing"}
	}
	psu, psuProblems := e.PSU.psu()
	until, untilProblems := e.consentEnd()
	opened := &Connection{
		Name: e.Name, Provider: e.Provider, Fleet: e.Fleet, Accounts: e.Accounts, PSU: psu, ConsentValidUntil: until,
		Certificates: map[string]*x509.Certificate{},
	}
	if address, err := url.Parse(e.BaseURL); err == nil {
		opened.Host = address.Host
	}
	return opened, slices.Concat(problems, e.accountProblems(), psuProblems, untilProblems, o.connect(e, opened))
}

// connect sets the connection's source, or returns what keeps it from being opened.
func (o *opener) connect(e Entry, opened *Connection) []string {
	p, ok := FindProvider(e.Provider)
	if !ok {
		return []string{"provider: none of " + strings.Join(providerNames(), " ") + check.DidYouMean(e.Provider, providerNames())}
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
	if o.Transport != nil {
		client = beneath(client, func(next http.RoundTripper) http.RoundTripper { return o.Transport(e, next) })
	}
	options := adapters.Options{BaseURL: e.BaseURL, HTTPClient: client, MaxBodyBytes: o.MaxBodyBytes, Now: o.Now, OnExchange: o.OnExchange}
	var err error
	if opened.Tokens, err = o.tokens(p, e, given, options); err != nil {
		return []string{detail(err)}
	}
	opened.Bank, opened.Consent = string(given["bankCode"]), cmp.Or(p.consentOf(given), adapters.Secret("connection "+e.Name))
	_, opened.HasToken = given["accessToken"]
	p.certificates(given, opened.Certificates)
	opened.reopen = func(observe func(context.Context, adapters.Exchange)) (adapters.Source, error) {
		own := options
		own.OnExchange = observe
		return p.open(given, opened.Tokens, &own)
	}
	if opened.Source, err = opened.reopen(o.OnExchange); err != nil {
		return []string{detail(err)}
	}
	return nil
}

// tokens returns the source of access tokens, nil if the configuration has one. Connections with the same credentials for it
// share it.
func (o *opener) tokens(p Provider, e Entry, given credentials, options adapters.Options) (adapters.TokenSource, error) {
	if p.openTokens == nil || slices.ContainsFunc(p.OneOf, func(name string) bool { _, ok := given[name]; return ok }) {
		return nil, nil
	}
	text := fmt.Sprintf("%q %q %q", e.Provider, e.BaseURL, cmp.Or(e.TLS, &TLS{}))
	for _, name := range slices.Concat(p.Token, p.TokenOptional) {
		text += fmt.Sprintf(" %q", string(given[name]))
	}
	key := sha256.Sum256([]byte(text))
	o.mu.Lock()
	defer o.mu.Unlock()
	if source := o.shared[key]; source != nil && o.Transport == nil {
		return source, nil
	}
	source, err := p.openTokens(given, &options)
	if err != nil {
		return nil, err
	}
	o.shared[key] = source
	return source, nil
}

// resolve returns the values of configured credentials, or what is missing, wrong or too much.
func (o *opener) resolve(p Provider, configured map[string]string) (credentials, []string) {
	given, problems := credentials{}, p.missing(configured)
	for _, name := range slices.Sorted(maps.Keys(configured)) {
		value, err := o.value(p, name, configured[name])
		switch {
		case !p.takes(name):
			problems = append(problems, "credentials."+name+": not taken by "+p.Name+check.DidYouMean(name, p.Names()))
		case err != nil:
			problems = append(problems, "credentials."+name+": "+err.Error())
		default:
			given[name] = adapters.Secret(value)
		}
	}
	return given, problems
}

// value is what a credential is configured as.
func (o *opener) value(p Provider, name, text string) (string, error) {
	if name == p.profile {
		return o.values.resolveProfile(text)
	}
	value, err := o.values.resolve(text)
	if isFile := strings.HasPrefix(text, "file:"); err == nil && p.pem[name] != nil && !isFile {
		value, err = o.values.resolvePEM(value, p.pem[name] == keyType)
	}
	return value, err
}

// consentOf is what names the consent among the values of the credentials, "" if none of them is there.
func (p Provider) consentOf(given credentials) adapters.Secret {
	var all []string
	for _, name := range p.Consent {
		if value := given[name]; value != "" {
			all = append(all, string(value))
		}
	}
	return adapters.Secret(strings.Join(all, " "))
}

// certificates adds those among the credentials.
func (p Provider) certificates(given credentials, found map[string]*x509.Certificate) {
	for name, kind := range p.pem {
		if kind != certificateType {
			continue
		}
		if parsed, problem := parseCertificate([]byte(given[name])); problem == "" {
			found["credentials."+name] = parsed.(*x509.Certificate)
		}
	}
}

// detail returns what an adapter says against a configured value. The adapters' errors never repeat the value.
func detail(err error) string {
	var failure *adapters.Error
	if errors.As(err, &failure) {
		return cmp.Or(failure.Detail, string(failure.Kind))
	}
	return err.Error()
}
