// Package traffic checks live traffic against a provider's OpenAPI document, so that somebody in production learns that a
// provider changed before an adapter fails. Its [Transport] reports each [Deviation] and shows no value of a message.
package traffic

import (
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/openapi"
)

const defaultMaxBody = 1 << 20

// Options are what a [Transport] lets the caller choose. Zero fields mean the defaults.
type Options struct {
	// BaseURL is where the paths of the document begin, such as https://bank.example/psd2. Empty means the servers that
	// the document names, or any host if it names none.
	BaseURL string
	// Report is called for each deviation, one after the other for one exchange, on the goroutine that makes the call
	// or reads its answer. So it should be quick, and it has to be safe for concurrent use if the Transport is used
	// that way. A panic in it is not caught.
	Report func(Deviation)
	// Strict makes a call fail with a [*DeviationError], also for what could not be checked: before anything is sent
	// if the request deviates, else instead of the answer. It waits for the whole answer and is meant for tests.
	Strict bool
	// MaxBodyBytes is the cap on the copy that is kept of each body while it passes; 1 MiB if zero or less. A larger
	// body is not checked, and that is reported.
	MaxBodyBytes int64
}

// Transport is an http.RoundTripper that checks live traffic against a document and reports each [Deviation]: unknown
// members, values outside closed and open lists, undocumented statuses and media types, wrong types, missing members
// and headers, and whatever else the schemas say, for requests and answers. It sends what it is given and hands on
// what comes back, byte for byte and as it comes; it fails no call unless asked. It is safe for concurrent use and
// keeps nothing between calls.
//
// The deviations of an exchange are reported together: when the answer's body has been read to its end or has failed,
// else when it is closed, or when there is no answer. Of those with the same part and rule one is reported, with their
// number. There are 20 for an exchange at most and then one with [RuleMore]; a body is not searched further once there
// are 1000.
//
// A Deviation holds no value. Names of members are shown if the document has them. A name that it does not have is
// shown where an object has named members and if it looks like an identifier: at most 32 letters, "_" and "-", with at
// most three digits in one place. Account numbers, IBANs, UUIDs, e-mail addresses and the like are "*". The name of a
// person without blanks would be shown, should a provider ever use one as the name of a member.
//
// Of a body that is not JSON only the first fault is reported. A body is left unchecked, and that is reported too, if
// it is larger than the cap, if it has a Content-Encoding (the standard transport removes the one it asked for
// itself), and if it is closed early, unless a whole JSON value had come by then. That a body broke off is the
// caller's to see and not reported. A request's body is read before it is sent, up to the cap.
type Transport struct {
	next      http.RoundTripper
	document  *openapi.Document
	inspector *inspector
	places    openapi3.Servers
	options   Options
}

// NewTransport returns a Transport over next; nil means http.DefaultTransport. It belongs beneath whatever caps or
// decodes answers, so that it sees them as they come.
func NewTransport(next http.RoundTripper, document *contract.Document, options Options) *Transport {
	if next == nil {
		next = http.DefaultTransport
	}
	if options.MaxBodyBytes <= 0 {
		options.MaxBodyBytes = defaultMaxBody
	}
	own := openapi.Of(document)
	return &Transport{
		next: next, document: own, inspector: inspectorOf(own),
		places: places(options.BaseURL, own.Spec.Servers), options: options,
	}
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL == nil {
		return t.next.RoundTrip(req) // and be refused
	}
	x := t.exchange(req)
	request := x.request()
	if err := x.refuse(req.Body); err != nil {
		return nil, err
	}
	resp, err := t.next.RoundTrip(request)
	if err != nil || resp == nil {
		x.report()
		return resp, err
	}
	resp.Request = req
	x.checkHead(resp)
	body := resp.Body
	x.follow(resp)
	if err := x.refuse(body); err != nil {
		return nil, err
	}
	return resp, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t *Transport) CloseIdleConnections() {
	if closer, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
