package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

// recorder is a transport that keeps the last answer, up to the cap on bodies. It is for one call at a time.
type recorder struct {
	next     http.RoundTripper
	request  http.Header
	status   int
	header   http.Header
	body     []byte
	received time.Time
}

func (r *recorder) over(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	r.next = next
	return r
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.request = request.Header.Clone()
	response, err := r.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, adapters.DefaultMaxBodyBytes+1))
	r.status, r.header, r.body, r.received = response.StatusCode, response.Header.Clone(), body, now()
	rest := io.Reader(response.Body)
	if err != nil {
		rest = broken{err}
	}
	response.Body = splitBody{io.MultiReader(bytes.NewReader(body), rest), response.Body}
	return response, nil
}

// splitBody reads from one place and closes another.
type splitBody struct {
	io.Reader
	io.Closer
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// replayed returns what the adapter makes of the recorded answer with another body. Nothing is sent. It is for one call
// at a time.
func (c connection) replayed(tape *recorder, accountID string) (func(context.Context, []byte) mapping, error) {
	player := &player{recorder: tape}
	play := func(http.RoundTripper) http.RoundTripper { return player }
	source, err := c.reopen(play, func() time.Time { return tape.received })
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, body []byte) mapping {
		player.body = body
		balances, err := source.Balances(ctx, accountID, c.psu)
		return mapping{balances, err}
	}, nil
}

// player is a transport that gives the recorded answer with another body. A header that repeated one of the request
// does so again.
type player struct {
	*recorder
	body []byte
}

func (p *player) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
	header := p.header.Clone()
	header.Del("Content-Length")
	for name := range p.header {
		if sent := p.request.Get(name); sent != "" && strings.EqualFold(sent, p.header.Get(name)) {
			header.Set(name, request.Header.Get(name))
		}
	}
	return &http.Response{
		StatusCode: p.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Request: request,
		Body: io.NopCloser(bytes.NewReader(p.body)), ContentLength: int64(len(p.body)),
	}, nil
}
