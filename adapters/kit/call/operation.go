package call

import (
	"context"
	"net/http"
	"reflect"
	"strings"
)

// Operation sends the requests that a generated builder makes for one account each. The builder parses addresses and
// inspects types anew for every request, so it is asked once, for a sample, and the requests are made from that: the
// same ones in a fraction of the time. Safe for concurrent use.
type Operation[P any] struct {
	connection *Connection
	build      func(accountID string, params *P) (*http.Request, error)
	sample     *sample // nil if a sample does not show how requests differ; then the builder makes all of them
}

// NewOperation returns the operation of build, a request builder of the generated client. Clients share its sample, by
// the type of its parameters, which is its own.
func NewOperation[P any](c *Connection,
	build func(server, accountID string, params *P) (*http.Request, error)) *Operation[P] {
	server := strings.TrimSuffix(c.BaseURL, "/") + "/" // as the generated client has it
	return &Operation[P]{
		connection: c,
		build:      func(accountID string, params *P) (*http.Request, error) { return build(server, accountID, params) },
		sample:     sampleOf(build).at(c.BaseURL),
	}
}

// Send makes the request and sends it. The account id has been validated.
func (o *Operation[P]) Send(ctx context.Context, accountID string, params *P) (*http.Response, error) {
	request, err := o.request(ctx, accountID, params)
	if err != nil {
		return nil, err
	}
	if err := o.connection.Edit(ctx, request); err != nil {
		return nil, err
	}
	return o.connection.do(request)
}

func (o *Operation[P]) request(ctx context.Context, accountID string, params *P) (*http.Request, error) {
	values := reflect.ValueOf(params).Elem()
	if o.sample.shows(values) {
		return o.sample.request(ctx, accountID, values)
	}
	request, err := o.build(accountID, params)
	if err != nil {
		return nil, err
	}
	return request.WithContext(ctx), nil
}
