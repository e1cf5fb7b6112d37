package call

import "net/http"

// Quick returns the request that the shortcut makes, nil if it makes none.
func (o *Operation[P]) Quick(e *Endpoint, accountID string, params *P, body []byte) *http.Request {
	return o.quick(e, accountID, params, body)
}
