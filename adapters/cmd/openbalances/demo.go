package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/sandbox"
)

var demoCommand = command{
	name:    "demo",
	summary: "fetch every provider's example balances from a built-in sandbox",
	example: "openbalances demo",
	setup:   setupDemo,
}

func setupDemo(flags *flag.FlagSet) action {
	out := outputFlags(flags)
	totals := flags.Bool("totals", false, totalsUsage)
	return func(ctx context.Context, p *process) error {
		if err := out.check(p); err != nil {
			return err
		}
		running, err := startSandbox(ctx, "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer func() { _ = running.stop() }()
		connections, err := demoConnections(running.url, p.now)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
		defer cancel()
		found := demonstrate(ctx, connections, *totals)
		found.table.head = fmt.Sprintf("Examples of %d providers, fetched from a sandbox on %s:\n\n",
			len(specs.Providers()), running.url) + found.table.head
		return found.print(p, out)
	}
}

// demonstrate shows the accounts of the demo as their providers list them, and asks for them by name elsewhere.
func demonstrate(ctx context.Context, connections []connection, totals bool) report {
	listing, named := slices.Clone(connections), []connection{}
	for i := range listing {
		listing[i].Accounts = nil
	}
	listed, calls := fetch(ctx, listing, &tally{})
	results := slices.DeleteFunc(listed, func(r result) bool {
		c := connections[indexOf(connections, r)]
		if errors.Is(r.err, errors.ErrUnsupported) {
			named = append(named, c)
			return true
		}
		return r.accountID != "" && !slices.Contains(c.Accounts, r.accountID)
	})
	head := ""
	if len(results) > 0 {
		head = listedLine(connections, results) + "\n\n"
	}
	byName, more := fetch(ctx, named, &tally{})
	results = append(results, byName...)
	slices.SortStableFunc(results, func(a, b result) int {
		return indexOf(connections, a) - indexOf(connections, b)
	})
	maps.Copy(calls, more)
	columns := withHeader(withoutColumn(balanceColumns, "connection"), "bank", "BANK", room{least: 8, goes: 3})
	found := balanceReport(results, columns, totals, spent(calls), nil)
	found.table.head = head
	return found
}

// listedLine says how many accounts of the demo each provider lists. The table stays the only one.
func listedLine(connections []connection, results []result) string {
	var parts []string
	for i, c := range connections {
		if i > 0 && connections[i-1].Provider == c.Provider {
			continue
		}
		isListed, accounts := false, 0
		for _, r := range results {
			if r.provider == c.Provider {
				isListed = true
				accounts += min(len(r.accountID), 1)
			}
		}
		if isListed {
			parts = append(parts, fmt.Sprintf("%s %d", c.Provider, accounts))
		}
	}
	return "Accounts listed first: " + strings.Join(parts, ", ")
}

func indexOf(connections []connection, r result) int {
	return slices.IndexFunc(connections, func(c connection) bool { return c.Provider == r.provider && c.Name == r.connection })
}

// demoBanks is how many banks of a family the demo shows.
const demoBanks = 3

// demoConnections returns one connection for each provider, and a few banks of each family, with a PSU present.
func demoConnections(sandboxURL string, now func() time.Time) ([]connection, error) {
	psu := adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr("203.0.113.7")})
	var connections []connection
	for _, name := range specs.Providers() {
		options := &adapters.Options{BaseURL: sandboxURL + "/" + name, Now: now}
		source, err := openDemo(name, options)
		if err != nil {
			return nil, fmt.Errorf("demo: %s: %w", name, err)
		}
		accounts, err := demoAccounts(name)
		if err != nil {
			return nil, err
		}
		one := connection{Connection: configuration.Connection{Name: "demo", Provider: name, Accounts: accounts, PSU: psu, Source: source}}
		banks, err := one.ofBanks(options)
		if err != nil {
			return nil, err
		}
		connections = append(connections, banks...)
	}
	return connections, nil
}

// ofBanks returns the connection for each of the first banks of a family that need no more than the sandbox has, the second and
// later ones with one account. A provider that is no family has the one connection.
func (c connection) ofBanks(options *adapters.Options) ([]connection, error) {
	p, _ := configuration.FindProvider(c.Provider)
	if p.Banks() == nil {
		return []connection{c}, nil
	}
	values, err := demoCredentials(p)
	if err != nil {
		return nil, err
	}
	var all []connection
	for _, b := range p.Banks() {
		values["bank"] = adapters.Secret(b.Code)
		source, err := p.Open(values, options)
		if err != nil || len(all) == demoBanks {
			continue
		}
		next := c
		next.Name, next.Source = "demo "+b.Code, source
		if len(all) > 0 {
			next.Accounts = c.Accounts[:1]
		}
		all = append(all, next)
	}
	return all, nil
}

// demoExamples are names that mean the same in every document. The remaining examples are variations of these, or
// refusals under HTTP 200.
var demoExamples = []string{"severalBalances", "negativeAmount", "unknownType", "noBalances"}

// demoAccounts returns the account ids of the document's first answer and of demoExamples.
func demoAccounts(name string) ([]string, error) {
	document, err := contract.Load(name)
	if err != nil {
		return nil, err
	}
	var accounts []string
	for _, example := range document.Examples() {
		answered := example.Operation == "getBalances" && example.Status == http.StatusOK && example.Valid && example.Account != ""
		if answered && (len(accounts) == 0 || slices.Contains(demoExamples, example.Name)) {
			accounts = append(accounts, example.Account)
		}
	}
	return accounts, nil
}

// openDemo opens a provider's adapter with demoCredentials.
func openDemo(name string, options *adapters.Options) (adapters.Source, error) {
	p, ok := configuration.FindProvider(name)
	if !ok {
		return nil, errors.New("no adapter; cure: make generate")
	}
	values, err := demoCredentials(p)
	if err != nil {
		return nil, err
	}
	return p.Open(values, options)
}

// demoCredentials are those that the document names for the sandbox, and a fresh key pair where one is asked for. They
// are good for nothing else.
func demoCredentials(p configuration.Provider) (map[string]adapters.Secret, error) {
	named, err := sandbox.Credentials(p.Name)
	if err != nil {
		return nil, err
	}
	values := map[string]adapters.Secret{}
	for name, value := range named {
		values[name] = adapters.Secret(fmt.Sprint(value))
	}
	if !slices.ContainsFunc(p.Required, p.IsKey) {
		return values, nil
	}
	certificate, key, err := newSigningPair(time.Now())
	for _, name := range p.Required {
		switch {
		case p.IsCertificate(name):
			values[name] = certificate
		case p.IsKey(name):
			values[name] = key
		}
	}
	return values, err
}

// newSigningPair makes a key and a certificate for a day, as PEM. A real one comes from a trust service provider.
func newSigningPair(from time.Time) (certificate, key adapters.Secret, err error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", "", err
	}
	subject := pkix.Name{CommonName: "openbalances demo", Organization: []string{"Example TPP"}, Country: []string{"NO"}}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(from.UnixNano()), Subject: subject,
		NotBefore: from.Add(-time.Hour), NotAfter: from.Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	certificateDER, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return "", "", err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	return toPEM("CERTIFICATE", certificateDER), toPEM("PRIVATE KEY", keyDER), err
}

func toPEM(kind string, der []byte) adapters.Secret {
	return adapters.Secret(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
