package main

import (
	"crypto"
	"crypto/x509"
	"reflect"
	"slices"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
)

// credentials are the values of one connection by their names in the configuration, after env: and file: have been
// followed. A credential that is not given is absent.
type credentials map[string]adapters.Secret

// provider is what the tool knows about an adapter: what the tags of its Credentials say, and how to open it. Everything
// else about credentials is for the adapter's New to judge.
type provider struct {
	name     string
	required []string
	oneOf    []string // exactly one of these
	optional []string
	pem      map[string]reflect.Type // those that are PEM text or the path of a PEM file, and what they hold
	open     func(c credentials, options *adapters.Options) (adapters.Source, error)
}

var (
	certificateType = reflect.TypeFor[*x509.Certificate]()
	keyType         = reflect.TypeFor[crypto.Signer]()
)

// newProvider derives a provider from its adapter's New.
func newProvider[C any, S adapters.Source](name string, open func(C, *adapters.Options) (S, error)) provider {
	p := provider{name: name, pem: map[string]reflect.Type{}}
	for _, c := range call.Credentials(reflect.ValueOf(*new(C))) {
		switch {
		case c.Name == "-":
		case c.OneOf:
			p.oneOf = append(p.oneOf, c.Name)
		case c.Optional:
			p.optional = append(p.optional, c.Name)
		default:
			p.required = append(p.required, c.Name)
		}
		if kind := c.Field.Type(); kind == certificateType || kind == keyType {
			p.pem[c.Name] = kind
		}
	}
	if len(p.oneOf) == 1 { // its alternatives are not for a configuration
		p.required, p.oneOf = append(p.oneOf, p.required...), nil
	}
	p.open = func(values credentials, options *adapters.Options) (adapters.Source, error) {
		var filled C
		if err := fill(reflect.ValueOf(&filled).Elem(), values); err != nil {
			return nil, err
		}
		source, err := open(filled, options)
		if err != nil {
			return nil, err
		}
		return source, nil
	}
	return p
}

// fill sets the fields of a Credentials struct from the values given.
func fill(target reflect.Value, values credentials) error {
	for _, c := range call.Credentials(target) {
		value, given := values[c.Name]
		if !given {
			continue
		}
		switch c.Field.Type() {
		case certificateType:
			certificate, err := parseCertificate(c.Name, value)
			if err != nil {
				return err
			}
			c.Field.Set(reflect.ValueOf(certificate))
		case keyType:
			key, err := parseKey(c.Name, value)
			if err != nil {
				return err
			}
			c.Field.Set(reflect.ValueOf(key))
		default:
			c.Field.SetString(string(value))
		}
	}
	return nil
}

func findProvider(name string) (provider, bool) {
	i := slices.IndexFunc(providers, func(p provider) bool { return p.name == name })
	if i < 0 {
		return provider{}, false
	}
	return providers[i], true
}

func providerNames() []string {
	var names []string
	for _, p := range providers {
		names = append(names, p.name)
	}
	return names
}

// names returns every credential that the provider takes.
func (p provider) names() []string { return slices.Concat(p.required, p.oneOf, p.optional) }
