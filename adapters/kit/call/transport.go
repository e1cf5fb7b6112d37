package call

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
	"syscall"

	"github.com/openbalances/openbalances/adapters"
)

// unsent turns a failure before the answer's headers into an error without the request's URL.
func (c *Connection) unsent(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return c.interrupted(ctx.Err())
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var failure *adapters.Error
	if errors.As(err, &failure) {
		return c.failed(failure, 0)
	}
	return c.failed(&adapters.Error{Kind: adapters.ErrUnavailable, Detail: transportProblem(err), Err: err}, 0)
}

// unread turns a failure inside the body into an error. Nothing of the body is used.
func (c *Connection) unread(ctx context.Context, err error, status int) error {
	var failure *adapters.Error
	var network net.Error
	var corrupt flate.CorruptInputError
	switch {
	case ctx.Err() != nil:
		return c.interrupted(ctx.Err())
	case errors.As(err, &failure):
		return c.failed(failure, status)
	case errors.As(err, &network) && network.Timeout():
		failure = &adapters.Error{Kind: adapters.ErrUnavailable, Detail: "body: no answer in time", Err: err}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		failure = &adapters.Error{Kind: adapters.ErrProtocol, Detail: "body: not the gzip that it says it is", Err: err}
	default:
		failure = &adapters.Error{Kind: adapters.ErrProtocol, Detail: "body: broken off", Err: brokenOff(err)}
	}
	return c.failed(failure, status)
}

func brokenOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, err)
}

// transportProblem names the cause in fixed words; the original is in the chain.
func transportProblem(err error) string {
	var lookup *net.DNSError
	var network net.Error
	var certificate *tls.CertificateVerificationError
	var hostname x509.HostnameError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &lookup):
		return "host name not found"
	case errors.As(err, &certificate), errors.As(err, &hostname):
		return "server certificate not accepted"
	case alertProblem(err) != "":
		return alertProblem(err)
	case errors.As(err, &record):
		return handshakeFailed
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection broken off"
	case errors.As(err, &network) && network.Timeout():
		return "no answer in time"
	}
	return "request failed"
}
