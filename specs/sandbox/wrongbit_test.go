package sandbox_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/sandbox"
)

// flipped is text with one bit changed.
func flipped(text []byte, i int) []byte {
	text = bytes.Clone(text)
	text[i] ^= 1 << (i % 8)
	return text
}

// answer is what a handler says of a request that may be more broken than net/http would send.
func answer(handler http.Handler, req *http.Request) reply {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, req)
	return reply{recorder.Code, recorder.Header(), recorder.Body.String()}
}

// One wrong bit anywhere in what is signed, in the signature, or in the part of the certificate that verifies it.
func TestOneWrongBitInAnHTTPSignature(t *testing.T) {
	t.Parallel()
	b := provider(t, "eika")
	handler := sandbox.Handler(b.doc)
	b.url = ""
	good := eika(t, b)
	require.Equal(t, http.StatusOK, answer(handler, good).status)
	refuses := func(change func(http.Header), what string, i int) {
		req := good.Clone(t.Context())
		change(req.Header)
		got := answer(handler, req)
		if violation := got.header.Get("X-Sandbox-Violation"); !strings.Contains(violation, "ignature") {
			assert.Equal(t, http.StatusBadRequest, got.status, "%s, byte %d", what, i)
			assert.Contains(t, strings.ToLower(violation), "header "+what, "only a form that is broken comes first")
			return
		}
		assert.Equal(t, http.StatusUnauthorized, got.status, "%s, byte %d", what, i)
		assert.JSONEq(t, `{"_links": {}}`, got.body, "%s, byte %d", what, i)
	}
	for _, name := range strings.Fields(everything + " signature") {
		value := good.Header.Get(name)
		issuer := strings.Index(value, "CN=SECRET") // in the key id; it is not compared
		for i := range value {
			if name == "signature" && i >= issuer && i < issuer+len("CN=SECRET") {
				continue
			}
			refuses(func(h http.Header) { h.Set(name, string(flipped([]byte(value), i))) }, name, i)
		}
	}
	before, text, _ := strings.Cut(good.Header.Get("Signature"), `signature="`)
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, `"`))
	require.NoError(t, err)
	for i := range raw {
		changed := base64.StdEncoding.EncodeToString(flipped(raw, i))
		refuses(func(h http.Header) { h.Set("Signature", before+`signature="`+changed+`"`) }, "signature", i)
	}
	der, key := signers()[0].certificate.Raw, signers()[0].key
	for _, part := range [][]byte{key.N.Bytes(), {serial >> 8, serial & 0xff}} {
		start := bytes.Index(der, part)
		require.Positive(t, start)
		for i := start; i < start+len(part); i++ {
			changed := base64.StdEncoding.EncodeToString(flipped(der, i))
			refuses(func(h http.Header) { h.Set("TPP-Signature-Certificate", changed) }, "tpp-signature-certificate", i)
		}
	}
}

func TestOneWrongBitInASignedBody(t *testing.T) {
	t.Parallel()
	b := provider(t, "onesingleview")
	handler := sandbox.Handler(b.doc)
	for operation, refusal := range bodySigned {
		want := named(t, b.doc, refusal)
		good := b.request(t, operation)
		good.URL.Path = strings.TrimPrefix(good.URL.Path, "/onesingleview")
		body, err := io.ReadAll(good.Body)
		require.NoError(t, err)
		ask := func(signature, body []byte) reply {
			req := good.Clone(t.Context())
			req.Header.Set("signature", string(signature))
			setBody(req, string(body))
			return answer(handler, req)
		}
		signature := []byte(good.Header.Get("signature"))
		require.Equal(t, http.StatusOK, ask(signature, body).status)
		for i := range signature {
			got := ask(flipped(signature, i), body)
			assert.Equal(t, reply{http.StatusUnauthorized, nil, want}, withoutHeader(got), "signature, byte %d", i)
		}
		for i := range body {
			got := ask(signature, flipped(body, i))
			if got.status == http.StatusBadRequest { // no longer the JSON that the document wants
				assert.Contains(t, got.header.Get("X-Sandbox-Violation"), "request body")
				continue
			}
			assert.Equal(t, reply{http.StatusUnauthorized, nil, want}, withoutHeader(got), "body, byte %d", i)
		}
	}
}
