package adapters

import "context"

// TokenSource returns the access token for one call, without the word "Bearer". It is asked for every call, so a token
// may expire; it has to be safe for concurrent use and to respect ctx. An oauth2.TokenSource becomes one in two lines:
//
//	func(context.Context) (string, error) {
//		token, err := source.Token()
//		if err != nil { return "", err }
//		return token.AccessToken, nil
//	}
type TokenSource func(ctx context.Context) (string, error)
