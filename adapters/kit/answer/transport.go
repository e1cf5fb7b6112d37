package answer

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
	"strings"
	"syscall"
)

// Unsent returns the [*Error] for a request that got no answer. The chain of causes shows no text that could hold the
// request's address.
func Unsent(err error) *Error {
	return &Error{Detail: transportProblem(err), Err: bare(err)}
}

// unread returns the error for a body that could not be read to its end. Nothing of the body is used.
func unread(err error) *Error {
	var network net.Error
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, errTooLong), errors.Is(err, ErrTooLarge):
		return &Error{Detail: "body: larger than the limit", Err: ErrTooLarge}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Error{Detail: "body: no answer in time", Err: bare(err)}
	case errors.As(err, &network) && network.Timeout():
		return &Error{Detail: "body: no answer in time", Err: bare(err)}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return &Error{Detail: "body: not the gzip that it says it is", Err: bare(err)}
	}
	return &Error{Detail: "body: broken off", Err: brokenOff(err)}
}

func brokenOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return bare(err)
	}
	return fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, bare(err))
}

// transportProblem names the cause in fixed words; the original is in the chain.
func transportProblem(err error) string {
	var lookup *net.DNSError
	var network net.Error
	var record tls.RecordHeaderError
	text := fmt.Sprint(err)
	switch {
	case errors.As(err, &lookup):
		return "host name not found"
	case certificateProblem(err) != "":
		return certificateProblem(err)
	case alertProblem(err) != "":
		return alertProblem(err)
	case strings.Contains(text, "tls: server selected unsupported protocol version"):
		return oldVersion
	case strings.Contains(text, "HTTP_1_1_REQUIRED"): // net/http does not export the types
		return "the server wants HTTP/1.1; cure: GODEBUG=http2client=0, or an Options.HTTPClient without HTTP/2"
	case errors.As(err, &record):
		return handshakeFailed + ": the server does not answer with TLS"
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

// certificateProblem says what is wrong with a server's certificate, "" if nothing. It names nothing of the certificate.
func certificateProblem(err error) string {
	const refused = "server certificate not accepted"
	var certificate *tls.CertificateVerificationError
	var hostname x509.HostnameError
	var issuer x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var roots x509.SystemRootsError
	switch {
	case errors.As(err, &hostname):
		return refused + ": it is for another host name"
	case errors.As(err, &issuer):
		return refused + ": its issuer is not known; cure: add the root or intermediate that is missing to RootCAs"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return refused + ": it, or one of its issuers, has expired or is not yet valid"
	case errors.As(err, &roots):
		return refused + ": this machine has no trusted roots"
	case errors.As(err, &certificate), errors.As(err, &invalid):
		return refused
	}
	return ""
}
