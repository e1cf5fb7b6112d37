package call

import (
	"context"
	"errors"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
)

// Authorize returns the editor that sets the Authorization header from a fixed credential or, if it is empty, from
// source. The credential lives in the closure, so that no printed client shows it.
func Authorize(scheme string, fixed adapters.Secret, source adapters.TokenSource) Editor {
	return func(ctx context.Context, request *http.Request) error {
		token := string(fixed)
		if token == "" {
			var err error
			if token, err = ask(ctx, source); err != nil {
				return err
			}
		}
		request.Header.Set("Authorization", scheme+" "+token)
		return nil
	}
}

// ask returns a token that can be sent. An [*adapters.Error] of a source stays as it is, as the failure of the token's
// operation.
func ask(ctx context.Context, source adapters.TokenSource) (string, error) {
	token, err := source(ctx)
	var failure *adapters.Error
	switch {
	case errors.As(err, &failure):
		if failure.Operation == "" {
			own := *failure
			own.Operation, failure = getToken, &own
		}
		return "", failure
	case err != nil && ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", &adapters.Error{Kind: adapters.ErrUnavailable, Detail: "access token: the source failed", Err: err}
	}
	if problem := textProblem(token); problem != "" {
		return "", &adapters.Error{Kind: adapters.ErrInvalidArgument, Detail: "access token: " + problem}
	}
	return token, nil
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
