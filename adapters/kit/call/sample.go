package call

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// A generated builder parses addresses and inspects types anew for every request. Nearly all requests are the address, the
// route, an id in it, headers and a body; quick makes these in a fraction of the time. For each set of parameters it has a
// sample made in both ways first, and unless the two are the same, the builder makes all such requests. This file is a
// shortcut and nothing else: without it and its call in request, the same requests are made.

// shortcut is what is known of an operation's requests once the first is made.
type shortcut struct {
	once          sync.Once
	method        string
	before, after string   // what stands around the account id in the path
	named         bool     // the account id stands in the path
	names         []string // the headers that the parameters become, in the canonical form; "" for a parameter that is no text
	samples       sync.Map // by the set of parameters: whether both ways are the same
}

const (
	sampleServer = "https://bank.example/api/"
	sampleText   = "openbalances!" // with a number for a parameter; a path has to escape it
	bodyGiven    = 1 << 63         // in the set of parameters
	room         = 8               // for the headers of most requests
)

// quick returns the request that the builder would make, or nil if only the builder knows it.
func (o *Operation[P]) quick(e *Endpoint, accountID string, params *P, body []byte) *http.Request {
	if !e.base.plain || params == nil {
		return nil
	}
	o.shortcut.once.Do(o.learn)
	header, given := o.shortcut.headers(reflect.ValueOf(params).Elem())
	if header == nil {
		return nil
	}
	if len(body) > 0 {
		given |= bodyGiven
	}
	same, ok := o.shortcut.samples.Load(given)
	if !ok {
		same, _ = o.shortcut.samples.LoadOrStore(given, o.same(given))
	}
	if same == false {
		return nil
	}
	return o.shortcut.request(&e.base, accountID, header, body)
}

// learn takes the route and the types of the parameters apart.
func (o *Operation[P]) learn() {
	s, params := &o.shortcut, reflect.TypeFor[P]()
	method, path, _ := strings.Cut(o.route, " ")
	s.method = method
	s.before, path, s.named = strings.Cut(path, "{")
	_, s.after, _ = strings.Cut(path, "}")
	s.names = make([]string, params.NumField())
	for i := range s.names {
		field := params.Field(i)
		text := field.Type
		if text.Kind() == reflect.Pointer {
			text = text.Elem()
		}
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); text.Kind() == reflect.String && field.Tag.Get("form") == "" {
			s.names[i] = http.CanonicalHeaderKey(name)
		}
	}
}

// headers returns the headers that the parameters become, and the set of those that are given. It returns nil if one is
// no header. The values share memory.
func (s *shortcut) headers(params reflect.Value) (_ http.Header, given uint64) {
	header, values := make(http.Header, room), make([]string, 0, room)
	for i, name := range s.names {
		param := params.Field(i)
		if param.Kind() == reflect.Pointer {
			param = param.Elem()
		}
		switch {
		case !param.IsValid(), name == "" && param.IsZero():
		case name == "", i > 62: // what is no text, or has no place in the set
			return nil, 0
		default:
			given |= 1 << i
			values = append(values, param.String())
			header[name] = values[len(values)-1 : len(values) : len(values)]
		}
	}
	return header, given
}

// same has a request with a set of parameters made in both ways and compares all that reaches the provider.
func (o *Operation[P]) same(given uint64) bool {
	params, body := new(P), []byte(nil)
	for i := range o.shortcut.names {
		param := reflect.ValueOf(params).Elem().Field(i)
		if given&(1<<i) != 0 && param.Kind() == reflect.Pointer {
			param.Set(reflect.New(param.Type().Elem()))
			param = param.Elem()
		}
		if given&(1<<i) != 0 {
			param.SetString(sampleText + strconv.Itoa(i))
		}
	}
	if given&bodyGiven != 0 {
		body = []byte(sampleText)
	}
	b := newBase(sampleServer)
	theirs, err := o.build(b.server, sampleText, params, body)
	if err != nil {
		return false
	}
	header, _ := o.shortcut.headers(reflect.ValueOf(params).Elem())
	ours := o.shortcut.request(&b, sampleText, header, body)
	var their, our bytes.Buffer
	wrong := theirs.Write(&their) != nil || ours.Write(&our) != nil
	return !wrong && bytes.Equal(their.Bytes(), our.Bytes()) && theirs.URL.String() == ours.URL.String() &&
		theirs.URL.Path == ours.URL.Path && (theirs.GetBody == nil) == (ours.GetBody == nil)
}

func (s *shortcut) request(b *base, accountID string, header http.Header, body []byte) *http.Request {
	if !s.named {
		accountID = ""
	}
	request := &http.Request{
		Method: s.method, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: b.url.Host, Header: header,
		URL: &url.URL{Scheme: b.url.Scheme, Host: b.url.Host, Path: b.prefix + s.before + accountID + s.after},
	}
	if escaped := url.PathEscape(accountID); escaped != accountID {
		request.URL.RawPath = b.prefix + s.before + escaped + s.after
	}
	if len(body) > 0 {
		request.Header["Content-Type"] = []string{"application/json"}
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	return request
}
