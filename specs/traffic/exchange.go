package traffic

import (
	"cmp"
	"errors"
	"io"
	"net/http"

	"github.com/openbalances/openbalances/specs/internal/openapi"
)

// exchange is one request with its answer, on its way through a Transport.
type exchange struct {
	*Transport
	req      *http.Request
	route    *openapi.Route // nil if the document does not know the request
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

// problem adds what the document finds wrong.
func (x *exchange) problem(status int, broken *openapi.Error) {
	x.add(status, broken.Part, cmp.Or(broken.Rule, broken.Kind), broken.Documented)
}

// checkRequest checks all of a request but its body.
func (x *exchange) checkRequest(req *http.Request) {
	route, err := x.document.FindRoute(req)
	var unknown *openapi.Error
	switch {
	case errors.As(err, &unknown) && unknown.Kind == openapi.MethodNotAllowed:
		x.add(0, "request method", RuleUnknown, unknown.Rule)
		return
	case err != nil:
		x.add(0, "request path", RuleUnknown, "")
		return
	}
	x.route = route
	for _, broken := range x.document.RequestProblems(req.Context(), req, route) {
		broken.Part = "request " + broken.Part
		x.problem(0, broken)
	}
}

// checkHead checks all of an answer but its body.
func (x *exchange) checkHead(resp *http.Response) {
	if x.route == nil {
		return
	}
	status := resp.StatusCode
	documented, undocumented := x.route.Response(status)
	if undocumented != nil {
		x.problem(status, undocumented)
		return
	}
	for _, broken := range x.document.HeaderProblems(x.req.Context(), x.route, documented, resp.Header) {
		x.problem(status, broken)
	}
	bodiless := x.req.Method == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified
	if len(documented.Content) > 0 && !bodiless {
		x.received = newRecorder(x.options.MaxBodyBytes, resp.ContentLength)
		x.answer = x.expect("response", status, documented.Content, resp.Header)
	}
}

// follow has the answer's body copied while it is read, and ends the exchange with it. If the caller is strict, or there is
// no body to wait for, it ends at once.
func (x *exchange) follow(resp *http.Response) {
	switch {
	case resp.Body == nil, resp.Body == http.NoBody:
		x.received.finish()
	case resp.StatusCode == http.StatusSwitchingProtocols: // the body is a connection
	case !x.options.Strict:
		resp.Body = &tee{ReadCloser: resp.Body, copy: x.received, ended: x.end}
		return
	case x.answer.part != "":
		resp.Body = prefetch(resp.Body, x.received)
	}
	x.end()
}

// end checks the body of the answer and reports what was found; a strict caller's refuse does the latter.
func (x *exchange) end() {
	x.checkReceived()
	if !x.options.Strict {
		x.report()
	}
}

func (x *exchange) report() {
	if x.options.Report == nil {
		return
	}
	for _, d := range x.found.all() {
		x.options.Report(d)
	}
}

// refuse reports what was found to a strict caller. If there is something, it closes the body and returns why.
func (x *exchange) refuse(body io.Closer) error {
	if !x.options.Strict {
		return nil
	}
	all := x.found.all()
	if len(all) == 0 {
		return nil
	}
	if body != nil {
		_ = body.Close()
	}
	x.report()
	return &DeviationError{all}
}
