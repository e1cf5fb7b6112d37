package adapters

import "context"

// TokenSource returns the access token for one call, without the word "Bearer". It is asked for every call, so a token
// may expire; it has to be safe for concurrent use and to end when ctx does. Its error becomes an [ErrUnavailable], unless
// it is an [*Error]: that one keeps its Kind, Status, RetryAfter and text, so a source can say that a client secret is
// wrong or that it was asked too often. It is the token's failure and counts for no account. The example makes a source
// from an oauth2.TokenSource, which takes no context.
//
// A source that keeps tokens learns by [OnDeadToken] which ones it must not hand out again.
type TokenSource func(ctx context.Context) (string, error)

type deadTokenKey struct{}

// Ask returns a token, and the function that tells the source that this token is dead. Adapters call it when a provider
// does not accept the token ([ErrUnauthorized]); the call fails, and the source knows before it is asked again.
func (s TokenSource) Ask(ctx context.Context) (token string, dead func(), err error) {
	var told []func()
	token, err = s(context.WithValue(ctx, deadTokenKey{}, &told))
	return token, func() {
		for _, forget := range told {
			forget()
		}
	}, err
}

// OnDeadToken is for a source, which calls it with the context that it was asked with before it returns a token. forget
// is called if that token turns out to be dead, perhaps by several calls at once. By then the source may have a newer
// token, which forget has to leave alone.
func OnDeadToken(ctx context.Context, forget func()) {
	if told, ok := ctx.Value(deadTokenKey{}).(*[]func()); ok {
		*told = append(*told, forget)
	}
}
