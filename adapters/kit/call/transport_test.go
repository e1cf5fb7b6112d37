package call_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"syscall"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
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
		assert.Equal(t, test.want, call.TransportProblem(test.err), "%v", test.err)
	}
}

func expired(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	t.Cleanup(cancel)
	return ctx
}

func TestUnsent(t *testing.T) {
	t.Parallel()
	c := connect(t, call.Refusal{})
	wrap := func(err error) error { return &url.Error{Op: "Get", URL: "https://S3CR3T.example", Err: err} }
	refused := during("dial", system(syscall.ECONNREFUSED))
	err := call.Unsent(c, t.Context(), wrap(refused))
	assert.EqualError(t, err, "bank: get balances: unavailable: connection refused")
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.False(t, errors.As(err, new(*url.Error)), "the chain shows the address")

	own := &adapters.Error{Kind: adapters.ErrInvalidArgument, Detail: "access token: missing"}
	assert.EqualError(t, call.Unsent(c, t.Context(), wrap(own)), "bank: get balances: invalid_argument: access token: missing")
	assert.Empty(t, own.Provider, "the cause is not changed")

	err = call.Unsent(c, expired(t), wrap(refused))
	assert.EqualError(t, err, "bank: get balances: context deadline exceeded")
}

func TestUnread(t *testing.T) {
	t.Parallel()
	c := connect(t, call.Refusal{})
	reset := during("read", system(syscall.ECONNRESET))
	for _, test := range []struct {
		err    error
		text   string
		chains error
	}{
		{io.ErrUnexpectedEOF, "protocol (HTTP 200): body: broken off", io.ErrUnexpectedEOF},
		{reset, "protocol (HTTP 200): body: broken off", io.ErrUnexpectedEOF},
		{reset, "protocol (HTTP 200): body: broken off", syscall.ECONNRESET},
		{during("read", os.ErrDeadlineExceeded), "unavailable (HTTP 200): body: no answer in time", os.ErrDeadlineExceeded},
		{&adapters.Error{Kind: adapters.ErrTooLarge, Detail: "cap"}, "too_large (HTTP 200): cap", adapters.ErrTooLarge},
	} {
		err := call.Unread(c, t.Context(), test.err, 200)
		assert.EqualError(t, err, "bank: get balances: "+test.text)
		assert.ErrorIs(t, err, test.chains)
	}
	assert.EqualError(t, call.Unread(c, expired(t), reset, 200), "bank: get balances: context deadline exceeded")
}
