package main

import (
	"errors"
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
		switch kind := c.Field.Type(); {
		case !given:
		case kind == certificateType || kind == keyType:
			parsed, problem := parsePEM(kind, []byte(value))
			if problem != "" {
				return errors.New("credentials." + c.Name + ": " + problem)
			}
			c.Field.Set(reflect.ValueOf(parsed))
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

// names returns every credential that the provider takes.
func (p provider) names() []string { return slices.Concat(p.required, p.oneOf, p.optional) }
