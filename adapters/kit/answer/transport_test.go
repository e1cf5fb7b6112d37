package answer_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/answer"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// during is err as the net package wraps it.
func during(operation string, err error) error {
	return &net.OpError{Op: operation, Net: "tcp", Err: err}
}

func system(number syscall.Errno) error { return os.NewSyscallError("call", number) }

func TestTransportProblem(t *testing.T) {
	t.Parallel()
	const notAccepted, failed = "server certificate not accepted", "TLS handshake failed"
	const http11 = "the server wants HTTP/1.1; cure: GODEBUG=http2client=0, or an Options.HTTPClient without HTTP/2"
	for _, test := range []struct {
		err  error
		want string
	}{
		{during("dial", &net.DNSError{Name: "bank.example", IsNotFound: true}), "host name not found"},
		{during("dial", &net.DNSError{Name: "bank.example", IsTimeout: true}), "host name not found"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, notAccepted + ": its issuer is not known; cure: add the root or intermediate that is missing to RootCAs"},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}}}, notAccepted + ": it is for another host name"},
		{x509.HostnameError{Certificate: &x509.Certificate{}}, notAccepted + ": it is for another host name"},
		{&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, notAccepted + ": it, or one of its issuers, has expired or is not yet valid"},
		{&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.TooManyConstraints}}, notAccepted},
		{x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}, notAccepted},
		{&tls.CertificateVerificationError{Err: errors.New("S3CR3T")}, notAccepted},
		{&tls.CertificateVerificationError{Err: x509.SystemRootsError{}}, notAccepted + ": this machine has no trusted roots"},
		{during("remote error", tls.AlertError(42)), "client certificate not accepted"},
		{during("remote error", tls.AlertError(116)), "client certificate required"},
		{during("remote error", tls.AlertError(40)), failed + ": the server wants a client certificate, or has only RSA key exchange (cure: GODEBUG=tlsrsakex=1) or another cipher that Go has given up"},
		{during("remote error", tls.AlertError(70)), failed + ": the server has no TLS 1.2 or newer"},
		{errors.New("tls: server selected unsupported protocol version 301"), failed + ": the server has no TLS 1.2 or newer"},
		{during("remote error", tls.AlertError(80)), failed},
		{during("local error", tls.AlertError(42)), failed},
		{fmt.Errorf("net/http: %w", during("local error", tls.AlertError(100))), "TLS renegotiation, which the server asks for, is off; cure: Renegotiation in the tls.Config of Options.HTTPClient"},
		{errors.New("stream error: stream ID 1; HTTP_1_1_REQUIRED; received from peer"), http11},
		{errors.New("http2: server sent GOAWAY and closed the connection; LastStreamID=0, ErrCode=HTTP_1_1_REQUIRED"), http11},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, failed + ": the server does not answer with TLS"},
		{during("dial", system(syscall.ECONNREFUSED)), "connection refused"},
		{during("read", system(syscall.ECONNRESET)), "connection broken off"},
		{during("write", system(syscall.EPIPE)), "connection broken off"},
		{net.ErrClosed, "connection broken off"},
		{io.EOF, "connection broken off"},
		{io.ErrUnexpectedEOF, "connection broken off"},
		{during("read", os.ErrDeadlineExceeded), "no answer in time"},
		{during("dial", system(syscall.ENETUNREACH)), "request failed"},
		{errors.New("S3CR3T"), "request failed"},
	} {
		assert.Equal(t, test.want, answer.Unsent(test.err).Detail, "%v", test.err)
	}
}

// shout is an error of a caller's module.
type shout struct{ URL string }

func (s shout) Error() string    { return s.URL }
func (s *shout) Timeout() bool   { return true }
func (s *shout) Temporary() bool { return true }

func TestCausesShowNoAddress(t *testing.T) {
	t.Parallel()
	const address = "https://bank.example/accounts/S3CR3T"
	sentinel := errors.New(address)
	inner := &url.Error{Op: "Get", URL: address, Err: during("dial", fmt.Errorf("%s: %w", address, system(syscall.ECONNREFUSED)))}
	for name, cause := range map[string]error{
		"text":           sentinel,
		"type":           shout{address},
		"pointer":        &shout{address},
		"wrapped":        fmt.Errorf("GET %s giving up: %w", address, inner),
		"wrapped twice":  fmt.Errorf("a: %w", fmt.Errorf("GET %s: %w", address, inner)),
		"joined":         errors.Join(sentinel, inner, io.EOF),
		"several":        fmt.Errorf("%w, %w", sentinel, inner),
		"address around": &url.Error{Op: "Get", URL: address, Err: &url.Error{Op: "Get", URL: address, Err: sentinel}},
		"operation":      during("proxyconnect", sentinel),
	} {
		for _, err := range []error{answer.Unsent(cause), decodeBody(cause)} {
			shown := ""
			walk(err, func(err error) {
				assert.False(t, errors.As(err, new(*url.Error)) || errors.As(err, new(shout)) || errors.As(err, new(*shout)), name)
				text, failure := json.Marshal(err)
				assert.NoError(t, failure)
				var log bytes.Buffer
				slog.New(slog.NewJSONHandler(&log, nil)).Error("", "err", err)
				shown += fmt.Sprintf("%v %+v %#v %s %q %x", err, err, err, err, err, err) + string(text) + log.String()
			})
			assert.NotContains(t, shown, "S3CR3T", name)
			assert.NotContains(t, shown, fmt.Sprintf("%x", "S3CR3T"), name)
			for _, target := range []error{sentinel, io.EOF, syscall.ECONNREFUSED} {
				assert.False(t, errors.Is(cause, target) && !errors.Is(err, target), "%s is no %v any more", name, target)
			}
		}
	}
	var network net.Error
	require.ErrorAs(t, answer.Unsent(&shout{address}), &network)
	assert.True(t, network.Timeout())
}

func decodeBody(cause error) error {
	_, err := answer.Decode[any](respond(200, iotest.ErrReader(cause)), nil)
	return err
}

// walk visits an error and all its causes.
func walk(err error, visit func(error)) {
	visit(err)
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		if inner := wrapper.Unwrap(); inner != nil {
			walk(inner, visit)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range wrapper.Unwrap() {
			walk(inner, visit)
		}
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	reset := during("read", system(syscall.ECONNRESET))
	for _, test := range []struct {
		err    error
		text   string
		chains error
	}{
		{io.ErrUnexpectedEOF, "broken off", io.ErrUnexpectedEOF},
		{reset, "broken off", io.ErrUnexpectedEOF},
		{reset, "broken off", syscall.ECONNRESET},
		{during("read", os.ErrDeadlineExceeded), "no answer in time", os.ErrDeadlineExceeded},
		{context.Canceled, "no answer in time", context.Canceled},
		{context.DeadlineExceeded, "no answer in time", context.DeadlineExceeded},
		{gzip.ErrChecksum, "not the gzip that it says it is", gzip.ErrChecksum},
		{flate.CorruptInputError(1), "not the gzip that it says it is", flate.CorruptInputError(1)},
		{answer.ErrTooLarge, "larger than the limit", answer.ErrTooLarge},
	} {
		_, err := answer.Decode[any](respond(200, iotest.ErrReader(test.err)), nil)
		assert.EqualError(t, err, "answer: HTTP 200: body: "+test.text)
		assert.ErrorIs(t, err, test.chains)
	}
}

// Servers of crypto/tls and net/http, and of openssl for what those cannot do.
func TestTextsOfRealServers(t *testing.T) {
	t.Parallel()
	root := tlstest.NewAuthority(t)
	for name, test := range map[string]struct {
		leaf tls.Certificate
		want string
	}{
		"another host":         {root.Issue(t, func(c *x509.Certificate) { c.IPAddresses = nil }), "another host name"},
		"expired":              {root.Issue(t, tlstest.Expired), "expired"},
		"expired issuer":       {root.Below(t, tlstest.Expired).Issue(t, nil), "expired"},
		"missing intermediate": {alone(root.Below(t).Issue(t, nil)), "root or intermediate that is missing"},
		"unknown issuer":       {tlstest.NewAuthority(t).Issue(t, nil), "root or intermediate that is missing"},
	} {
		assert.Contains(t, problemOf(t, root, &tls.Config{Certificates: []tls.Certificate{test.leaf}}), test.want, name)
	}
	old := &tls.Config{Certificates: []tls.Certificate{root.Issue(t, nil)}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	assert.Contains(t, problemOf(t, root, old), "no TLS 1.2")
	rsaOnly := &tls.Config{
		Certificates: []tls.Certificate{root.Issue(t, nil)}, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_256_GCM_SHA384},
	}
	assert.Contains(t, problemOf(t, root, rsaOnly), "GODEBUG=tlsrsakex=1")
}

func alone(pair tls.Certificate) tls.Certificate {
	pair.Certificate = pair.Certificate[:1]
	return pair
}

// problemOf is the text about a server that a client who trusts root calls.
func problemOf(t *testing.T, root *tlstest.Authority, config *tls.Config) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS, server.Config.ErrorLog = config, log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	own := root.Trusted()
	own.MinVersion = tls.VersionTLS10
	response, err := adapters.NewHTTPClient(own).Get(server.URL) //nolint:bodyclose // there is none
	assert.EqualValues(t, tls.VersionTLS10, own.MinVersion, "the caller's config is not changed")
	if !assert.Error(t, err) {
		_ = response.Body.Close()
		return ""
	}
	return answer.Unsent(err).Detail
}

// A server of HTTP/2 that wants HTTP/1.1, as IIS does where it asks for a client certificate.
func TestServerThatWantsHTTP1(t *testing.T) {
	t.Parallel()
	root := tlstest.NewAuthority(t)
	config := &tls.Config{Certificates: []tls.Certificate{root.Issue(t, nil)}, NextProtos: []string{"h2"}}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	go func() {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = connection.Close() }()
		const settings, reset = "\x00\x00\x00\x04\x00\x00\x00\x00\x00", "\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x0d"
		_, _ = io.WriteString(connection, settings)
		for received := make([]byte, 4096); ; {
			n, err := connection.Read(received)
			if err != nil {
				return
			}
			if stream := []byte("\x00\x00\x00\x01"); bytes.Contains(received[:n], stream) { // its headers have come
				_, _ = io.WriteString(connection, reset)
			}
		}
	}()
	_, err = adapters.NewHTTPClient(root.Trusted()).Get("https://" + listener.Addr().String()) //nolint:bodyclose // there is none
	require.Error(t, err)
	assert.Contains(t, answer.Unsent(err).Detail, "wants HTTP/1.1")
}
