package call

import (
	"bytes"
	"io"
	"net/http"
	"reflect"
)

// Operation is one operation of a provider's document: its route, and the generated builder of its requests. It is a
// package variable of the adapter and safe for concurrent use.
type Operation[P any] struct {
	route    string
	build    func(server, id string, params *P, body []byte) (*http.Request, error)
	shortcut shortcut
}

// Get is an operation that names one account in its path.
func Get[P any](route string, build func(server, id string, params *P) (*http.Request, error)) *Operation[P] {
	return &Operation[P]{route: route, build: func(server, id string, params *P, _ []byte) (*http.Request, error) {
		return build(server, id, params)
	}}
}

// List is an operation without anything in its path.
func List[P any](route string, build func(server string, params *P) (*http.Request, error)) *Operation[P] {
	return &Operation[P]{route: route, build: func(server, _ string, params *P, _ []byte) (*http.Request, error) {
		return build(server, params)
	}}
}

// Post is an operation whose request is a JSON document.
func Post[P any](route string, build func(server string, params *P, media string, body io.Reader) (*http.Request, error)) *Operation[P] {
	return &Operation[P]{route: route, build: func(server, _ string, params *P, body []byte) (*http.Request, error) {
		return build(server, params, "application/json", bytes.NewReader(body))
	}}
}

// For is the request for an account, whose id will have been validated when it is built.
func (o *Operation[P]) For(accountID string, params *P) Request {
	return o.request(accountID, params, nil)
}

// With is the request of an operation without an account in its path.
func (o *Operation[P]) With(params *P) Request { return o.request("", params, nil) }

// Send is the request with a JSON document.
func (o *Operation[P]) Send(params *P, body []byte) Request { return o.request("", params, body) }

func (o *Operation[P]) request(accountID string, params *P, body []byte) Request {
	return Request{Route: o.route, Build: func(e *Endpoint) (*http.Request, error) {
		if request := o.quick(e, accountID, params, body); request != nil {
			return request, nil
		}
		return o.build(e.base.server, accountID, params, body)
	}}
}

// Like returns the parameters of another operation, with the fields that have the same name and type as in params. It is
// for operations that take the same headers, which the generator declares anew for each.
func Like[T, P any](params *P) *T {
	like, from := new(T), reflect.ValueOf(params).Elem()
	to := reflect.ValueOf(like).Elem()
	for i := range to.NumField() {
		if field := from.FieldByName(to.Type().Field(i).Name); field.IsValid() && field.Type() == to.Field(i).Type() {
			to.Field(i).Set(field)
		}
	}
	return like
}
