package adapters

import "context"

// TokenSource returns the access token for one call, without the word "Bearer". It is asked for every call, so a token
// may expire; it has to be safe for concurrent use and to end when ctx does. Its error becomes an [ErrUnavailable], unless
// it is an [*Error]: that one keeps its Kind, Status, RetryAfter and text, so a source can say that a client secret is
// wrong or that it was asked too often. It is the token's failure and counts for no account. The example makes a source
// from an oauth2.TokenSource, which takes no context.
type TokenSource func(ctx context.Context) (string, error)
