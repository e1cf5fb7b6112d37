package main

import (
	"bytes"
	"io"
	"net/http"
)

// memory answers every request with a body, without a network. If it has stages it tells them when it is reached.
type memory struct {
	body   []byte
	stages *stages
}

var jsonHeader = http.Header{"Content-Type": {"application/json"}}

func (m *memory) RoundTrip(request *http.Request) (*http.Response, error) {
	m.stages.reached()
	if request.Body != nil {
		_, _ = io.Copy(io.Discard, request.Body)
		_ = request.Body.Close()
	}
	response := &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: jsonHeader,
		Body: io.NopCloser(bytes.NewReader(m.body)), ContentLength: int64(len(m.body)), Request: request,
	}
	m.stages.left()
	return response, nil
}

// stages cuts a call at its transport: what comes before builds the request, what comes after reads, decodes and maps
// the answer. Both include the share of net/http's client, which is the same for all.
type stages struct {
	meter             meter
	arrived, departed cost
}

func (s *stages) reached() {
	if s != nil {
		s.arrived = s.meter()
	}
}

func (s *stages) left() {
	if s != nil {
		s.departed = s.meter()
	}
}

// whole makes calls and measures all of them at once.
func whole(fetch func()) runner {
	return func(meter meter, n int) []cost {
		begun := meter()
		for range n {
			fetch()
		}
		return []cost{meter().minus(begun).per(n)}
	}
}

// staged makes calls and measures the two stages of each.
func staged(s *stages, fetch func()) runner {
	return func(meter meter, n int) []cost {
		var request, decode cost
		s.meter = meter
		for range n {
			begun := meter()
			fetch()
			ended := meter()
			request = request.plus(s.arrived.minus(begun))
			decode = decode.plus(ended.minus(s.departed))
		}
		return []cost{request.per(n), decode.per(n)}
	}
}

// recorder keeps what was sent.
type recorder struct {
	http.RoundTripper
	request *http.Request
	body    []byte
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.request, r.body = request, nil
	if request.Body != nil {
		r.body, _ = io.ReadAll(request.Body)
		request.Body = io.NopCloser(bytes.NewReader(r.body))
	}
	return r.RoundTripper.RoundTrip(request)
}
