package neonomics

import (
	"context"
	"net/http"
	"strings"

	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
)

// signedHeaders are covered in this order. Documentation: docs.neonomics.io, "Signing headers", read 2026-11-20.
var signedHeaders = []string{"(request-target)", "x-originating-host", "x-originating-date"}

// sign returns the editor that signs a request of a client with end-to-end encryption, and does nothing for others.
func (c Credentials) sign() (call.Editor, error) {
	if c.SigningKey == nil && c.SigningKeyID == "" && c.OriginatingHost == "" {
		return func(context.Context, *http.Request) error { return nil }, nil
	}
	if c.SigningKey == nil {
		return nil, call.Invalid(provider.Name, "credentials.signingKey", "missing")
	}
	if problem := check.Header(c.SigningKeyID); problem != "" {
		return nil, call.Invalid(provider.Name, "credentials.signingKeyId", problem)
	}
	if problem := check.Header(c.OriginatingHost); problem != "" {
		return nil, call.Invalid(provider.Name, "credentials.originatingHost", problem)
	}
	signer, err := httpsig.New(c.SigningKey, c.SigningKeyID, &httpsig.Options{Headers: signedHeaders})
	if err != nil {
		return nil, call.Invalid(provider.Name, "credentials.signingKey", strings.TrimPrefix(err.Error(), "httpsig: "))
	}
	return call.Sign(signer), nil
}
