package tokenio

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/openbalances/openbalances/adapters/kit/call"
)

// scheme is that of Token.io's SDK, github.com/tokenio/sdk-js, read 2026-11-20.
const scheme = "Token-Ed25519-SHA512"

// signed is what the signature covers: compact JSON with its members in alphabetical order. No call has a body.
type signed struct {
	CreatedAtMs string `json:"createdAtMs"`
	Method      string `json:"method"`
	QueryString string `json:"queryString,omitempty"`
	URIHost     string `json:"uriHost"`
	URIPath     string `json:"uriPath"`
}

// sign returns the editor that signs a finished request.
func (c Credentials) sign(now func() time.Time) (call.Editor, error) {
	if _, ok := c.SigningKey.Public().(ed25519.PublicKey); !ok {
		return nil, call.Invalid(provider.Name, "credentials.signingKey", "not an Ed25519 key")
	}
	for _, c := range [][2]string{{"memberId", c.MemberID}, {"keyId", c.KeyID}, {"onBehalfOf", string(c.OnBehalfOf)}} {
		if problem := parameterProblem(c[1]); problem != "" {
			return nil, call.Invalid(provider.Name, "credentials."+c[0], problem)
		}
	}
	return func(_ context.Context, request *http.Request) error {
		request.URL.RawQuery = strings.ReplaceAll(request.URL.RawQuery, "%3A", ":") // on the wire as in the signed text
		created := strconv.FormatInt(now().UnixMilli(), 10)
		signature, err := c.SigningKey.Sign(nil, signedText(request, created), crypto.Hash(0))
		if err != nil {
			return &adapters.Error{Kind: adapters.ErrUnavailable, Detail: "request could not be signed", Err: err}
		}
		request.Header.Set("Authorization", scheme+" "+c.parameters(request.Header, signature, created))
		return nil
	}, nil
}

// parameterProblem returns what keeps a text from being a parameter of the Authorization header.
func parameterProblem(text string) string {
	if strings.ContainsAny(text, ",= ") {
		return "holds a separator"
	}
	return check.Header(text)
}

func signedText(request *http.Request, created string) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(signed{ // texts always can be encoded
		CreatedAtMs: created, Method: request.Method, QueryString: request.URL.RawQuery,
		URIHost: request.URL.Host, URIPath: request.URL.EscapedPath(),
	})
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

func (c Credentials) parameters(header http.Header, signature []byte, created string) string {
	parameters := "member-id=" + c.MemberID + ",key-id=" + c.KeyID +
		",signature=" + base64.RawURLEncoding.EncodeToString(signature) + ",created-at-ms=" + created
	for _, name := range []string{"on-behalf-of", "customer-initiated"} {
		if value := header.Get(name); value != "" {
			parameters += "," + name + "=" + value
		}
	}
	return parameters
}
