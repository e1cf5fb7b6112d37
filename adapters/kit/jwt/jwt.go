// Package jwt makes access tokens that the caller signs itself: JSON Web Tokens (RFC 7519) with RS256. They cover no
// request. A signature over a request is that of package httpsig.
package jwt

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
)

// Margin is how wrong the caller's clock may be: a token begins that long before it is made, and is replaced that long
// before it ends.
const Margin = time.Minute

// Claims are what a token says besides its times. Life has to be longer than two margins.
type Claims struct {
	KeyID, Issuer, Audience string
	Life                    time.Duration // from the beginning to the end
}

// NewSource returns a source of tokens signed by an RSA key of 2048 bits or more, which may live in a hardware module. A
// token serves all calls until it is replaced, or until a provider has refused it. A nil now stands for time.Now.
func NewSource(key crypto.Signer, claims Claims, now func() time.Time) (adapters.TokenSource, error) {
	if _, err := httpsig.PublicKey(key); err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	turn := make(chan struct{}, 1) // a lock that a caller need not wait for
	var token string
	var made time.Time
	return func(ctx context.Context) (string, error) {
		select {
		case turn <- struct{}{}:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		defer func() { <-turn }()
		if at := now(); token == "" || at.Before(made) || !at.Before(made.Add(claims.Life-2*Margin)) {
			signed, err := claims.sign(key, at)
			if err != nil {
				return "", &adapters.Error{Kind: adapters.ErrUnavailable, Detail: "access token could not be signed", Err: err}
			}
			token, made = signed, at
		}
		own := token
		adapters.OnDeadToken(ctx, func() {
			turn <- struct{}{}
			if token == own {
				token = ""
			}
			<-turn
		})
		return own, nil
	}, nil
}

func (c Claims) sign(key crypto.Signer, at time.Time) (string, error) {
	begin := at.Add(-Margin)
	text := encode(struct {
		Type      string `json:"typ"`
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
	}{"JWT", "RS256", c.KeyID}) + "." + encode(struct {
		Issuer   string `json:"iss"`
		Audience string `json:"aud"`
		IssuedAt int64  `json:"iat"`
		Expires  int64  `json:"exp"`
	}{c.Issuer, c.Audience, begin.Unix(), begin.Add(c.Life).Unix()})
	sum := sha256.Sum256([]byte(text))
	signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), err
}

func encode(part any) string {
	text, _ := json.Marshal(part) // texts and numbers can always be encoded
	return base64.RawURLEncoding.EncodeToString(text)
}
