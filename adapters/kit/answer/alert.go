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
)

// aboutClient are the alerts with which a server judges the client's certificate (RFC 8446, section 6.2). In TLS 1.3
// they come as the first answer, when the client has long been done with its side of the handshake.
var aboutClient = map[tls.AlertError]string{
	42:  certificateRefused, // bad_certificate
	43:  certificateRefused, // unsupported_certificate
	44:  certificateRefused, // certificate_revoked
	45:  certificateRefused, // certificate_expired
	46:  certificateRefused, // certificate_unknown
	48:  certificateRefused, // unknown_ca
	49:  certificateRefused, // access_denied
	51:  certificateRefused, // decrypt_error: what proves that the client has the key is wrong
	116: certificateRequired,
}

// alertProblem names a TLS alert, "" if err is none. Crypto/tls has its own type for those on a connection, which only
// its text tells apart; a net.OpError around it says who sent it.
func alertProblem(err error) string {
	var alert *net.OpError
	if !errors.As(err, &alert) || alert.Op != "remote error" && alert.Op != "local error" {
		return ""
	}
	for about, problem := range aboutClient {
		if alert.Op == "remote error" && alert.Err.Error() == about.Error() {
			return problem
		}
	}
	return handshakeFailed
}
