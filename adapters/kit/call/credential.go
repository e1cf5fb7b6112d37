package call

import (
	"reflect"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/check"
)

// Credential is one field of an adapter's Credentials, as its tag describes it:
//
//	AccessToken adapters.Secret `credential:"accessToken"`
//	ConsentID   adapters.Secret `credential:"consentId,consent"`
//	Scope       string          `credential:"scope,optional"`
//	APIKey      adapters.Secret `credential:"apiKey,oneof"`
//
// The name is the one that configuration files and errors use, "-" for a field that no text can fill. A field is
// required unless it is optional; of the fields marked oneof exactly one has to be there, or at most one if they are
// optional too. Those marked consent change when the PSU consents again, and name the consent for package accessguard.
type Credential struct {
	Name     string
	Optional bool
	OneOf    bool
	Consent  bool
	Field    reflect.Value
}

// Credentials lists the tagged fields of a Credentials struct in their order.
func Credentials(credentials reflect.Value) []Credential {
	var all []Credential
	for i := range credentials.NumField() {
		tag, ok := credentials.Type().Field(i).Tag.Lookup("credential")
		if !ok {
			continue
		}
		rules := strings.Split(tag, ",")
		has := func(rule string) bool { return slices.Contains(rules[1:], rule) }
		all = append(all, Credential{rules[0], has("optional"), has("oneof"), has("consent"), credentials.Field(i)})
	}
	return all
}

// CheckCredentials returns an invalid_argument error naming the first field of an adapter's Credentials that is missing
// or whose text cannot be sent. The error never shows a value.
func CheckCredentials(provider string, credentials any) error {
	var needed, given []string
	for _, c := range Credentials(reflect.ValueOf(credentials)) {
		if c.OneOf && !c.Optional {
			needed = append(needed, c.Name)
		}
		if c.Field.IsZero() && (c.Optional || c.OneOf) {
			continue
		}
		if c.OneOf {
			given = append(given, c.Name)
		}
		if problem := c.problem(); problem != "" {
			return Invalid(provider, "credentials."+c.Name, problem)
		}
	}
	switch {
	case len(needed) > 0 && len(given) == 0:
		return Invalid(provider, "credentials."+needed[0], "missing")
	case len(given) > 1:
		return Invalid(provider, "credentials."+given[1], "given besides "+given[0])
	}
	return nil
}

func (c Credential) problem() string {
	if c.Field.IsZero() {
		return "missing"
	}
	if c.Field.Type() != reflect.TypeFor[adapters.Secret]() {
		return "" // the adapter's own check
	}
	return textProblem(c.Field.String())
}

// textProblem returns what keeps a credential from being sent.
func textProblem(value string) string {
	if problem := check.Header(value); problem != "" {
		return problem
	}
	if scheme, _, found := strings.Cut(value, " "); found && (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Basic")) {
		return "starts with an authentication scheme, which the adapter adds itself"
	}
	return ""
}
