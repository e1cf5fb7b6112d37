package call

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A generated builder parses addresses and inspects types anew for every request. So it is asked once, for a sample, and
// the requests that differ from the sample in account id, headers and body only are made from that, in a fraction of the
// time. All others are the builder's. This file is a shortcut and nothing else: without it and its call in request, the
// same requests are made.

// shortcut is the sample of an operation, learnt when the first request is made.
type shortcut struct {
	once   sync.Once
	sample *sample // nil if requests do not show how they differ
}

// quick returns the request that the builder would make, or nil if the sample does not show it.
func (o *Operation[P]) quick(e *Endpoint, accountID string, params *P, body []byte) *http.Request {
	o.shortcut.once.Do(func() {
		marked := new(P)
		o.shortcut.sample = newSample(reflect.ValueOf(marked).Elem(), func() (*http.Request, error) {
			return o.build(sampleServer, sampleID, marked, []byte(sampleID))
		})
	})
	prefix, ok := e.base.prefix()
	if !ok || params == nil {
		return nil
	}
	values := reflect.ValueOf(params).Elem()
	if !o.shortcut.sample.shows(values, body) {
		return nil
	}
	request := o.shortcut.sample.request(&e.base.url, prefix, accountID, values)
	if len(body) > 0 {
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	return request
}

// prefix returns the path of the address without a slash at the end, and whether a path is simply joined to it.
func (b *base) prefix() (string, bool) {
	prefix := strings.TrimSuffix(b.url.Path, "/")
	plain := b.url.RawPath == "" && !strings.ContainsFunc(prefix, func(r rune) bool { return !strings.ContainsRune(plainPath, r) })
	return prefix, plain && (prefix == "" || prefix == path.Clean(prefix)) && !strings.HasSuffix(b.url.Host, ":")
}

// plainPath are the characters that every way of writing a path leaves as they are.
const plainPath = "/-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// sample is what requests have in common, and where the rest belongs.
type sample struct {
	method        string
	before, after string // what stands around the account id in the path
	named         bool   // the account id stands in the path
	constant      http.Header
	headers       []header
	others        []int // optional parameters that are no headers
	sendsBody     bool
}

// header is a header and the parameter that it comes from.
type header struct {
	name  string // in the canonical form
	param int
}

// sampleID stands for the account id in a sample, and with a number for a parameter.
const (
	sampleServer = "https://bank.example/"
	sampleID     = "openbalances-account"
)

// newSample has two requests built: one with all parameters, which shows where they go, and one with headers only, of
// which nothing may be left unexplained. It returns nil if something is.
func newSample(params reflect.Value, build func() (*http.Request, error)) *sample {
	for i := range params.NumField() {
		mark(params.Field(i), sampleID+strconv.Itoa(i))
	}
	request, err := build()
	if err != nil {
		return nil
	}
	s := &sample{method: request.Method}
	for i := range params.NumField() {
		if name := nameOf(request.Header, sampleID+strconv.Itoa(i)); name != "" {
			s.headers = append(s.headers, header{name, i})
			continue
		}
		if kind := params.Field(i).Kind(); kind != reflect.Pointer && kind != reflect.Slice {
			return nil
		}
		params.Field(i).SetZero()
		s.others = append(s.others, i)
	}
	request, err = build()
	if err != nil || !s.explains(request) {
		return nil
	}
	return s
}

// mark gives a parameter a text of its own if it is one.
func mark(param reflect.Value, text string) {
	if param.Kind() == reflect.Pointer {
		param.Set(reflect.New(param.Type().Elem()))
		param = param.Elem()
	}
	if param.Kind() == reflect.String {
		param.SetString(text)
	}
}

// nameOf returns a header with just this value, or "".
func nameOf(headers http.Header, value string) string {
	for name, values := range headers {
		if len(values) == 1 && values[0] == value {
			return name
		}
	}
	return ""
}

// explains takes over the path of a request with headers only, and says whether nothing else is in it but the body, with
// its media type.
func (s *sample) explains(request *http.Request) bool {
	if request.Body != nil {
		body, _ := io.ReadAll(request.Body)
		if s.sendsBody = string(body) == sampleID; !s.sendsBody && len(body) > 0 {
			return false
		}
	}
	s.before, s.after, s.named = strings.Cut(request.URL.Path, sampleID)
	s.constant = request.Header.Clone()
	for _, h := range s.headers {
		s.constant.Del(h.name)
	}
	delete(s.constant, "Content-Type")
	if len(s.constant) > 0 || strings.Contains(s.after, sampleID) {
		return false
	}
	if media := request.Header["Content-Type"]; media != nil {
		s.constant["Content-Type"] = media
	}
	plain := url.URL{Scheme: request.URL.Scheme, Host: request.Host, Path: request.URL.Path}
	return *request.URL == plain && plain.EscapedPath() == plain.Path
}

// shows says whether the request with these parameters and this body differs from the sample in them and in headers only.
func (s *sample) shows(params reflect.Value, body []byte) bool {
	if s == nil || s.sendsBody != (len(body) > 0) {
		return false
	}
	for _, i := range s.others {
		if !params.Field(i).IsNil() {
			return false
		}
	}
	return true
}

func (s *sample) request(base *url.URL, prefix, accountID string, params reflect.Value) *http.Request {
	if !s.named {
		accountID = ""
	}
	request := &http.Request{
		Method: s.method, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: base.Host,
		URL:    &url.URL{Scheme: base.Scheme, Host: base.Host, Path: prefix + s.before + accountID + s.after},
		Header: make(http.Header, len(s.headers)+len(s.constant)+2),
	}
	if escaped := url.PathEscape(accountID); escaped != accountID {
		request.URL.RawPath = prefix + s.before + escaped + s.after
	}
	for name, values := range s.constant {
		request.Header[name] = slices.Clone(values)
	}
	s.set(request.Header, params)
	return request
}

// set sets the headers whose parameters are not nil. Their values share memory, a few at a time.
func (s *sample) set(headers http.Header, params reflect.Value) {
	var values []string
	for _, h := range s.headers {
		param := params.Field(h.param)
		if param.Kind() == reflect.Pointer {
			param = param.Elem()
		}
		if param.IsValid() {
			if len(values) == cap(values) {
				values = make([]string, 0, 8)
			}
			values = append(values, param.String())
			headers[h.name] = values[len(values)-1 : len(values) : len(values)]
		}
	}
}
