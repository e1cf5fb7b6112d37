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
	"log/slog"
	"net"
	"net/url"
	"os"
	"syscall"
	"testing"
	"testing/iotest"

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
	for _, test := range []struct {
		err  error
		want string
	}{
		{during("dial", &net.DNSError{Name: "bank.example", IsNotFound: true}), "host name not found"},
		{during("dial", &net.DNSError{Name: "bank.example", IsTimeout: true}), "host name not found"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "server certificate not accepted"},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}}}, "server certificate not accepted"},
		{x509.HostnameError{Certificate: &x509.Certificate{}}, "server certificate not accepted"},
		{during("remote error", tls.AlertError(42)), "client certificate not accepted"},
		{during("remote error", tls.AlertError(116)), "client certificate required"},
		{during("remote error", tls.AlertError(40)), "TLS handshake failed"},
		{during("local error", tls.AlertError(42)), "TLS handshake failed"},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "TLS handshake failed"},
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

func TestUnsentTakesTheAddressOff(t *testing.T) {
	t.Parallel()
	refused := during("dial", system(syscall.ECONNREFUSED))
	err := answer.Unsent(fmt.Errorf("wrapped: %w", &url.Error{Op: "Get", URL: "https://S3CR3T.example", Err: refused}))
	assert.EqualError(t, err, "answer: connection refused")
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.False(t, errors.As(err, new(*url.Error)), "the chain shows the address")
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
