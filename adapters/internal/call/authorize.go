package call

import (
	"context"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
)

// Authorize returns the request editor that sets the Authorization header. The credential lives in the closure, so
// that no printed client shows it.
func Authorize(scheme string, credential adapters.Secret) func(context.Context, *http.Request) error {
	return func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", scheme+" "+string(credential))
		return nil
	}
}
