package contract

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/getkin/kin-openapi/routers"
)

// exchange is one request with its answer, on its way through a Transport.
type exchange struct {
	*Transport
	req      *http.Request
	route    *routers.Route // nil if the document does not know the request
	sent     atomic.Pointer[recorder]
	received *recorder
	answer   expectation
	found    findings
}

// exchange begins with everything that a request shows before it is sent.
func (t *Transport) exchange(req *http.Request) *exchange {
	x := &exchange{Transport: t, req: req, received: newRecorder(0, -1)}
	address := relative(t.places, req.URL)
	if address == nil {
		x.add(0, "request URL", RuleOutside, "")
		return x
	}
	probe := *req
	probe.URL = address
	x.checkRequest(&probe)
	return x
}

func (x *exchange) add(status int, part, rule, documented string) {
	d := Deviation{Provider: x.document.Provider, Status: status, Part: part, Rule: rule, Documented: documented}
	if x.route != nil {
		d.Operation = x.route.Operation.OperationID
	}
	x.found.add(d)
}

// checkRequest checks all of a request but its body.
func (x *exchange) checkRequest(req *http.Request) {
	route, params, err := x.document.FindRoute(req)
	var unknown *Error
	switch {
	case errors.As(err, &unknown) && unknown.Kind == MethodNotAllowed:
		x.add(0, "request method", RuleUnknown, unknown.Rule)
		return
	case err != nil:
		x.add(0, "request path", RuleUnknown, "")
		return
	}
	x.route = route
	for _, broken := range x.document.requestProblems(req, route, params) {
		x.add(0, "request "+broken.Part, cmp.Or(broken.Rule, string(broken.Kind)), broken.documented)
	}
}

// checkHead checks all of an answer but its body.
func (x *exchange) checkHead(resp *http.Response) {
	if x.route == nil {
		return
	}
	status, responses := resp.StatusCode, x.route.Operation.Responses
	ref := responses.Status(status)
	if ref == nil {
		x.add(status, "response status "+strconv.Itoa(status), RuleUnknown, documentedNames(responses.Map()))
		return
	}
	for _, broken := range x.document.headerProblems(x.route, ref.Value.Headers, resp.Header) {
		x.add(status, broken.Part, broken.Rule, broken.documented)
	}
	bodiless := x.req.Method == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified
	if len(ref.Value.Content) > 0 && !bodiless {
		x.received = newRecorder(x.options.MaxBodyBytes, resp.ContentLength)
		x.answer = x.expect("response", status, ref.Value.Content, resp.Header)
	}
}

// follow has the answer's body copied while it is read, and ends the exchange with it.
func (x *exchange) follow(resp *http.Response) {
	switch {
	case resp.Body == nil, resp.Body == http.NoBody:
		x.received.finish()
		x.end()
	case resp.StatusCode == http.StatusSwitchingProtocols: // the body is a connection
		x.end()
	default:
		resp.Body = &tee{ReadCloser: resp.Body, copy: x.received, ended: x.end}
	}
}

// end checks the bodies and reports what was found.
func (x *exchange) end() {
	x.checkSent()
	x.checkReceived()
	x.report()
}

// fail ends an exchange without an answer: whoever made the call knows why its body was not sent to the end.
func (x *exchange) fail() {
	if sent := x.sent.Load(); sent != nil {
		sent.fail()
	}
	x.checkSent()
	x.report()
}

func (x *exchange) report() {
	if x.options.Report == nil {
		return
	}
	for _, d := range x.found.all() {
		x.options.Report(d)
	}
}
