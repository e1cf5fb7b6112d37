package answer

import (
	"crypto/tls"
	"errors"
	"net"
)

const (
	handshakeFailed     = "TLS handshake failed"
	certificateRefused  = "client certificate not accepted"
	certificateRequired = "client certificate required"
	nothingInCommon     = handshakeFailed + ": the server wants a client certificate, or has only RSA key exchange " +
		"(cure: GODEBUG=tlsrsakex=1) or another cipher that Go has given up"
	oldVersion    = handshakeFailed + ": the server has no TLS 1.2 or newer"
	renegotiation = "TLS renegotiation, which the server asks for, is off; " +
		"cure: Renegotiation in the tls.Config of Options.HTTPClient"
)

// alerts are what a server says (RFC 8446, section 6.2), most of it about the client's certificate. In TLS 1.3 that comes
// as the first answer, when the client has long been done with its side of the handshake.
var alerts = map[tls.AlertError]string{
	40:  nothingInCommon,    // handshake_failure
	42:  certificateRefused, // bad_certificate
	43:  certificateRefused, // unsupported_certificate
	44:  certificateRefused, // certificate_revoked
	45:  certificateRefused, // certificate_expired
	46:  certificateRefused, // certificate_unknown
	48:  certificateRefused, // unknown_ca
	49:  certificateRefused, // access_denied
	51:  certificateRefused, // decrypt_error: what proves that the client has the key is wrong
	70:  oldVersion,         // protocol_version
	116: certificateRequired,
}

// noRenegotiation is the client's own alert when it is asked to renegotiate.
const noRenegotiation tls.AlertError = 100

// alertProblem names a TLS alert, "" if err is none. Crypto/tls has its own type for those on a connection, which only
// its text tells apart; a net.OpError around it says who sent it.
func alertProblem(err error) string {
	var alert *net.OpError
	if !errors.As(err, &alert) || alert.Op != "remote error" && alert.Op != "local error" {
		return ""
	}
	for said, problem := range alerts {
		if alert.Op == "remote error" && alert.Err.Error() == said.Error() {
			return problem
		}
	}
	if alert.Err.Error() == noRenegotiation.Error() {
		return renegotiation
	}
	return handshakeFailed
}
