package configuration

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/adapters/kit/call"
)

// credentials are the values of one connection by their names in the configuration, after env: and file: have been
// followed. A credential that is not given is absent.
type credentials map[string]adapters.Secret

// Provider is what is known of an adapter: the names of its credentials in the configuration, and how to open it. Everything
// else about credentials is for the adapter to judge.
type Provider struct {
	Name     string
	Required []string
	OneOf    []string // exactly one of these, or those of Token
	Optional []string
	Token    []string // those for which access tokens are fetched; nil if the adapter fetches none
	// TokenOptional are taken beside those of Token.
	TokenOptional []string
	Consent       []string // those that change when the PSU consents again

	profile    string                  // the one that is a bank's profile, or the path of its file
	pem        map[string]reflect.Type // those that are PEM text or the path of a PEM file, and what they hold
	banks      func() []bank.Profile
	open       func(c credentials, tokens adapters.TokenSource, options *adapters.Options) (adapters.Source, error)
	openTokens func(c credentials, options *adapters.Options) (adapters.TokenSource, error) // nil: there is no source of them
}

// sessionCredential is the one that stands beside the others in the configuration, because it is no text.
const sessionCredential = "session"

// newProvider derives a provider from its adapter's New.
func newProvider[C any, S adapters.Source](name string, open func(C, *adapters.Options) (S, error)) Provider {
	p := Provider{Name: name, Required: []string{}, pem: map[string]reflect.Type{}}
	for _, c := range call.Credentials(reflect.ValueOf(*new(C))) {
		switch {
		case c.Name == "-":
		case c.OneOf && !c.Optional:
			p.OneOf = append(p.OneOf, c.Name)
		case c.Optional:
			p.Optional = append(p.Optional, c.Name)
		default:
			p.Required = append(p.Required, c.Name)
		}
		if c.Consent {
			p.Consent = append(p.Consent, c.Name)
		}
		switch kind := c.Field.Type(); kind {
		case certificateType, keyType:
			p.pem[c.Name] = kind
		case reflect.TypeFor[*bank.Profile]():
			p.profile = c.Name
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
func withTokens[C any](p Provider, open func(C, *adapters.Options) (adapters.TokenSource, error)) Provider {
	for _, c := range call.Credentials(reflect.ValueOf(*new(C))) {
		if c.Optional {
			p.TokenOptional = append(p.TokenOptional, c.Name)
		} else {
			p.Token = append(p.Token, c.Name)
		}
	}
	p.openTokens = func(values credentials, options *adapters.Options) (adapters.TokenSource, error) {
		var filled C
		if err := fill(reflect.ValueOf(&filled).Elem(), values, nil); err != nil {
			return nil, err
		}
		return open(filled, options)
	}
	return p
}

// withBanks adds the banks of a family.
func withBanks(p Provider, banks func() []bank.Profile) Provider {
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

var known = sync.OnceValue(table)

// Providers are all providers, in the order of their names. They are there to be read: their lists are those of the package.
func Providers() []Provider { return slices.Clone(known()) }

// FindProvider returns the provider of a name.
func FindProvider(name string) (Provider, bool) {
	all := known()
	i := slices.IndexFunc(all, func(p Provider) bool { return p.Name == name })
	if i < 0 {
		return Provider{}, false
	}
	return all[i], true
}

func providerNames() []string {
	var names []string
	for _, p := range known() {
		names = append(names, p.Name)
	}
	return names
}

// Banks are the banks that are known of a standard, nil if the provider is none.
func (p Provider) Banks() []bank.Profile {
	if p.banks == nil {
		return nil
	}
	return p.banks()
}

// Open opens the adapter with the values of credentials, in which nothing is looked up: a certificate or key is PEM text.
// The error is that of the adapter, or names the credential that is no value of its kind.
func (p Provider) Open(values map[string]adapters.Secret, options *adapters.Options) (adapters.Source, error) {
	return p.open(values, nil, options)
}

// IsCertificate reports whether a credential is a certificate: PEM text or the path of a PEM file.
func (p Provider) IsCertificate(name string) bool { return p.pem[name] == certificateType }

// IsKey reports whether a credential is a private key: PEM text or the path of a PEM file.
func (p Provider) IsKey(name string) bool { return p.pem[name] == keyType }

// Names are all credentials that the provider takes.
func (p Provider) Names() []string {
	return slices.Concat(p.Required, p.OneOf, p.OwnTokenNames(), p.Optional)
}

func (p Provider) takes(name string) bool { return slices.Contains(p.Names(), name) }

// OwnTokenNames are the credentials that serve for access tokens only. None of them may stand beside one of OneOf.
func (p Provider) OwnTokenNames() []string {
	return slices.DeleteFunc(slices.Concat(p.Token, p.TokenOptional), func(name string) bool {
		return slices.Contains(slices.Concat(p.Required, p.OneOf, p.Optional), name)
	})
}

// missing is what a configuration lacks, or has too much.
func (p Provider) missing(configured map[string]string) []string {
	given := func(name string) bool { _, ok := configured[name]; return ok }
	var problems []string
	for _, name := range p.Required {
		if !given(name) {
			problems = append(problems, "credentials."+name+": missing")
		}
	}
	alternatives := slices.DeleteFunc(slices.Clone(p.OneOf), func(name string) bool { return !given(name) })
	own := slices.DeleteFunc(p.OwnTokenNames(), func(name string) bool { return !given(name) })
	switch {
	case len(alternatives) == 1 && len(own) == 0, len(p.OneOf) == 0:
	case len(alternatives) == 1:
		problems = append(problems, "credentials."+own[0]+": given besides "+alternatives[0])
	case len(alternatives) == 0 && len(p.Token) > 0:
		lacking := slices.DeleteFunc(slices.Clone(p.Token), given)
		lacking = slices.DeleteFunc(lacking, func(name string) bool { return slices.Contains(p.Required, name) })
		if len(lacking) > 0 && len(own) == 0 {
			problems = append(problems, "credentials: "+strings.Join(append(slices.Clone(p.OneOf), strings.Join(lacking, " and ")), " or ")+" is needed")
		} else if len(lacking) > 0 {
			problems = append(problems, "credentials."+lacking[0]+": missing")
		}
	case len(p.OneOf) == 1:
		problems = append(problems, "credentials."+p.OneOf[0]+": missing")
	default:
		problems = append(problems, "credentials: exactly one of "+strings.Join(p.OneOf, ", ")+" is needed")
	}
	return problems
}
