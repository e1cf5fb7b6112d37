package adapters_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// id is the id of every request, so that each answer that repeats it is proven and its connection serves again.
const id = "7ac8c26c-29b4-40c8-a5a3-1c2a3a0b4d5e"

func get(t *testing.T, client *http.Client, address string) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	request.Header.Set("X-Request-ID", id)
	response, err := client.Do(request)
	if err == nil {
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	return response, err
}

// breaking answers the first request of a connection and breaks off at the second.
func breaking(t *testing.T, arrived *atomic.Int64, reset bool) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived.Add(1)
		connection, buffered, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		_, _ = buffered.WriteString("HTTP/1.1 200 OK\r\nX-Request-ID: " + id + "\r\nContent-Length: 0\r\n\r\n")
		_ = buffered.Flush()
		_, err = buffered.ReadString('\n') // of the second request
		if err == nil {
			arrived.Add(1)
		}
		if tcp, ok := connection.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
		_ = connection.Close()
	}))
	t.Cleanup(server.Close)
	return server
}

func TestARequestThatMayHaveArrivedIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, reset := range []bool{true, false} {
		var arrived atomic.Int64
		server := breaking(t, &arrived, reset)
		client := adapters.GuardHTTPClient(server.Client(), adapters.DefaultMaxBodyBytes)
		_, err := get(t, client, server.URL)
		require.NoError(t, err)
		_, err = get(t, client, server.URL)
		var failure *adapters.Error
		require.True(t, errors.As(err, &failure), "%v", err)
		assert.Equal(t, adapters.ErrUnavailable, failure.Kind)
		assert.EqualValues(t, 2, arrived.Load())
	}
}

func TestRequestsLookTheSame(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.Empty(t, r.TransferEncoding)
			assert.Empty(t, r.Header.Values("Content-Length"))
			assert.Zero(t, r.ContentLength, "no body comes, which HTTP/2 says with the headers")
			body, err := io.ReadAll(r.Body)
			assert.NoError(t, err)
			assert.Empty(t, body)
			w.Header().Set("X-Proto", r.Proto)
		}))
		server.EnableHTTP2 = http2
		server.StartTLS()
		t.Cleanup(server.Close)
		client := adapters.GuardHTTPClient(server.Client(), adapters.DefaultMaxBodyBytes)
		for range 3 {
			response, err := get(t, client, server.URL)
			require.NoError(t, err)
			assert.Equal(t, map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[http2], response.Header.Get("X-Proto"))
		}
	}
}

// wire returns what a client sends over HTTP/1, to its last byte.
func wire(t *testing.T, client *http.Client, request *http.Request) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	sent := make(chan string, 1)
	go func() {
		connection, err := listener.Accept()
		if !assert.NoError(t, err) {
			return
		}
		reader, head := bufio.NewReader(connection), ""
		for !strings.HasSuffix(head, "\r\n\r\n") {
			line, err := reader.ReadString('\n')
			if !assert.NoError(t, err) {
				return
			}
			head += line
		}
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		body, _ := io.ReadAll(reader)
		sent <- head + string(body)
	}()
	request.URL.Host = listener.Addr().String()
	request.Host = "bank.example"
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return <-sent
}

func TestRequestsAreTheSameByteForByte(t *testing.T) {
	t.Parallel()
	methods := []string{"", "GET", "HEAD", "OPTIONS", "TRACE", "DELETE", "POST", "PUT", "PATCH"}
	for _, method := range methods {
		for _, body := range []io.Reader{nil, http.NoBody, strings.NewReader("body")} {
			request, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1/path", body)
			require.NoError(t, err)
			plain := wire(t, &http.Client{Transport: &http.Transport{}}, request.Clone(t.Context()))
			if request.GetBody != nil {
				request.Body, err = request.GetBody()
				require.NoError(t, err)
			}
			guarded := wire(t, adapters.GuardHTTPClient(&http.Client{Transport: &http.Transport{}}, 1), request)
			assert.Equal(t, plain, guarded, method)
			assert.Contains(t, plain, " /path HTTP/1.1\r\n")
		}
	}
}
