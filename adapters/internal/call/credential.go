package call

import (
	"strings"

	"github.com/openbalances/openbalances/adapters/internal/check"
)

// Credential is one text that New of an adapter checks before anything is sent.
type Credential struct {
	Name     string
	Value    string
	Optional bool
}

// CheckCredentials returns an invalid_argument error naming the first credential that is missing or cannot be a
// header. The error never shows a value.
func CheckCredentials(provider string, credentials ...Credential) error {
	for _, c := range credentials {
		if c.Optional && c.Value == "" {
			continue
		}
		problem := check.Header(c.Value)
		if problem == "" && schemePrefixed(c.Value) {
			problem = "starts with an authentication scheme, which the adapter adds itself"
		}
		if problem != "" {
			return Invalid(provider, "credentials."+c.Name, problem)
		}
	}
	return nil
}

func schemePrefixed(value string) bool {
	scheme, _, found := strings.Cut(value, " ")
	return found && (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Basic"))
}
