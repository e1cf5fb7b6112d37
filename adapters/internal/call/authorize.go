package call

import (
	"context"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/httpsig"
)

// Editor completes a request of a generated client.
type Editor = func(context.Context, *http.Request) error

// Authorize returns the editor that sets the Authorization header. The credential lives in the closure, so that no
// printed client shows it.
func Authorize(scheme string, credential adapters.Secret) Editor {
	return func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", scheme+" "+string(credential))
		return nil
	}
}

// Sign returns the editor that signs the request. It has to be the last one: nothing may change what it covered.
func Sign(signer httpsig.Signer) Editor {
	return func(_ context.Context, request *http.Request) error {
		if err := signer.Sign(request); err != nil {
			return &adapters.Error{Kind: adapters.ErrUnavailable, Detail: "request could not be signed", Err: err}
		}
		return nil
	}
}
