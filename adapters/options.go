package adapters

import (
	"net/http"
	"time"
)

// Options are what all adapters let the caller choose. A nil *Options and zero fields mean the defaults.
type Options struct {
	// BaseURL replaces the provider's production address: https, or http for a loopback host; no user, query or
	// fragment. A path is kept as a prefix.
	BaseURL string
	// HTTPClient replaces the client of [NewHTTPClient], for instance to add a client certificate or tracing. It is
	// copied, never changed; redirects, plain http to other hosts and bodies over the cap are refused on the copy
	// too. Its timeout stays as it is.
	HTTPClient *http.Client
	// MaxBodyBytes is the cap on an answer's body after decompression; 1 MiB if zero.
	MaxBodyBytes int64
	// Now replaces the clock that stamps requests and Balance.ReceivedAt.
	Now func() time.Time
}
