package contract

import (
	"context"
	"net/http"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// ValidateResponse checks the answer to a request: status, headers, media type, body. A status without documented
// content may have any body. The error is an *Error.
func (d *Document) ValidateResponse(
	ctx context.Context, req *http.Request, status int, header http.Header, body []byte,
) error {
	route, params, err := d.FindRoute(req)
	if err != nil {
		return err
	}
	ref := route.Operation.Responses.Status(status)
	if ref == nil {
		return violation("response status "+strconv.Itoa(status), "undocumented")
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: d.input(req, route, params), Status: status, Header: header,
	}
	input.Options = input.RequestValidationInput.Options
	if err := openapi3filter.ValidateResponse(ctx, input); err != nil {
		return responseError(err)
	}
	if len(ref.Value.Content) == 0 {
		return nil
	}
	return d.checkBody("response", ref.Value.Content, header, body, openapi3.VisitAsResponse())
}
