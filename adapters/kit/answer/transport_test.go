package answer_test

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/openbalances/openbalances/adapters/kit/answer"
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
