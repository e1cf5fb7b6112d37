package main

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/bank"
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
	oneOf    []string // exactly one of these, or what tokens takes
	optional []string
	consent  []string                // those that change when the PSU consents again
	pem      map[string]reflect.Type // those that are PEM text or the path of a PEM file, and what they hold
	tokens   tokenProvider
	banks    func() []bank.Profile // of a family
	open     func(c credentials, tokens adapters.TokenSource, options *adapters.Options) (adapters.Source, error)
}

// sessionCredential is the one that stands beside the others in the configuration, because it is no text.
const sessionCredential = "session"

// tokenProvider is what an adapter takes for access tokens of its own; nothing if it has no source of them.
type tokenProvider struct {
	required, optional []string
	open               func(c credentials, options *adapters.Options) (adapters.TokenSource, error)
}

// newProvider derives a provider from its adapter's New.
func newProvider[C any, S adapters.Source](name string, open func(C, *adapters.Options) (S, error)) provider {
	p := provider{name: name, required: []string{}, pem: map[string]reflect.Type{}}
	for _, c := range call.Credentials(reflect.ValueOf(*new(C))) {
		switch {
		case c.Name == "-":
		case c.OneOf && !c.Optional:
			p.oneOf = append(p.oneOf, c.Name)
		case c.Optional:
			p.optional = append(p.optional, c.Name)
		default:
			p.required = append(p.required, c.Name)
		}
		if c.Consent {
			p.consent = append(p.consent, c.Name)
		}
		if kind := c.Field.Type(); kind == certificateType || kind == keyType {
			p.pem[c.Name] = kind
		}
	}
	p.open = func(values credentials, tokens adapters.TokenSource, options *adapters.Options) (adapters.Source, error) {
		var filled C
		if err := fill(reflect.ValueOf(&filled).Elem(), values, tokens); err != nil {
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

// withTokens adds what the adapter's NewTokenSource takes.
func withTokens[C any](p provider, open func(C, *adapters.Options) (adapters.TokenSource, error)) provider {
	for _, c := range call.Credentials(reflect.ValueOf(*new(C))) {
		if c.Optional {
			p.tokens.optional = append(p.tokens.optional, c.Name)
		} else {
			p.tokens.required = append(p.tokens.required, c.Name)
		}
	}
	p.tokens.open = func(values credentials, options *adapters.Options) (adapters.TokenSource, error) {
		var filled C
		if err := fill(reflect.ValueOf(&filled).Elem(), values, nil); err != nil {
			return nil, err
		}
		return open(filled, options)
	}
	return p
}

// withBanks adds the banks of a family.
func withBanks(p provider, banks func() []bank.Profile) provider {
	p.banks = banks
	return p
}

// fill sets the fields of a struct of credentials from the values given.
func fill(target reflect.Value, values credentials, tokens adapters.TokenSource) error {
	for _, c := range call.Credentials(target) {
		value, given := values[c.Name]
		switch kind := c.Field.Type(); {
		case tokens != nil && kind == reflect.TypeFor[adapters.TokenSource]():
			c.Field.Set(reflect.ValueOf(tokens))
		case !given:
		case kind == certificateType || kind == keyType:
			parsed, problem := parsePEM(kind, []byte(value))
			if problem != "" {
				return errors.New("credentials." + c.Name + ": " + problem)
			}
			c.Field.Set(reflect.ValueOf(parsed))
		case kind == reflect.TypeFor[*bank.Profile]():
			profile, err := bank.Parse([]byte(value))
			if err != nil {
				return errors.New("credentials." + c.Name + ": " + err.Error())
			}
			c.Field.Set(reflect.ValueOf(profile))
		case kind.Kind() == reflect.Bool:
			if value != "true" && value != "false" {
				return errors.New("credentials." + c.Name + ": neither true nor false")
			}
			c.Field.SetBool(value == "true")
		case kind.Kind() == reflect.Struct:
			if json.Unmarshal([]byte(value), c.Field.Addr().Interface()) != nil {
				return errors.New(c.Name + ": not what was kept")
			}
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
func (p provider) names() []string {
	return slices.Concat(p.required, p.oneOf, p.ownTokenNames(), p.optional)
}

// ownTokenNames are the credentials that only the source of tokens takes.
func (p provider) ownTokenNames() []string {
	return slices.DeleteFunc(slices.Concat(p.tokens.required, p.tokens.optional), func(name string) bool {
		return slices.Contains(slices.Concat(p.required, p.oneOf, p.optional), name)
	})
}

// missing is what a configuration lacks, or has too much.
func (p provider) missing(configured map[string]string) []string {
	given := func(name string) bool { _, ok := configured[name]; return ok }
	var problems []string
	for _, name := range p.required {
		if !given(name) {
			problems = append(problems, "credentials."+name+": missing")
		}
	}
	alternatives := slices.DeleteFunc(slices.Clone(p.oneOf), func(name string) bool { return !given(name) })
	own := slices.DeleteFunc(p.ownTokenNames(), func(name string) bool { return !given(name) })
	switch {
	case len(alternatives) == 1 && len(own) == 0, len(p.oneOf) == 0:
	case len(alternatives) == 1:
		problems = append(problems, "credentials."+own[0]+": given besides "+alternatives[0])
	case len(alternatives) == 0 && len(p.tokens.required) > 0:
		lacking := slices.DeleteFunc(slices.Clone(p.tokens.required), given)
		lacking = slices.DeleteFunc(lacking, func(name string) bool { return slices.Contains(p.required, name) })
		if len(lacking) > 0 && len(own) == 0 {
			problems = append(problems, "credentials: "+strings.Join(append(slices.Clone(p.oneOf), strings.Join(lacking, " and ")), " or ")+" is needed")
		} else if len(lacking) > 0 {
			problems = append(problems, "credentials."+lacking[0]+": missing")
		}
	case len(p.oneOf) == 1:
		problems = append(problems, "credentials."+p.oneOf[0]+": missing")
	default:
		problems = append(problems, "credentials: exactly one of "+strings.Join(p.oneOf, ", ")+" is needed")
	}
	return problems
}
