package call

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
)

// Authorize returns the editor that sets the Authorization header from a fixed credential or, if it is empty, from
// source, which is told if the provider does not accept its token. The credential lives in the closure, so that no
// printed client shows it.
func Authorize(scheme string, fixed adapters.Secret, source adapters.TokenSource) Editor {
	return func(ctx context.Context, request *http.Request) error {
		token := string(fixed)
		if token == "" {
			var dead func()
			var err error
			if token, dead, err = ask(ctx, source); err != nil {
				return err
			}
			*request = *request.WithContext(context.WithValue(request.Context(), deadKey{}, dead))
		}
		if strings.ContainsAny(token, `,"`) { // it would end, and what follows would be parameters
			return &adapters.Error{Kind: adapters.ErrInvalidArgument, Detail: "access token: holds a separator"}
		}
		request.Header.Set("Authorization", scheme+" "+token)
		return nil
	}
}

// deadKey is where a request's context holds the function that tells a source that its token is dead.
type deadKey struct{}

// judgeToken tells the source of the request's token if the provider has refused it.
func (x *exchanged) judgeToken(err error) {
	if x.response == nil || adapters.KindOf(err) != adapters.ErrUnauthorized {
		return
	}
	if dead, ok := x.request.Context().Value(deadKey{}).(func()); ok {
		dead()
	}
}

// ask returns a token that can be sent. An [*adapters.Error] of a source stays as it is, as the failure of the token's
// operation.
func ask(ctx context.Context, source adapters.TokenSource) (token string, dead func(), err error) {
	token, dead, err = source.Ask(ctx)
	var failure *adapters.Error
	switch {
	case errors.As(err, &failure):
		if failure.Operation == "" {
			own := *failure
			own.Operation, failure = getToken, &own
		}
		return "", nil, failure
	case err != nil && ctx.Err() != nil:
		return "", nil, ctx.Err()
	case err != nil:
		return "", nil, &adapters.Error{Kind: adapters.ErrUnavailable, Detail: "access token: the source failed", Err: err}
	}
	if problem := textProblem(token); problem != "" {
		dead()
		return "", nil, &adapters.Error{Kind: adapters.ErrInvalidArgument, Detail: "access token: " + problem}
	}
	return token, dead, nil
}

// Certified returns the signer of requests for a certificate and its key. ca replaces the authority's text in the key id.
// Its error names the credential, signingKey or keyIdCA. Whatever implements [httpsig.Signer] can take its place.
func Certified(provider string, certificate *x509.Certificate, key crypto.Signer, ca string, options *httpsig.Options) (httpsig.Signer, error) {
	invalid := func(credential string, err error) error {
		return Invalid(provider, "credentials."+credential, strings.TrimPrefix(err.Error(), "httpsig: "))
	}
	if err := httpsig.CheckPair(certificate, key); err != nil {
		return nil, invalid("signingKey", err)
	}
	keyID, err := httpsig.KeyID(certificate, ca)
	if err != nil {
		return nil, invalid("keyIdCA", err)
	}
	signer, err := httpsig.New(key, keyID, options)
	if err != nil {
		return nil, invalid("signingKey", err)
	}
	return signer, nil
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

// AllOrNone returns the editor that refuses a request which has some header with the prefix and lacks a required one:
// providers take such headers all together, or none. Without the PSU there is none.
func AllOrNone(prefix string, required []string) Editor {
	return func(_ context.Context, request *http.Request) error {
		some := false
		for name := range request.Header {
			some = some || strings.HasPrefix(name, prefix)
		}
		for _, name := range required {
			if some && request.Header.Get(name) == "" {
				return invalid("psu", "lacks "+http.CanonicalHeaderKey(name)+", which the bank requires; "+
					"ask with it, or unattended, which spends one of the account's calls")
			}
		}
		return nil
	}
}
