package openapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// authenticate tells whether a request carries the credential of a security scheme. Any credential is good.
func authenticate(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	req := in.RequestValidationInput.Request
	if present(req, in.SecurityScheme) {
		return nil
	}
	return &Error{Kind: MissingCredential, Part: "security scheme " + in.SecuritySchemeName}
}

func present(req *http.Request, scheme *openapi3.SecurityScheme) bool {
	if word := authScheme(scheme); word != "" {
		return authorized(req.Header.Values("Authorization"), word)
	}
	return one(req.Header.Values(scheme.Name))
}

func one(values []string) bool { return len(values) == 1 && strings.TrimSpace(values[0]) != "" }

// authScheme is the first word of the Authorization header, "" for an API key; OAuth 2 and OpenID Connect use Bearer. An
// API key names in x-scheme a scheme that is not registered.
func authScheme(scheme *openapi3.SecurityScheme) string {
	switch scheme.Type {
	case "http":
		return scheme.Scheme
	case "apiKey":
		word, _ := scheme.Extensions["x-scheme"].(string)
		return word
	}
	return "Bearer"
}

func authorized(values []string, scheme string) bool {
	if len(values) != 1 {
		return false
	}
	word, credential, _ := strings.Cut(values[0], " ")
	return strings.EqualFold(word, scheme) && strings.TrimSpace(credential) != ""
}
