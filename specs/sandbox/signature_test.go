package sandbox_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/openapi"
	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/openbalances/openbalances/specs/sandbox"
)

func header(name, value string) func(*testing.T, *http.Request) {
	return func(_ *testing.T, r *http.Request) { r.Header.Set(name, value) }
}

func without(name string) func(*testing.T, *http.Request) {
	return func(_ *testing.T, r *http.Request) { r.Header.Del(name) }
}

func signature(old, replacement string) func(*testing.T, *http.Request) {
	return func(_ *testing.T, r *http.Request) {
		r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), old, replacement, 1))
	}
}

// resigned drops headers and signs what is left anew, under another key id or over other headers.
func resigned(keyID, names string, dropped ...string) func(*testing.T, *http.Request) {
	return func(t *testing.T, r *http.Request) {
		for _, name := range dropped {
			r.Header.Del(name)
		}
		sign(t, r, keyID, names)
	}
}

func inTurn(changes ...func(*testing.T, *http.Request)) func(*testing.T, *http.Request) {
	return func(t *testing.T, r *http.Request) {
		for _, change := range changes {
			change(t, r)
		}
	}
}

// wrapped makes one RFC 2047 word of the value that is there after the change.
func wrapped(change func(*testing.T, *http.Request)) func(*testing.T, *http.Request) {
	return func(t *testing.T, r *http.Request) {
		change(t, r)
		r.Header.Set("Signature", "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(r.Header.Get("Signature")))+"?=")
	}
}

// changes are what a test does to a request before it is sent.
type changes map[string]struct {
	change    func(*testing.T, *http.Request)
	violation string // what X-Sandbox-Violation says; empty: good
}

// run sends a request with each change. A signature that is not good is refused with an example of the document.
func (all changes) run(t *testing.T, b bank, refusal string, request func(*testing.T) *http.Request) {
	for name, tc := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request(t)
			tc.change(t, req)
			req.Header.Set("Prefer", "code=200") // does not help
			got := send(t, req)
			assert.Equal(t, tc.violation, got.header.Get("X-Sandbox-Violation"))
			if tc.violation == "" {
				assert.Equal(t, http.StatusOK, got.status)
				return
			}
			assert.Equal(t, reply{http.StatusUnauthorized, nil, named(t, b.doc, refusal)}, withoutHeader(got))
		})
	}
}

func named(t *testing.T, doc *contract.Document, name string) string {
	t.Helper()
	e := openapi.Of(doc).First(func(e specs.Example) bool { return e.Name == name })
	require.NotNil(t, e, name)
	return string(e.JSON)
}

// What X-Sandbox-Violation says.
const (
	inSignature   = "header Signature: "
	inCertificate = "header TPP-Signature-Certificate: "
	mismatch      = inSignature + "the signature does not match the request"
	wrongKeyID    = inSignature + "keyId does not name the certificate"
)

func TestHTTPSignature(t *testing.T) {
	t.Parallel()
	b := provider(t, "eika")
	own, other := signers()[0].certificate.Raw, signers()[1].certificate.Raw
	unpadded, padded := strings.CutSuffix(b.request(t, "getBalances").Header.Get("TPP-Signature-Certificate"), "=")
	require.True(t, padded && strings.HasSuffix(unpadded, "M"), "another example; cure: change its last letter here")
	certificate := func(der []byte) func(*testing.T, *http.Request) {
		return header("TPP-Signature-Certificate", base64.StdEncoding.EncodeToString(der))
	}
	changes{
		"as documented":      {func(*testing.T, *http.Request) {}, ""},
		"in one word":        {wrapped(resigned(goodKeyID, everything)), ""},
		"lower-case serial":  {resigned("SN=a4f1,CA=C=NO", everything), ""},
		"serial with zeros":  {resigned("SN=00A4F1,CA=C=NO", everything), ""},
		"other order":        {resigned(goodKeyID, "psu-id tpp-redirect-uri date x-request-id digest psu-corporate-id"), ""},
		"more than is asked": {resigned(goodKeyID, everything+" psu-context"), ""},
		"as little as can be": {resigned(goodKeyID, "date x-request-id",
			"Digest", "PSU-ID", "PSU-Corporate-ID", "TPP-Redirect-URI"), ""},
		"not covered changed": {header("PSU-User-Agent", "other"), ""},
		"old date":            {inTurn(header("Date", "Thu, 01 Jan 1970 00:00:00 GMT"), resigned(goodKeyID, everything)), ""},

		"missing":        {without("Signature"), inSignature + "required"},
		"malformed":      {header("Signature", "SECRET"), inSignature + "pattern"},
		"word malformed": {header("Signature", "=?utf-8?B?SECRET?="), wrongKeyID},
		"algorithm":      {signature("rsa-sha256", "hs2019"), inSignature + "the algorithm is not rsa-sha256"},

		"no certificate":       {without("TPP-Signature-Certificate"), inCertificate + "required"},
		"certificate in PEM":   {header("TPP-Signature-Certificate", "-----BEGIN SECRET-----"), inCertificate + "pattern"},
		"certificate unpadded": {header("TPP-Signature-Certificate", unpadded), inCertificate + "not a certificate"},
		"certificate's spare bits": {header("TPP-Signature-Certificate", strings.TrimSuffix(unpadded, "M")+"N="),
			inCertificate + "not a certificate"},
		"certificate broken":   {certificate([]byte("SECRET")), inCertificate + "not a certificate"},
		"certificate and more": {certificate(slices.Concat(own, []byte{0})), inCertificate + "not a certificate"},
		"other certificate":    {certificate(other), mismatch},
		"two certificates": {func(_ *testing.T, r *http.Request) {
			r.Header.Add("TPP-Signature-Certificate", "SECRET")
		}, inCertificate + "repeated"},

		"other serial":      {resigned("SN=A4F2,CA=CN=SECRET", everything), wrongKeyID},
		"serial in decimal": {resigned("SN=42225,CA=CN=SECRET", everything), wrongKeyID},
		"serial unnamed":    {wrapped(resigned("A4F1,CA=CN=SECRET", everything)), wrongKeyID},
		"no issuer":         {resigned("SN=A4F1", everything), wrongKeyID},
		"empty issuer":      {resigned("SN=A4F1,CA=", everything), wrongKeyID},

		"fewer names":       {signature("date digest", "date"), mismatch},
		"signature changed": {signature(`signature="`, `signature="AAAA`), mismatch},
		"PSU changed":       {header("PSU-ID", "other"), mismatch},

		"PSU gone":    {without("PSU-ID"), inSignature + "the request has no header psu-id"},
		"digest gone": {without("Digest"), inSignature + "the request has no header digest"},
		"digest of another body": {inTurn(header("Digest", digest("SECRET")), resigned(goodKeyID, everything)),
			"header Digest: not the SHA-256 of the body"},
	}.run(t, b, "noLinks", func(t *testing.T) *http.Request { return eika(t, b) })
	for _, name := range strings.Fields(everything) {
		changes{name + " not signed": {resigned(goodKeyID, strings.Replace(everything, name, "", 1)), inSignature + name + " is not covered"}}.
			run(t, b, "noLinks", func(t *testing.T) *http.Request { return eika(t, b) })
	}
}

// bodySigned are the operations with a body hash, and what refuses a bad one.
var bodySigned = map[string]string{"getBalances": "signatureInvalid", "getToken": "tokenUnauthorized"}

func TestBodySignature(t *testing.T) {
	t.Parallel()
	b := provider(t, "onesingleview")
	again := func(key string, change func(body string) string) func(*testing.T, *http.Request) {
		return func(t *testing.T, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			setBody(r, change(string(body)))
			if key != "" {
				signBody(t, r, &openapi.Signature{Header: "signature", Key: key})
			}
		}
	}
	compact := func(body string) string { return strings.NewReplacer("\n", "", "  ", "").Replace(body) }
	longer := func(body string) string { return body + " " }
	same := func(body string) string { return body }
	const unlike = "header signature: not that of the body"
	all := changes{
		"as documented":       {again("", same), ""},
		"over other bytes":    {again("test-signature-key", compact), ""},
		"with a blank more":   {again("test-signature-key", longer), ""},
		"blank after signing": {again("", longer), unlike},
		"other key":           {again("SECRET", same), unlike},
		"other digit": {func(_ *testing.T, r *http.Request) {
			text := []byte(r.Header.Get("signature"))
			text[0] ^= 1 // still a hexadecimal digit
			r.Header.Set("signature", string(text))
		}, unlike},
		"capitals": {func(_ *testing.T, r *http.Request) {
			r.Header.Set("signature", strings.ToUpper(r.Header.Get("signature")))
		}, "header signature: pattern"},
		"missing": {without("signature"), "header signature: required"},
		"repeated": {func(_ *testing.T, r *http.Request) {
			r.Header.Add("signature", r.Header.Get("signature"))
		}, "header signature: repeated"},
	}
	for operation, refusal := range bodySigned {
		t.Run(operation, func(t *testing.T) {
			all.run(t, b, refusal, func(t *testing.T) *http.Request { return b.request(t, operation) })
		})
	}
}

// The documents have no operation that signs a body by its digest.
func TestDigestOfABody(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/signed.yaml")
	require.NoError(t, err)
	doc := spectest.Parse(t, "signed", string(text))
	require.NoError(t, doc.Check(t.Context()))
	b := bank{doc, serve(t, sandbox.Handler(doc))}
	const body, unlike = `{"accountId": "a"}`, "header Digest: not the SHA-256 of the body"
	sent := func(body string, digests ...string) func(*testing.T, *http.Request) {
		return func(t *testing.T, req *http.Request) {
			setBody(req, body)
			req.Header["Digest"] = digests
			sign(t, req, goodKeyID, "date digest")
		}
	}
	refusal := openapi.Of(b.doc).Signature("ask").Refusal
	changes{
		"good":       {sent(body, digest(body)), ""},
		"other body": {sent(`{"accountId": "b"}`, digest(body)), unlike},
		"missing":    {sent(body), unlike},
		"other hash": {sent(body, "SHA-512="+digest(body)[8:]), unlike},
		"two":        {sent(body, digest(body), digest("")), unlike},
		"lower case": {sent(body, strings.ToLower(digest(body))), unlike},
		"of no body": {sent(body, digest("")), unlike},
	}.run(t, b, refusal, func(t *testing.T) *http.Request { return b.request(t, "ask") })
}

func TestAnySignature(t *testing.T) {
	t.Parallel()
	b := provider(t, "onesingleview")
	b.url = serve(t, sandbox.Handler(b.doc, sandbox.AnySignature()))
	req := b.request(t, "getBalances")
	req.Header.Set("signature", strings.Repeat("0", 64))
	assert.Equal(t, http.StatusOK, send(t, req).status)
	req = b.request(t, "getBalances")
	req.Header.Del("signature")
	assert.Equal(t, named(t, b.doc, "signatureInvalid"), send(t, req).body, "the form is checked all the same")
}
