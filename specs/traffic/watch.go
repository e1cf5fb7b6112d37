package traffic

import (
	"io"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/specs/contract"
)

func hasBody(req *http.Request) bool { return req.Body != nil && req.Body != http.NoBody }

// watched returns the request with a body that is copied while it is sent; the request itself stays as it is.
func (x *exchange) watched() *http.Request {
	if x.route == nil || !hasBody(x.req) {
		return x.req
	}
	copied := *x.req
	copied.Body = x.watch(x.req.Body)
	if again := x.req.GetBody; again != nil {
		copied.GetBody = func() (io.ReadCloser, error) {
			body, err := again()
			if err != nil {
				return nil, err
			}
			return x.watch(body), nil
		}
	}
	return &copied
}

// watch copies a body that is sent. Of several attempts the last one counts.
func (x *exchange) watch(body io.ReadCloser) io.ReadCloser {
	sent := newRecorder(x.options.MaxBodyBytes, x.req.ContentLength)
	x.sent.Store(sent)
	return &tee{ReadCloser: body, copy: sent, ended: func() {}}
}

// expectation is what the document says about a body; the zero value says nothing.
type expectation struct {
	part   string
	status int
	media  *contract.Media
}

// expect returns what a body has to be, and reports headers that announce something else.
func (x *exchange) expect(message string, status int, content openapi3.Content, header http.Header) expectation {
	media, undocumented := contract.MediaType(message, content, header)
	if undocumented != nil {
		x.problem(status, undocumented)
		return expectation{}
	}
	e := expectation{part: message + " body", status: status, media: media}
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		x.add(status, e.part, RuleEncoded, "")
		return expectation{}
	}
	return e
}

// checkSent checks the body that has been sent.
func (x *exchange) checkSent() {
	if x.route == nil {
		return
	}
	var data []byte
	passed := whole
	if sent := x.sent.Load(); sent != nil {
		data, passed = sent.take()
	}
	ref, empty := x.route.Operation.RequestBody, passed == whole && len(data) == 0
	switch {
	case empty && ref != nil && ref.Value.Required:
		x.add(0, "request body", RuleMissing, "")
	case empty, ref == nil && passed != large && len(data) == 0:
	case ref == nil:
		x.add(0, "request body", RuleUnknown, "")
	default:
		x.checkBody(x.expect("request", 0, ref.Value.Content, x.req.Header), data, passed)
	}
}

func (x *exchange) checkReceived() {
	data, passed := x.received.take()
	x.checkBody(x.answer, data, passed)
}

// checkBody checks the copy of a body.
func (x *exchange) checkBody(e expectation, data []byte, passed state) {
	if e.part == "" || passed == failed {
		return
	}
	if passed == large {
		x.add(e.status, e.part, RuleLarge, "")
		return
	}
	value, pointer, err := e.media.Read(data)
	switch {
	case passed == unread && err != nil:
		x.add(e.status, e.part, RuleUnread, "")
	case err != nil:
		x.add(e.status, strings.TrimSpace(e.part+" "+x.inspector.redacted(pointer)), err.Error(), "")
	case e.media.Schema != nil:
		x.inspect(e, value)
	}
}

func (x *exchange) inspect(e expectation, value any) {
	i := inspection{inspector: x.inspector, request: e.status == 0, full: x.found.full}
	i.add = func(pointer, rule, documented string) {
		x.add(e.status, strings.TrimSpace(e.part+" "+pointer), rule, documented)
	}
	i.visit(nil, value, []applied{{schema: e.media.Schema.Value}})
}
