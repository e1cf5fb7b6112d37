package traffic

import (
	"io"
	"net/http"
)

// strictly makes the call and keeps back what deviates.
func (x *exchange) strictly() (*http.Response, error) {
	request := *x.req
	if x.route != nil && hasBody(x.req) {
		sent := newRecorder(x.options.MaxBodyBytes, x.req.ContentLength)
		request.Body = prefetch(x.req.Body, sent)
		x.sent.Store(sent)
	}
	x.checkSent()
	if err := x.refuse(x.req.Body); err != nil {
		return nil, err
	}
	resp, err := x.next.RoundTrip(&request)
	if err != nil || resp == nil {
		return resp, err
	}
	resp.Request = x.req
	x.checkHead(resp)
	body := resp.Body
	if body != nil && x.answer.part != "" {
		resp.Body = prefetch(body, x.received)
	}
	x.checkReceived()
	if err := x.refuse(body); err != nil {
		return nil, err
	}
	return resp, nil
}

// refuse reports what was found. If there is something, it closes the body and returns why.
func (x *exchange) refuse(body io.Closer) error {
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
