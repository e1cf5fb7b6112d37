package adaptertest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// is reports whether the original error is in the chain.
func is[E error](err error) bool {
	var original E
	return errors.As(err, &original)
}

func elsewhere(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} }

func checkServerCertificates(t *testing.T, h Harness) {
	root := tlstest.NewAuthority(t)
	good := root.Issue(t, nil)
	certificate := func(issuer *tlstest.Authority, change func(*x509.Certificate)) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{issuer.Issue(t, change)}}
	}
	version := func(max uint16) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: max}
	}
	for name, c := range map[string]struct {
		server   *tls.Config
		original func(error) bool
	}{
		"TLS 1.0":       {version(tls.VersionTLS10), is[*net.OpError]},
		"TLS 1.1":       {version(tls.VersionTLS11), is[*net.OpError]},
		"another host":  {certificate(root, elsewhere), is[x509.HostnameError]},
		"expired":       {certificate(root, tlstest.Expired), is[x509.CertificateInvalidError]},
		"not yet valid": {certificate(root, tlstest.NotYetValid), is[x509.CertificateInvalidError]},
		"unknown CA":    {certificate(tlstest.NewAuthority(t), nil), is[x509.UnknownAuthorityError]},
	} {
		t.Run(name, func(t *testing.T) { h.assertNoHandshake(t, c.server, root.Trusted(), c.original) })
	}
}

// checkCertificateTexts sees that what is wrong with a server's certificate can be told from the text.
func checkCertificateTexts(t *testing.T, h Harness) {
	root, texts := tlstest.NewAuthority(t), map[string]bool{}
	for _, leaf := range []tls.Certificate{root.Issue(t, elsewhere), root.Issue(t, tlstest.Expired), tlstest.NewAuthority(t).Issue(t, nil)} {
		server := &tls.Config{Certificates: []tls.Certificate{leaf}}
		texts[h.assertNoHandshake(t, server, root.Trusted(), func(error) bool { return true })] = true
	}
	assert.Len(t, texts, 3, "one text for each")
}

// assertNoHandshake makes one call and sees that it fails on its only connection, with the original error kept. It returns
// the text.
func (h Harness) assertNoHandshake(t *testing.T, server, client *tls.Config, original func(error) bool) string {
	t.Helper()
	bank := h.serveTLS(t, silent(t), server)
	source := h.connect(t, &adapters.Options{BaseURL: bank.address, HTTPClient: adapters.NewHTTPClient(client)})
	_, err := source.Balances(t.Context(), h.account(t), psu)
	failure := h.assertFailure(t, err, adapters.ErrUnavailable)
	assert.Zero(t, failure.Status)
	assert.True(t, original(err), "the original error is lost: %T", errors.Unwrap(failure))
	assert.Regexp(t, "TLS|certificate", err.Error(), "the text has to say where it failed")
	assert.EqualValues(t, 1, bank.connections.Load(), "connections")
	return err.Error()
}

func checkClientCertificates(t *testing.T, h Harness) {
	root, stranger := tlstest.NewAuthority(t), tlstest.NewAuthority(t)
	middle := root.Below(t)
	good, incomplete, mismatched := middle.Issue(t, nil), middle.Issue(t, nil), middle.Issue(t, nil)
	incomplete.Certificate = incomplete.Certificate[:1]
	mismatched.PrivateKey = root.Issue(t, nil).PrivateKey
	server := &tls.Config{
		Certificates: []tls.Certificate{root.Issue(t, nil)},
		ClientCAs:    root.Pool(), ClientAuth: tls.RequireAndVerifyClientCert,
		MaxVersion: tls.VersionTLS12, // in 1.3 the client is done before the server has looked
	}
	for name, shows := range map[string][]tls.Certificate{
		"none": nil, "no intermediates": {incomplete}, "another key": {mismatched}, "unknown CA": {stranger.Issue(t, nil)},
		"expired": {middle.Issue(t, tlstest.Expired)}, "not yet valid": {middle.Issue(t, tlstest.NotYetValid)},
	} {
		t.Run(name, func(t *testing.T) { h.assertNoHandshake(t, server, root.Trusted(shows...), is[*net.OpError]) })
	}
	bank := h.serveTLS(t, h.bank(t), server)
	source := h.connect(t, &adapters.Options{BaseURL: bank.address, HTTPClient: adapters.NewHTTPClient(root.Trusted(good))})
	_, err := source.Balances(t.Context(), h.account(t), psu)
	assert.NoError(t, err, "a good certificate")
}

// signs skips adapters that do not sign.
func (h Harness) signs(t *testing.T) {
	t.Helper()
	if h.Verify == nil {
		t.Skip("does not apply: the adapter does not sign")
	}
}

// assertSigned checks the signature and that every covered header is on the request.
func (h Harness) assertSigned(t *testing.T, a arrival) (covered []string) {
	t.Helper()
	covered, err := h.Verify(a.Request, a.body)
	require.NoError(t, err)
	for _, name := range covered {
		assert.Equal(t, strings.ToLower(name), name)
		assert.True(t, strings.HasPrefix(name, "(") || len(a.Header.Values(name)) == 1, "%s is signed and not there once", name)
	}
	return covered
}

func checkSignatureWithoutBody(t *testing.T, h Harness) {
	h.signs(t)
	if h.sendsBody(t) {
		t.Skip("does not apply: the adapter's requests have a body")
	}
	for _, user := range []adapters.PSU{psu, adapters.Unattended()} {
		sent := h.sent(t, user)
		covered := h.assertSigned(t, sent)
		digests := sent.Header.Values("Digest")
		assert.Equal(t, len(digests) > 0, slices.Contains(covered, "digest"), "a digest is signed where it is sent")
		for _, digest := range digests {
			assert.Equal(t, httpsig.Digest(nil), digest)
		}
	}
}

// checkSignatureOfBody changes each byte of what arrived: the signature was made over all of them.
func checkSignatureOfBody(t *testing.T, h Harness) {
	h.signs(t)
	if !h.sendsBody(t) {
		t.Skip("does not apply: the adapter's requests have no body")
	}
	sent := h.sent(t, psu)
	h.assertSigned(t, sent)
	for i := range sent.body {
		changed := slices.Clone(sent.body)
		changed[i] ^= 1
		_, err := h.Verify(sent.Request, changed)
		assert.Error(t, err, "byte %d is not signed", i)
	}
}

// checkSignedHeaders leaves out one optional credential after the other: what is there is covered as before.
func checkSignedHeaders(t *testing.T, h Harness) {
	h.signs(t)
	full := h.sent(t, psu)
	all := h.assertSigned(t, full)
	if len(all) == 0 {
		t.Skip("does not apply: the adapter signs no headers")
	}
	for name, text := range h.credentialTexts(t) {
		arrived, err := h.askSpoiled(t, name, "")
		if errors.Is(err, adapters.ErrInvalidArgument) {
			continue // a required one
		}
		require.NoError(t, err)
		gone := full.places(text)
		want := slices.DeleteFunc(slices.Clone(all), func(covered string) bool {
			return slices.Contains(gone, http.CanonicalHeaderKey(covered))
		})
		assert.Equal(t, want, h.assertSigned(t, arrived[0]), "without %s", name)
	}
}

// checkOneInstant runs a clock that is an hour later whenever it is asked, in a zone of its own.
func checkOneInstant(t *testing.T, h Harness) {
	h.signs(t)
	var asked, before atomic.Int64
	seen := &inbox{}
	options := h.options(t, seen.watch(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before.Store(asked.Load())
		h.bank(t).ServeHTTP(w, r)
	})))
	zone := time.FixedZone("", -7*3600)
	options.Now = func() time.Time { return now.Add(time.Duration(asked.Add(1)) * time.Hour).In(zone) }
	source, err := h.New(options)
	require.NoError(t, err)
	for call := range 3 {
		start := asked.Load()
		_, err := source.Balances(t.Context(), h.account(t), psu)
		require.NoError(t, err)
		sent := seen.arrived()[0]
		h.assertSigned(t, sent)
		if sent.Header.Get("Date") == "" && len(sent.body) == 0 {
			t.Skip("does not apply: the adapter's requests have no time")
		}
		assert.EqualValues(t, 1, before.Load()-start, "call %d asks for the time once before it sends", call)
		instant := now.Add(time.Duration(start+1) * time.Hour).UTC()
		if dates := sent.Header.Values("Date"); len(dates) > 0 {
			assert.Equal(t, []string{instant.Format(http.TimeFormat)}, dates)
		} else {
			assert.Contains(t, string(sent.body), instant.Format("2006-01-02T15:04:05"))
		}
	}
}

// checkNothingTwice calls twice: after a failure the caller's own second try is a request of its own.
func checkNothingTwice(t *testing.T, h Harness) {
	seen, ids := &inbox{}, map[string]bool{}
	options := h.options(t, seen.watch(with(http.StatusServiceUnavailable, "application/json", "{}")))
	var asked atomic.Int64
	options.Now = func() time.Time { return now.Add(time.Duration(asked.Add(1)) * time.Minute) }
	source, err := h.New(options)
	require.NoError(t, err)
	const times = 3
	for range times {
		_, err := source.Balances(t.Context(), h.account(t), psu)
		require.Error(t, err)
	}
	signatures := map[string]bool{}
	calls := seen.arrived()
	for _, call := range calls {
		for _, id := range h.randomIDs(call) {
			assert.False(t, ids[id], "a request id is sent twice")
			ids[id] = true
		}
		if h.Verify != nil {
			h.assertSigned(t, call)
			signatures[call.Header.Get("Signature")] = true
		}
	}
	if h.Verify != nil {
		assert.Len(t, signatures, times)
	}
	if len(ids) == 0 && h.Verify == nil {
		t.Skip("does not apply: the adapter neither signs nor sends a request id")
	}
}

// randomIDs are the UUIDs of a request besides those of account, credentials and PSU.
func (h Harness) randomIDs(a arrival) []string {
	user, _ := psu.Context()
	given := strings.Join(append([]string{user.DeviceID, a.RequestURI}, h.Secrets...), " ")
	text := fmt.Sprint(a.Header, string(a.body))
	return slices.DeleteFunc(uuids.FindAllString(text, -1), func(id string) bool { return strings.Contains(given, id) })
}
