package call

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// sample is what requests have in common, and where the rest belongs. It costs as much as several requests, so there is
// one for all clients, learnt at a server that stands for theirs.
type sample struct {
	method        string
	url           url.URL
	before, after string // what stands around the account id in the path
	headers       []header
	others        []int // optional parameters that are no headers
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

var samples sync.Map // by type of the parameters, of which every operation has its own

func sampleOf[P any](build func(server, accountID string, params *P) (*http.Request, error)) *sample {
	operation := reflect.TypeFor[P]()
	known, ok := samples.Load(operation)
	if !ok {
		params := new(P)
		known, _ = samples.LoadOrStore(operation, newSample(reflect.ValueOf(params).Elem(), func() (*http.Request, error) {
			return build(sampleServer, sampleID, params)
		}))
	}
	return known.(*sample)
}

// at returns the sample for a server, nil if its address and the path are not simply joined.
func (s *sample) at(baseURL string) *sample {
	base, err := url.Parse(baseURL)
	if s == nil || err != nil {
		return nil
	}
	prefix := strings.TrimSuffix(base.Path, "/")
	if base.EscapedPath() != base.Path || prefix != "" && prefix != path.Clean(prefix) || strings.HasSuffix(base.Host, ":") {
		return nil
	}
	own := *s
	own.url, own.before = url.URL{Scheme: base.Scheme, Host: base.Host}, prefix+s.before
	return &own
}

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

// explains takes over the address of a request with headers only, and says whether nothing else is in it.
func (s *sample) explains(request *http.Request) bool {
	var found bool
	s.url = url.URL{Scheme: request.URL.Scheme, Host: request.Host, Path: request.URL.Path}
	s.before, s.after, found = strings.Cut(s.url.Path, sampleID)
	return found && !strings.Contains(s.after, sampleID) && *request.URL == s.url && s.url.EscapedPath() == s.url.Path &&
		request.Body == nil && len(request.Header) == len(s.headers)
}

// shows says whether the request with these parameters differs from the sample in account id and headers only.
func (s *sample) shows(params reflect.Value) bool {
	if s == nil {
		return false
	}
	for _, i := range s.others {
		if !params.Field(i).IsNil() {
			return false
		}
	}
	return true
}

func (s *sample) request(ctx context.Context, accountID string, params reflect.Value) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, s.method, "", nil)
	if err != nil {
		return nil, err
	}
	*request.URL, request.Host = s.url, s.url.Host
	request.URL.Path = s.before + accountID + s.after
	if escaped := url.PathEscape(accountID); escaped != accountID {
		request.URL.RawPath = s.before + escaped + s.after
	}
	s.set(request.Header, params)
	return request, nil
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
