package traffic

import (
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/specs/internal/openapi"
)

// request checks the body of the request, and returns the request with a body that is the same.
func (x *exchange) request() *http.Request {
	if x.route == nil {
		return x.req
	}
	sent, copied := newRecorder(x.options.MaxBodyBytes, x.req.ContentLength), *x.req
	if x.req.Body == nil || x.req.Body == http.NoBody {
		sent.finish()
	} else {
		copied.Body = prefetch(x.req.Body, sent)
	}
	x.checkSent(sent.take())
	return &copied
}

// expectation is what the document says about a body; the zero value says nothing.
type expectation struct {
	part   string
	status int
	media  *openapi.Media
}

// expect returns what a body has to be, and reports headers that announce something else.
func (x *exchange) expect(message string, status int, content openapi3.Content, header http.Header) expectation {
	media, undocumented := openapi.MediaType(message, content, header)
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

// checkSent checks the body that will be sent.
func (x *exchange) checkSent(data []byte, passed state) {
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
